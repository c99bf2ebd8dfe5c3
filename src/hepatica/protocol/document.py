"""A document of which any part may be wrong, looked into without stumbling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from hepatica.case.metric import Metric, parse_metric
from hepatica.document.fault import Path
from hepatica.errors import InvalidInput

Finding = tuple[Path, str]
"""Where a fault is, and what is wrong there."""

Document = dict[str, Any]


def rows(block: Any, key: str, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The blocks of a list, each with its path; whatever is not a block is passed over."""
    found = block.get(key) if isinstance(block, dict) else None
    for i, row in enumerate(found if isinstance(found, tuple) else ()):
        if isinstance(row, dict):
            yield (*path, key, i), row


def metric_of(row: dict[str, Any]) -> Metric | None:
    """The metric of a block, if it has a valid one."""
    text = row.get("metric")
    if not isinstance(text, str):
        return None
    try:
        return parse_metric(text)
    except InvalidInput:
        return None


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value can be compared as a number; true and false cannot."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def are_numbers(values: Any) -> TypeGuard[tuple[float, ...]]:
    """Whether a value is a list of numbers."""
    return isinstance(values, tuple) and all(is_number(value) for value in values)
