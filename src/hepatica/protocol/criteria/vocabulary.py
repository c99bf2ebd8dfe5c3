"""Every fact that a criterion may ask for: stated in the record, derived from it, or computed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from hepatica.case.record.field import Field, fields
from hepatica.document.fault import did_you_mean
from hepatica.errors import InvalidInput


@cache
def known_facts() -> Mapping[str, Field]:
    """Every fact by its name: the record's fields, then ``derived.`` and ``computed.`` ones."""
    from hepatica.case.record.derived import DERIVED_FIELDS

    return MappingProxyType({**fields(), **DERIVED_FIELDS, **computed_fields()})


@cache
def computed_fields() -> Mapping[str, Field]:
    """The facts that are computed from images and plans, by name."""
    return MappingProxyType({name: _field(name, row) for name, row in _rows().items()})


@cache
def filled_by() -> Mapping[str, str]:
    """Which computed fact stands in for a field of the record: computed name to field."""
    return MappingProxyType({name: row["fills"] for name, row in _rows().items() if "fills" in row})


def fact_field(name: str) -> Field:
    """What a fact means and which values it can have.

    Raises
    ------
    InvalidInput
        If no fact has that name; the message names the nearest.
    """
    known = known_facts()
    if name not in known:
        raise InvalidInput(unknown_fact(name))
    return known[name]


def unknown_fact(name: str) -> str:
    """What to say about a fact that does not exist."""
    room = name.partition(".")[0]
    same = [one for one in known_facts() if one.startswith(f"{room}.")] or list(known_facts())
    hint = did_you_mean(name, same if len(same) <= 40 else known_facts())
    if len(hint) > 400:
        hint = "see hepatica case fields."
    return f"{name!r} is no fact that can be asked for; {hint}"


def _rows() -> dict[str, dict[str, Any]]:
    from ruamel.yaml import YAML

    package = resources.files("hepatica.protocol.criteria")
    text = package.joinpath("computed.yaml").read_text(encoding="utf-8")
    return {f"computed.{name}": row for name, row in YAML(typ="safe").load(text)["fields"].items()}


def _field(name: str, row: Mapping[str, Any]) -> Field:
    return Field(name=name, **{key: value for key, value in row.items() if key != "fills"})
