"""The names and numbers of a patient that must not stand in any text: found, and taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from hepatica.case.names import NameMatch

REMOVED = "[removed]"

# A dose or a running number has fewer digits; a day or a patient's number has as many.
_MANY_DIGITS = re.compile(r"\d{5}")


@dataclass(frozen=True)
class IdentityWords:
    """What names one patient, and the persons around.

    Parameters
    ----------
    texts : frozenset of str
        Words of one or two letters among them are left alone: taking them out would tear other
        words apart. They are never shown, so that no log or traceback tells them.
    """

    texts: frozenset[str] = field(default=frozenset(), repr=False)

    def cleaned(self, text: str) -> str:
        """A text with ``[removed]`` in the place of each of them."""
        return text if self._pattern is None else self._pattern.sub(REMOVED, text)

    def are_in(self, text: str) -> bool:
        """Whether one of them stands in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def name(self, pseudonym: str) -> bool:
        """Whether a pseudonym is one of them, however it is written."""
        return _folded(pseudonym) in {_folded(text) for text in self._long}

    def __or__(self, other: IdentityWords) -> IdentityWords:
        return IdentityWords(self.texts | other.texts)

    @property
    def _long(self) -> list[str]:
        return [text for text in self.texts if len(text.strip()) > 2]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        ways = [_standing_alone(text) for text in sorted(self._long, key=len, reverse=True)]
        return re.compile("|".join(ways), re.IGNORECASE) if ways else None


NOBODY = IdentityWords()
"""Where nothing is known about who it is."""


def ways_to_say(text: str) -> Iterator[str]:
    """A name, number or day in the ways in which people write it."""
    yield from ways_to_write_name(text)
    yield from ways_to_write_number(text)
    yield from ways_to_write_day(text)


def ways_to_write_name(text: str) -> Iterator[str]:
    """A name as a whole and by its words, as a chart or a DICOM file writes it."""
    yield from (text, *re.split(r"[\s,^=]+", text))


def ways_to_write_number(number: str) -> Iterator[str]:
    """A telephone number is written with other gaps each time."""
    yield number
    if re.fullmatch(r"[\d\s()+/.\-]{6,}", number):
        digits = re.findall(r"\d+", number)
        yield from (gap.join(digits) for gap in ("", " ", "-", "/", "."))


def ways_to_write_day(day: str) -> Iterator[str]:
    """``1957-08-12`` or ``19570812`` as days are written in letters."""
    parts = re.fullmatch(r"(\d{4})-?(\d{2})(?:-?(\d{2}))?", day)
    if parts is None:
        return
    yield day
    if parts[3] is None:
        return
    year, month, date = parts.groups()
    yield from (f"{year}{month}{date}", f"{year}-{month}-{date}")
    for gap in "./-":
        for m, d in ((month, date), (month.lstrip("0"), date.lstrip("0"))):
            for y in (year, year[2:]):
                yield from (f"{d}{gap}{m}{gap}{y}", f"{m}{gap}{d}{gap}{y}")


def identity_words(texts: Iterable[str]) -> IdentityWords:
    """Of names, numbers and days, each in all the ways in which it is written."""
    return IdentityWords(frozenset(way for text in texts for way in ways_to_say(text)))


def tells_structure_only(match: NameMatch) -> bool:
    """Whether a structure's name is a known one; a target may be called after a day or a number."""
    if not (match.known and match.name):
        return False
    return match.how != "pattern" or _MANY_DIGITS.search(match.name) is None


def _standing_alone(text: str) -> str:
    """A pattern of the text where no further digit or letter goes on with its number or name."""
    edges = (r"\d" if end.isdigit() else r"[^\W\d_]" for end in (text[0], text[-1]))
    before, behind = edges
    return rf"(?<!{before}){re.escape(text)}(?!{behind})"


def _folded(word: str) -> str:
    return re.sub(r"[\W_]", "", word.casefold())
