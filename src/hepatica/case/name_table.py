"""The built-in table of structure names, opened up from ``names.yaml`` into every spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

from hepatica.case.structure import Role

_LANGUAGES = ("en", "de", "fr", "nl")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o"})


def fold(text: str) -> str:
    """A name without case, accents and separators: ``Zwölffinger-Darm`` is ``zwolffingerdarm``."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(c for c in plain if c.isalnum())


@dataclass(frozen=True)
class Table:
    """Folded spelling to name, and what else the file says.

    ``ambiguous`` takes a folded spelling to its candidates, ``tumours`` are the folded words that,
    with a number behind them, mean a gross tumour.
    """

    names: dict[str, str]
    canonical: frozenset[str]
    roles: dict[str, Role]
    ambiguous: dict[str, tuple[str, ...]]
    tumours: frozenset[str]


@cache
def table() -> Table:
    """The table, read once."""
    from ruamel.yaml import YAML

    text = resources.files("hepatica.case").joinpath("names.yaml").read_text(encoding="utf-8")
    rows = cast(dict[str, Any], YAML(typ="safe").load(text))
    names: dict[str, str] = {}
    roles: dict[str, Role] = {}
    for stem, row in rows["names"].items():
        for name, said in spellings(stem, row, rows["sides"]):
            if "role" in row:
                roles[name] = row["role"]
            for key in (k for s in (name, *said) for k in keys(s)):
                names[key] = name
    ambiguous = {
        key: tuple(row["names"]) for row in rows["ambiguous"] for s in row["of"] for key in keys(s)
    }
    return Table(names, frozenset(names.values()), roles, ambiguous, _tumour_stems(rows["tumours"]))


def keys(spelling: str) -> set[str]:
    """The folded spelling, also with ae, oe, ue for the German umlauts."""
    return {fold(spelling), fold(spelling.translate(_GERMAN))}


def spellings(
    stem: str, row: Mapping[str, Any], sides: Mapping[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Each canonical name of a row with all that it may be called."""
    said = [s for language in _LANGUAGES for s in row.get(language, ())]
    if not row.get("sides"):
        yield stem, said
        return
    if "alone" in row:
        yield row["alone"], said
    if "both" in row:
        yield row["both"], list(row.get("both_as", ()))
    for side, words in sides.items():
        for number in range(row.get("numbered", 0) + 1):
            yield _sided(stem, said, number, side, words)


def _sided(
    stem: str, said: list[str], number: int, side: str, words: list[str]
) -> tuple[str, list[str]]:
    """Rib03_L with rib 3 left, left rib 03, rib left 3 ...; number 0 stands for none."""
    name = f"{stem}{number:02d}_{side}" if number else f"{stem}_{side}"
    digits = (str(number), f"{number:02d}") if number else ("",)
    return name, [
        spelling
        for s in said
        for word in words
        for n in digits
        for spelling in (f"{s}{n}{word}", f"{word}{s}{n}", f"{s}{word}{n}")
    ]


def _tumour_stems(row: Mapping[str, list[str]]) -> frozenset[str]:
    words = {key for word in row["words"] for key in keys(word)}
    places = {key for place in row["places"] for key in keys(place)}
    stems = set(words)
    for word in words:
        stems |= {place + word for place in places} | {word + place for place in places}
        stems |= {f"gtv{word}", f"{word}gtv"}
    return frozenset(stems)
