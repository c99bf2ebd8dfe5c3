"""The contents of a MATLAB file as plain dicts, lists and arrays, whichever format it has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hepatica.errors import InvalidInput


def read_matlab(path: Path) -> dict[str, Any]:
    """Read a ``.mat`` file; structures become dicts, lists of structures lists of dicts.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or is in the format v7.3 and h5py is not installed.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return dict(loadmat(path, simplify_cells=True))
    except NotImplementedError:
        return _read_hdf5(path)
    except OSError as error:
        raise InvalidInput(
            f"The machine file {path} cannot be read: {error.strerror or error}. Check the path."
        ) from error
    except (MatReadError, ValueError, TypeError, IndexError) as error:
        raise InvalidInput(
            f"{path.name} is not a MATLAB file that can be read: {error}. Save it again from "
            "MATLAB or Octave with: save -v7."
        ) from error


def _read_hdf5(path: Path) -> dict[str, Any]:
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise InvalidInput(
            f"{path.name} is a MATLAB file of format v7.3, which needs the package h5py. Install "
            "it with: pip install h5py, or save the file again from MATLAB with: save -v7."
        ) from error
    with h5py.File(path, "r") as file:
        return {name: _plain(file[name], file) for name in file if not name.startswith("#")}


def _plain(node: Any, file: Any) -> Any:
    """A group is a structure; one of references per field is a list of structures."""
    if hasattr(node, "keys"):
        fields = {name: _plain(node[name], file) for name in node}
        lengths = {len(value) for value in fields.values() if isinstance(value, list)}
        if len(lengths) == 1 and all(isinstance(value, list) for value in fields.values()):
            return [{k: v[i] for k, v in fields.items()} for i in range(lengths.pop())]
        return fields
    values = node[()]
    if node.dtype.kind == "O":
        return [_plain(file[reference], file) for reference in np.ravel(values)]
    if node.attrs.get("MATLAB_class") == b"char":
        return "".join(chr(code) for code in np.ravel(values))
    # MATLAB stores columns first, HDF5 rows first.
    return np.squeeze(np.transpose(values))
