"""The beams of a plan as DICOM: step and shoot, each segment a pair of control points.

Angles, leaf and jaw positions are those of IEC 61217, as DICOM has them: bank X1 before bank X2,
each from the negative to the positive side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from hepatica.case.case import PATIENT_POSITIONS
from hepatica.case.plan import Beam, Plan, Segment
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.write_header import checked_text, decimals

Point = tuple[float, float, float]
"""(x, y, z) in LPS, mm."""

_SHORT_STRING = 16
_SETUP = 1
_PRESCRIPTION = 1
"""Number of the dose reference that holds the prescription."""


def has_segments(plan: Plan) -> bool:
    """Whether all beams of the plan hold what delivers them; a part of a plan is another plan."""
    return bool(plan.beams) and all(beam.segments for beam in plan.beams)


def refuse_beams(plan: Plan, patient_position: str) -> None:
    """Refuse beams that DICOM could not hold truthfully.

    Parameters
    ----------
    plan : Plan
        Every beam with segments.
    patient_position : how the patient lies, empty when neither case nor user say it

    Raises
    ------
    InvalidInput
        If nobody says how the patient lies, or a number, name or device does not fit.
    Inconsistent
        If the plan is for a patient who lies otherwise.
    """
    name = f"Plan {plan.label or plan.uid}"
    said = {plan.patient_position, patient_position} - {""}
    if len(said) > 1:
        raise Inconsistent(
            f"{name} is for a patient who lies {plan.patient_position}, but this one lies "
            f"{patient_position}: its beams would come from elsewhere. Make the plan again."
        )
    if not said & set(PATIENT_POSITIONS):
        raise InvalidInput(
            f"{name} has beams, but nothing says how the patient lies, so that their angles have "
            f"no meaning. Give the patient position ({', '.join(PATIENT_POSITIONS)}) when the case "
            "is imported or exported."
        )
    numbers = [beam.number for beam in plan.beams]
    if len(set(numbers)) < len(numbers) or min(numbers) < 0:
        raise InvalidInput(
            f"{name}: its beams have the numbers {', '.join(map(str, numbers))}; each needs one of "
            "its own, 0 or more."
        )
    for beam in plan.beams:
        _refuse(beam, f"{name}, beam {beam.number}")


def _refuse(beam: Beam, where: str) -> None:
    if beam.radiation != "PHOTON":
        raise InvalidInput(
            f"{where} is of {beam.radiation or 'unknown'} radiation; segments are written of "
            "PHOTON beams only. Leave it out."
        )
    kinds = {_devices(segment) for segment in beam.segments}
    if len(kinds) > 1 or not kinds - {()}:
        raise InvalidInput(
            f"{where}: every segment needs the same leaves and jaws, and one of them at least. "
            "State the jaws in all segments or in none."
        )
    if not any(segment.meterset_mu > 0 for segment in beam.segments):
        raise InvalidInput(f"{where} gives 0 MU in all segments; nothing would be given. Drop it.")
    checked_text(beam.machine, f"{where}: the machine's name", limit=_SHORT_STRING)
    checked_text(beam.name, f"{where}: its name")


def dose_points(plan: Plan, uid_of: Callable[[Point], str]) -> dict[Point, str]:
    """The points for which beams state a dose, each with its identifier in the file."""
    stated = (beam.dose_point_mm for beam in plan.beams if beam.dose_gy is not None)
    return {point: uid_of(point) for point in stated if point is not None}


def dose_references(points: Mapping[Point, str]) -> list[Dataset]:
    """The same points as dose references, which hold no prescription."""
    items = []
    for number, (point, uid) in enumerate(points.items(), start=_PRESCRIPTION + 1):
        item = Dataset()
        item.DoseReferenceNumber = number
        item.DoseReferenceUID = uid
        item.DoseReferenceStructureType = "COORDINATES"
        item.DoseReferenceDescription = "Point of the beam doses"
        item.DoseReferencePointCoordinates = decimals(point)
        item.DoseReferenceType = "TARGET"
        items.append(item)
    return items


def fraction_group(plan: Plan, points: Mapping[Point, str]) -> Dataset:
    """How often the beams are given, and how much of each in one fraction.

    Parameters
    ----------
    plan : Plan
    points : from `dose_points`
    """
    item = Dataset()
    item.FractionGroupNumber = 1
    item.NumberOfFractionsPlanned = plan.fractions
    item.NumberOfBeams = len(plan.beams)
    item.NumberOfBrachyApplicationSetups = 0
    if plan.beams:
        item.ReferencedBeamSequence = [_share(beam, points) for beam in plan.beams]
        if all(beam.dose_gy is not None for beam in plan.beams):
            item.BeamDoseMeaning = "BEAM_LEVEL"
    return item


def patient_setup(patient_position: str) -> Dataset:
    """The one setup of all beams: how the patient lies."""
    item = Dataset()
    item.PatientSetupNumber = _SETUP
    item.PatientPosition = patient_position
    return item


def beam_item(beam: Beam) -> Dataset:
    """One beam with its control points.

    The cumulative meterset weight is in MU: the file says the meterset of each segment without
    any rounding of shares. A segment of 0 MU is left out: it gives nothing.
    """
    given = [segment for segment in beam.segments if segment.meterset_mu > 0]
    weights = _weights(given)
    item = Dataset()
    item.BeamNumber, item.BeamName = beam.number, beam.name
    item.BeamType, item.RadiationType = "STATIC", beam.radiation
    item.TreatmentMachineName = beam.machine
    item.PrimaryDosimeterUnit = "MU"
    item.SourceAxisDistance = format_number_as_ds(float(beam.sad_mm or 0.0))
    item.BeamLimitingDeviceSequence = _collimator(beam)
    item.ReferencedPatientSetupNumber = _SETUP
    item.TreatmentDeliveryType = "TREATMENT"
    item.NumberOfWedges = item.NumberOfCompensators = item.NumberOfBoli = item.NumberOfBlocks = 0
    item.FinalCumulativeMetersetWeight = weights[-1]
    item.NumberOfControlPoints = 2 * len(given)
    item.ControlPointSequence = [
        point
        for k, (segment, ends) in enumerate(zip(given, pairwise(weights), strict=True))
        for point in _pair(beam, segment, k, ends)
    ]
    return item


def _weights(segments: Sequence[Segment]) -> list[str]:
    """Cumulative metersets from 0 on, as DICOM writes them."""
    given = [segment.meterset_mu for segment in segments]
    return decimals([math.fsum(given[:count]) for count in range(len(given) + 1)])


def _share(beam: Beam, points: Mapping[Point, str]) -> Dataset:
    """Meterset and dose of one fraction, the dose with its point.

    The point is said twice: by the dose reference, as the standard has it now, and by the attribute
    that it retired, which many planning systems still read.
    """
    item = Dataset()
    if beam.dose_gy is not None:
        if beam.dose_point_mm is not None:
            item.BeamDoseSpecificationPoint = decimals(beam.dose_point_mm)
            item.ReferencedDoseReferenceUID = points[beam.dose_point_mm]
        item.BeamDose = format_number_as_ds(float(beam.dose_gy))
    item.BeamMeterset = _weights([s for s in beam.segments if s.meterset_mu > 0])[-1]
    item.ReferencedBeamNumber = beam.number
    return item


def _devices(segment: Segment) -> tuple[tuple[str, int], ...]:
    """Types of the devices of a segment, with their pairs of leaves or jaws."""
    found = [
        ("ASYMX", 1 if segment.jaw_x_mm is not None else 0),
        ("ASYMY", 1 if segment.jaw_y_mm is not None else 0),
        ("MLCX", segment.leaf_mm.shape[1]),
    ]
    return tuple((kind, pairs) for kind, pairs in found if pairs)


def _collimator(beam: Beam) -> list[Dataset]:
    items = []
    for kind, pairs in _devices(beam.segments[0]):
        item = Dataset()
        item.RTBeamLimitingDeviceType = kind
        item.NumberOfLeafJawPairs = pairs
        if kind == "MLCX":
            item.LeafPositionBoundaries = decimals(beam.leaf_boundaries_mm)
        items.append(item)
    return items


def _pair(beam: Beam, segment: Segment, k: int, ends: tuple[str, str]) -> tuple[Dataset, Dataset]:
    """Beam on and beam off: between the two nothing moves."""
    on, off = Dataset(), Dataset()
    on.ControlPointIndex, off.ControlPointIndex = 2 * k, 2 * k + 1
    on.CumulativeMetersetWeight, off.CumulativeMetersetWeight = ends
    if k == 0:
        _stand(on, beam)
    on.BeamLimitingDevicePositionSequence = _positions(segment)
    return on, off


def _stand(point: Dataset, beam: Beam) -> None:
    """Where gantry, collimator and couch stand; all later control points take it over."""
    if beam.energy_mv is not None:
        point.NominalBeamEnergy = format_number_as_ds(float(beam.energy_mv))
    point.GantryAngle = _angle(beam.gantry_deg)
    point.BeamLimitingDeviceAngle = _angle(beam.collimator_deg)
    point.PatientSupportAngle = _angle(beam.couch_deg)
    point.TableTopEccentricAngle = "0"
    point.TableTopPitchAngle = point.TableTopRollAngle = 0.0
    point.GantryRotationDirection = point.BeamLimitingDeviceRotationDirection = "NONE"
    point.PatientSupportRotationDirection = point.TableTopEccentricRotationDirection = "NONE"
    point.TableTopPitchRotationDirection = point.TableTopRollRotationDirection = "NONE"
    point.TableTopVerticalPosition = point.TableTopLongitudinalPosition = None
    point.TableTopLateralPosition = None
    point.IsocenterPosition = decimals(beam.isocentre_mm or ())


def _positions(segment: Segment) -> list[Dataset]:
    values = {
        "ASYMX": segment.jaw_x_mm or (),
        "ASYMY": segment.jaw_y_mm or (),
        "MLCX": segment.leaf_mm.ravel(),
    }
    items = []
    for kind, _ in _devices(segment):
        item = Dataset()
        item.RTBeamLimitingDeviceType = kind
        item.LeafJawPositions = decimals(values[kind])
        items.append(item)
    return items


def _angle(degrees: float | None) -> str:
    """From 0 up to 360 degrees, as IEC 61217 scales count."""
    text: str = format_number_as_ds(float(degrees or 0.0) % 360.0)
    return text
