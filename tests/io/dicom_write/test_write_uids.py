"""Identifiers are made from what they identify."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from hepatica.io.dicom.uids import IMPLEMENTATION_CLASS_UID, UidMap

UIDS = UidMap("HEP-001", "1.2.3")


@given(st.text(max_size=20), st.lists(st.one_of(st.text(max_size=9), st.integers())))
def test_every_identifier_is_valid(kind: str, parts: list[str | int]) -> None:
    uid = UIDS.of(kind, *parts)
    assert UID(uid).is_valid
    assert uid == UidMap("HEP-001", "1.2.3").of(kind, *parts)


@pytest.mark.parametrize(
    "other",
    [UidMap("HEP-002", "1.2.3"), UidMap("HEP-001", "1.2.4"), UidMap("HEP-001", "1.2.3", "2024")],
)
def test_whose_it_is_changes_the_identifier(other: UidMap) -> None:
    assert other.of("series", "CT") != UIDS.of("series", "CT")


def test_parts_do_not_run_into_each_other() -> None:
    assert UIDS.of("a", "bc") != UIDS.of("ab", "c")
    assert UIDS.of("a", "b", "c") != UIDS.of("a", "bc")


def test_the_program_itself_has_a_valid_identifier() -> None:
    assert UID(IMPLEMENTATION_CLASS_UID).is_valid
