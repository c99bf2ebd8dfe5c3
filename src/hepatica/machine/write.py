"""A machine document as text: the same keys in the same order, numbers that a person can read."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from hepatica.machine.schema import MachineDocument

_WIDTH = 100
_LONG = 60


def machine_text(document: MachineDocument) -> str:
    """The YAML text of a machine document; read again, it gives the same document.

    Parameters
    ----------
    document : MachineDocument
    """
    head = (
        "# A treatment machine: what its beam does in water, and where every number comes from.\n"
        "# Lengths in mm, depths in mm of water. See docs/explain/machine.md for the formula.\n"
    )
    return head + "\n".join(_block(document, 0)) + "\n"


def _block(block: BaseModel, indent: int) -> Iterator[str]:
    pad = " " * indent
    for key in type(block).model_fields:
        value = getattr(block, key)
        if value is None or (value == () and key == "stated"):
            continue
        if isinstance(value, BaseModel):
            yield f"{pad}{key}:"
            yield from _block(value, indent + 2)
        elif isinstance(value, tuple):
            yield from _list(key, value, indent)
        else:
            yield from _scalar(f"{pad}{key}:", value, indent)


def _list(key: str, values: tuple[Any, ...], indent: int) -> Iterator[str]:
    pad = " " * indent
    if values and isinstance(values[0], BaseModel):
        yield f"{pad}{key}:"
        for value in values:
            lines = list(_block(value, indent + 4))
            yield f"{pad}  - {lines[0].strip()}"
            yield from lines[1:]
    elif values and isinstance(values[0], tuple):
        yield f"{pad}{key}:"
        yield from _rows(values, indent + 2)
    else:
        yield from _numbers(f"{pad}{key}: [", values, indent)


def _rows(values: tuple[Any, ...], indent: int) -> Iterator[str]:
    pad = " " * indent
    for value in values:
        if isinstance(value[0], tuple):
            inner = list(_rows(value, indent + 2))
            yield f"{pad}- {inner[0].strip()}"
            yield from inner[1:]
        else:
            yield from _numbers(f"{pad}- [", value, indent)


def _numbers(head: str, values: tuple[Any, ...], indent: int) -> Iterator[str]:
    text = head + ", ".join(_word(value) for value in values) + "]"
    yield from textwrap.wrap(text, _WIDTH, subsequent_indent=" " * (indent + 4)) or [text]


def _scalar(head: str, value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"{head} {'true' if value else 'false'}"
    elif not isinstance(value, str):
        yield f"{head} {_number(value)}"
    elif len(value) <= _LONG or "\n" in value or value != " ".join(value.split()):
        yield f"{head} {value if _is_plain(value) else json.dumps(value, ensure_ascii=False)}"
    else:
        yield f"{head} >-"
        pad = " " * (indent + 2)
        yield from textwrap.wrap(
            value,
            _WIDTH,
            initial_indent=pad,
            subsequent_indent=pad,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _is_plain(text: str) -> bool:
    """Words that YAML reads as text without quotation marks."""
    return (
        text[:1].isalpha()
        and text.replace("-", "").replace("/", "").isalnum()
        and (text.lower() not in ("true", "false", "null", "yes", "no", "on", "off"))
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _is_plain(value) else _number(value)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return str(int(value)) + ".0" if value == int(value) and abs(value) < 1e6 else repr(value)
