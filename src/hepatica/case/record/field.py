"""The dictionary of the record: every field that a protocol may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

from hepatica.case.record.fact import Fact
from hepatica.errors import InvalidInput

Kind = Literal["quantity", "count", "flag", "code", "date", "text"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Field:
    """What one field means and which values it can have.

    Parameters
    ----------
    name : str
        Block and field, ``lab.bilirubin``.
    label : str
        As a clinician would ask for it.
    kind : quantity, count, flag, code, date or text
    unit : str
        UCUM unit of a quantity; ``1`` for a bare number.
    answers : of a code
    group : str
        Name of the repeated group it belongs to, such as ``lesion``; empty if there is only one.
    low, high : what a quantity or count can be at all
    help : str
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    answers: tuple[str, ...] = ()
    group: str = ""
    low: float | None = None
    high: float | None = None
    help: str = ""

    @property
    def block(self) -> str:
        """The part of the record that it stands in."""
        return self.name.partition(".")[0]


@cache
def fields() -> Mapping[str, Field]:
    """All fields by name, in the order of the dictionary."""
    from ruamel.yaml import YAML

    package = resources.files("hepatica.case.record")
    rows = YAML(typ="safe").load(package.joinpath("fields.yaml").read_text(encoding="utf-8"))
    found: dict[str, Field] = {}
    for block, content in rows["blocks"].items():
        group = block if content.get("repeats") else ""
        for name, row in content["fields"].items():
            full = f"{block}.{name}"
            found[full] = _field(full, row, group)
    return MappingProxyType(found)


def field_named(name: str) -> Field:
    """The field of that name.

    Raises
    ------
    InvalidInput
        If there is none; the message names the nearest.
    """
    from difflib import get_close_matches

    known = fields()
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise InvalidInput(f"The record has no field {name!r}.{hint} See hepatica case fields.")
    return known[name]


def checked(fact: Fact) -> Fact:
    """The fact, if its field exists and can have its value.

    Raises
    ------
    InvalidInput
        If not.
    """
    field = field_named(fact.field)
    if bool(field.group) != bool(fact.item):
        said = f"item {fact.item!r}" if fact.item else "no item"
        need = f"one of its group {field.group!r}" if field.group else "none"
        raise InvalidInput(f"Fact {fact.field} ({fact.source}): {said}; it needs {need}.")
    if fact.value is None:
        return fact
    _require_kind(field, fact)
    if field.kind == "code" and fact.value not in field.answers:
        raise InvalidInput(
            f"Fact {fact.field} ({fact.source}): {fact.value!r} is not an answer; there are: "
            f"{', '.join(field.answers)}."
        )
    if field.kind in ("quantity", "count"):
        _require_range(field, fact)
    return fact


_TYPES: dict[str, tuple[type, ...]] = {
    "quantity": (int, float),
    "count": (int,),
    "flag": (bool,),
    "code": (str,),
    "date": (date,),
    "text": (str,),
}


def _require_kind(field: Field, fact: Fact) -> None:
    wrong = not isinstance(fact.value, _TYPES[field.kind]) or isinstance(fact.value, datetime)
    wrong |= field.kind in ("quantity", "count") and isinstance(fact.value, bool)
    if wrong:
        raise InvalidInput(
            f"Fact {fact.field} ({fact.source}): {fact.value!r} is not a {field.kind}."
        )
    if field.kind == "quantity" and fact.unit != field.unit:
        raise InvalidInput(
            f"Fact {fact.field} ({fact.source}): unit {fact.unit!r}; the record keeps it in "
            f"{field.unit}. Convert it where it enters."
        )


def _require_range(field: Field, fact: Fact) -> None:
    value = float(fact.value)  # type: ignore[arg-type]
    low = field.low if field.low is not None else float("-inf")
    high = field.high if field.high is not None else float("inf")
    if not low <= value <= high:
        raise InvalidInput(
            f"Fact {fact.field} ({fact.source}): {value:g} {field.unit} cannot be; the record "
            f"takes {low:g} to {high:g}. Check the value and its unit."
        )


def _field(name: str, row: dict[str, Any], group: str) -> Field:
    given = dict(row)
    kind = given.pop("kind")
    if kind not in KINDS:
        raise InvalidInput(f"fields.yaml: {name} is a {kind!r}; kinds are {', '.join(KINDS)}.")
    answers = tuple(given.pop("answers", ()))
    return Field(name=name, kind=kind, answers=answers, group=group, **given)
