"""The isotoxic dose of this patient's liver: from a planned dose, or from an idealised one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hepatica.case import Case, Dose, Margin
from hepatica.engine.board.documents import document_named
from hepatica.engine.board.records import Number
from hepatica.errors import HepaticaError
from hepatica.protocol import IsotoxicProtocol, as_isotoxic

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, Evaluation

SBRT = "sbrt-six-fraction"
VEFF = "computed.veff"
DOSE = "computed.isotoxic_dose"
_LIVER = "Liver"
_SPACING_MM = 3.0


@dataclass(frozen=True)
class _Basis:
    """The dose from which numbers are computed, and what to bear in mind about it.

    ``prescription_gy`` is that of an idealised dose; None for a dose of the case.
    """

    dose: Dose
    caveat: str
    prescription_gy: float | None


def isotoxic_numbers(case: Case | None) -> Iterator[Number]:
    """Effective liver volume and the dose at the protocol's middle risk level.

    A total dose of the case is used if it has one; else an idealised dose is placed around the
    tumours. Without images, liver or tumours the numbers say what is missing.
    """
    missing = _missing(case)
    if case is None or missing:
        yield from _unknown(missing, "")
        return
    protocol = as_isotoxic(document_named(SBRT))
    try:
        basis = _basis(case, protocol)
        found = _evaluated(case, protocol, basis)
    except HepaticaError as error:
        yield from _unknown((), f"It cannot be computed: {error}")
        return
    yield from _numbers(found, protocol, basis)


def middle_risk(protocol: IsotoxicProtocol) -> float:
    """The risk level at which the board shows the dose: the middle one of the protocol."""
    levels = sorted(protocol.prescription.risk_levels)
    return levels[len(levels) // 2]


def _missing(case: Case | None) -> tuple[str, ...]:
    if case is None:
        return ("images with liver and tumours drawn",)
    found = []
    if case.structures.get(_LIVER) is None or case.structures[_LIVER].is_empty:
        found.append("the liver as a structure")
    if not any(not tumour.is_empty for tumour in case.gtvs):
        found.append("the tumours as gross tumour volumes")
    return tuple(found)


def _basis(case: Case, protocol: IsotoxicProtocol) -> _Basis:
    totals = [dose for dose in case.doses if dose.summation == "PLAN"]
    if totals:
        return _Basis(totals[-1], f"From the dose {totals[-1].label} of the case.", None)
    from hepatica.engine.place import Placement, place_dose

    margins = [t.minimum_mm for t in protocol.targets if t.minimum_mm is not None]
    margin_mm = float(max(margins, default=0.0))
    prescription_gy = protocol.prescription.cap_gy
    names = tuple(tumour.name for tumour in case.gtvs if not tumour.is_empty)
    placement = Placement(names, prescription_gy, Margin.uniform(margin_mm), _SPACING_MM)
    caveat = (
        f"Estimate: an idealised dose around {' and '.join(names)} with {margin_mm:g} mm of "
        "margin, not a plan."
    )
    return _Basis(place_dose(case, placement), caveat, prescription_gy)


def _evaluated(case: Case, protocol: IsotoxicProtocol, basis: _Basis) -> Evaluation:
    from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose

    request = EvaluationRequest(
        risk=middle_risk(protocol), prescription_gy=basis.prescription_gy, origin="the board"
    )
    return evaluate_dose(case, protocol, basis.dose, request)


def _numbers(found: Evaluation, protocol: IsotoxicProtocol, basis: _Basis) -> Iterator[Number]:
    given, allocation = protocol.prescription, found.allocation
    source = str(given.source)
    yield Number(
        VEFF,
        "Effective liver volume",
        allocation.effective_volume,
        "1",
        (SBRT,),
        source,
        given.status,
        caveat=basis.caveat,
        estimate=basis.prescription_gy is not None,
    )
    chosen = allocation.chosen
    yield Number(
        DOSE,
        f"Dose in {given.fractions} fractions at {allocation.risk:.0%} risk of {given.endpoint}",
        None if chosen is None else chosen.deliverable_gy,
        "Gy",
        (SBRT,),
        source,
        given.status,
        caveat=_about(allocation, basis),
        estimate=basis.prescription_gy is not None,
    )


def _about(allocation: Allocation, basis: _Basis) -> str:
    if allocation.chosen is None:
        return f"{allocation.reason} {basis.caveat}".strip()
    levels = ", ".join(f"{a.deliverable_gy:.1f} Gy at {a.risk:.0%}" for a in allocation.levels)
    bound = " Upper bound: an organ is not drawn." if allocation.is_upper_bound else ""
    return f"{levels}; limited by {allocation.chosen.limited_by}.{bound} {basis.caveat}"


def _unknown(missing: tuple[str, ...], caveat: str) -> Iterator[Number]:
    for name, label, unit in (
        (VEFF, "Effective liver volume", "1"),
        (DOSE, "Dose of equal risk in six fractions", "Gy"),
    ):
        yield Number(name, label, None, unit, (SBRT,), "", "verified", missing, caveat)
