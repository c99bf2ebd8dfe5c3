"""How numbers are written for a reader: rounded with sense, with their unit, never blank."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeGuard

NBSP = "\u00a0"
_DIGITS = {"Gy": 1, "cc": 1, "%": 1, "mm": 1}


def number(value: float, digits: int = 1) -> str:
    """A number with a fixed count of decimals; a rounded zero has no minus sign."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "\u2212")


def quantity(value: float, unit: str, digits: int | None = None) -> str:
    """A number with its unit, kept on one line."""
    places = _DIGITS.get(unit, 2) if digits is None else digits
    text = number(value, places)
    return text if unit in ("", "1") else f"{text}{NBSP}{unit}"


def gy(value: float, digits: int = 1) -> str:
    """A dose: ``40.0 Gy``."""
    return quantity(value, "Gy", digits)


def volume(value_cc: float) -> str:
    """A volume, finer for small ones: ``0.51 cc``, ``1860.6 cc``."""
    return quantity(value_cc, "cc", 2 if abs(value_cc) < 10 else 1)


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction as per cent: ``12.5 %``."""
    return quantity(100.0 * fraction, "%", digits)


def risk(fraction: float) -> str:
    """A probability as per cent; what rounds to none or all is said as a bound."""
    if fraction < 0.0005:
        return f"below 0.1{NBSP}%"
    if fraction > 0.9995:
        return f"above 99.9{NBSP}%"
    return percent(fraction)


def level(fraction: float) -> str:
    """A risk level as the protocol names it: ``5 %``."""
    return f"{100.0 * fraction:g}{NBSP}%"


def unknown(reason: str) -> str:
    """What stands where a value is missing: the reason, never a zero or a blank."""
    return f"unknown: {reason.strip() or 'no reason was recorded'}"


def beside(value: float, limit: float, unit: str) -> str:
    """A value with enough decimals to be told apart from the limit that it is held against."""
    places = 2 if unit == "cc" and abs(value) < 10 else 1
    while places < 4 and value != limit and round(value, places) == round(limit, places):
        places += 1
    return quantity(value, unit, places)


def plain(value: float) -> str:
    """A number as a protocol writes it: no decimals that say nothing."""
    return f"{value:g}".replace("-", "\u2212")


def listed(words: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(count: int, noun: str) -> str:
    """``1 limit``, ``3 limits``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sentence(text: str) -> str:
    """The text with a capital, a full stop and proper signs for "at most" and "at least"."""
    text = text.strip().replace("<=", "\u2264").replace(">=", "\u2265")
    if not text:
        return text
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def shortened(name: str, most: int = 20) -> str:
    """A name that fits a legend; what is cut off is marked."""
    return name if len(name) <= most else f"{name[: most - 1]}\u2026"


def finite(value: float | None) -> TypeGuard[float]:
    """Whether there is a number to print."""
    return value is not None and math.isfinite(value)
