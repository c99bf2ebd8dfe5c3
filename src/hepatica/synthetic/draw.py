"""Who the synthetic patient is: build, liver, tumours and breathing, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hepatica.errors import Infeasible, InvalidInput
from hepatica.synthetic.data import anchor, anchors

_MOST_REDRAWS = 200


@dataclass(frozen=True)
class Anatomy:
    """What is wished of a synthetic patient; None leaves it to chance.

    Parameters
    ----------
    spacing_mm : (x, y, z) mm
    lesions : number of metastases, 1 to 8
    gtv_cc : their volume together
    normal_liver_cc : liver without them
    table : whether the couch is in the image
    noise : whether the image is noisy
    """

    spacing_mm: tuple[float, float, float] = (2.0, 2.0, 2.5)
    lesions: int | None = None
    gtv_cc: float | None = None
    normal_liver_cc: float | None = None
    table: bool = False
    noise: bool = True

    def __post_init__(self) -> None:
        if not all(0.5 <= step <= 6.0 for step in self.spacing_mm):
            raise InvalidInput(
                f"Voxel spacing is {self.spacing_mm} mm; 0.5 to 6 mm is allowed in each direction."
            )
        if self.lesions is not None and not 1 <= self.lesions <= 8:
            raise InvalidInput(f"Number of lesions is {self.lesions}; 1 to 8 is allowed.")
        if self.gtv_cc is not None and not 0.2 <= self.gtv_cc <= 3090:
            raise InvalidInput(f"Tumour volume is {self.gtv_cc} cc; 0.2 to 3090 cc is allowed.")
        if self.normal_liver_cc is not None and not 800 <= self.normal_liver_cc <= 2200:
            raise InvalidInput(
                f"Normal liver volume is {self.normal_liver_cc} cc; 800 to 2200 cc is allowed."
            )


@dataclass(frozen=True)
class Tumours:
    """How many metastases, of what volume each, the largest first."""

    volumes_cc: tuple[float, ...]

    @property
    def total_cc(self) -> float:
        """All together."""
        return sum(self.volumes_cc)


@dataclass(frozen=True)
class Breathing:
    """How far the liver moves from exhale to inhale, and how long a breath takes.

    Distances are peak to peak, mm; the liver goes down, forward and to the left when breathing in.
    """

    craniocaudal_mm: float
    anteroposterior_mm: float
    leftright_mm: float
    period_s: float
    lujan_n: int


@dataclass(frozen=True)
class Draw:
    """One patient as numbers; ``redraws`` counts tumours that were drawn but did not fit."""

    male: bool
    height_cm: float
    weight_kg: float
    normal_liver_cc: float
    tumours: Tumours
    breathing: Breathing
    redraws: int = 0

    @property
    def bmi(self) -> float:
        """kg/m2."""
        return self.weight_kg / (self.height_cm / 100) ** 2

    @property
    def bsa_m2(self) -> float:
        """Body surface, Du Bois 1916."""
        factor, of_weight, of_height = anchor("body", "bsa")
        return float(factor * self.weight_kg**of_weight * self.height_cm**of_height)


def draw_patient(rng: np.random.Generator, options: Anatomy | None = None) -> Draw:
    """Draw one patient from the anchors; costs microseconds.

    Tumours that take more than the largest share of the liver are redrawn and counted, so that
    very large volumes are rarer than in the anchor.

    Raises
    ------
    Infeasible
        If what was wished cannot fit.
    """
    options = options or Anatomy()
    male = bool(rng.random() < anchor("body", "male_fraction"))
    mean, sd = anchors()["body"]["height_cm"]["male" if male else "female"]["value"]
    height = float(np.clip(rng.normal(mean, sd), mean - 3 * sd, mean + 3 * sd))
    mean, sd, low, high = anchor("body", "bmi")
    weight = float(np.clip(rng.normal(mean, sd), low, high)) * (height / 100) ** 2
    body = Draw(male, height, weight, 0.0, Tumours(()), draw_breathing(rng))
    normal = options.normal_liver_cc or _normal_liver_cc(body, rng)
    return redraw_tumours(replace(body, normal_liver_cc=normal, redraws=-1), rng, options)


def redraw_tumours(draw: Draw, rng: np.random.Generator, options: Anatomy) -> Draw:
    """The same patient with other tumours, such that the liver can hold them."""
    share = anchor("tumours", "largest_share")
    for extra in range(1, _MOST_REDRAWS + 1):
        tumours = draw_tumours(rng, options.lesions, options.gtv_cc)
        if tumours.total_cc <= share * (draw.normal_liver_cc + tumours.total_cc):
            return replace(draw, tumours=tumours, redraws=draw.redraws + extra)
    most = share / (1 - share) * draw.normal_liver_cc
    raise Infeasible(
        f"Tumours of {options.gtv_cc:g} cc do not fit into a liver of {draw.normal_liver_cc:.0f} "
        f"cc; up to {most:.0f} cc do. Ask for less tumour or more liver."
    )


def draw_tumours(
    rng: np.random.Generator, lesions: int | None = None, total_cc: float | None = None
) -> Tumours:
    """Number and volumes straight from the anchors, whether or not a liver can hold them."""
    if lesions is None:
        table = anchor("tumours", "number")
        lesions = int(rng.choice(list(table), p=list(table.values())))
    if total_cc is None:
        law = anchor("tumours", "total_cc")
        drawn = law["median"] * np.exp(law["sigma"] * rng.standard_normal())
        total_cc = float(np.clip(drawn, law["lowest"], law["highest"]))
    parts = rng.dirichlet(np.full(lesions, anchor("tumours", "evenness")))
    return Tumours(tuple(sorted((float(total_cc * part) for part in parts), reverse=True)))


def draw_breathing(rng: np.random.Generator) -> Breathing:
    """Amplitudes and period; a draw beyond the observed range is repeated."""
    law = anchor("motion", "craniocaudal_mm")
    while True:
        amplitude = float(law["median"] * np.exp(law["sigma"] * rng.standard_normal()))
        if law["lowest"] <= amplitude <= law["highest"]:
            break
    return Breathing(
        amplitude,
        amplitude * anchor("motion", "anteroposterior"),
        amplitude * anchor("motion", "leftright"),
        float(rng.uniform(*anchor("motion", "period_s"))),
        int(anchor("motion", "lujan_n")),
    )


def _normal_liver_cc(draw: Draw, rng: np.random.Generator) -> float:
    per_m2, rest = anchor("liver", "normal_cc")
    expected = per_m2 * draw.bsa_m2 + rest
    lowest = anchor("liver", "lowest_cc")
    while True:
        normal = float(expected * np.exp(anchor("liver", "spread") * rng.standard_normal()))
        if normal >= lowest:
            return normal
