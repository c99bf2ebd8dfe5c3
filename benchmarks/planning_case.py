"""Builds the abdomen of planning_case.yaml with numpy and scipy only: both sides use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PlanningCase:
    """One job: image, structures, objectives, beams. Arrays are (z, y, x)."""

    name: str
    hu: NDArray[np.float32]
    spacing_mm: float
    origin_mm: tuple[float, float, float]
    structures: dict[str, Mask]
    objectives: list[tuple[str, str, float, float]]
    rules: dict[str, Any]

    @property
    def isocentre_mm(self) -> NDArray[np.float64]:
        """The centre of mass of the target's voxels."""
        z, y, x = np.nonzero(self.structures["PTV"])
        index = np.array([x.mean(), y.mean(), z.mean()])
        return np.array(self.origin_mm) + index * self.spacing_mm


def planning_case(name: str, rules: dict[str, Any]) -> PlanningCase:
    """``liver50`` or ``wlrt`` from the rules, which are planning_case.yaml as a dict."""
    shape, step = rules["grid"]["shape"], float(rules["grid"]["spacing_mm"])
    origin = tuple(-(n - 1) / 2 * step for n in reversed(shape))
    axes = [o + step * np.arange(n) for o, n in zip(reversed(origin), shape, strict=True)]
    points = np.meshgrid(*axes, indexing="ij")[::-1]
    hu, structures = _painted(points, rules)
    if name == "wlrt":
        structures["PTV"] = _whole_liver(structures, step, float(rules["whole_liver_margin_mm"]))
    wanted = [tuple(row) for row in rules["objectives"][name]]
    return PlanningCase(name, hu, step, origin, structures, wanted, rules)  # type: ignore[arg-type]


def exclusive(case: PlanningCase) -> dict[str, Mask]:
    """Each structure without the voxels that one of higher precedence claims."""
    rank = case.rules["precedence"]
    best = np.full(case.hu.shape, 99)
    for name, mask in case.structures.items():
        best[mask] = np.minimum(best[mask], rank[name])
    return {name: mask & (best == rank[name]) for name, mask in case.structures.items()}


def _painted(points: list[Any], rules: dict[str, Any]) -> tuple[Any, dict[str, Mask]]:
    outer = rules["body"]
    body = _inside(points, [0, 0], outer["half_axes"])
    fat = body & ~_inside(points, [0, 0], outer["fat_from"])
    hu = np.full(body.shape, rules["air_hu"], np.float32)
    hu[body], hu[fat] = outer["hu"], outer["fat_hu"]
    masks: dict[str, Mask] = {"BODY": body}
    for name, organ in rules["organs"].items():
        centres = organ.get("centres", [organ.get("centre")])
        mask = np.any([_inside(points, c, organ["half_axes"]) for c in centres], axis=0) & body
        if organ.get("not_in_fat"):
            mask &= ~fat
        for other in organ.get("not_over", []):
            mask &= ~masks[other]
        hu[mask] = organ["hu"]
        masks[name] = mask
    target = rules["target"]
    masks["GTV"] = _inside(points, target["centre"], [target["gtv_radius"]] * 3)
    masks["PTV"] = _inside(points, target["centre"], [target["ptv_radius"]] * 3)
    hu[masks["GTV"]] = target["hu"]
    return hu, {name: masks[name] for name in rules["precedence"]}


def _inside(points: list[Any], centre: list[float], half_axes: list[float]) -> Mask:
    """Within an ellipsoid, or within a cylinder along z where two numbers are given."""
    terms = [((p - c) / r) ** 2 for p, c, r in zip(points, centre, half_axes, strict=False)]
    return np.asarray(sum(terms) <= 1.0)


def _whole_liver(structures: dict[str, Mask], step: float, margin_mm: float) -> Mask:
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(~structures["LIVER"], sampling=(step,) * 3)
    return np.asarray((away <= margin_mm) & structures["BODY"])
