"""Every number behind the image rules says where it comes from, and none is idle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hepatica.engine.anatomy
import hepatica.physics.anatomy
from hepatica.errors import InvalidInput
from hepatica.physics.anatomy import rule, rules


def test_every_number_has_a_unit_a_source_and_a_status() -> None:
    assert rules()
    for row in rules().values():
        assert row.unit
        assert len(row.source) > 10
        assert row.status in ("verified", "recalled")


def test_every_number_is_used() -> None:
    rooms = Path(hepatica.physics.anatomy.__file__).parent.glob("*.py")
    files = [*rooms, Path(hepatica.engine.anatomy.__file__)]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    idle = [name for name in rules() if not re.search(rf'"{name}"|{{{name}:', text)]
    assert idle == []


def test_an_unknown_number_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no anatomy rule 'skin'; rules.yaml has: .*skin_hu"):
        rule("skin")
