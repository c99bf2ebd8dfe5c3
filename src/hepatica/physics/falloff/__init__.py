"""An idealised dose around a target, for demonstrations, tests and virtual trials.

It is not a planned dose: no beam, no attenuation, no density. It has the shape that conformal
liver plans have on average, so that what follows a plan can be shown and tested without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Falloff:
    """Shape of the idealised dose, as fractions of the prescription.

    ``half_distance_mm`` is where the dose above the ``background`` has fallen to one half;
    ``peak`` is the dose at the deepest point of the target.
    """

    half_distance_mm: float
    exponent: float
    background: float
    peak: float

    def __post_init__(self) -> None:
        if self.half_distance_mm <= 0 or self.exponent <= 0:
            raise InvalidInput("A dose fall-off needs a half distance and an exponent above 0.")
        if not 0 <= self.background < 1 <= self.peak:
            raise InvalidInput(
                f"A dose fall-off runs from a background of 0 to 1 (now {self.background:g}) up to "
                f"a peak of 1 or more (now {self.peak:g}), as fractions of the prescription."
            )


@cache
def published_falloff() -> Falloff:
    """The shape in ``falloff.yaml``, with its sources beside the numbers."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("falloff.yaml").read_text(encoding="utf-8")
    rows = YAML(typ="safe").load(text)["parameters"]
    return Falloff(**{row["name"]: float(row["value"]) for row in rows})


def relative_dose(
    distance_mm: NDArray[np.float64], deepest_mm: float, shape: Falloff
) -> NDArray[np.float64]:
    """Dose as a fraction of the prescription, from the distance to the target's surface.

    Parameters
    ----------
    distance_mm : (...) array, mm
        Distance to the surface of the target; negative inside.
    deepest_mm : mm
        Depth of the target's deepest point.
    shape : Falloff

    Returns
    -------
    fraction : (...) array
        1 on the surface, rising linearly to ``peak`` inside, falling to ``background`` outside.
    """
    outside = np.maximum(distance_mm, 0.0) / shape.half_distance_mm
    fall = shape.background + (1 - shape.background) * np.exp2(-(outside**shape.exponent))
    depth = np.clip(-distance_mm / max(deepest_mm, 1e-9), 0.0, 1.0)
    return np.asarray(fall + (shape.peak - 1) * depth)
