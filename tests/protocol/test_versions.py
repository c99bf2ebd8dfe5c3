"""A document that decides otherwise has another first number; one publication has one wording."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hepatica.protocol import protocol_names
from hepatica.protocol.rules import pack_names

DECIDES = (
    *("eligibility", "facts", "derived", "targets", "prescription", "phases", "drugs", "heat"),
    *("limits", "advice", "washout", "dose_modification", "stopping", "options"),
    *("order", "terms", "rules"),
)
TELLS = {"text", "note", "reading", "source", "status", "contradictions", "title", "says", "role"}
DECIDED = Path(__file__).with_name("decided.yaml")
NAMES = (*protocol_names(), *(f"rules/{name}" for name in (*pack_names(), "always")))


def document(name: str) -> dict[str, Any]:
    folder, _, file = name.rpartition("/")
    where = resources.files("hepatica.protocol").joinpath(folder or "library")
    return dict(YAML(typ="safe").load(where.joinpath(f"{file}.yaml").read_text(encoding="utf-8")))


def bare(value: Any) -> Any:
    """What of a document decides: a value with a source of its own is its value."""
    if isinstance(value, dict):
        if "value" in value and set(value) <= {"value", *TELLS}:
            return bare(value["value"])
        return {key: bare(part) for key, part in value.items() if key not in TELLS}
    return [bare(part) for part in value] if isinstance(value, list) else value


def fingerprint(written: dict[str, Any]) -> str:
    decided = {key: bare(written[key]) for key in DECIDES if key in written}
    text = json.dumps(decided, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


@cache
def kept() -> dict[str, dict[str, Any]]:
    return dict(YAML(typ="safe").load(DECIDED.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_what_decides_otherwise_has_another_first_number(name: str) -> None:
    written = document(name)
    assert re.fullmatch(r"[1-9]\d*\.\d+", written["version"]), "two numbers, the first above 0"
    now = {"first": int(written["version"].partition(".")[0]), "decides": fingerprint(written)}
    assert now == kept()[name], (
        f"{name} decides otherwise than {DECIDED.name} has it. Raise the first number of its "
        "version (or the second, if a whole part is new: docs/how-to/write-a-protocol.md), and "
        "write the new row."
    )


def test_no_row_is_left_of_a_document_that_is_gone() -> None:
    assert set(kept()) == set(NAMES)


def test_words_alone_do_not_change_what_is_decided_and_numbers_do() -> None:
    written = document("sbrt-six-fraction")
    told = {**written, "summary": "Other words.", "outcomes": []}
    told["limits"] = [{**limit, "note": "Another note."} for limit in written["limits"]]
    assert fingerprint(told) == fingerprint(written)
    sourced = {"value": written["limits"][0]["at_least"], "source": "document"}
    cited = [{**written["limits"][0], "at_least": sourced}, *written["limits"][1:]]
    assert fingerprint({**written, "limits": cited}) == fingerprint(written)
    changed = [{**written["limits"][0], "at_least": 99}, *written["limits"][1:]]
    assert fingerprint({**written, "limits": changed}) != fingerprint(written)


def test_one_publication_has_one_wording_everywhere() -> None:
    by_place, by_name = defaultdict(set), defaultdict(set)
    for name in NAMES:
        for work in document(name)["sources"]:
            citation = " ".join(work["citation"].split())
            if work["name"] not in ("document", "recalled"):
                by_name[work["name"]].add(citation)
            for place in re.findall(r"\d{4};[\d()]+:\d+", citation):
                by_place[place].add(citation)
    assert {key: said for key, said in {**by_place, **by_name}.items() if len(said) > 1} == {}
    assert "2015;8(1):1000" in by_place
