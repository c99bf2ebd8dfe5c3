"""A plan's folder is read again, and says which limits the plan does not meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hepatica.engine.planning.folder import CASE, DOCUMENT, planned_case, unmet_limits
from hepatica.errors import InvalidInput
from hepatica.store.case_folder import write_case

from .phantom import organs, patient


def limit(**more: Any) -> dict[str, Any]:
    return {
        "structure": "Stomach",
        "metric": "D0.5cc[Gy]",
        "comparison": "<=",
        "limit": 30.0,
        "value": 31.236,
        "verdict": "not met",
        "reason": "31.24 Gy against <= 30",
    } | more


def folder_with(folder: Path, document: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / DOCUMENT).write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_the_planned_case_is_read_from_its_folder(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "plan", {"limits": []})
    write_case(patient({"Liver": organs()["Liver"]}), folder / CASE)
    assert set(planned_case(folder).structures) == {"Liver"}


@pytest.mark.parametrize("there", ["nothing", "document", "case"])
def test_a_folder_without_a_plan_is_refused(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "liver1"
    folder.mkdir()
    if there == "document":
        folder_with(folder, {"limits": []})
    if there == "case":
        write_case(patient({}), folder / CASE)
    with pytest.raises(InvalidInput, match=r"liver1 holds no plan: plan.json or the folder case"):
        planned_case(folder)


def test_a_limit_that_is_met_is_not_named(tmp_path: Path) -> None:
    limits = [limit(verdict="met", value=29.0), limit()]
    found = unmet_limits(folder_with(tmp_path, {"limits": limits}))
    assert found == ("Stomach D0.5cc[Gy] <= 30.0 is not met: 31.24",)


def test_a_limit_of_which_nothing_is_known_says_why(tmp_path: Path) -> None:
    unknown = limit(verdict="unknown", value=None, reason="the case has no Stomach: contour it.")
    assert unmet_limits(folder_with(tmp_path, {"limits": [unknown]})) == (
        "Stomach D0.5cc[Gy] <= 30.0 is unknown: the case has no Stomach: contour it.",
    )


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"limits": 3},
        {"limits": [{"verdict": "not met"}]},
        {"limits": ["met"]},
        {"limits": [limit(value="much")]},
    ],
)
def test_a_document_that_was_edited_is_refused(tmp_path: Path, document: object) -> None:
    folder = folder_with(tmp_path / "liver1", document)
    with pytest.raises(InvalidInput, match=r"plan.json of liver1 is incomplete or was edited"):
        unmet_limits(folder)


def test_a_document_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / DOCUMENT).write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput, match="Make the plan again"):
        unmet_limits(tmp_path)
