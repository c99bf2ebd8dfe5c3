"""Chooses the CT series and the structure set that make one case, and says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case.plan import Plan
from hepatica.case.provenance import Note
from hepatica.errors import InvalidInput
from hepatica.io.dicom.choices import Choices
from hepatica.io.dicom.lattice import axes_of
from hepatica.io.dicom.rois import StructureSet, read_structure_set
from hepatica.io.dicom.scan import Series, Survey

_SCOUT_WORDS = ("LOCALIZER", "SCOUT", "TOPOGRAM")
_PROJECTION_WORDS = ("MIP", "MAX_IP", "MAXIMUM", "MINIP", "MIN_IP")
_ON_SLICE_MM = 0.5


@dataclass(frozen=True, eq=False)
class Linked:
    """The series and structure set of a case; ``structure_set`` is None when there is none."""

    image: Series
    structure_set: StructureSet | None
    other_images: tuple[Series, ...]


def link(found: Survey, plans: Sequence[Plan], choices: Choices, notes: list[Note]) -> Linked:
    """Choose the structure set and the CT series it was drawn on.

    Parameters
    ----------
    found : Survey
    plans : plans in the sources; the structure set they name is preferred
    choices : what the user decided
    notes : receives what was chosen and ignored, and why

    Raises
    ------
    InvalidInput
        If there is no CT, or several fit equally well and the user did not choose.
    """
    images = _images(found, choices, notes)
    sets = [read_structure_set(series.files[0]) for series in found.of("structures")]
    chosen_set = _structure_set(sets, images, plans, choices, notes)
    chosen = _image(images, chosen_set, (found, plans), choices, notes)
    others = tuple(s for s in images if s is not chosen)
    for series in others:
        sentence = "Another CT series was chosen."
        notes.append(Note("ignored", series.label, sentence))
    return Linked(chosen, chosen_set, others)


def _images(found: Survey, choices: Choices, notes: list[Note]) -> list[Series]:
    """The CT series that may be the image of a case; the rest is named in the notes."""
    usable: list[Series] = []
    for series in found.of("image"):
        why = "" if _named(series, choices.series_uid) else _no_volume(series)
        if why:
            notes.append(Note("ignored", series.label, why))
        else:
            usable.append(series)
    other = Counter(s.modality or "unknown" for s in found.of("other"))
    for modality, count in sorted(other.items()):
        sentence = f"{count} series of {modality} ignored: a case is made of CT and RT objects."
        notes.append(Note("ignored", "sources", sentence))
    return usable


def _no_volume(series: Series) -> str:
    words = {word.upper() for word in series.image_type}
    if words & set(_SCOUT_WORDS):
        return "It is a localiser (scout)."
    if words & set(_PROJECTION_WORDS):
        return "It is an intensity projection: its values are not those of the tissue."
    return ""


def _structure_set(
    sets: Sequence[StructureSet],
    images: Sequence[Series],
    plans: Sequence[Plan],
    choices: Choices,
    notes: list[Note],
) -> StructureSet | None:
    if choices.structure_set_uid is not None:
        wanted = choices.structure_set_uid
        return _only(
            [s for s in sets if wanted in (s.uid, s.series_uid)],
            f"No single RTSTRUCT has the UID {wanted}. There are:\n{_listed_sets(sets)}",
        )
    if len(sets) <= 1:
        return sets[0] if sets else None
    named = {plan.structure_set_uid for plan in plans}
    on_image = [s for i in images if _named(i, choices.series_uid) for s in sets if _drawn_on(s, i)]
    for reason, fitting in (
        ("the plan names it", [s for s in sets if s.uid in named]),
        ("it was drawn on the CT series that was asked for", on_image),
    ):
        if len(fitting) == 1:
            sentence = f"Chosen among {len(sets)} structure sets: {reason}."
            notes.append(Note("chosen", fitting[0].called, sentence))
            return fitting[0]
    raise InvalidInput(
        f"The sources hold {len(sets)} structure sets and nothing says which one to use:\n"
        f"{_listed_sets(sets)}\nChoose one by its UID (--structure-set UID)."
    )


def _only(fitting: Sequence[StructureSet], fault: str) -> StructureSet:
    if len(fitting) != 1:
        raise InvalidInput(fault)
    return fitting[0]


def _listed_sets(sets: Sequence[StructureSet]) -> str:
    return "\n".join(
        f'  {s.uid}  "{s.label}"  {sum(bool(r.loops) for r in s.rois)} regions  {s.file}'
        for s in sets
    )


def _image(
    images: Sequence[Series],
    chosen_set: StructureSet | None,
    others: tuple[Survey, Sequence[Plan]],
    choices: Choices,
    notes: list[Note],
) -> Series:
    if choices.series_uid is not None:
        return _asked_for(images, chosen_set, choices.series_uid, notes)
    if not images:
        raise InvalidInput(
            "The sources hold no CT series; Hepatica builds a case on a CT. Add the CT slices."
        )
    for reason, fits in _reasons(chosen_set, others):
        fitting = [series for series in images if fits(series)]
        if len(fitting) == 1:
            _note_image(fitting[0], images, reason, notes)
            return fitting[0]
    best = _best_covered(images, chosen_set)
    if best is not None:
        _note_image(best, images, "its slices carry the contours of the structure set", notes)
        return best
    if len(images) == 1:
        # The frames of reference disagree; what lies on another frame says so when it is linked.
        return images[0]
    raise InvalidInput(
        f"The sources hold {len(images)} CT series and nothing says which one to use:\n"
        f"{_listed_images(images)}\nChoose one by its UID (--series UID)."
    )


def _asked_for(
    images: Sequence[Series], chosen_set: StructureSet | None, wanted: str, notes: list[Note]
) -> Series:
    fitting = [s for s in images if _named(s, wanted)]
    if len(fitting) != 1:
        raise InvalidInput(
            f"No single CT series has the UID {wanted}. There are:\n{_listed_images(images)}"
        )
    notes.append(Note("chosen", fitting[0].label, "Asked for by the user."))
    if chosen_set is not None and chosen_set.drawn_on and not _drawn_on(chosen_set, fitting[0]):
        sentence = f"Its contours were drawn on another series than {fitting[0].label}."
        notes.append(Note("warning", chosen_set.called, sentence))
    return fitting[0]


def _reasons(
    chosen_set: StructureSet | None, others: tuple[Survey, Sequence[Plan]]
) -> list[tuple[str, Callable[[Series], bool]]]:
    """Ways to recognise the image, the surest first."""
    if chosen_set is not None:
        return [
            ("the contours name its slices", lambda s: bool(_overlap(chosen_set.drawn_on, s))),
            ("the structure set names its slices", lambda s: bool(_overlap(chosen_set.listed, s))),
            ("the structure set names the series", lambda s: s.uid in chosen_set.series_uids),
            (
                "it alone shares the structure set's frame of reference",
                lambda s: s.frame_of_reference_uid in _frames_of(chosen_set),
            ),
        ]
    found, plans = others
    frames = {s.frame_of_reference_uid for s in found.of("dose")}
    frames |= {plan.frame_of_reference_uid for plan in plans}
    return [
        ("it is the only CT series", lambda s: len(found.of("image")) == 1),
        (
            "it alone shares the frame of reference of plan or dose",
            lambda s: s.frame_of_reference_uid in frames - {None},
        ),
    ]


def _frames_of(chosen_set: StructureSet) -> set[str]:
    return {roi.frame_uid for roi in chosen_set.rois if roi.frame_uid} | set(chosen_set.frame_uids)


def _overlap(instances: frozenset[str], series: Series) -> frozenset[str]:
    return instances & frozenset(series.instance_uids)


def _drawn_on(chosen_set: StructureSet, series: Series) -> bool:
    return bool(
        _overlap(chosen_set.drawn_on | chosen_set.listed, series)
        or series.uid in chosen_set.series_uids
    )


def _named(series: Series, wanted: str | None) -> bool:
    return wanted is not None and wanted in (series.uid, series.key)


def _note_image(series: Series, images: Sequence[Series], reason: str, notes: list[Note]) -> None:
    subject = series.label
    if len(images) > 1:
        notes.append(Note("chosen", subject, f"Chosen among {len(images)} CT series: {reason}."))
    else:
        notes.append(Note("linked", subject, f"It is the image of the case: {reason}."))


def _best_covered(images: Sequence[Series], chosen_set: StructureSet | None) -> Series | None:
    """The one series, among those in the set's frame, on whose slices most contours lie."""
    if chosen_set is None:
        return None
    frames = _frames_of(chosen_set)
    shares = {
        series.key: _share_on_slices(chosen_set, series)
        for series in images
        if series.frame_of_reference_uid in frames
    }
    best = max(shares.values(), default=0.0)
    winners = [s for s in images if shares.get(s.key) == best]
    return winners[0] if best > 0 and len(winners) == 1 else None


def _share_on_slices(chosen_set: StructureSet, series: Series) -> float:
    slices = _heights(series)
    if not len(slices):
        return 0.0
    normal = axes_of(series.orientation, series.label)[:, 2]
    planes = np.array([loop.mean(axis=0) @ normal for r in chosen_set.rois for loop in r.loops])
    if not len(planes):
        return 0.0
    nearest = np.abs(planes[:, None] - slices[None, :]).min(axis=1)
    return float((nearest <= _ON_SLICE_MM).mean())


def _heights(series: Series) -> NDArray[np.float64]:
    """(slices,) sorted array: where the slices lie along their normal, mm; empty if unknown."""
    if len(series.orientation) != 6 or not series.positions_mm:
        return np.zeros(0)
    normal = axes_of(series.orientation, series.label)[:, 2]
    return np.sort(np.array(series.positions_mm) @ normal)


def _listed_images(images: Sequence[Series]) -> str:
    return "\n".join(_listed_image(series) for series in images) or "  none"


def _listed_image(series: Series) -> str:
    steps = np.diff(_heights(series))
    spacing = f"every {np.median(steps):.2f} mm" if len(steps) else "one slice or position unknown"
    return (
        f'  {series.key}  "{series.description}"  {len(series.files)} slices, {spacing}, '
        f"folder {series.folder.name}"
    )
