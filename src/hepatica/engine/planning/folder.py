"""The folder that holds a plan: the planned case, the numbers, the report."""

from __future__ import annotations

import json
from pathlib import Path

from hepatica.case import Case, Dose, Plan
from hepatica.errors import InvalidInput

MANIFEST = "plan-files"
DOCUMENT = "plan.json"
CASE = "case"


def planned_case(folder: Path) -> Case:
    """The case with its new structures, plan and dose.

    Raises
    ------
    InvalidInput
        If the folder is not one that `hepatica plan create` wrote.
    """
    from hepatica.store.case_folder import is_case_folder, read_case

    if not (folder / DOCUMENT).is_file() or not is_case_folder(folder / CASE):
        inner = folder / "plan"
        advice = (
            f"Its folder plan does: give {inner}."
            if (inner / DOCUMENT).is_file()
            else "Make one with: hepatica plan create CASE PROTOCOL --risk 0.10 --out PLAN"
        )
        raise InvalidInput(
            f"{folder.name} holds no plan: {DOCUMENT} or the folder {CASE} is missing. {advice}"
        )
    return read_case(folder / CASE)


def planned(case: Case) -> tuple[Plan, Dose]:
    """The plan that was made last, and its dose.

    Raises
    ------
    InvalidInput
        If the case holds no plan with a dose.
    """
    for plan in reversed(case.plans):
        for dose in reversed(case.doses):
            if plan.beams and dose.plan_uid == plan.uid:
                return plan, dose
    raise InvalidInput(f"Case {case.case_id} holds no plan with a dose. Make the plan again.")


def unmet_limits(folder: Path) -> tuple[str, ...]:
    """The limits that the plan does not meet, or of which that is not known, in words."""
    text = (folder / DOCUMENT).read_text(encoding="utf-8")
    try:
        limits = json.loads(text)["limits"]
        return tuple(_in_words(limit) for limit in limits if limit["verdict"] != "met")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{DOCUMENT} of {folder.name} is incomplete or was edited ({type(error).__name__}). "
            "Make the plan again."
        ) from error


def _in_words(limit: dict[str, object]) -> str:
    goal = f"{limit['structure']} {limit['metric']} {limit['comparison']} {limit['limit']}"
    if limit["value"] is None:
        return f"{goal} is unknown: {limit['reason']}"
    return f"{goal} is {limit['verdict']}: {float(str(limit['value'])):.2f}"
