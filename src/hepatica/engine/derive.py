"""The structures a protocol speaks of, made from those the patient has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_, sub

import numpy as np

from hepatica.case import Case, Grid, Margin, Structure
from hepatica.case.structure import Role
from hepatica.errors import InvalidInput
from hepatica.protocol import Derived, IsotoxicProtocol, Target

GTV = "GTV"
"""Name of the union of all gross tumour volumes in a protocol."""

_MOSTLY_OUTSIDE = 0.5
_PARTLY_OUTSIDE = 0.95
_ROOM_MM = 30.0


@dataclass(frozen=True)
class ProtocolStructures:
    """What a protocol asks for, as far as the case allows.

    ``missing`` says for a name why there is no such structure and what would help; ``doubts``
    says what is wrong with one that there is, so that verdicts on it are unknown; ``warnings``
    must be looked at, ``remarks`` tell how a structure was made.
    """

    present: Mapping[str, Structure]
    missing: Mapping[str, str]
    doubts: Mapping[str, str]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]


def protocol_structures(
    case: Case,
    protocol: IsotoxicProtocol,
    ptv_margin: Margin | None = None,
    treated: tuple[str, ...] = (),
) -> ProtocolStructures:
    """Every structure of a case, with the unions, differences and targets of a protocol.

    A target that is drawn in the case is used as drawn; otherwise it is grown, and the remarks
    say by how much. A patient-specific margin that is not given is the protocol's minimum.

    Parameters
    ----------
    case : Case
    protocol : IsotoxicProtocol
    ptv_margin : Margin, optional
    treated : names of gross tumour volumes
        Those that the plan treats; all by default. Targets are grown from these, while organs
        lose every tumour, treated or not.

    Raises
    ------
    InvalidInput
        If the margin given is below the protocol's minimum on any side, or a treated tumour is
        not a gross tumour volume of the case.
    """
    book = _Book(case)
    book.add_union_of_tumours()
    for derived in protocol.derived:
        book.add_derived(derived)
    book.treat_only(treated)
    for target in protocol.targets:
        book.add_target(target, ptv_margin)
    book.compare_tumours_with(protocol.prescription.organ)
    book.look_for_cuts(needed_structures(protocol))
    return ProtocolStructures(
        book.present, book.missing, book.doubts, tuple(book.warnings), tuple(book.remarks)
    )


def needed_structures(protocol: IsotoxicProtocol) -> tuple[str, ...]:
    """Every structure a protocol speaks of, once, in the order in which it does."""
    names = [target.name for target in protocol.targets]
    names.append(protocol.prescription.organ)
    names += [limit.structure for limit in protocol.limits]
    names += [row.structure for row in protocol.report.rows]
    return tuple(dict.fromkeys(names))


def working_grid(case: Case) -> Grid:
    """The lattice on which structures are combined: the image's, continued where they leave it.

    A plan sent without most of its slices has structures beyond its image, on the same voxels or
    on a lattice of their own; there they get room for margins.
    """
    grids = [s.grid for s in case.structures.values() if not s.is_empty]
    image = case.image.grid
    own = [g for g in grids if image.same_lattice(g)]
    if not grids or (own and all(_contains(image, g) for g in own)):
        return image
    first = image if own else grids[0]
    offsets = [(first.offset_of(g), g.shape) for g in grids]
    known = [(np.array(o), np.array(shape)) for o, shape in offsets if o is not None]
    room = np.ceil(_ROOM_MM / np.array(first.spacing_mm[::-1])).astype(int)
    start = np.min([o for o, _ in known], axis=0) - room
    stop = np.max([o + shape for o, shape in known], axis=0) + room
    if own:
        start, stop = np.minimum(start, 0), np.maximum(stop, image.shape)
    return first.crop(tuple(start), tuple(stop))


def _reaches_edge(image: Grid, part: Grid) -> bool:
    offset = image.offset_of(part)
    if offset is None:
        return False
    ends = zip(offset, part.shape, image.shape, strict=True)
    return any(o <= 0 or o + n >= size for o, n, size in ends)


def _contains(image: Grid, part: Grid) -> bool:
    offset = image.offset_of(part)
    return offset is not None and all(
        o >= 0 and o + n <= size for o, n, size in zip(offset, part.shape, image.shape, strict=True)
    )


class _Book:
    """The structures found so far, while a protocol is being worked through."""

    def __init__(self, case: Case) -> None:
        drawn = {n: s for n, s in case.structures.items() if not s.is_empty}
        self.case = case
        self.grid = working_grid(case)
        self.present = {n: s.on(self.grid) for n, s in drawn.items()}
        self.missing = {n: f"{n} is empty: contour it." for n in case.structures if n not in drawn}
        self.doubts: dict[str, str] = {}
        self.warnings: list[str] = []
        self.parents: dict[str, str] = {}
        self.remarks = [
            f"{name} was resampled onto the voxels of the image."
            for name, structure in drawn.items()
            if not self.grid.same_lattice(structure.grid)
        ]

    def add_union_of_tumours(self) -> None:
        tumours = [self.present[s.name] for s in self.case.gtvs if s.name in self.present]
        if not tumours:
            self.missing[GTV] = (
                "the case has no gross tumour volume: contour one, or map its name to GTV1 "
                "in a --names file."
            )
            return
        union = reduce(or_, tumours)
        if union.name != GTV:
            names = " or ".join(s.name for s in tumours)
            self.present[GTV] = replace(
                union, name=GTV, role="GTV", origin=f"derived: {names}", derived=True
            )

    def treat_only(self, names: tuple[str, ...]) -> None:
        """From here on, GTV means the tumours that are treated."""
        tumours = {t.name: t for t in self.case.gtvs}
        for name in names:
            if name not in tumours:
                raise InvalidInput(
                    f"{name} is not a gross tumour volume of case {self.case.case_id}; it has: "
                    f"{', '.join(tumours) or 'none'}."
                )
        chosen = [self.present[name] for name in names if name in self.present]
        if not chosen:
            return
        self.present[GTV] = replace(
            reduce(or_, chosen),
            name=GTV,
            role="GTV",
            origin=f"derived: {' or '.join(names)}, as treated",
            derived=True,
        )
        left_out = [name for name in tumours if name not in names]
        if left_out:
            self.remarks.append(
                f"Not treated by this plan: {' and '.join(left_out)}. The normal liver is without "
                "all tumours, the targets are those of the treated ones."
            )

    def add_target(self, target: Target, given: Margin | None) -> None:
        if target.name in self.present:
            self.remarks.append(f"{target.name} is used as it was drawn.")
            return
        if self._lacks(target.name, target.grown_from, *([target.inside] if target.inside else [])):
            return
        margin = self._margin(target, given)
        inside = self.present[target.inside] if target.inside else None
        grown = self.present[target.grown_from].grown(margin, self.grid, inside)
        words = f"{target.grown_from} grown by {margin}"
        words += f", inside {target.inside}" if target.inside else ""
        role: Role = "CTV" if target.name.startswith("CTV") else "PTV"
        made = replace(grown, name=target.name, role=role, origin=f"derived: {words}", derived=True)
        self._keep(made)

    def _margin(self, target: Target, given: Margin | None) -> Margin:
        if target.margin_rule == "fixed":
            if target.margin_mm is None:
                raise InvalidInput(f"Target {target.name}: a fixed rule needs margin_mm.")
            return target.margin_mm
        least = target.minimum_mm or 0.0
        if given is None:
            said = (
                f"No patient-specific margin was given: targets are grown by the protocol's "
                f"minimum of {least:g} mm. Measure the motion and give --ptv-margin-mm."
            )
            self.warnings += [] if said in self.warnings else [said]
            return Margin.uniform(least)
        if min(given.sides_mm) < least:
            raise InvalidInput(
                f"Margin of {target.name} is {given}; the protocol allows no side below "
                f"{least:g} mm. Give a larger --ptv-margin-mm."
            )
        return given

    def add_derived(self, derived: Derived) -> None:
        if derived.name in self.present and derived.prefer_drawn:
            self.remarks.append(f"{derived.name} is used as it was drawn.")
            return
        how = derived.made_of
        if self._lacks(derived.name, *how.of):
            return
        parts = [self.present[name] for name in how.of]
        if how.how == "plus":
            made = parts[0].grown(how.margin_mm or 0.0, self.grid)
        else:
            made = reduce({"minus": sub, "or": or_, "and": and_}[how.how], parts)
        self.parents[derived.name] = how.of[0]
        self._keep(replace(made, name=derived.name, origin=f"derived: {how}", derived=True))

    def _keep(self, made: Structure) -> None:
        if made.is_empty:
            self.missing[made.name] = f"{made.name} is empty ({made.origin}): check the contours."
        else:
            self.present[made.name] = made

    def compare_tumours_with(self, remnant: str) -> None:
        """A tumour outside its organ is a wrong contour or a wrong patient, never a small one."""
        organ = self.parents.get(remnant, remnant)
        if organ not in self.present:
            return
        for name in (t.name for t in self.case.gtvs if t.name in self.present):
            tumour = self.present[name]
            share = (tumour & self.present[organ]).volume_cc / tumour.volume_cc
            said = f"{name} lies {'outside' if share < _MOSTLY_OUTSIDE else 'partly outside'} the "
            said += f"{organ} ({share:.0%} of it is inside): check both contours."
            if share < _MOSTLY_OUTSIDE:
                self.doubts[remnant] = said
            if share < _PARTLY_OUTSIDE:
                self.warnings.append(said)

    def look_for_cuts(self, names: tuple[str, ...]) -> None:
        """An organ that reaches the edge of the image may go on beyond it, with more dose."""
        image = self.case.image.grid
        cut = [
            name
            for name in names
            if name in self.present and _reaches_edge(image, self.present[name].grid)
        ]
        if cut:
            self.warnings.append(
                f"{', '.join(cut)}: at the edge of the image and may be cut; volumes are lower "
                "bounds, and dose beyond the image is not counted."
            )

    def _lacks(self, name: str, *needed: str) -> bool:
        absent = [n for n in needed if n not in self.present]
        if absent:
            first = self.missing.get(
                absent[0],
                f"the case has no {absent[0]}: contour it, or map its name in a --names file.",
            )
            self.missing[name] = f"{name} needs {' and '.join(needed)}; {first}"
        return bool(absent)
