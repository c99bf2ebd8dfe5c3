"""Reads the beams of an RTPLAN: where each one comes from, and the openings it is given through.

Only what one opening after the other gives is read as segments. A beam in which something moves
while it is on, or with a wedge, a block or an applicator, is recognised and named in the notes; its
segments are left out, because fixed openings would be another beam.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from pydicom.dataset import Dataset

from hepatica.case.plan import Beam, Delivery, Segment
from hepatica.case.provenance import Note
from hepatica.errors import InvalidInput
from hepatica.io.dicom.control_points import (
    ControlPoint,
    Numbers,
    beam_is_on,
    control_points,
    moves_between,
    moves_in_beam,
)
from hepatica.io.dicom.files import text
from hepatica.io.dicom.fractions import BeamShare

_MODIFIERS = {
    "NumberOfWedges": "wedges",
    "NumberOfCompensators": "compensators",
    "NumberOfBlocks": "blocks",
    "NumberOfBoli": "a bolus",
}
_MLC = "MLCX"
_X_JAWS, _Y_JAWS = ("ASYMX", "X"), ("ASYMY", "Y")
_MONITOR_UNITS = ("", "MU")


@dataclass(frozen=True)
class _Read:
    """A beam, and why it has no segments; no word about those that have."""

    beam: Beam
    why: str


def read_beams(
    items: Sequence[Dataset], shares: dict[int, BeamShare], subject: str, notes: list[Note]
) -> tuple[Beam, ...]:
    """The beams of a plan, with segments where the file gives fixed openings.

    Parameters
    ----------
    items : the treatment beams of BeamSequence or IonBeamSequence
    shares : beam number to what one fraction gives through it
    subject : how notes and messages name the plan
    notes : receives which beams have no segments, and why

    Raises
    ------
    InvalidInput
        If leaves cross, jaws cross, metersets fall or are negative.
    """
    reads = []
    for item in items:
        try:
            reads.append(_read(item, shares.get(int(item.get("BeamNumber") or 0))))
        except InvalidInput as fault:
            raise InvalidInput(f"{subject}: {fault} Export the plan again.") from fault
    reasons: dict[str, list[int]] = {}
    for read in reads:
        reasons.setdefault(read.why, []).append(read.beam.number)
    for why, numbers in reasons.items():
        if why:
            which = f"Beam{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
            notes.append(Note("ignored", subject, f"{which}: {why}. Read without segments."))
    return tuple(read.beam for read in reads)


def _read(item: Dataset, share: BeamShare | None) -> _Read:
    listed = item.get("ControlPointSequence") or item.get("IonControlPointSequence") or []
    points = control_points(listed) or (ControlPoint(None, {}, {}, ()),)
    weighed = all(point.weight is not None for point in points)
    moving = moves_in_beam(points) if weighed else ()
    bare = _bare(item, points[0], share, "DYNAMIC" if moving else "")
    if bare.radiation != "PHOTON":
        return _Read(bare, "")
    if len(points) > 1 and weighed and not moving:
        bare = replace(bare, delivery="STATIC")
    if moving:
        label = text(item, "BeamType")
        called = f" (although the plan calls it {label})" if label not in ("", "DYNAMIC") else ""
        return _Read(bare, f"dynamic{called}: {', '.join(moving)} in motion while the beam is on")
    why = next(_not_told(item, points), "") or _not_placed(bare)
    if why:
        return _Read(bare, why)
    _require_rising_weights(item, points, bare)
    return _Read(_with_segments(item, points, bare), "")


def _bare(item: Dataset, first: ControlPoint, share: BeamShare | None, delivery: Delivery) -> Beam:
    """The beam without its segments."""
    in_mu = text(item, "PrimaryDosimeterUnit") in _MONITOR_UNITS
    sad = item.get("SourceAxisDistance")
    return Beam(
        number=int(item.get("BeamNumber") or 0),
        name=text(item, "BeamName"),
        radiation=text(item, "RadiationType"),
        energy_mv=first.number("NominalBeamEnergy"),
        gantry_deg=first.number("GantryAngle"),
        couch_deg=first.number("PatientSupportAngle"),
        meterset_mu=share.meterset if share is not None and in_mu else None,
        collimator_deg=first.number("BeamLimitingDeviceAngle"),
        isocentre_mm=first.isocentre_mm,
        sad_mm=None if sad is None or sad == "" else float(sad),
        machine=text(item, "TreatmentMachineName"),
        delivery=delivery,
        dose_gy=None if share is None else share.dose_gy,
        dose_point_mm=None if share is None else share.point_mm,
    )


def _not_told(item: Dataset, points: Sequence[ControlPoint]) -> Iterator[str]:
    """What keeps the control points from being segments of fixed openings."""
    if len(points) < 2:
        yield f"it has {len(points)} control point, and a delivery at least two"
    yield from _shaped_otherwise(item)
    yield from _collimated_otherwise(item, points)
    between = moves_between(points)
    if between:
        yield f"not everything stays between its segments: {', '.join(between)}"
    if points[0].tilted:
        yield "gantry or table top are tilted in a way that three angles do not tell"
    if any(p.weight is None for p in points) or not item.get("FinalCumulativeMetersetWeight"):
        yield "its control points do not all state their meterset weight"


def _shaped_otherwise(item: Dataset) -> Iterator[str]:
    """What else than leaves and jaws decides what reaches the patient."""
    modifiers = [word for key, word in _MODIFIERS.items() if int(item.get(key) or 0) > 0]
    modifiers += ["an applicator"] if item.get("ApplicatorSequence") else []
    fluence = [text(one, "FluenceMode") for one in item.get("PrimaryFluenceModeSequence") or []]
    if modifiers:
        yield f"it is shaped by more than leaves and jaws: {', '.join(modifiers)}"
    if any(mode not in ("", "STANDARD") for mode in fluence):
        yield "its fluence is not the usual flattened one (such as FFF), which a beam here implies"


def _collimated_otherwise(item: Dataset, points: Sequence[ControlPoint]) -> Iterator[str]:
    devices = set(points[-1].devices)
    unknown = sorted(devices - {_MLC, *_X_JAWS, *_Y_JAWS})
    if not devices:
        yield "it states neither leaves nor jaws"
    if unknown:
        yield f"its collimator has {' and '.join(unknown)}, which Hepatica does not know"
    if set(points[0].devices) != devices:
        yield "the first control point does not state all leaves and jaws"
    if _MLC in devices and not _leaf_boundaries_mm(item):
        yield "the edges of its leaves (LeafPositionBoundaries) are missing"


def _not_placed(beam: Beam) -> str:
    missing = [
        word
        for word, value in (
            ("isocentre", beam.isocentre_mm),
            ("source-axis distance", beam.sad_mm),
            ("gantry angle", beam.gantry_deg),
            ("couch angle", beam.couch_deg),
            ("collimator angle", beam.collimator_deg),
            ("meterset in MU", beam.meterset_mu),
        )
        if value is None
    ]
    return f"it has no {', no '.join(missing)}" if missing else ""


def _require_rising_weights(item: Dataset, points: Sequence[ControlPoint], beam: Beam) -> None:
    weights = np.array([point.weight for point in points], dtype=float)
    final = float(item.FinalCumulativeMetersetWeight)
    ends = weights[0] == 0.0 and final > 0 and bool(np.isclose(weights[-1], final, rtol=1e-4))
    if not ends or not (np.diff(weights) >= 0).all():
        raise InvalidInput(
            f"Beam {beam.number} ({beam.name or 'unnamed'}): its cumulative meterset weights run "
            f"from {weights[0]:g} to {weights[-1]:g} with a final weight of {final:g}; they need "
            "to start at 0, never fall, and end at the final weight."
        )


def _with_segments(item: Dataset, points: Sequence[ControlPoint], beam: Beam) -> Beam:
    """One segment for every pair of control points between which the beam is on."""
    boundaries = _leaf_boundaries_mm(item)
    total = points[-1].weight or 1.0
    segments = [
        _segment(before, (beam.meterset_mu or 0.0) * _share(before, after, total), beam)
        for before, after in pairwise(points)
        if beam_is_on(before, after)
    ]
    return replace(beam, leaf_boundaries_mm=boundaries, segments=tuple(segments))


def _share(before: ControlPoint, after: ControlPoint, total: float) -> float:
    return ((after.weight or 0.0) - (before.weight or 0.0)) / total


def _segment(point: ControlPoint, meterset_mu: float, beam: Beam) -> Segment:
    leaves = point.devices.get(_MLC, ())
    if len(leaves) % 2:
        raise InvalidInput(
            f"Beam {beam.number} ({beam.name or 'unnamed'}): {len(leaves)} leaf positions; the two "
            "banks need the same number."
        )
    return Segment(
        meterset_mu,
        np.array(leaves, dtype=float).reshape(2, -1),
        _jaws(point, _X_JAWS),
        _jaws(point, _Y_JAWS),
    )


def _jaws(point: ControlPoint, kinds: Sequence[str]) -> tuple[float, float] | None:
    for kind in kinds:
        values = point.devices.get(kind, ())
        if len(values) == 2:
            return values[0], values[1]
    return None


def _leaf_boundaries_mm(item: Dataset) -> Numbers:
    for device in item.get("BeamLimitingDeviceSequence") or []:
        if text(device, "RTBeamLimitingDeviceType") == _MLC:
            edges = device.get("LeafPositionBoundaries")
            return () if edges is None else tuple(float(edge) for edge in edges)
    return ()
