"""NIfTI files: images, and label maps in which each organ is a number.

NIfTI counts to the right, the front and the head (RAS); Hepatica, like DICOM, to the left, the back
and the head (LPS). Axes are permuted and reversed so that the array is as close to an axial DICOM
volume as it can be; values are never interpolated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Note, Volume
from hepatica.errors import InvalidInput, MissingExtra, UsageError

LABEL_INTENT = 1002
"""NIFTI_INTENT_LABEL of nifti1.h: each value names a region."""

SUFFIXES = (".nii", ".nii.gz")

_LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MM_PER_UNIT = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
_SHEAR_TOLERANCE = 1e-4
_SAME_PLACE_MM = 0.1
_SAME_SIZE = 0.01
_LETTERS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


@dataclass(frozen=True)
class NiftiFile:
    """What a NIfTI file holds, in LPS.

    Parameters
    ----------
    volume : Volume
    is_label : bool
        Whether the file itself says that its values are labels.
    label_names : number to name
        From a label table inside the file; empty without one.
    notes : what was assumed
    """

    volume: Volume
    is_label: bool
    label_names: Mapping[int, str]
    notes: tuple[Note, ...]


def is_nifti(path: Path) -> bool:
    """Whether the name of the file says NIfTI."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: Path) -> str:
    """The name of the file without .nii or .nii.gz."""
    return re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.I)


def read_nifti(path: Path, unit: str = "HU", assume_axes: str | None = None) -> NiftiFile:
    """One NIfTI file as a volume in LPS.

    Parameters
    ----------
    path : Path
    unit : str
        What the values are; a NIfTI file does not say.
    assume_axes : str, optional
        Three letters such as ``RAS``: where the first, second, third axis points, for a file
        without orientation. Never used where the file has one.

    Raises
    ------
    InvalidInput
        If the file is damaged, has no orientation, is sheared, four-dimensional or in colour, or
        holds values that are not numbers.
    MissingExtra
        If nibabel is not installed.
    """
    nifti = _loaded(path)
    notes: list[Note] = []
    values = _values(nifti, path)
    affine = _affine_lps(nifti, path, assume_axes, notes)
    volume = _axial(values, affine, path, unit)
    header = nifti.header
    names = _label_table(header)
    is_label = int(header["intent_code"]) == LABEL_INTENT or bool(names)
    return NiftiFile(volume, is_label, names, tuple(notes))


def write_nifti(volume: Volume, path: Path, force: bool = False) -> None:
    """Write a volume as NIfTI, in RAS, in mm, with both of its orientation fields set.

    Raises
    ------
    UsageError
        If the file exists and ``force`` is not given, or its name does not end in .nii(.gz).
    """
    nib = _nibabel("Writing NIfTI")
    if not is_nifti(path):
        raise UsageError(f"{path.name} is not a NIfTI name; it needs to end in .nii or .nii.gz.")
    if path.exists() and not force:
        raise UsageError(f"{path.name} exists already. Choose another name or pass --force.")
    values = volume.values
    if values.dtype == bool:
        values = values.astype(np.uint8)
    elif values.dtype in (np.dtype(np.int64), np.dtype(np.uint64)):
        values = _narrowed(values, path)
    image = nib.Nifti1Image(np.ascontiguousarray(values).T, _LPS_OF_RAS @ volume.grid.affine)
    image.set_qform(image.affine, code=1)
    image.set_sform(image.affine, code=1)
    image.header.set_xyzt_units("mm")
    image.to_filename(str(path))


def _nibabel(purpose: str) -> Any:
    try:
        import nibabel
    except ModuleNotFoundError as error:
        raise MissingExtra("nibabel", "image", purpose) from error
    return nibabel


def _loaded(path: Path) -> Any:
    nib = _nibabel("Reading NIfTI")
    if not path.is_file():
        raise InvalidInput(f"There is no file {path.name}. Check the path.")
    try:
        nifti = nib.load(str(path))
    except (nib.filebasedimages.ImageFileError, OSError, EOFError, ValueError) as error:
        raise InvalidInput(
            f"{path.name} cannot be read as NIfTI. Is it complete? Export it again."
        ) from error
    if not isinstance(nifti, nib.Nifti1Pair):
        raise InvalidInput(
            f"{path.name} is in Analyze 7.5 format, which does not say what is left and right. "
            "Convert it to NIfTI."
        )
    return nifti


def _values(nifti: Any, path: Path) -> NDArray[np.generic]:
    """(i, j, k) array with slope and intercept applied, whole numbers kept whole."""
    shape = nifti.shape
    if len(shape) < 3 or any(n != 1 for n in shape[3:]):
        raise InvalidInput(
            f"{path.name} has the shape {shape}; Hepatica needs three dimensions. "
            "Take one time point out of it first."
        )
    kind = nifti.get_data_dtype()
    if kind.fields is not None or kind.kind == "c":
        raise InvalidInput(f"{path.name} holds {kind}: colours or complex numbers, not an image.")
    try:
        values = np.asarray(nifti.dataobj).reshape(shape[:3])
    except (OSError, EOFError, ValueError) as error:
        raise InvalidInput(f"{path.name} ends too early: its voxels are incomplete.") from error
    if values.dtype.kind == "f":
        wrong = int(np.count_nonzero(~np.isfinite(values)))
        if wrong:
            raise InvalidInput(
                f"{path.name}: {wrong} voxels are not numbers (NaN or infinite). Fill them, "
                "for a CT with -1024, before importing."
            )
    return _compact(values)


def _compact(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Whole numbers in int16 where they fit, else as float32."""
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        return values.astype(np.float32)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    fits = np.iinfo(np.int16).min <= low and high <= np.iinfo(np.int16).max
    return values.astype(np.int16 if fits else np.float32)


def _affine_lps(
    nifti: Any, path: Path, assume_axes: str | None, notes: list[Note]
) -> NDArray[np.float64]:
    """(4, 4) array from (i, j, k) to LPS in mm."""
    header = nifti.header
    sform, s_code = header.get_sform(coded=True)
    qform, q_code = _qform(header, path)
    if s_code > 0:
        affine = np.array(sform, dtype=float)
        _check_identity(affine, header, path)
        if q_code > 0:
            _note_if_different(affine, qform, nifti.shape[:3], path, notes)
    elif q_code > 0:
        affine = np.array(qform, dtype=float)
    else:
        affine = _assumed_affine(header, path, assume_axes, notes)
    factor = _unit_factor(header, path, notes)
    lps: NDArray[np.float64] = _LPS_OF_RAS @ np.diag([factor, factor, factor, 1.0]) @ affine
    return lps


def _qform(header: Any, path: Path) -> tuple[NDArray[np.float64] | None, int]:
    nib = _nibabel("Reading NIfTI")
    try:
        qform, code = header.get_qform(coded=True)
    except (nib.spatialimages.HeaderDataError, ValueError) as error:
        raise InvalidInput(
            f"{path.name}: its qform holds no valid rotation. Export it again with an sform."
        ) from error
    return qform, int(code)


def _check_identity(affine: NDArray[np.float64], header: Any, path: Path) -> None:
    sizes = np.array(header.get_zooms()[:3], dtype=float)
    if np.allclose(affine, np.eye(4)) and not np.allclose(sizes, 1.0, rtol=_SAME_SIZE):
        raise InvalidInput(
            f"{path.name}: the sform is the identity although the voxels are "
            f"{tuple(sizes.round(3).tolist())} mm: it was never filled in. "
            "Export the file again with its orientation."
        )


def _note_if_different(
    sform: NDArray[np.float64],
    qform: NDArray[np.float64] | None,
    shape: tuple[int, ...],
    path: Path,
    notes: list[Note],
) -> None:
    ends = [(0, n - 1) for n in shape]
    corners = np.array([(i, j, k, 1) for i in ends[0] for j in ends[1] for k in ends[2]])
    apart = float(np.abs(corners @ (sform - np.array(qform)).T).max())
    if apart > _SAME_PLACE_MM:
        text = f"sform and qform lie up to {apart:.1f} mm apart; the sform is used. Check overlays."
        notes.append(Note("warning", path.name, text))


def _assumed_affine(
    header: Any, path: Path, axes: str | None, notes: list[Note]
) -> NDArray[np.float64]:
    if axes is None:
        raise InvalidInput(
            f"{path.name} does not say where it lies in the patient (qform and sform codes are 0), "
            "so left and right are unknown. Export it with its orientation, or state the "
            "directions of its axes with --assume-axes, for example RAS."
        )
    if len(axes) != 3 or {_LETTERS.get(c, (9, 0))[0] for c in axes.upper()} != {0, 1, 2}:
        raise UsageError(
            f"--assume-axes is {axes!r}; it needs three of R or L, A or P, S or I, for example RAS."
        )
    affine = np.eye(4)
    affine[:3, :3] = 0
    for column, (letter, size) in enumerate(zip(axes.upper(), header.get_zooms(), strict=False)):
        row, sign = _LETTERS[letter]
        affine[row, column] = sign * float(size)
    text = (
        f"no orientation in the file: axes taken as {axes.upper()}, the first voxel at 0, 0, 0 mm."
    )
    notes.append(Note("assumed", path.name, text))
    return affine


def _unit_factor(header: Any, path: Path, notes: list[Note]) -> float:
    nib = _nibabel("Reading NIfTI")
    try:
        unit = header.get_xyzt_units()[0]
    except (KeyError, nib.spatialimages.HeaderDataError) as error:
        raise InvalidInput(
            f"{path.name}: its unit of length is not one that NIfTI knows."
        ) from error
    if unit == "unknown":
        notes.append(Note("assumed", path.name, "no unit of length in the file: mm assumed."))
    elif unit != "mm":
        notes.append(Note("chosen", path.name, f"lengths converted from {unit} to mm."))
    return _MM_PER_UNIT[unit]


def _axial(
    values: NDArray[np.generic], affine: NDArray[np.float64], path: Path, unit: str
) -> Volume:
    """The (i, j, k) array turned, by whole axes, into (slice, row, column) of an axial volume."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or spacing.min() <= 0:
        raise InvalidInput(f"{path.name}: its voxel axes have no length. Export it again.")
    axes = affine[:3, :3] / spacing
    shear = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if shear > _SHEAR_TOLERANCE:
        raise InvalidInput(
            f"{path.name}: its axes are not at right angles (cosine {shear:.4f}), as after a "
            "gantry tilt. Resample it to a straight grid before importing."
        )
    order = _nearest_order(axes)
    signs = np.sign([axes[row, order[row]] for row in range(3)])
    first = [0 if s > 0 else values.shape[a] - 1 for a, s in zip(order, signs, strict=True)]
    corner = np.zeros(3)
    corner[list(order)] = first
    turned = np.transpose(values, order)
    turned = turned[tuple(slice(None, None, int(s)) for s in signs)]
    grid = Grid(
        shape=turned.T.shape,
        spacing_mm=tuple(spacing[list(order)]),
        origin_mm=tuple(affine[:3, :3] @ corner + affine[:3, 3]),
        direction=tuple(map(tuple, axes[:, order] * signs + 0.0)),
    )
    return Volume(np.ascontiguousarray(turned.T), grid, unit)


def _nearest_order(axes: NDArray[np.float64]) -> tuple[int, int, int]:
    """Which voxel axis runs nearest to left-right, front-back, foot-head."""
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    return max(orders, key=lambda p: sum(abs(axes[row, p[row]]) for row in range(3)))


def _narrowed(values: NDArray[np.generic], path: Path) -> NDArray[np.generic]:
    limits = np.iinfo(np.int32)
    if float(values.min()) < limits.min or float(values.max()) > limits.max:
        raise InvalidInput(f"{path.name}: values beyond 32 bits cannot be written as NIfTI.")
    return values.astype(np.int32)


def _label_table(header: Any) -> dict[int, str]:
    """Names of the labels from the Connectome Workbench table that some programs leave inside."""
    for extension in header.extensions:
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        found = re.findall(r"<Label\s[^>]*Key=\"(\d+)\"[^>]*>\s*<!\[CDATA\[([^\]]*)\]\]>", text)
        if found:
            return {int(key): name for key, name in found if name}
    return {}
