"""What a protocol document may say: one block of keys per part of a written treatment.

The keys of the document are the attributes here. A document is read with ``load_protocol``, which
also checks what spans several blocks (names that must exist, strata that must join).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from hepatica.errors import InvalidInput
from hepatica.protocol.parts import (
    Block,
    Bound,
    ConditionText,
    DerivationText,
    Gy,
    MarginText,
    MetricText,
    Millimetre,
    Part,
    Risk,
    Slug,
    Sourced,
    StructureName,
    Text,
    Work,
)

Modality = Literal["photon_sbrt"]
MODALITIES: tuple[str, ...] = get_args(Modality)
Reading = Literal["two_step", "binwise"]


class Fact(Block):
    """Something only the user can say, on which a limit may depend."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Name used in `applies_when`."
    )
    ask: Text = Field(description="The question to the user.")
    answers: tuple[Slug, ...] = Field(min_length=2, description="The answers that are understood.")
    assumed: Slug | None = Field(
        None,
        description="Answer taken, and said aloud, when the user gives none. Left out: the limits "
        "that depend on it are unknown until the user answers.",
    )


class Derived(Sourced):
    """A structure that is made of others."""

    name: StructureName = Field(description="Name under which limits refer to it.")
    made_of: DerivationText = Field(
        description="`A minus B`, `A or B`, `A and B`, or `A plus 5 mm`. `GTV` means the union of "
        "all gross tumour volumes."
    )
    prefer_drawn: bool = Field(
        False,
        description="Whether a drawn structure of this name is used instead, if there is one.",
    )


class Target(Sourced):
    """A volume to be treated and how it is grown."""

    name: StructureName = Field(description="CTV, PTV_GTV, PTV_CTV, ...")
    grown_from: StructureName = Field(
        description="`GTV` (the union of all gross tumour volumes) or a target written above."
    )
    margin_rule: Literal["fixed", "patient_specific"] = Field(
        "fixed",
        description="`fixed`: `margin_mm` holds for everybody. `patient_specific`: the user "
        "measures it; nothing below `minimum_mm` is accepted.",
    )
    margin_mm: MarginText | None = Field(
        None,
        description="One distance, or six: left, right, anterior, posterior, superior, inferior.",
    )
    minimum_mm: Millimetre | None = Field(
        None, description="Least margin on any side, with a patient-specific rule."
    )
    inside: StructureName | None = Field(None, description="Organ that the target may not leave.")


class Coverage(Sourced):
    """Which number of a dose distribution is its prescribed dose."""

    structure: StructureName = Field(description="Target that the prescription isodose covers.")
    metric: MetricText = Field(description="Dose metric whose value is the prescribed dose.")


class Stratum(Sourced):
    """A range of effective liver volume and how the dose is found in it."""

    name: Slug = Field(description="low, mid, high, ...")
    veff_from: Part = Field(description="Lower edge of the effective volume.")
    veff_to: Part = Field(description="Upper edge; the next stratum starts there.")
    upper_included: bool = Field(
        False, description="Whether the upper edge itself belongs to this stratum."
    )
    doses: Literal["fixed", "curve"] = Field(
        description="`fixed`: the doses of `fixed_gy`. `curve`: the dose that carries the risk."
    )
    fixed_gy: tuple[Gy, ...] = Field(
        (), description="One dose per risk level, in their order; only with `doses: fixed`."
    )
    ntcp_below: Risk | None = Field(
        None, description="A fixed dose is given only while the patient's own risk is below this."
    )

    def holds(self, veff: float) -> bool:
        """Whether an effective volume falls in this stratum."""
        return self.veff_from <= veff < self.veff_to or (
            self.upper_included and veff == self.veff_to
        )


class Prescription(Sourced):
    """How the dose of one patient is chosen."""

    fractions: int = Field(ge=1, le=60, description="Number of fractions.")
    overall_days: int = Field(ge=1, le=120, description="Days within which they are given.")
    rule: Literal["isotoxic"] = Field(
        description="`isotoxic`: every patient gets the dose that carries the same risk."
    )
    organ: StructureName = Field(description="Organ whose risk is held.")
    endpoint: Text = Field(description="What the risk is a risk of.")
    model: Slug = Field(description="Parameter set of the risk model.")
    alpha_beta_gy: Gy = Field(description="Fractionation sensitivity of the organ.")
    reference_fraction_gy: Gy = Field(
        description="Dose per fraction that the model's parameters refer to."
    )
    reference_fraction_readings_gy: tuple[Gy, ...] = Field(
        min_length=1, description="Every reading of it; all are computed and shown side by side."
    )
    effective_volume: Literal["physical", "lq_corrected"] = Field(
        description="`physical`: from dose as planned. `lq_corrected`: from dose converted to the "
        "reference fraction first."
    )
    reading: Reading = Field(
        description="`two_step`: look the dose up at the effective volume, then add the allowance "
        "while the patient's own risk permits. `binwise`: solve for the patient's own risk."
    )
    readings: tuple[Reading, ...] = Field(
        min_length=1, description="The readings that the user may choose from."
    )
    risk_levels: tuple[Risk, ...] = Field(
        min_length=1, description="The risks to choose from, rising."
    )
    strata: tuple[Stratum, ...] = Field(
        min_length=1, description="Ranges of effective volume, from 0, each joining the next."
    )
    above: Literal["ineligible"] = Field(
        description="What happens above the highest stratum: the patient is not treated this way."
    )
    cap_gy: Gy = Field(description="Highest dose that anybody is given.")
    allowance_gy: Annotated[float, Field(ge=0, le=50)] = Field(
        description="How far the dose may be raised above the curve at an unchanged risk."
    )
    minimum_gy: Gy | None = Field(description="Lowest dose worth giving; null if none is stated.")
    step_gy_per_fraction: Gy = Field(description="Doses per fraction are multiples of this.")
    rounding: Literal["down"] = Field(description="`down`: a risk is never exceeded by rounding.")
    covers: Coverage = Field(description="Which number of a plan is its prescribed dose.")

    def stratum_at(self, veff: float) -> Stratum | None:
        """The stratum that holds an effective volume; None above the highest."""
        return next((s for s in self.strata if s.holds(veff)), None)

    def fixed_dose_gy(self, stratum: Stratum, risk: float) -> float | None:
        """The dose a fixed stratum gives at a risk level, Gy; None where a curve decides."""
        return dict(zip(self.risk_levels, stratum.fixed_gy, strict=False)).get(risk)


class OtherReading(Sourced):
    """Another way to read the same sentence of the source."""

    name: Slug = Field(description="Name by which the user chooses it.")
    metric: MetricText = Field(description="What is measured under this reading.")
    at_most: Bound | None = Field(None, description="Upper bound, in the metric's unit.")
    at_least: Bound | None = Field(None, description="Lower bound, in the metric's unit.")
    reading: Text = Field(description="How the text is understood here.")


class Limit(Sourced):
    """A bound on one number of one structure."""

    name: Slug = Field(description="Name of the limit; verdicts are listed under it.")
    structure: StructureName = Field("", description="The structure it is about.")
    each_of: tuple[StructureName, ...] = Field(
        (), description="Instead of `structure`: several, each of which is judged by itself."
    )
    metric: MetricText = Field(description="What is measured, in TG-263 grammar: `D0.5cc[Gy]`.")
    at_most: Bound | None = Field(None, description="Upper bound, in the metric's unit.")
    at_least: Bound | None = Field(None, description="Lower bound, in the metric's unit.")
    kind: Literal["organ", "target", "eligibility", "report"] = Field(
        description="`organ`: protects it. `target`: the plan must reach it. `eligibility`: the "
        "patient must fulfil it. `report`: shown, not judged."
    )
    binds: bool = Field(
        False, description="Whether the prescribed dose is lowered until this limit is kept."
    )
    strength: Literal["hard", "soft"] = Field(
        "hard", description="`soft`: a breach is shown but does not fail the plan."
    )
    applies_when: ConditionText | None = Field(
        None, description="`fact is answer`: judged only then."
    )
    since: Text | None = Field(None, description="From when on the bound was in force.")
    before_that: Bound | None = Field(None, description="The bound until then.")
    reading: Text | None = Field(None, description="How an ambiguous text was read.")
    other_readings: tuple[OtherReading, ...] = Field(
        (), description="Other ways to read it, which the user may choose."
    )

    def read_as(self, name: str) -> Limit:
        """The same limit under another of its readings.

        Raises
        ------
        InvalidInput
            If it has no reading of that name.
        """
        known = {other.name: other for other in self.other_readings}
        if name not in known:
            choice = ", ".join(known) or "no other"
            raise InvalidInput(f"Limit {self.name} has no reading {name!r}; it has: {choice}.")
        other = known[name]
        return self.model_copy(
            update={
                "metric": other.metric,
                "at_most": other.at_most,
                "at_least": other.at_least,
                "reading": other.reading,
                "stated": other.stated,
                "source": other.source,
                "status": other.status,
            }
        )

    def applies(self, facts: Mapping[str, str | None]) -> bool | None:
        """Whether the stated facts make it apply; None while the fact is not known."""
        if self.applies_when is None:
            return True
        answer = facts.get(self.applies_when.fact)
        return None if answer is None else answer == self.applies_when.answer


class Advice(Sourced):
    """Something to do for the patient when a number is reached."""

    structure: StructureName = Field(description="The structure it is about.")
    metric: MetricText = Field(description="What is measured.")
    at_least: Bound = Field(description="From this value on, in the metric's unit.")
    advise: Text = Field(description="What to do.")


class Row(Sourced):
    """The numbers to report about one structure."""

    structure: StructureName = Field(description="The structure they are about.")
    metrics: tuple[MetricText, ...] = Field(min_length=1, description="Metrics in TG-263 grammar.")


class Report(Sourced):
    """What a report on a plan contains besides limits and risk."""

    rows: tuple[Row, ...] = Field(min_length=1, description="One row per structure.")


def _one_by_one(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """A limit on each of several structures becomes one limit per structure."""
    return tuple(
        limit.model_copy(update={"structure": name})
        for limit in limits
        for name in limit.each_of or (limit.structure,)
    )


class Protocol(Sourced):
    """A written treatment."""

    name: Slug = Field(description="Name by which it is called; also the name of its file.")
    title: Text = Field(description="One line.")
    version: Text = Field(description="Version of this document, in quotation marks.")
    modality: Modality = Field(description="What kind of treatment it is.")
    summary: Text = Field(description="What is done, to whom and why, in a few sentences.")
    sources: tuple[Work, ...] = Field(
        min_length=1, description="The publications that the numbers come from."
    )
    facts: tuple[Fact, ...] = Field((), description="What the user is asked.")
    derived: tuple[Derived, ...] = Field((), description="Structures made of others.")
    targets: tuple[Target, ...] = Field(min_length=1, description="Volumes to be treated.")
    prescription: Prescription = Field(description="How the dose is chosen.")
    limits: Annotated[tuple[Limit, ...], AfterValidator(_one_by_one)] = Field(
        min_length=1, description="Bounds on organs, targets and the patient."
    )
    advice: tuple[Advice, ...] = Field((), description="What to do when a number is reached.")
    report: Report = Field(description="What to report besides limits and risk.")
    sha256: SkipJsonSchema[str] = ""
    """Fingerprint of the text it was read from."""


INTERNAL_KEYS = frozenset({"stated", "sha256"})
"""Attributes that a document cannot write; the loader fills them."""
