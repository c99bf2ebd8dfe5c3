"""Every example in the docstrings and on the page about the isotoxic dose runs as printed."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs/explain/isotoxic.md"


@pytest.mark.parametrize("module", ["fractionation", "beyond_lq", "isotoxic"])
def test_the_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(importlib.import_module(f"hepatica.physics.biology.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_examples_on_the_isotoxic_page_hold():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted >= 20
    assert result.failed == 0
