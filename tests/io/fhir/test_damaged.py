"""A bundle that somebody damaged is refused or read with remarks; it never breaks the program."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from typing import Any

import pytest

from hepatica.errors import HepaticaError
from hepatica.io.fhir import FhirReading, read_bundle, write_bundle
from tests.io.fhir.records import full_record

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, "", "x", "2024-02-31", "#", "|", [], {}, [[]], [None], {"a": []}),
    *({"value": "x"}, {"coding": [{"code": 5}]}, {"reference": 7}, {"url": None, "extension": 3}),
)


def _spots(found: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON document that can hold something else."""
    keys: list[Any] = []
    if isinstance(found, dict):
        keys = list(found)
    elif isinstance(found, list):
        keys = list(range(len(found)))
    here = [(found, key) for key in keys]
    return here + [spot for key in keys for spot in _spots(found[key])]


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_bundle_is_refused_or_read(seed: int) -> None:
    chance = random.Random(seed)
    bundle = copy.deepcopy(_SOUND)
    bundle["entry"] = chance.sample(bundle["entry"], 30)
    for _ in range(12):
        place, key = chance.choice(_spots(bundle["entry"]))
        place[key] = copy.deepcopy(chance.choice(ODD))
    with suppress(HepaticaError):
        assert isinstance(read_bundle(bundle, "case-1"), FhirReading)


_SOUND = write_bundle(full_record())
