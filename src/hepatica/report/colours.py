"""One colour for each organ and target, the same in every picture and told apart by all eyes.

Tumours and targets are blue, since lines of equal dose run from violet to yellow. The colours of
the organs follow the palettes of Okabe and Ito (2008) and Paul Tol (2021), made for readers with
red-green blindness; structures are told apart by line style as well, and by name in every legend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from hepatica.case import Structure

Dash = str | tuple[float, tuple[float, ...]]

_SOLID: Dash = "-"
_DASHED: Dash = (0.0, (5.0, 2.0))
_DOTTED: Dash = (0.0, (1.2, 1.4))
_CHAIN: Dash = (0.0, (6.0, 1.8, 1.2, 1.8))
_DASHES = (_SOLID, _DASHED, _CHAIN, _DOTTED)


@dataclass(frozen=True)
class Stroke:
    """How a structure is drawn: colour, dash pattern and thickness in points."""

    colour: str
    dash: Dash = _SOLID
    width_pt: float = 1.4


_TARGETS: Mapping[str, tuple[str, ...]] = {
    "GTV": ("#0095CC", "#005F8C", "#3FB8A9"),
    "CTV": ("#4F8DF0", "#2F5FB0"),
    "PTV": ("#5B5BE0", "#8E44C9"),
}
_ORGANS: Mapping[str, Stroke] = {
    "Liver": Stroke("#009E73"),
    "Stomach": Stroke("#CC79A7"),
    "Duodenum": Stroke("#CC6677", _DASHED),
    "Bowel_Small": Stroke("#B8860B"),
    "Bowel_Large": Stroke("#B8860B", _DASHED),
    "Kidneys": Stroke("#A0714F"),
    "Kidney_L": Stroke("#A0714F", _DASHED),
    "Kidney_R": Stroke("#A0714F", _CHAIN),
    "SpinalCord": Stroke("#8A9A1B"),
    "SpinalCord_PRV05": Stroke("#8A9A1B", _DASHED),
    "SpinalCanal": Stroke("#8A9A1B", _CHAIN),
    "Esophagus": Stroke("#AA4499"),
    "Heart": Stroke("#B5475B"),
    "Lungs": Stroke("#7A8CA3"),
    "Lung_L": Stroke("#7A8CA3", _DASHED),
    "Lung_R": Stroke("#7A8CA3", _CHAIN),
    "Chestwall": Stroke("#9A8F5A"),
    "GallBladder": Stroke("#44AA99", _DOTTED),
    "External": Stroke("#8A8A8A", _DOTTED, 0.8),
}
_SPARE = ("#44AA99", "#997700", "#994455", "#7A8CA3", "#AA4499", "#5A8D3A", "#B06A3B", "#8877AA")


def strokes(structures: Iterable[Structure]) -> dict[str, Stroke]:
    """A stroke for each structure's name; give all structures of a report at once."""
    found = sorted(structures, key=lambda s: s.name)
    known = {s.name: stroke for s in found if (stroke := _organ(s)) is not None}
    for role, colours in _TARGETS.items():
        targets = [s.name for s in found if s.role == role and s.name not in known]
        known.update(zip(targets, _target_strokes(colours), strict=False))
    others = [s.name for s in found if s.name not in known]
    spare = {
        name: Stroke(_SPARE[k % len(_SPARE)], _DASHES[k // len(_SPARE) % len(_DASHES)], 1.1)
        for k, name in enumerate(others)
    }
    return known | spare


def _organ(structure: Structure) -> Stroke | None:
    if structure.name in _ORGANS:
        return _ORGANS[structure.name]
    if structure.name.startswith("Liver-"):
        return Stroke(_ORGANS["Liver"].colour, _DASHED)
    return _ORGANS["External"] if structure.role == "EXTERNAL" else None


def _target_strokes(colours: Sequence[str]) -> Iterator[Stroke]:
    """All dashes in the first colour, then in the next, and again from the start."""
    return (Stroke(colour, dash, 1.9) for colour in cycle(colours) for dash in _DASHES)
