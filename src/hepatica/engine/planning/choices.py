"""The numbers of choices.yaml, which steer the search for a plan and come from no publication."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any


def choice(group: str, name: str) -> float:
    """One number, by its group and name in the file."""
    return float(_table()[group][name])


@cache
def _table() -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("choices.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))
