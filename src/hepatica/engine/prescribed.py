"""What a plan prescribes: as the user or its RTPLAN says, or as the protocol reads its dose."""

from __future__ import annotations

from dataclasses import dataclass

from hepatica.case import Case, Dose, Plan
from hepatica.engine.evaluation import PrescribedDose
from hepatica.engine.structure_dose import StructuresUnderDose
from hepatica.protocol import IsotoxicProtocol

BY_USER = "as given by the user"
ASSUMED = "the protocol's; no file states it"
APART = 0.05
"""From here on, prescription and covering dose differ enough to say so."""
FAR_APART = 0.20
"""From here on, they do not belong together, and nothing is allocated."""

_FAR_FROM_EVEN = 2.0


@dataclass(frozen=True)
class GivenPrescription:
    """What is known of the prescription from elsewhere; None where nothing was said.

    ``origin`` tells who says it.
    """

    prescription_gy: float | None = None
    fractions: int | None = None
    origin: str = BY_USER


def prescribed_dose(
    case: Case,
    protocol: IsotoxicProtocol,
    dose: Dose,
    given: GivenPrescription,
    under: StructuresUnderDose,
) -> PrescribedDose | None:
    """The prescription: as the user says, as the RTPLAN says, or as the protocol reads it."""
    plan = next((p for p in case.plans if p.uid and p.uid == dose.plan_uid), None)
    fractions, counted = _fractions(protocol, given, plan)
    if given.prescription_gy is not None:
        return PrescribedDose(given.prescription_gy, fractions, given.origin, counted)
    if plan is not None and plan.prescription_gy is not None:
        return PrescribedDose(plan.prescription_gy, fractions, f"RTPLAN {plan.label}", counted)
    found_gy = _covering_dose_gy(protocol, under)
    if found_gy is None:
        return None
    covers = protocol.prescription.covers
    origin = (
        f"no RTPLAN of this dose in the case: read as {covers.metric} of {covers.structure}, as "
        "the protocol defines it"
    )
    return PrescribedDose(found_gy, fractions, origin, counted)


def _fractions(
    protocol: IsotoxicProtocol, given: GivenPrescription, plan: Plan | None
) -> tuple[int, str]:
    if given.fractions is not None:
        return given.fractions, given.origin
    if plan is not None and plan.fractions:
        return plan.fractions, f"RTPLAN {plan.label}"
    return protocol.prescription.fractions, ASSUMED


def _covering_dose_gy(protocol: IsotoxicProtocol, under: StructuresUnderDose) -> float | None:
    """The dose that covers the target; None where the plan does not cover it at all."""
    covers = protocol.prescription.covers
    found = under.value(covers.structure, covers.metric, None).value
    histogram = under.histograms.get(covers.structure)
    if found is None or histogram is None or found * _FAR_FROM_EVEN < histogram.max_gy:
        return None
    return found


def no_prescription(protocol: IsotoxicProtocol, under: StructuresUnderDose) -> str:
    """Why the prescribed dose is not known, and what would help."""
    covers = protocol.prescription.covers
    why = under.trouble(covers.structure)
    if not why:
        histogram = under.histograms[covers.structure]
        value = under.value(covers.structure, covers.metric, None).value or 0.0
        hottest = 0.0 if histogram is None else histogram.max_gy
        why = (
            f"the dose does not cover {covers.structure} ({covers.metric} {value:.1f}, maximum "
            f"{hottest:.1f} Gy): say which tumours the plan treats with --treat."
        )
    return f"The prescribed dose is not known: {why} Or give --prescription-gy."


def disagreement(
    protocol: IsotoxicProtocol,
    under: StructuresUnderDose,
    prescription: PrescribedDose,
    share: float,
) -> str:
    """A sentence when the dose that covers the target is far from the prescribed one."""
    covers = protocol.prescription.covers
    found = under.value(covers.structure, covers.metric, None).value
    if found is None or abs(found - prescription.dose_gy) <= share * prescription.dose_gy:
        return ""
    return (
        f"The prescription is {prescription.dose_gy:.1f} Gy ({prescription.origin}), but "
        f"{covers.metric} of {covers.structure} is {found:.1f} Gy: check that prescription, dose "
        "and treated tumours belong together."
    )
