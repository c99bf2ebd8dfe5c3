"""Every treatment that is shipped is sound, and no number in it is without a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hepatica.case.metric import Metric
from hepatica.protocol import Protocol, describe, load_protocol, protocol_names, validate
from hepatica.protocol.parts import Block, Source, Sourced

NAMES = protocol_names()


def numbers(block: Block, path: str, found: list[tuple[str, Any, Sourced | None]]) -> None:
    """Every number of a block and of those inside it, with the block that answers for it."""
    for key in type(block).model_fields:
        value = getattr(block, key)
        for one in value if isinstance(value, tuple) else (value,):
            where = f"{path}.{key}"
            if isinstance(one, Block):
                numbers(one, where, found)
            elif isinstance(one, int | float | Metric) and not isinstance(one, bool):
                found.append((where, key, block if isinstance(block, Sourced) else None))


def sources_used(block: Block) -> Iterator[str]:
    """The short name of every source that a block and those inside it cite."""
    if isinstance(block, Sourced):
        yield block.source.document
        yield from (one.source.document for one in block.stated)
    for key in type(block).model_fields:
        value = getattr(block, key)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Block):
                yield from sources_used(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_document_has_no_fault(name: str) -> None:
    assert validate(name) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_has_the_name_of_its_file(name: str) -> None:
    assert load_protocol(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source_with_a_status(name: str) -> None:
    found: list[tuple[str, Any, Sourced | None]] = []
    numbers(load_protocol(name), name, found)
    for where, key, block in found:
        assert block is not None, where
        source = block.source_of(key)
        assert isinstance(source, Source), where
        assert source.citation, where
        assert source.document != "?", where
        assert block.status_of(key) in ("verified", "recalled"), where


@pytest.mark.parametrize("name", NAMES)
def test_a_verified_number_says_where_in_its_source_it_stands(name: str) -> None:
    found: list[tuple[str, Any, Sourced | None]] = []
    numbers(load_protocol(name), name, found)
    for where, key, block in found:
        if block is not None and block.status_of(key) == "verified":
            assert block.source_of(key).where, where


@pytest.mark.parametrize("name", NAMES)
def test_every_source_that_is_listed_is_used(name: str) -> None:
    protocol = load_protocol(name)
    used = set(sources_used(protocol))
    assert {work.name for work in protocol.sources} == used


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_holds_every_limit_and_every_source(name: str) -> None:
    protocol: Protocol = load_protocol(name)
    page = describe(protocol)
    for limit in protocol.limits:
        assert limit.structure in page
        assert str(limit.metric) in page
    for work in protocol.sources:
        assert f"{work.name}: " in page
    assert "Research use only" in page
    assert protocol.sha256 in page
    assert all(len(line) <= 96 for line in page.splitlines())
