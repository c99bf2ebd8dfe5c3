"""The therapies a board can speak of, and the examinations that answer what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from hepatica.document.fault import did_you_mean
from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Therapy:
    """A therapy that may stand on a board.

    Parameters
    ----------
    name : str
    short : what heads its column in a table of many patients
    title : str
    protocol : name of its written treatment in the library; None where it has none of its own
    """

    name: str
    short: str
    title: str
    protocol: str | None


@dataclass(frozen=True)
class Examination:
    """An examination and what it tells.

    Parameters
    ----------
    name : str
    title : str
    shown_by : facts that, all of them recorded, show that it was done; may be empty
    answers : facts, or beginnings of facts, that it answers
    source, status : who says so
    """

    name: str
    title: str
    shown_by: tuple[str, ...]
    answers: tuple[str, ...]
    source: str
    status: str


@cache
def therapies() -> Mapping[str, Therapy]:
    """Every therapy by name, in the order of the list."""
    rows = _read("therapies")["therapies"]
    return MappingProxyType({row["name"]: Therapy(**row) for row in rows})


@cache
def silent_documents() -> Mapping[str, str]:
    """Documents of the library that are no therapy, and why the board has no row for them."""
    return MappingProxyType(dict(_read("therapies")["silent"]))


@cache
def examinations() -> Mapping[str, Examination]:
    """Every examination by name, in the order of the list."""
    return MappingProxyType(
        {row["name"]: _examination(row) for row in _read("workup")["examinations"]}
    )


def therapy_named(name: str) -> Therapy:
    """The therapy of that name.

    Raises
    ------
    InvalidInput
        If there is none; the message names the nearest.
    """
    known = therapies()
    if name not in known:
        raise InvalidInput(f"The board knows no therapy {name!r}; {did_you_mean(name, known)}")
    return known[name]


@cache
def examination_for(fact: str) -> Examination | None:
    """The examination that answers an unknown fact: the one that names it most closely."""
    found = [
        (len(start), exam)
        for exam in examinations().values()
        for start in exam.answers
        if fact == start or (start.endswith(".") and fact.startswith(start))
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def _examination(row: Mapping[str, Any]) -> Examination:
    return Examination(
        name=row["name"],
        title=row["title"],
        shown_by=tuple(row.get("shown_by", ())),
        answers=tuple(row.get("answers", ())),
        source=row["source"]["says"],
        status=row["source"]["status"],
    )


def _read(name: str) -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found
