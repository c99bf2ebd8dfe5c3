"""Find a machine document, read it, and say everything that is wrong with it at once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hepatica.document.fault import did_you_mean
from hepatica.errors import InvalidInput
from hepatica.machine.hounsfield import HounsfieldTable

if TYPE_CHECKING:
    from hepatica.document.text import Tree
    from hepatica.machine.machine import Machine

_SUFFIXES = (".yaml", ".yml", ".json")


def machine_names() -> tuple[str, ...]:
    """The names of the machines that come with Hepatica, in alphabetical order."""
    found = (
        entry.name for entry in resources.files("hepatica.machine").joinpath("library").iterdir()
    )
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def load_machine(name_or_path: str | Path) -> Machine:
    """Read a machine of the library by its name, or a document of one's own by its path.

    Parameters
    ----------
    name_or_path : str or Path
        ``artiste-6mv``, or a file that ends in ``.yaml``, ``.yml`` or ``.json``.

    Raises
    ------
    InvalidInput
        If there is no such machine, or with every fault of the document at once.
    """
    content, shown = _content(name_or_path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{shown}: byte {error.start} is not UTF-8 text. Save the document as UTF-8."
        ) from None
    return parse_machine(text, shown)


def parse_machine(text: str, shown: str = "machine document") -> Machine:
    """The machine that a YAML or JSON text describes.

    Parameters
    ----------
    text : str
        The whole document.
    shown : str
        What messages call it, normally the name of its file.

    Raises
    ------
    InvalidInput
        With every fault of the document at once: line, place, what is allowed.
    """
    machine, read = _read(text)
    if machine is None:
        faults = sorted(read.faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise InvalidInput(f"{shown}: {count}; the machine cannot be used until mended.\n{lines}")
    return machine


def machine_faults(path: str | Path) -> tuple[str, ...]:
    """Every fault of a document in the order of its lines; empty if it is sound.

    Raises
    ------
    InvalidInput
        If the file cannot be read.
    """
    content, shown = _content(path)
    try:
        return tuple(map(str, sorted(_read(content.decode("utf-8-sig"))[1].faults)))
    except UnicodeDecodeError as error:
        return (f"{shown}: byte {error.start} is not UTF-8 text.",)


@cache
def default_hounsfield_table() -> HounsfieldTable:
    """Density from HU for a machine whose document has no table of its own."""
    from ruamel.yaml import YAML

    text = resources.files("hepatica.machine").joinpath("hounsfield.yaml").read_text("utf-8")
    rows = YAML(typ="safe").load(text)["table"]
    hu = np.array([row["hu"] for row in rows], dtype=np.float64)
    density = np.array([row["relative_density"] for row in rows], dtype=np.float64)
    return HounsfieldTable(hu, density)


def _content(name_or_path: str | Path) -> tuple[bytes, str]:
    name, names = str(name_or_path), machine_names()
    if isinstance(name_or_path, str) and name in names:
        document = resources.files("hepatica.machine").joinpath("library", f"{name}.yaml")
        return document.read_bytes(), document.name
    path = Path(name_or_path)
    if path.suffix not in _SUFFIXES:
        raise InvalidInput(
            f"There is no machine called {name!r}; {did_you_mean(name, names)} A document of your "
            "own is given as a file that ends in .yaml or .json."
        )
    try:
        return path.read_bytes(), path.name
    except OSError as error:
        raise InvalidInput(
            f"The machine document {path} cannot be read: {error.strerror}. Check the path."
        ) from error


def _read(text: str) -> tuple[Machine | None, Tree]:
    from pydantic import ValidationError

    from hepatica.document.text import read_tree
    from hepatica.machine.build import build
    from hepatica.machine.explain import note_schema_faults
    from hepatica.machine.schema import MachineDocument

    read = read_tree(text)
    if not isinstance(read.root, dict):
        return None, read
    try:
        document = MachineDocument.model_validate(read.root)
    except ValidationError as error:
        note_schema_faults(error, read)
        return None, read
    machine = build(document, read)
    return (None if read.faults else machine), read
