"""Which tumours a dose treats, where nobody has said so."""

from __future__ import annotations

from hepatica.case import Case, Dose, Structure
from hepatica.errors import Inconsistent
from hepatica.physics.dvh import dose_volume_histogram

_SHARE_OF_THE_HIGHEST = 0.5


def treated_tumours(case: Case, dose: Dose) -> tuple[tuple[str, ...], str]:
    """The tumours that a dose evidently treats, and a sentence that says how that was seen.

    A tumour counts as treated when 95 % of it receives at least half of what the best-treated one
    does. With one tumour, or all of them treated, there is nothing to tell and the sentence is
    empty.

    Returns
    -------
    names, sentence : tuple of str, str
    """
    tumours = [tumour for tumour in case.gtvs if not tumour.is_empty]
    covered = {tumour.name: _covering_dose_gy(tumour, dose) for tumour in tumours}
    highest = max(covered.values(), default=0.0)
    if highest <= 0:
        return (), ""
    names = tuple(n for n, gy in covered.items() if gy >= _SHARE_OF_THE_HIGHEST * highest)
    if len(names) == len(covered):
        return (), ""
    said = ", ".join(f"{name} {gy:.1f} Gy" for name, gy in covered.items())
    return names, (
        f"Which tumours the plan treats was read from the dose to 95 % of each ({said}): "
        f"{' and '.join(names)}. Say otherwise with --treat."
    )


def _covering_dose_gy(tumour: Structure, dose: Dose) -> float:
    try:
        histogram = dose_volume_histogram(dose.volume, tumour.coverage)
    except Inconsistent:
        return 0.0
    return histogram.dose_to_hottest_cc(0.95 * histogram.covered_cc)
