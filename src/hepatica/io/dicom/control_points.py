"""What each control point of a beam says, with all that it takes over from those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from hepatica.io.dicom.files import text

_NUMBERS = {
    "NominalBeamEnergy": "the energy",
    "GantryAngle": "the gantry",
    "GantryPitchAngle": "the gantry's pitch",
    "BeamLimitingDeviceAngle": "the collimator",
    "PatientSupportAngle": "the couch",
    "TableTopEccentricAngle": "the table top",
    "TableTopPitchAngle": "the table top's pitch",
    "TableTopRollAngle": "the table top's roll",
    "TableTopVerticalPosition": "the table top",
    "TableTopLongitudinalPosition": "the table top",
    "TableTopLateralPosition": "the table top",
    "IsocenterPosition": "the isocentre",
}
_TURNS = {
    "GantryRotationDirection": "the gantry",
    "BeamLimitingDeviceRotationDirection": "the collimator",
    "PatientSupportRotationDirection": "the couch",
    "TableTopEccentricRotationDirection": "the table top",
    "TableTopPitchRotationDirection": "the table top's pitch",
    "TableTopRollRotationDirection": "the table top's roll",
}
_TILTS = (
    "GantryPitchAngle",
    "TableTopEccentricAngle",
    "TableTopPitchAngle",
    "TableTopRollAngle",
)
_STILL = 1e-3
_SAME_WEIGHT = 1e-9

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class ControlPoint:
    """One point of a beam's delivery.

    Parameters
    ----------
    weight : CumulativeMetersetWeight, None where not stated
    numbers : keyword to its numbers: angles, positions, energy
    devices : type of a beam limiting device to its leaf or jaw positions, mm
    turning : what turns from here to the next point, in words
    """

    weight: float | None
    numbers: Mapping[str, Numbers]
    devices: Mapping[str, Numbers]
    turning: tuple[str, ...]

    def number(self, keyword: str) -> float | None:
        """A single number, None where no point up to this one states it."""
        values = self.numbers.get(keyword, ())
        return values[0] if len(values) == 1 else None

    @property
    def isocentre_mm(self) -> tuple[float, float, float] | None:
        """(x, y, z) in LPS."""
        values = self.numbers.get("IsocenterPosition", ())
        return (values[0], values[1], values[2]) if len(values) == 3 else None

    @property
    def tilted(self) -> bool:
        """Whether gantry or table stand in a way that three angles do not tell."""
        return any(abs(self.number(keyword) or 0.0) > _STILL for keyword in _TILTS)


def control_points(items: Sequence[Dataset]) -> tuple[ControlPoint, ...]:
    """The control points in their order, each complete.

    A value that a point does not state is that of the point before it (PS3.3 C.8.8.14.5); of the
    collimating devices, each one is taken over by itself.
    """
    numbers: dict[str, Numbers] = {}
    devices: dict[str, Numbers] = {}
    turns: dict[str, str] = {}
    points = []
    for item in items:
        numbers |= {key: said for key in _NUMBERS if (said := _numbers(item, key))}
        turns |= {key: text(item, key) for key in _TURNS if text(item, key)}
        for device in item.get("BeamLimitingDevicePositionSequence") or []:
            devices[text(device, "RTBeamLimitingDeviceType")] = _numbers(device, "LeafJawPositions")
        weight = _numbers(item, "CumulativeMetersetWeight")
        turning = tuple(_TURNS[key] for key, way in turns.items() if way in ("CW", "CC"))
        points.append(
            ControlPoint(weight[0] if weight else None, dict(numbers), dict(devices), turning)
        )
    return tuple(points)


def beam_is_on(before: ControlPoint, after: ControlPoint) -> bool:
    """Whether something is given from one point to the next."""
    return (after.weight or 0.0) - (before.weight or 0.0) > _SAME_WEIGHT


def moves_in_beam(points: Sequence[ControlPoint]) -> tuple[str, ...]:
    """What moves while the beam is on, in words; empty for static and step-and-shoot beams."""
    moving: dict[str, None] = {}
    for before, after in pairwise(points):
        if beam_is_on(before, after):
            moving |= dict.fromkeys((*before.turning, *_changed(before, after)))
    return tuple(moving)


def moves_between(points: Sequence[ControlPoint]) -> tuple[str, ...]:
    """What else than leaves and jaws differs anywhere in the beam, in words."""
    moving: dict[str, None] = {}
    for before, after in pairwise(points):
        moving |= dict.fromkeys(_changed_numbers(before, after))
    return tuple(moving)


def _changed(before: ControlPoint, after: ControlPoint) -> list[str]:
    changed = _changed_numbers(before, after)
    for device in {**before.devices, **after.devices}:
        if _differ(before.devices.get(device, ()), after.devices.get(device, ())):
            changed.append("the leaves" if device.startswith("MLC") else "the jaws")
    return changed


def _changed_numbers(before: ControlPoint, after: ControlPoint) -> list[str]:
    return [
        word
        for key, word in _NUMBERS.items()
        if key in before.numbers and _differ(before.numbers[key], after.numbers[key])
    ]


def _differ(one: Numbers, other: Numbers) -> bool:
    return len(one) != len(other) or not np.allclose(one, other, rtol=0.0, atol=_STILL)


def _numbers(item: Dataset, keyword: str) -> Numbers:
    value: Any = item.get(keyword)
    if value is None or value == "":
        return ()
    return tuple(float(v) for v in value) if hasattr(value, "__iter__") else (float(value),)
