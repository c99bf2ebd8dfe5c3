"""The numbers behind the image rules, each with its source and status in ``rules.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Rule:
    """One number of a rule, and where it comes from."""

    name: str
    value: float
    unit: str
    source: str
    status: str


@cache
def rules() -> Mapping[str, Rule]:
    """Every number that the rules use, by name."""
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("rules.yaml").read_text(encoding="utf-8")
    rows = YAML(typ="safe").load(text)["rules"]
    known = {
        row["name"]: Rule(
            row["name"], float(row["value"]), row["unit"], row["source"], row["status"]
        )
        for row in rows
    }
    return MappingProxyType(known)


def rule(name: str) -> float:
    """The value of one number.

    Raises
    ------
    InvalidInput
        If there is no such number.
    """
    if name not in rules():
        raise InvalidInput(
            f"There is no anatomy rule {name!r}; rules.yaml has: {', '.join(sorted(rules()))}."
        )
    return rules()[name].value
