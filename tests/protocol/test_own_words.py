"""Documents of the library tell the papers in own words, and no number of theirs is made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hepatica.case import Margin
from hepatica.case.metric import Metric
from hepatica.protocol import Contradiction, load_protocol, protocol_names
from hepatica.protocol.parts import Block, Sourced
from tests.protocol.documents import shipped

RUN = 8
"""So many words in a row are a sentence taken over."""

PAPERS = {
    "lee2009": "003_*.txt",
    "harbin": "001_*.txt",
    "rationale": "000_*.txt",
    "soochow2015": "004_*.txt",
    "review": "002_*.txt",
}
"""The short names of publications whose text can be looked into."""

WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
NOT_NUMBERS_OF_THE_PAPER = {"fractions_a_day", "days_before", "days_after", "beyond", "at", "days"}
"""Bookkeeping of this program; `at` and `days` count from a start that a paper puts in words."""


def paper_text(shared: Path, pattern: str) -> str:
    (path,) = (shared / "seeds").glob(pattern)
    text = path.read_text(encoding="utf-8")
    return " ".join(re.sub(r"-\s*\n", "-", text).split())


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+|\|", text.lower())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def spoken(text: str) -> str:
    """A document without its keys and citations, so that only what it says is compared."""
    text = re.sub(r"(?ms)^sources:.*?^(?=\w)", "", text)
    return re.sub(r"(?m)^\s*(- )?[\w-]+:|\b[\w-]+: ", " | ", text)


@pytest.mark.parametrize("name", protocol_names())
def test_no_sentence_of_a_paper_stands_in_a_document(name: str, shared: Path) -> None:
    said = runs(spoken(shipped(name)))
    for pattern in PAPERS.values():
        taken = said & runs(paper_text(shared, pattern))
        assert not taken, sorted(" ".join(run) for run in taken)[:5]


def numbers_of(text: str) -> set[float]:
    """Every number of a text, also written as a word or as a fraction."""
    found = {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", text)}
    found |= {float(f"0.{n}") for n in re.findall(r"(?<!\d)\.(\d+)", text)}
    low = text.lower()
    found |= {float(i) for i, word in enumerate(WORDS) if re.search(rf"\b{word}\b", low)}
    for word, ten in TENS.items():
        found |= {float(ten)} if word in low else set()
        found |= {ten + float(i) for i, one in enumerate(WORDS[:10]) if f"{word}-{one}" in low}
    found |= {1.0} if re.search(r"\b(next|single|another|the other)\b", low) else set()
    found |= {2.0, 3.0, 66.7, 33.3} if re.search(r"\btwo.?thirds\b", low) else set()
    return found | ({0.0} if re.search(r"\b(no|none|neither|not)\b", low) else set())


def stated(block: Block, path: str) -> Iterator[tuple[str, str, float, Sourced]]:
    """Every number of a document with its path, its key and the block that answers for it."""
    for key in type(block).model_fields:
        value = getattr(block, key)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Block):
                yield from stated(one, f"{path}.{key}")
            elif isinstance(block, Sourced):
                yield from ((f"{path}.{key}", key, n, block) for n in plain_numbers(one))


def plain_numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, Metric):
        yield from (float(n) for n in re.findall(r"\d+\.?\d*", str(value)))
    elif isinstance(value, Margin):
        yield from value.sides_mm


def written_ways(key: str, number: float, block: Block) -> Iterator[float]:
    """A number as a paper may have written it: cm for mm, weeks for days, years for months."""
    unit = str(getattr(block, "unit", None) or "")
    yield abs(number)
    if key.endswith("_mm") or unit in ("mm", "cm") or key.endswith("_gy"):
        yield from (number / 10, number * 10, number * 100)
    if 0 < number < 1:
        yield number * 100
    if key.endswith("days") or unit == "d" or getattr(block, "op", "") == "within_days":
        yield from (number / 7, round(number / 30.4375))
    if key.endswith("months") or unit in ("months", "years", "mo"):
        yield from (number / 12, number * 12)


@pytest.mark.parametrize("name", protocol_names())
def test_every_number_of_a_document_stands_in_its_paper(name: str, shared: Path) -> None:
    known = {work: numbers_of(paper_text(shared, pattern)) for work, pattern in PAPERS.items()}
    made_up = []
    for path, key, number, block in stated(load_protocol(name), name):
        work = block.source_of(key).document
        reckoned = isinstance(block, Contradiction)  # what follows by arithmetic is not printed
        if work not in known or key in NOT_NUMBERS_OF_THE_PAPER or reckoned:
            continue
        if not any(round(way, 6) in known[work] for way in written_ways(key, number, block)):
            made_up.append((path, number, block.source_of(key).where))
    assert made_up == []
