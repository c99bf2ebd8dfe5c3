"""Which elements of a DICOM file tell nothing about whose it is."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from pydicom.dataelem import DataElement

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_WORD = re.compile(r"[A-Z0-9 _\\-]*")


@cache
def keep_list() -> dict[str, Any]:
    """The rules of ``deidentify.yaml``."""
    from ruamel.yaml import YAML

    file = resources.files("hepatica.io.dicom").joinpath("deidentify.yaml")
    return dict(YAML(typ="safe").load(file.read_text(encoding="utf-8")))


def may_stay(element: DataElement) -> bool:
    """Whether an element may stay as it is: a number, a listed word or value, the pixels."""
    rules, word = keep_list(), element.keyword
    if element.VR in rules["numbers"]:
        return _all_numbers(element)
    if word in rules["words"]:
        return _all_words(element)
    return word in rules["bytes"] or str(element.value) in rules["values"].get(word, ())


def _all_numbers(element: DataElement) -> bool:
    """A decimal string of a careless writer may hold any text."""
    return all(
        one is None or one == "" or _NUMBER.fullmatch(str(one)) or isinstance(one, int)
        for one in _values(element)
    )


def _all_words(element: DataElement) -> bool:
    return all(one is None or _WORD.fullmatch(str(one)) for one in _values(element))


def _values(element: DataElement) -> list[Any]:
    value = element.value
    if value is None or isinstance(value, (str, bytes, int, float)):
        return [value]
    return list(value) if hasattr(value, "__iter__") else [value]
