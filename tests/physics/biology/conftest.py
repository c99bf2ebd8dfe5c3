"""The liver reference numbers beside the repository, and hypothesis without a stopwatch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Two cores shared with other work make any per-example time limit a coin toss.
settings.register_profile("biology", deadline=None, max_examples=60)
settings.load_profile("biology")


@pytest.fixture(scope="session")
def golden(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "reference/liver/golden.json").read_text())
