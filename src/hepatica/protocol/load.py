"""Find a written treatment, read it, and say everything that is wrong with it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from hepatica.document.fault import Fault, did_you_mean
from hepatica.document.fault import Path as Place
from hepatica.document.text import Tree, read_tree
from hepatica.errors import InvalidInput
from hepatica.protocol.checks import check
from hepatica.protocol.explain import schema_faults
from hepatica.protocol.resolve import resolved
from hepatica.protocol.schema import MODALITIES, IsotoxicProtocol, Protocol, as_isotoxic

_SUFFIXES = (".yaml", ".yml")


def protocol_names() -> tuple[str, ...]:
    """The names of the treatments that come with Hepatica, in alphabetical order."""
    library = resources.files("hepatica.protocol").joinpath("library")
    found = (entry.name for entry in library.iterdir())
    return tuple(sorted(name[:-5] for name in found if name.endswith(".yaml")))


def load_protocol(name_or_path: str | Path) -> Protocol:
    """Read a treatment of the library by its name, or a document of one's own by its path.

    Parameters
    ----------
    name_or_path : str or Path
        ``sbrt-six-fraction``, or a file that ends in ``.yaml`` or ``.yml``.

    Returns
    -------
    Protocol
        Complete and consistent; ``protocol.sha256`` is the fingerprint of its text.

    Raises
    ------
    InvalidInput
        If there is no such treatment, or with every fault of the document at once.
    """
    content, shown = _content(name_or_path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{shown}: byte {error.start} is not UTF-8 text. Save the document as UTF-8."
        ) from None
    return parse_protocol(text, shown)


def load_isotoxic_protocol(name_or_path: str | Path) -> IsotoxicProtocol:
    """Read a treatment whose dose is chosen at an equal risk, as photon plans need it.

    Raises
    ------
    InvalidInput
        As ``load_protocol``.
    UsageError
        If it is another kind of treatment.
    """
    return as_isotoxic(load_protocol(name_or_path))


def parse_protocol(text: str, shown: str = "protocol document") -> Protocol:
    """The treatment that a YAML text describes.

    Parameters
    ----------
    text : str
        The whole document.
    shown : str
        What messages call it, normally the name of its file.

    Raises
    ------
    InvalidInput
        With every fault of the document at once: line, column, place, what is allowed.
    """
    protocol, faults = _read(text)
    if protocol is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise InvalidInput(f"{shown}: {count}; the protocol cannot be used until mended.\n{lines}")
    return protocol


def validate(
    text_or_path: str | Path, known: Mapping[Place, Sequence[str]] | None = None
) -> list[Fault]:
    """Every fault of a document, in the order of its lines; an empty list if it is sound.

    Parameters
    ----------
    text_or_path : str or Path
        A ``Path`` or a one-line text is taken as a file (or the name of a treatment of the
        library), anything of several lines as the document itself.
    known : path to texts, optional
        Names that are known elsewhere, such as the risk models at ``("prescription", "model")``;
        any other name there is a fault.

    Raises
    ------
    InvalidInput
        If the file cannot be read.
    """
    if isinstance(text_or_path, str) and "\n" in text_or_path:
        return _read(text_or_path, known)[1]
    content, shown = _content(text_or_path)
    try:
        return _read(content.decode("utf-8-sig"), known)[1]
    except UnicodeDecodeError as error:
        return [Fault(1, 1, "", "", f"{shown}: byte {error.start} is not UTF-8 text.")]


def _content(name_or_path: str | Path) -> tuple[bytes, str]:
    name = str(name_or_path)
    names = protocol_names()
    if isinstance(name_or_path, str) and name in names:
        document = resources.files("hepatica.protocol").joinpath("library", f"{name}.yaml")
        return document.read_bytes(), document.name
    path = Path(name_or_path)
    if path.suffix not in _SUFFIXES:
        raise InvalidInput(
            f"There is no protocol called {name!r}; {did_you_mean(name, names)} A document of "
            "your own is given as a file that ends in .yaml."
        )
    try:
        return path.read_bytes(), path.name
    except OSError as error:
        raise InvalidInput(
            f"The protocol document {path} cannot be read: {error.strerror}. Check the path."
        ) from error


def _read(
    text: str, known: Mapping[Place, Sequence[str]] | None = None
) -> tuple[Protocol | None, list[Fault]]:
    tree = read_tree(text)
    if not isinstance(tree.root, dict):
        return None, tree.faults
    for place, names in (known or {}).items():
        _require_known(tree, place, names)
    document = resolved(tree)
    check(document, tree)
    document["sha256"] = hashlib.sha256(text.encode("utf-8")).hexdigest()
    try:
        protocol = _kind(document).model_validate(document)
    except ValidationError as error:
        return None, _in_order([*tree.faults, *schema_faults(error, tree)], tree)
    faults = _in_order(tree.faults, tree)
    return (None if faults else protocol), faults


def _kind(document: Mapping[str, object]) -> type[Protocol]:
    """A photon treatment is chosen patient by patient and needs more than the others."""
    modality = document.get("modality")
    known = isinstance(modality, str) and modality in MODALITIES
    isotoxic = modality == "photon_sbrt" if known else "prescription" in document
    return IsotoxicProtocol if isotoxic else Protocol


def _require_known(tree: Tree, place: Place, names: Sequence[str]) -> None:
    """A text at a place must be one of the names; it may be written with a source of its own."""
    path = (*place, "value") if isinstance(tree.at(place), dict) else place
    said = tree.at(path)
    if isinstance(said, str) and said not in names:
        tree.faults.append(tree.fault(path, f"{said!r} is not known; {did_you_mean(said, names)}"))


def _in_order(faults: list[Fault], tree: Tree) -> list[Fault]:
    """Sorted by line, each once; a value that could not be read has only that fault."""
    unreadable = {fault.path for fault in tree.unreadable}
    kept = {fault for fault in faults if fault.path not in unreadable or fault in tree.unreadable}
    return sorted(kept)
