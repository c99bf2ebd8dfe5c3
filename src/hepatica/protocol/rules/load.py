"""Find a rule pack, read it, and say everything that is wrong with it at once."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from hepatica.document.fault import Fault, did_you_mean
from hepatica.document.text import read_tree
from hepatica.errors import InvalidInput
from hepatica.protocol.rules.checks import pack_findings
from hepatica.protocol.rules.expand import expanded
from hepatica.protocol.rules.explain import pack_faults
from hepatica.protocol.rules.pack import Rule, RulePack

_SUFFIXES = (".yaml", ".yml")
_ALWAYS = "always"
_LISTS = ("therapies", "workup", _ALWAYS)
"""Files beside the packs that are none to choose."""


def pack_names() -> tuple[str, ...]:
    """The rule packs that come with Hepatica, in alphabetical order."""
    found = (entry.name for entry in resources.files(__package__).iterdir())
    names = (name[:-5] for name in found if name.endswith(".yaml"))
    return tuple(sorted(name for name in names if name not in _LISTS))


def rules_of_every_pack() -> tuple[Rule, ...]:
    """Rules that hold beside those of whichever pack is chosen."""
    return _shipped(_ALWAYS).rules


def load_pack(name_or_path: str | Path) -> RulePack:
    """Read a shipped rule pack by its name, or one's own by its path.

    Parameters
    ----------
    name_or_path : str or Path
        ``review``, ``infusion``, ``collision``, or a file that ends in ``.yaml`` or ``.yml``.

    Raises
    ------
    InvalidInput
        If there is no such pack, or with every fault of the document at once.
    """
    name = str(name_or_path)
    return _shipped(name) if name in pack_names() else parse_pack(*_own(name))


def parse_pack(text: str, shown: str = "rule pack") -> RulePack:
    """The rule pack that a YAML text describes.

    Parameters
    ----------
    text : str
    shown : str
        What messages call it, normally the name of its file.

    Raises
    ------
    InvalidInput
        With every fault at once: line, column, place, what is allowed.
    """
    pack, faults = _read(text)
    if pack is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise InvalidInput(f"{shown}: {count}; the rules cannot be used until mended.\n{lines}")
    return pack


@cache
def _shipped(name: str) -> RulePack:
    file = resources.files(__package__).joinpath(f"{name}.yaml")
    return parse_pack(file.read_text(encoding="utf-8"), file.name)


def _own(name: str) -> tuple[str, str]:
    path = Path(name)
    if path.suffix not in _SUFFIXES:
        raise InvalidInput(
            f"There is no rule pack called {name!r}; {did_you_mean(name, pack_names())} A pack of "
            "your own is given as a file that ends in .yaml."
        )
    try:
        return path.read_bytes().decode("utf-8-sig"), path.name
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name}: byte {error.start} is not UTF-8 text. Save the document as UTF-8."
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"The rule pack {path.name} cannot be read: {error.strerror}. Check the path."
        ) from error


def _read(text: str) -> tuple[RulePack | None, list[Fault]]:
    tree = read_tree(text)
    if not isinstance(tree.root, dict):
        return None, tree.faults
    document, inserted = expanded(tree)
    document["sha256"] = hashlib.sha256(text.encode("utf-8")).hexdigest()
    tree.faults += (tree.fault(path, message) for path, message in pack_findings(document))
    try:
        pack = RulePack.model_validate(document)
    except ValidationError as error:
        return None, sorted({*tree.faults, *pack_faults(error, tree, inserted)})
    return (None if tree.faults else pack), sorted(set(tree.faults))
