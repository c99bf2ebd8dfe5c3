"""Every number that the review prints, with the place in the documents where it is kept."""

from __future__ import annotations

from typing import NamedTuple


class Printed(NamedTuple):
    """Numbers as they stand in a chapter, in their order, and the row that keeps them.

    ``printed`` holds figures and number words; ``kept`` the values of the row, where they differ
    from the figures (a word, or years that are written as months).
    """

    chapter: str
    printed: str
    document: str
    row: str
    kept: tuple[float, ...] | None = None

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers that the row must hold."""
        if self.kept is not None:
            return self.kept
        return tuple(float(figure) for figure in self.printed.split())


WORKUP = "imaging-workup"
CUT = "resection"
RF = "radiofrequency-ablation"
ICE = "cryotherapy"
HAC = "hepatic-arterial-chemotherapy"
SIRT = "selective-internal-radiation"
DRUGS = "systemic-chemotherapy"

TABLE = (
    Printed("Abstract", "half", WORKUP, "population/liver-metastases-ever", (50,)),
    Printed("Abstract", "40", CUT, "outcomes/five-year-survival-at-best"),
    Printed("Abstract", "25", CUT, "population/resectable-share"),
    Printed("Introduction", "10", WORKUP, "population/share-of-cancer-deaths"),
    Printed("Introduction", "half", WORKUP, "population/liver-metastases-ever", (50,)),
    Printed("Introduction", "10 25", WORKUP, "population/synchronous"),
    Printed("Introduction", "20 25", WORKUP, "population/metachronous"),
    Printed("Introduction", "half", WORKUP, "population/death-from-liver-metastases", (50,)),
    Printed("Introduction", "40", CUT, "outcomes/five-year-survival-at-best"),
    Printed("Introduction", "25", CUT, "population/resectable-share"),
    Printed("Natural history", "60", WORKUP, "outcomes/recurrence-after-primary"),
    Printed("Natural history", "85 2.5", WORKUP, "outcomes/recurrence-found-early", (85, 30)),
    Printed("Natural history", "15 2.5", WORKUP, "outcomes/recurrence-found-late", (15, 60)),
    Printed("Natural history", "5 9", WORKUP, "outcomes/survival-after-recurrence"),
    Printed("Natural history", "0", CUT, "outcomes/five-year-survival-untreated"),
    Printed("Natural history", "28", CUT, "outcomes/five-year-survival-resected"),
    Printed("Natural history", "21.3", CUT, "outcomes/mean-survival-untreated"),
    Printed("Natural history", "19", CUT, "outcomes/median-survival-single-untreated"),
    Printed("Natural history", "5", CUT, "outcomes/five-year-survival-single-untreated", (0, 60)),
    Printed("Natural history", "36", CUT, "outcomes/median-survival-single-resected"),
    Printed("Natural history", "25", CUT, "outcomes/five-year-survival-single-resected"),
    Printed("Pretreatment assessment", "6", WORKUP, "imaging/colonoscopy/settings/not-older-than"),
    Printed(
        "Pretreatment assessment",
        "52 58",
        WORKUP,
        "imaging/ultrasound-to-confirm/figures/ultrasound-sensitivity",
    ),
    Printed(
        "Pretreatment assessment", "80", WORKUP, "imaging/ct-abdomen-pelvis/figures/ct-sensitivity"
    ),
    Printed(
        "Pretreatment assessment",
        "90",
        WORKUP,
        "imaging/ct-arterioportography/figures/ctap-sensitivity",
    ),
    Printed("Surgery", "1 1", CUT, "procedure/remove/settings/free-margin", (1,)),
    Printed("Surgery", "75", CUT, "procedure/remove/settings/removable-part"),
    Printed("Surgery", "0 7", CUT, "outcomes/operative-mortality"),
    Printed("Surgery", "22 39", CUT, "outcomes/morbidity"),
    Printed("Surgery", "28 46", CUT, "outcomes/median-survival"),
    Printed("Surgery", "24 38", CUT, "outcomes/five-year-survival"),
    Printed("Surgery", "four four four", CUT, "population/limit-of-number", (4,)),
    Printed("Radiofrequency ablation", "100 500", RF, "procedure/heat/settings/frequency-range"),
    Printed("Radiofrequency ablation", "460", RF, "procedure/heat/settings/usual-frequency"),
    Printed("Radiofrequency ablation", "50", RF, "population/rossi-patients"),
    Printed("Radiofrequency ablation", "11", RF, "population/rossi-with-metastases"),
    Printed("Radiofrequency ablation", "13", RF, "population/rossi-metastases"),
    Printed("Radiofrequency ablation", "1 9", RF, "population/rossi-diameter"),
    Printed("Radiofrequency ablation", "11 two", RF, "outcomes/rossi-resected-later", (2, 11)),
    Printed("Radiofrequency ablation", "22.6", RF, "outcomes/rossi-follow-up"),
    Printed("Radiofrequency ablation", "10 90 11", RF, "outcomes/rossi-alive"),
    Printed("Radiofrequency ablation", "two 18", RF, "outcomes/rossi-local-recurrence", (2, 18)),
    Printed("Radiofrequency ablation", "seven 64", RF, "outcomes/rossi-other-disease", (7, 64)),
    Printed("Radiofrequency ablation", "9", RF, "outcomes/rossi-free-of-disease", (1, 9)),
    Printed("Radiofrequency ablation", "231", RF, "population/wood-tumours"),
    Printed("Radiofrequency ablation", "84", RF, "population/wood-patients"),
    Printed("Radiofrequency ablation", "91", RF, "population/wood-procedures"),
    Printed("Radiofrequency ablation", "213", RF, "population/wood-metastases"),
    Printed("Radiofrequency ablation", "73", RF, "population/wood-with-metastases"),
    Printed("Radiofrequency ablation", "51 91", RF, "population/wood-alone"),
    Printed("Radiofrequency ablation", "40", RF, "population/wood-combined"),
    Printed("Radiofrequency ablation", "91 39", RF, "population/wood-laparotomy"),
    Printed("Radiofrequency ablation", "27", RF, "population/wood-laparoscopy"),
    Printed("Radiofrequency ablation", "25", RF, "population/wood-through-the-skin"),
    Printed("Radiofrequency ablation", "0.3 9.0", RF, "population/wood-diameter"),
    Printed("Radiofrequency ablation", "three", RF, "outcomes/wood-deaths", (3,)),
    Printed("Radiofrequency ablation", "1", RF, "outcomes/wood-deaths-from-treatment"),
    Printed("Radiofrequency ablation", "ten", RF, "population/wood-second-procedure", (10,)),
    Printed("Radiofrequency ablation", "seven", RF, "population/wood-second-for-progression", (7,)),
    Printed("Radiofrequency ablation", "three", RF, "population/wood-second-for-recurrence", (3,)),
    Printed("Radiofrequency ablation", "third", RF, "population/wood-third-procedure", (1,)),
    Printed("Radiofrequency ablation", "9 1 27", RF, "outcomes/wood-follow-up"),
    Printed("Radiofrequency ablation", "15 18", RF, "outcomes/wood-local-recurrence"),
    Printed("Radiofrequency ablation", "69 34", RF, "outcomes/wood-free-of-disease"),
    Printed("Radiofrequency ablation", "14", RF, "outcomes/wood-with-disease"),
    Printed("Radiofrequency ablation", "21", RF, "outcomes/wood-died"),
    Printed("Radiofrequency ablation", "35", RF, "outcomes/wood-new-disease"),
    Printed("Radiofrequency ablation", "3.6", RF, "population/wood-hospital-stay"),
    Printed("Radiofrequency ablation", "zero", RF, "outcomes/wood-deaths-from-treatment", (0,)),
    Printed("Cryotherapy", "two three", ICE, "procedure/several-probes/settings/probes", (2, 3)),
    Printed("Cryotherapy", "1", ICE, "procedure/freeze/settings/ice-beyond-tumour"),
    Printed("Cryotherapy", "two three", ICE, "procedure/cycles/settings/freeze-cycles", (2, 3)),
    Printed("Cryotherapy", "6 29", ICE, "outcomes/morbidity"),
    Printed("Cryotherapy", "0 8", ICE, "outcomes/mortality"),
    Printed("Cryotherapy", "1.6", ICE, "outcomes/overall-mortality"),
    Printed("Cryotherapy", "8 43", ICE, "outcomes/median-survival"),
    Printed("Hepatic artery chemotherapy", "60 70", HAC, "outcomes/recurrence-after-resection"),
    Printed(
        "Hepatic artery chemotherapy", "1", HAC, "infusion/settings/metastases-fed-by-the-artery"
    ),
    Printed("Hepatic artery chemotherapy", "405", HAC, "outcomes/median-survival-arterial"),
    Printed("Hepatic artery chemotherapy", "226", HAC, "outcomes/median-survival-systemic"),
    Printed("Hepatic artery chemotherapy", "43", HAC, "outcomes/response-arterial"),
    Printed("Hepatic artery chemotherapy", "9", HAC, "outcomes/response-systemic"),
    Printed("Hepatic artery chemotherapy", "64", HAC, "outcomes/one-year-survival-arterial"),
    Printed("Hepatic artery chemotherapy", "44", HAC, "outcomes/one-year-survival-systemic"),
    Printed("Hepatic artery chemotherapy", "23", HAC, "outcomes/two-year-survival-arterial"),
    Printed("Hepatic artery chemotherapy", "13", HAC, "outcomes/two-year-survival-systemic"),
    Printed(
        "Hepatic artery chemotherapy",
        "84 99",
        HAC,
        "infusion/settings/first-pass-extraction-of-fudr",
    ),
    Printed("Hepatic artery chemotherapy", "55", HAC, "outcomes/progression-outside-the-liver"),
    Printed("Immunotherapy", "19", "immunotherapy", "population/interleukin-2-patients"),
    Printed("Radiotherapy", "30 35", SIRT, "population/external-beam-cap"),
    Printed("Radiotherapy", "200 300", SIRT, "procedure/spheres/settings/tumour-dose"),
    Printed("Radiotherapy", "single", SIRT, "procedure/spheres/settings/administrations", (1,)),
    Printed("Radiotherapy", "2.7", SIRT, "procedure/spheres/settings/half-life"),
    Printed("Radiotherapy", "11", SIRT, "procedure/spheres/settings/range-in-tissue"),
    Printed("Radiotherapy", "29 35", SIRT, "procedure/spheres/settings/diameter"),
)

AGAIN = (
    Printed("Hepatic artery chemotherapy", "60 70", CUT, "outcomes/recurrence-after-resection"),
    Printed("Hepatic artery chemotherapy", "60 70", DRUGS, "outcomes/recurrence-after-resection"),
    Printed("Hepatic artery chemotherapy", "226", DRUGS, "outcomes/median-survival"),
    Printed("Hepatic artery chemotherapy", "9", DRUGS, "outcomes/response"),
    Printed("Hepatic artery chemotherapy", "44", DRUGS, "outcomes/one-year-survival"),
    Printed("Hepatic artery chemotherapy", "13", DRUGS, "outcomes/two-year-survival"),
)
"""Numbers that a second document keeps as well, because its reader needs them."""

WORDS = {
    ("immunotherapy", "interleukin-2"),
    ("immunotherapy", "17-1A"),
    (RF, "1996"),
    (SIRT, "yttrium-90"),
    (SIRT, "iodine-131"),
    (HAC, "5-fluorouracil"),
}
"""Numbers that are parts of names, and the year of a report: found as words of a document."""
