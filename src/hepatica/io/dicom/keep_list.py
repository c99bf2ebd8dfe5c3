"""Which elements of a DICOM file tell nothing about whose it is."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.tag import BaseTag
from pydicom.uid import UID

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_STANDARD = "1.2.840.10008."


@cache
def keep_list() -> dict[str, Any]:
    """The rules of ``deidentify.yaml``."""
    from ruamel.yaml import YAML

    file = resources.files("hepatica.io.dicom").joinpath("deidentify.yaml")
    return dict(YAML(typ="safe").load(file.read_text(encoding="utf-8")))


def may_stay(element: DataElement) -> bool:
    """Whether an element may stay as it is: a number, a listed value, the pixels."""
    rules, word = keep_list(), element.keyword
    if element.VR in rules["numbers"]:
        return _is_meant_as_number(element) and _all_numbers(element)
    return word in rules["bytes"] or str(element.value) in rules["values"].get(word, ())


def goes_whole(tag: BaseTag) -> bool:
    """Whether nothing of an element's group stays."""
    rules, group = keep_list(), f"{tag.group:04X}"
    return group in rules["groups_left_out"] or group[:2] in rules["groups_left_out_repeating"]


def is_named_by_the_standard(element: DataElement) -> bool:
    """Whether the standard's dictionary knows an element; vendors' own it never does.

    The one check that takes out private elements, and those of a later edition of the standard:
    nobody knows what they say.
    """
    return bool(element.keyword)


def listed_words(element: DataElement) -> list[str] | None:
    """The words of an element of a fixed vocabulary; None if it is no such element.

    A word that is not in the vocabulary could be a name: another one stands in its place.
    """
    rules = keep_list()
    allowed = rules["words"].get(element.keyword)
    if allowed is None:
        return None
    said = ["" if one is None else str(one).strip().upper() for one in _values(element)]
    return [one if one in allowed or not one else rules["withheld"] for one in said]


def is_of_the_standard(uid: str) -> bool:
    """Whether an identifier is one that the standard itself gave out.

    The standard's root alone says nothing: some systems put their own numbers behind it.
    """
    return uid.startswith(_STANDARD) and UID(uid).name != uid


def _is_meant_as_number(element: DataElement) -> bool:
    """Files may state any kind for an element; a patient's number as a decimal stays a number."""
    return bool(set(dictionary_VR(element.tag).split(" or ")) & set(keep_list()["numbers"]))


def _all_numbers(element: DataElement) -> bool:
    """A decimal string of a careless writer may hold any text."""
    return all(
        one is None or one == "" or _NUMBER.fullmatch(str(one)) or isinstance(one, int)
        for one in _values(element)
    )


def _values(element: DataElement) -> list[Any]:
    value = element.value
    if value is None or isinstance(value, (str, bytes, int, float)):
        return [value]
    return list(value) if hasattr(value, "__iter__") else [value]
