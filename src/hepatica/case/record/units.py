"""Turns a value in the unit that a laboratory printed into the unit that the record keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from hepatica.case.record.field import Field, field_named
from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Conversion:
    """How a stated value becomes the one in the record: ``factor * value + zero``.

    Parameters
    ----------
    unit : str
        UCUM code of the stated unit.
    to : str
        UCUM code of the field.
    factor, zero : float
    source, status : str
        Of the factor; ``verified`` or ``recalled``.
    """

    unit: str
    to: str
    factor: float
    zero: float
    source: str
    status: str


def converted(field_name: str, value: float, unit: str) -> float:
    """A value in the unit of its field.

    Parameters
    ----------
    field_name : str
        A quantity of the record, ``lab.bilirubin``.
    value : float
        In ``unit``.
    unit : str
        UCUM (``mg/dL``) or an everyday spelling (``MG/DL``, ``x10^9/l``, ``K/µL``).

    Returns
    -------
    value : float
        In the field's own unit, to 12 digits; unchanged if it is in that unit already.

    Raises
    ------
    InvalidInput
        If the field has no unit, the unit is missing or not one of the field's, or the value is
        no finite number.

    Examples
    --------
    >>> round(converted("lab.bilirubin", 1.0, "mg/dL"), 1)
    17.1
    """
    if not math.isfinite(value):
        raise InvalidInput(f"{field_name}: {value} is not a finite number.")
    rule = conversion(field_name, unit)
    if rule.unit == rule.to:
        return value
    return _to_12_digits(rule.factor * value + rule.zero)


def expressed(field_name: str, value: float, unit: str) -> float:
    """A value of the record in another unit: the way back of :func:`converted`.

    Raises
    ------
    InvalidInput
        As :func:`converted` does.
    """
    rule = conversion(field_name, unit)
    if rule.unit == rule.to:
        return value
    return _to_12_digits((value - rule.zero) / rule.factor)


def conversion(field_name: str, unit: str) -> Conversion:
    """The rule by which values of a field in a unit are converted, with its source.

    Raises
    ------
    InvalidInput
        If the field has no unit, or the unit is missing or not one of the field's.
    """
    field = _quantity(field_name)
    if not unit.strip():
        if field_name in _table()["bare"]:
            return _rules(field_name)[field.unit]
        raise InvalidInput(
            f"{field_name}: the value has no unit. Say which is meant with --assume-unit "
            f"{field_name}={field.unit}, or write it behind the value; known are "
            f"{_listed(field_name)}."
        )
    code = _spellings(field_name).get(_plain(unit))
    if code is None or _another_unit(field_name, unit):
        raise InvalidInput(
            f"{field_name}: unit {unit!r} is not one of this field; known are "
            f"{_listed(field_name)}. If the file means one of them, correct the unit there; behind "
            "a number stands nothing but its unit."
        )
    return _rules(field_name)[code]


def known_units(field_name: str) -> tuple[str, ...]:
    """The UCUM codes in which a field's values may be stated, its own first.

    Raises
    ------
    InvalidInput
        If the field is not a quantity.
    """
    _quantity(field_name)
    return tuple(_rules(field_name))


def _listed(field_name: str) -> str:
    return ", ".join(known_units(field_name))


def _quantity(field_name: str) -> Field:
    field = field_named(field_name)
    if field.kind != "quantity":
        raise InvalidInput(f"{field_name} is a {field.kind} and has no unit; leave the unit out.")
    return field


def _to_12_digits(value: float) -> float:
    """Without the last digits, which are noise of the multiplication (1.1 * 10)."""
    return float(f"{value:.12g}")


@cache
def _table() -> Mapping[str, Any]:
    from ruamel.yaml import YAML

    package = resources.files("hepatica.case.record")
    rows = YAML(typ="safe").load(package.joinpath("units.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(rows)


@cache
def _rules(field_name: str) -> Mapping[str, Conversion]:
    """All conversions into a field's unit by UCUM code, its own unit first."""
    table, own = _table(), field_named(field_name).unit
    found: dict[str, Conversion] = {}
    for family, row in _families_of(field_name).items():
        bridge, source, status = _bridge(field_name, family)
        scale = _unit_row(field_name, own)["factor"]
        for unit, entry in row["units"].items():
            factor, zero = entry["factor"] * bridge / scale, entry.get("zero", 0.0)
            found[unit] = Conversion(unit, own, factor, zero, source, status)
    for unit in table["not_for"].get(field_name, ()):
        del found[unit]
    for unit, entry in table["field_units"].get(field_name, {}).items():
        source, status = (entry.get(key, table[key]) for key in ("source", "status"))
        found[unit] = Conversion(unit, own, entry["factor"], 0.0, source, status)
    return MappingProxyType({own: found.pop(own), **found})


def _families_of(field_name: str) -> dict[str, Any]:
    """The family of the field's unit, and the one that its molar mass leads to."""
    families, own = _table()["families"], field_named(field_name).unit
    home = next(name for name, row in families.items() if own in row["of"])
    names = [home]
    if field_name in _table()["molar_masses"]["fields"]:
        names.append(_other_side(home))
    return {name: families[name] for name in names}


def _other_side(family: str) -> str:
    sides = {
        "mass_concentration": "substance_concentration",
        "substance_concentration": "mass_concentration",
    }
    return sides[family]


def _unit_row(field_name: str, unit: str) -> Mapping[str, Any]:
    home = next(iter(_families_of(field_name).values()))
    row: Mapping[str, Any] = home["units"][unit]
    return row


def _bridge(field_name: str, family: str) -> tuple[float, str, str]:
    """From a family's base unit to that of the field's own family: g/L to mmol/L and back."""
    table = _table()
    if family == next(iter(_families_of(field_name))):
        return 1.0, table["source"], table["status"]
    masses = table["molar_masses"]
    row = masses["fields"][field_name]
    source, status = (row.get(key, masses[key]) for key in ("source", "status"))
    grams_per_mmol = row["g_per_mol"] / 1000.0
    to_mass = family == "substance_concentration"
    return (grams_per_mmol if to_mass else 1.0 / grams_per_mmol), source, status


@cache
def _spellings(field_name: str) -> Mapping[str, str]:
    """Every spelling that a field knows, in plain form, with the UCUM code that it means."""
    rows = {
        unit: entry
        for row in _families_of(field_name).values()
        for unit, entry in row["units"].items()
    } | dict(_table()["field_units"].get(field_name, {}))
    found: dict[str, str] = {}
    for unit in _rules(field_name):
        for spelling in (*rows[unit].get("also", ()), unit):
            found[_plain(spelling)] = unit
    return MappingProxyType(found)


def _another_unit(field_name: str, unit: str) -> bool:
    """Whether the case of its letters makes it another UCUM unit: a millibecquerel is no MBq."""
    return any(unit.strip() in row.get("never", ()) for row in _families_of(field_name).values())


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _plain(unit: str) -> str:
    """A unit without the differences of writing that carry no meaning within one field."""
    text = unit.replace("µ", "u").replace("μ", "u")
    text = re.sub(r"(?<=10)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "*" + m[0].translate(_SUPERSCRIPTS), text)
    text = text.translate(_SUPERSCRIPTS).casefold()
    text = re.sub(r"\s+", "", text)
    text = re.sub(r"(?<![a-z])mc(?=l\b|g\b|mol\b)", "u", text)
    return re.sub(r"^[x×·*]?(?:10(?:\^|\*\*|\*|e)|1e)(\d+)", r"10*\1", text)
