"""Arrays on disk: standard .npz files, compressed quickly, equal bytes for equal values."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput

_FASTEST = 1
_SAME_DATE = (1980, 1, 1, 0, 0, 0)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write named arrays as one .npz file.

    Returns
    -------
    digest : str
        SHA-256 of the file.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as archive:
        for name, values in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(values), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _SAME_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getbuffer(), compresslevel=_FASTEST)
    return digest_of(path)


def read_arrays(path: Path, digest: str, where: str) -> dict[str, NDArray[Any]]:
    """Read a file that `write_arrays` wrote.

    Raises
    ------
    InvalidInput
        If it is missing, or not the file that was written.
    """
    if not path.is_file():
        raise InvalidInput(f"{where}: the file {path.name} is missing. Import the case again.")
    content = path.read_bytes()
    if sha256(content).hexdigest() != digest:
        raise InvalidInput(
            f"{where}: the file {path.name} is not the one that was written (its SHA-256 "
            "differs): it was changed or damaged. Import the case again."
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(f"{where}: the file {path.name} holds no arrays.") from error


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    mark = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            mark.update(block)
    return mark.hexdigest()
