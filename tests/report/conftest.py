"""The reports that several tests read, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.engine.evaluation import Evaluation
from hepatica.report import write_report
from tests.report import builders

RUN = {
    "command": ["hepatica", "plan", "evaluate", "phantom-1"],
    "versions": {"hepatica": "0.1.0", "numpy": "2.4.6"},
    "inputs": [{"name": "case.json", "sha256": "9c1e"}],
    "protocol_sha256": "ab" * 32,
    "seed": None,
    "warnings": [],
}


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    """A plan with limits met, not met and unknown."""
    return builders.evaluation()


@pytest.fixture(scope="session")
def unknown() -> Evaluation:
    """A plan of which neither prescription nor liver dose is known."""
    return builders.unknown_evaluation()


@pytest.fixture(scope="session")
def written(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report's files by suffix."""
    paths = write_report(evaluation, tmp_path_factory.mktemp("report"), RUN)
    return {path.suffix: path for path in paths}


@pytest.fixture(scope="session")
def written_unknown(unknown: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The HTML of the plan of which little is known."""
    (path,) = write_report(unknown, tmp_path_factory.mktemp("unknown"), formats=("html",))
    return path.read_text(encoding="utf-8")
