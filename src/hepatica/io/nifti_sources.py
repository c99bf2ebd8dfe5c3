"""Tells NIfTI files apart: the image, label volumes, and masks of one organ each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hepatica.case import Note
from hepatica.case.name_table import fold
from hepatica.errors import InvalidInput, UsageError
from hepatica.io.labels import LabelMap, shipped_maps
from hepatica.io.nifti import NiftiFile, read_nifti, stem_of
from hepatica.io.regions import Region, region_of, regions_of_labels

_MARKED_VALUES = (1, 255)


@dataclass(frozen=True, eq=False)
class NiftiSources:
    """Images by file, what is marked in the other files, and how notes name each file.

    Notes are stored, and the name of a file may be that of a patient: they count the files.
    """

    images: tuple[tuple[Path, NiftiFile], ...]
    regions: tuple[Region, ...]
    notes: tuple[Note, ...]
    called: Mapping[Path, str]


def read_sources(
    files: Sequence[Path],
    label_files: Sequence[Path],
    names: LabelMap | None,
    assume_axes: str | None,
) -> NiftiSources:
    """Read NIfTI files and sort them.

    Parameters
    ----------
    files : of any kind, the label files not among them
    label_files : those that the user says hold labels
    names : what the label numbers stand for, if the user said
    assume_axes : see `hepatica.io.nifti.read_nifti`

    Raises
    ------
    InvalidInput
        If a label file comes without names for its numbers.
    UsageError
        If there are names for numbers, but no label file.
    """
    images: list[tuple[Path, NiftiFile]] = []
    regions: list[Region] = []
    notes: list[Note] = []
    called = {path: f"NIfTI file {n}" for n, path in enumerate((*label_files, *files), start=1)}
    labelled = False
    for path, subject in called.items():
        content = read_nifti(path, assume_axes=assume_axes)
        notes.extend(replace(note, subject=subject) for note in content.notes)
        if path in label_files or content.is_label:
            labelled = True
            if path not in label_files:
                text = "read as labels: the file says it holds them."
                notes.append(Note("chosen", subject, text))
            regions.extend(_labelled((path, subject), content, names, notes))
        elif _is_mask(content):
            regions.extend(_mask((path, subject), content, notes))
        else:
            images.append((path, content))
    if names is not None and not labelled:
        raise UsageError(
            f"--label-map {names.name} says what the numbers of a label file mean, but there is no "
            "such file. Name it with --labels FILE."
        )
    return NiftiSources(tuple(images), tuple(regions), tuple(notes), called)


def _labelled(
    file: tuple[Path, str], content: NiftiFile, names: LabelMap | None, notes: list[Note]
) -> list[Region]:
    path, subject = file
    if names is None and not content.label_names:
        raise InvalidInput(
            f"{path.name} holds labels, but not what they stand for. Name a label map with "
            "--label-map, for example totalsegmentator_total."
        )
    table = names.labels if names is not None else content.label_names
    origin = f"labels in {subject}"
    if names is not None:
        map_name = names.name if names.name in shipped_maps() else "of your own"
        text = f"numbers named by the label map {map_name} ({names.status})."
        notes.append(Note("linked", subject, text))
        _compare(subject, table, content, notes)
    else:
        notes.append(Note("linked", subject, "numbers named by the table inside the file."))
    return regions_of_labels(content.volume, table, origin, notes)


def _compare(subject: str, table: Mapping[int, str], content: NiftiFile, notes: list[Note]) -> None:
    """The file's own table may contradict the map that the user named."""
    differ = [
        f"{number} ({said}, not {table[number]})"
        for number, said in content.label_names.items()
        if number in table and fold(said) != fold(table[number])
    ]
    if differ:
        text = f"the table inside the file names labels otherwise: {', '.join(differ[:5])}."
        notes.append(Note("warning", subject, f"{text} Check the label map."))


def _is_mask(content: NiftiFile) -> bool:
    values = content.volume.values
    top = values.max()
    if int(top) not in _MARKED_VALUES or values.min() != 0:
        return False
    return bool(((values == 0) | (values == top)).all())


def _mask(file: tuple[Path, str], content: NiftiFile, notes: list[Note]) -> list[Region]:
    path, subject = file
    text = "read as a mask named by its file: it holds two values only."
    notes.append(Note("assumed", subject, text))
    marked = np.asarray(content.volume.values, dtype=float) > 0
    region = region_of(
        stem_of(path), np.asarray(marked), content.volume.grid, f"mask {stem_of(path)}"
    )
    return [] if region is None else [region]
