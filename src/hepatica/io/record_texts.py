"""Which texts of a clinical record tell nothing about whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from hepatica.case.names import NameBook
from hepatica.case.record import COMPARATORS, Field, conversion, fields
from hepatica.errors import InvalidInput
from hepatica.io.identity_words import NOBODY, IdentityWords, tells_structure_only

_NUMBER = re.compile(r"(?:0|[1-9]\d{0,2})(?:[.,]\d{1,2})?%?")
# Numbers side by side may be a day (3/4/24, 12 03 57).
_SIDE_BY_SIDE = re.compile(r"\d(?![.,]\d)\W+\d|\d[.,]\d+[.,]\d")
_DOSE_UNITS = "mg|ug|mcg|iu|u|ml|mbq|cgy"
# So may a number with a point, unless its unit stands behind it (24.12., but 2.5 mg).
_DAY_AND_MONTH = re.compile(
    r"(?<![\d.])(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])(?!\d)"
    rf"(?!\s?(?:{_DOSE_UNITS}|g|kg|l|mm|cm|m2|gy|gbq|h|min)\b|\s?%)",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w.,])")
_MOST_BARE_NUMBERS = 2
# A longer number is a dose only where a unit of dose stands behind it; else it may be a year.
_LARGE_DOSE = re.compile(rf"\b\d{{4}}\s?(?=(?:{_DOSE_UNITS})\b)", re.IGNORECASE)
_STATED = re.compile(r"\s*(?:[<>]=?|[≤≥])?\s*[+\-−]?\d{1,9}(?:[.,]\d{1,6})?\s*(\S.*?)?\s*")


@dataclass(frozen=True)
class TextRule:
    """What decides whether a text may stay under a pseudonym.

    Parameters
    ----------
    names : IdentityWords
        Of the patient.
    extra : frozenset of str
        Words that the user lets stay besides the listed ones, in lower case.
    book : NameBook
        Names of structures.
    """

    names: IdentityWords = NOBODY
    extra: frozenset[str] = frozenset()
    book: NameBook = field(default_factory=NameBook)

    def lets_stay(self, name: str, text: str) -> bool:
        """Whether the text of a field may stay as it is."""
        rules = kept_words()
        if name in rules["notes"] or self.names.are_in(text):
            return False
        if name in rules["structures"]:
            return self._names_a_structure(text)
        if _SIDE_BY_SIDE.search(text) or _DAY_AND_MONTH.search(text):
            return False
        if len(_BARE_NUMBER.findall(text)) > _MOST_BARE_NUMBERS:
            return False
        said = _LARGE_DOSE.sub("1 ", text)
        return all(self._is_kept(word) for word in re.split(r"[\s,;:()\[\]/+&]+", said) if word)

    def _names_a_structure(self, text: str) -> bool:
        try:
            return tells_structure_only(self.book.match(text))
        except InvalidInput:  # no name of a structure, whatever it is
            return False

    def _is_kept(self, word: str) -> bool:
        plain = word.casefold().strip(".")
        if _NUMBER.fullmatch(plain):
            return True
        known = _all_words() | self.extra
        parts = plain.split("-")
        whole = plain in known or any(re.fullmatch(p, plain) for p in kept_words()["patterns"])
        return whole or (len(parts) > 1 and all(part in known for part in parts))


def extra_words(path: Path) -> frozenset[str]:
    """The words of a user's file, one or more on a line.

    Raises
    ------
    InvalidInput
        If there is no such file, or it is no text.
    """
    try:
        return frozenset(path.read_text(encoding="utf-8-sig").casefold().split())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path.name} cannot be read as UTF-8 text ({type(error).__name__}). --keep-words "
            "names a text file with the words that may stay."
        ) from error


def stated_may_stay(known: Field, text: str) -> bool:
    """Whether the words that stood there are a number with a unit, and nothing else."""
    found = _STATED.fullmatch(text)
    if found is None or known.kind != "quantity":
        return False
    try:
        return not found[1] or bool(conversion(known.name, found[1]))
    except InvalidInput:
        return False


@cache
def kept_words() -> Mapping[str, Any]:
    """The rules of ``kept_words.yaml``."""
    from ruamel.yaml import YAML

    file = resources.files("hepatica.io").joinpath("kept_words.yaml")
    return dict(YAML(typ="safe").load(file.read_text(encoding="utf-8")))


@cache
def _all_words() -> frozenset[str]:
    """Those of the list, and the answers of the record's fields."""
    listed = " ".join(kept_words()["words"].values()).split()
    answers = (answer for known in fields().values() for answer in known.answers)
    said = (word for answer in answers for word in re.split(r"[\s_]+", answer))
    return frozenset(word.casefold() for word in (*listed, *said, *COMPARATORS))
