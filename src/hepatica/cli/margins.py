"""A margin as a person types it: one number, or six in the order of `Margin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.errors import UsageError

_LARGEST_MM = 100.0

if TYPE_CHECKING:
    from hepatica.case import Margin


def margin_from(text: str) -> Margin | None:
    """The margin that ``"5"`` or ``"5,5,5,5,10,10"`` (left, right, anterior ...) stands for, mm.

    Raises
    ------
    UsageError
        If it is neither one number nor six, or one is beyond 100 mm: a typing error.
    """
    from hepatica.case import Margin

    if not text:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if any(abs(number) > _LARGEST_MM for number in numbers):
        raise UsageError(
            f"Margin {text!r} mm: no side may be beyond {_LARGEST_MM:g} mm. Give it in mm."
        )
    if len(numbers) == 1:
        return Margin.uniform(numbers[0])
    if len(numbers) == 6:
        return Margin(*numbers)
    raise UsageError(
        f"Margin {text!r} is neither one number nor six (left,right,anterior,posterior,superior,"
        "inferior), in mm. Example: 5 or 5,5,5,5,10,10"
    )
