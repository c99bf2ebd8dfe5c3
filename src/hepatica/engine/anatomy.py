"""Adds to a case the organs that image rules can find, each marked as derived.

Nothing that is drawn is replaced, and a rule that cannot stand for its result gives none, with the
reason. Stomach, duodenum and bowel are never derived: they are unknown until somebody contours
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from string import Formatter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Structure
from hepatica.case.structure import Role
from hepatica.engine.scan_lattice import on_lattice
from hepatica.physics.anatomy import (
    Canal,
    Finding,
    NotFound,
    body_outline,
    canal_window,
    kidneys,
    lungs,
    rule,
    spinal_canal,
)

EXTERNAL, CANAL = "External", "SpinalCanal"
DERIVABLE = (EXTERNAL, "Lung_L", "Lung_R", "SpinalCanal", "Kidney_L", "Kidney_R")
CORD = "SpinalCord"
"""On demand only: the canal under the name of the cord, which lies in it."""

Progress = Callable[[str, int, int], None]
_Answers = dict[str, Finding | NotFound]

_CANAL_PITCH_MM = (1.25, 1.25, 2.5)
_BEYOND_CANAL_MM = 30.0
_ORIGINS = {
    EXTERNAL: "derived from the image: connected tissue brighter than {skin_hu:g} HU with all that "
    "it encloses, without couch and clothes",
    "Lung": "derived from the image: gas in the body between {lung_median_low_hu:g} and "
    "{lung_median_high_hu:g} HU (median) that reaches the back of the chest, vessels filled in",
    "SpinalCanal": "derived from the image: the soft hole within the ring of vertebral bone "
    "(over {canal_bone_hu:g} HU), followed slice by slice",
    "Kidney": "derived from the image: the bean of {kidney_cc_low:g} to {kidney_cc_high:g} cc in "
    "the fat beside the spine",
    CORD: "derived: the spinal canal stands for the cord, which fills only a part of it; a limit "
    "that the canal keeps, the cord keeps",
}


@dataclass(frozen=True, eq=False)
class AnatomyResult:
    """A case with what could be derived.

    Parameters
    ----------
    case : Case
    found : name to a sentence that says how well the organ was found, and what to look at
    not_found : name to the reason
    """

    case: Case
    found: Mapping[str, str]
    not_found: Mapping[str, str]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before believing the result: every finding and every gap."""
        return (
            *(f"Derived from the image, not contoured: {text}" for text in self.found.values()),
            *(f"Not found in the image: {text}" for text in self.not_found.values()),
        )


def derive_anatomy(
    case: Case, wanted: tuple[str, ...] | None = None, progress: Progress | None = None
) -> AnatomyResult:
    """The case with the organs that it lacks and that the image shows.

    Parameters
    ----------
    case : Case
    wanted : names, optional
        All of `DERIVABLE` by default. `CORD` may be asked for; names of other organs are answered
        as not found.
    progress : called with (step, done, total)

    Returns
    -------
    result : AnatomyResult
        What is drawn in the case is neither replaced nor mentioned.
    """
    wanted = DERIVABLE if wanted is None else wanted
    made, found = _as_drawn(case, wanted)
    case = case.with_structures(*made)
    missing = tuple(name for name in dict.fromkeys(wanted) if not _is_there(case, name))
    possible = tuple(name for name in missing if name in (*DERIVABLE, CORD))
    not_found = {
        name: f"{name}: no image rule finds it; contour it."
        for name in missing
        if name not in possible
    }
    if possible:
        case = _searched(case, possible, (found, not_found), progress or _silent)
    return AnatomyResult(case, MappingProxyType(found), MappingProxyType(not_found))


def _as_drawn(case: Case, wanted: tuple[str, ...]) -> tuple[list[Structure], dict[str, str]]:
    """What is drawn under another name: the outline of the body, and the canal for the cord."""
    made, found = [], {}
    outline = _outline(case)
    if EXTERNAL in wanted and outline is not None and not _is_there(case, EXTERNAL):
        words = f"the outline {outline.name} as it was drawn"
        made.append(replace(outline, name=EXTERNAL, origin=words))
        found[EXTERNAL] = f"{EXTERNAL}: {words}."
    if CORD in wanted and _is_there(case, CANAL) and not _is_there(case, CORD):
        canal = case.structures[CANAL]
        made.append(replace(canal, name=CORD, origin=_ORIGINS[CORD], derived=True))
        found[CORD] = f"{CORD}: the spinal canal as it was drawn stands for the cord."
    return made, found


def _searched(
    case: Case,
    names: tuple[str, ...],
    said: tuple[dict[str, str], dict[str, str]],
    progress: Progress,
) -> Case:
    """The case with what the image shows of these names; ``said`` takes what is to be said."""
    found, not_found = said
    search = _Search(case, progress)
    answers = search.answers(names)
    made = []
    for name in names:
        answer = answers[name]
        if isinstance(answer, NotFound):
            not_found[name] = f"{name}: {answer.reason}. Contour it."
            continue
        structure = search.structure(name, answer)
        if structure.is_empty:
            not_found[name] = f"{name}: nothing of it fills a voxel of the image. Contour it."
            continue
        made.append(structure)
        found[name] = f"{name}: {answer.quality}. Look at it before use."
    return case.with_structures(*made)


def _silent(_step: str, _done: int, _total: int) -> None: ...


def _is_there(case: Case, name: str) -> bool:
    return name in case.structures and not case.structures[name].is_empty


def _outline(case: Case) -> Structure | None:
    """The outline of the body as drawn, under whatever name."""
    drawn = [s for s in case.structures.values() if s.role == "EXTERNAL" and not s.is_empty]
    return max(drawn, key=lambda s: s.volume_cc) if drawn else None


class _Search:
    """One pass over the image: the body first, then the canal, then what is measured from it."""

    def __init__(self, case: Case, progress: Progress) -> None:
        self.case = case
        self.report = progress
        self.lattice = on_lattice(case.image, (rule("lattice_mm"),) * 3)
        self.found: _Answers = {}
        self.canal_lattice = self.lattice

    def answers(self, names: tuple[str, ...]) -> _Answers:
        self.report("outline of the body", 0, 4)
        body = self._body()
        if isinstance(body, NotFound):
            return {name: body for name in names}
        if names == (EXTERNAL,):
            self.report("organs", 4, 4)
            return self.found
        self.report("spinal canal", 1, 4)
        canal = self._canal(body)
        self.found["SpinalCanal"] = self.found[CORD] = canal
        spine = self._spine(canal, body)
        if any(name.startswith("Lung") for name in names):
            self.report("lungs", 2, 4)
            self.found["Lung_L"], self.found["Lung_R"] = lungs(self.lattice.scan, body, spine)
        if any(name.startswith("Kidney") for name in names):
            self.report("kidneys", 3, 4)
            self.found["Kidney_L"], self.found["Kidney_R"] = self._kidneys(body, canal, spine)
        self.report("organs", 4, 4)
        return self._with_sides_checked(spine)

    def structure(self, name: str, found: Finding) -> Structure:
        lattice = self.canal_lattice if name in ("SpinalCanal", CORD) else self.lattice
        role: Role = "EXTERNAL" if name == EXTERNAL else "ORGAN"
        numbers = {n: rule(n) for n in _numbers()}
        words = _ORIGINS[name if name in _ORIGINS else name.partition("_")[0]].format(**numbers)
        return lattice.structure(name, found, self.case.image.grid, role, words)

    def _body(self) -> NDArray[np.bool_] | NotFound:
        outline = body_outline(self.lattice.scan)
        self.found[EXTERNAL] = outline
        return outline if isinstance(outline, NotFound) else outline.mask

    def _canal(self, body: NDArray[np.bool_]) -> Canal | NotFound:
        window = canal_window(body, self.lattice.scan.pitch_mm)
        self.canal_lattice = self.lattice.part(_CANAL_PITCH_MM, self.case.image, window)
        return spinal_canal(self.canal_lattice.scan)

    def _spine(self, canal: Canal | NotFound, body: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Row and column of the spine in each slice; the middle of the body without a canal."""
        slices = np.arange(len(body))
        if isinstance(canal, NotFound):
            rows, columns = (np.flatnonzero(body.any(axis=axes)) for axes in ((0, 2), (0, 1)))
            return np.tile([rows.mean(), columns.mean()], (len(body), 1))
        known = np.flatnonzero(np.isfinite(canal.centre[:, 0]))
        index = np.column_stack([canal.centre[known][:, ::-1], known])
        here = self.lattice.grid.index_of(self.canal_lattice.grid.point_at(index))
        return np.column_stack([np.interp(slices, here[:, 2], here[:, k]) for k in (1, 0)])

    def _kidneys(
        self, body: NDArray[np.bool_], canal: Canal | NotFound, spine: NDArray[np.float64]
    ) -> tuple[Finding | NotFound, Finding | NotFound]:
        if isinstance(canal, NotFound):
            reason = NotFound(f"kidneys are looked for beside the spinal canal, and {canal.reason}")
            return reason, reason
        known = np.flatnonzero(np.isfinite(canal.centre[:, 0]))
        ends = self.canal_lattice.grid.point_at([(0, 0, known[0]), (0, 0, known[-1])])
        low, high = self.lattice.grid.index_of(ends)[:, 2]
        room = _BEYOND_CANAL_MM / self.lattice.scan.pitch_mm[0]
        slices = np.arange(len(spine))
        near = (slices >= low - room) & (slices <= high + room)
        liver = self.case.structures.get("Liver")
        return kidneys(
            self.lattice.scan,
            body,
            np.where(near[:, None], spine, np.nan),
            None if liver is None or liver.is_empty else self.lattice.mask_of(liver),
        )

    def _with_sides_checked(self, spine: NDArray[np.float64]) -> _Answers:
        """Left and right are refused where the liver lies on the wrong side."""
        liver = self.case.structures.get("Liver")
        if liver is None or liver.is_empty:
            return self.found
        middle = self.lattice.grid.index_of(liver.centroid_mm)
        level = round(float(middle[2]))
        if not 0 <= level < len(spine) or middle[0] < spine[level, 1]:
            return self.found
        reason = NotFound(
            "the liver lies left of the spine: the image or the organs are mirrored, and left and "
            "right cannot be told"
        )
        sided = {name: reason for name in self.found if name.endswith(("_L", "_R"))}
        return {**self.found, **sided}


def _numbers() -> tuple[str, ...]:
    return tuple(sorted({field for text in _ORIGINS.values() for field in _fields(text)}))


def _fields(text: str) -> list[str]:
    return [field.partition(":")[0] for _, field, _, _ in Formatter().parse(text) if field]
