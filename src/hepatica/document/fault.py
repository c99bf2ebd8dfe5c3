"""One thing that is wrong in a written document: where it stands and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where something is in a document: keys, and counts from 0 within lists."""


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of a document.

    Parameters
    ----------
    line, column : int
        Where it stands in the text, both counted from 1.
    path : str
        The same place in words: ``limits[2].at_most`` (lists are counted from 1).
    value : str
        What is written there, as text; empty where something is missing.
    message : str
        What is wrong, what is allowed and what to do.
    """

    line: int
    column: int
    path: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"line {self.line}:{self.column}  {where}{self.message}"


def spoken(path: Path) -> str:
    """A path as a reader counts: ``limits[3].at_most`` is the third limit's ``at_most``."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def quoted(value: object) -> str:
    """A value as it is shown in a message: short, and never over several lines."""
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 60 else text[:57] + "...") if isinstance(value, str) else text


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that a wrong one most likely means, if any is near.

    Examples
    --------
    >>> nearest("cap_cgy", ["cap_gy", "minimum_gy"])
    'cap_gy'
    """
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), 1, cutoff)
    return by_lower[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean cap_gy?``, or the whole choice where nothing is near."""
    choice = list(known)
    near = nearest(word, choice)
    if near is not None:
        return f"did you mean {near}?"
    return "known are: " + (", ".join(choice) if choice else "none") + "."
