"""The numbers that synthetic patients are made of, with where each comes from."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any


@cache
def anchors() -> dict[str, Any]:
    """Distributions, Hounsfield units and volume ranges: ``anchors.yaml``."""
    return _table("anchors.yaml")


@cache
def record_anchors() -> dict[str, Any]:
    """What clinical records are drawn from: ``record.yaml``."""
    return _table("record.yaml")


@cache
def shapes() -> dict[str, Any]:
    """Where the organs of the reference trunk lie: ``shapes.yaml``."""
    return _table("shapes.yaml")


def anchor(room: str, name: str) -> Any:
    """The value of one anchor, without its source."""
    return anchors()[room][name]["value"]


def hounsfield(tissue: str) -> float:
    """Hounsfield units of a tissue."""
    return float(anchors()["hu"][tissue])


def _table(name: str) -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = files("hepatica.synthetic").joinpath(name).read_text(encoding="utf-8")
    table: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return table
