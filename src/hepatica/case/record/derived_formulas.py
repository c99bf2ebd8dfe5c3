"""The formulas of the clinic as plain functions: surface, liver scores, kidney function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from hepatica.case.record.units import expressed
from hepatica.errors import InvalidInput


@cache
def score(name: str) -> Mapping[str, Any]:
    """The row of a derived value in scores.yaml: formula, source, status and constants."""
    row: Mapping[str, Any] = _table()[name]
    return MappingProxyType(row)


def body_surface_area_m2(height_cm: float, weight_kg: float, formula: str = "mosteller") -> float:
    """Body surface area.

    Parameters
    ----------
    height_cm, weight_kg : float
    formula : mosteller, du_bois, haycock or gehan_george

    Raises
    ------
    InvalidInput
        If there is no such formula.

    Examples
    --------
    >>> round(body_surface_area_m2(170, 70), 4)
    1.8181
    """
    row = bsa_formula(formula)
    power: float = height_cm ** row["height_power"] * weight_kg ** row["weight_power"]
    return float(row["factor"] * power)


def bsa_formula(formula: str) -> Mapping[str, Any]:
    """Constants, source and status of a formula of the body surface area.

    Raises
    ------
    InvalidInput
        If there is no such formula.
    """
    rows = score("derived.bsa")["formulas"]
    if formula not in rows:
        raise InvalidInput(
            f"There is no formula {formula!r} of the body surface area; choose one of "
            f"{', '.join(rows)}."
        )
    row: Mapping[str, Any] = rows[formula]
    return row


def child_pugh_item_points(field: str, value: float | str) -> int:
    """One to three points for one of the five items.

    Parameters
    ----------
    field : str
        ``lab.bilirubin`` (umol/L), ``lab.albumin`` (g/L), ``lab.inr``, ``function.ascites`` or
        ``function.encephalopathy``.
    value : number in the unit of the field, or answer
    """
    row = score("derived.child_pugh_points")["items"][field]
    if "points" in row:
        return int(row["points"][value])
    bands = [
        (expressed(field, float(value), unit), low, high)
        for unit, (low, high) in row["two_points"].items()
    ]
    if any(low <= stated <= high for stated, low, high in bands):
        return 2
    stated, _, high = bands[0]
    return 3 if (stated > high) == (row["worse"] == "higher") else 1


def child_pugh_class(points: int) -> str:
    """A, B or C for 5 to 15 points."""
    most: Mapping[str, int] = score("derived.child_pugh_class")["most_points"]
    return next(name for name, limit in most.items() if points <= limit)


def albi_score(bilirubin_umol_l: float, albumin_g_l: float) -> float:
    """Albumin-bilirubin score; minus infinity without any bilirubin.

    Examples
    --------
    >>> round(albi_score(17, 40), 3)
    -2.588
    """
    row = score("derived.albi")
    log = math.log10(bilirubin_umol_l) if bilirubin_umol_l > 0 else -math.inf
    return float(row["log10_bilirubin"] * log + row["albumin"] * albumin_g_l)


def albi_grade(albi: float) -> int:
    """Grade 1, 2 or 3 of an ALBI score."""
    row = score("derived.albi_grade")
    if albi <= row["grade_1_up_to"]:
        return 1
    return 2 if albi <= row["grade_2_up_to"] else 3


def modified_albi_grade(albi: float) -> str:
    """Grade 1, 2a, 2b or 3 of an ALBI score."""
    grade = albi_grade(albi)
    if grade != 2:
        return str(grade)
    return "2a" if albi <= score("derived.albi_grade")["grade_2a_up_to"] else "2b"


def meld(bilirubin_umol_l: float, inr: float, creatinine_umol_l: float, dialysis: bool) -> float:
    """Model for end-stage liver disease, not rounded.

    Parameters
    ----------
    bilirubin_umol_l, inr, creatinine_umol_l : float
    dialysis : bool
        Counts as the highest creatinine that the score knows.
    """
    row = score("derived.meld_na")
    floor, cap = row["floor"], row["creatinine_mg_dl_cap"]
    bilirubin = max(expressed("lab.bilirubin", bilirubin_umol_l, "mg/dL"), floor)
    creatinine = max(expressed("lab.creatinine", creatinine_umol_l, "mg/dL"), floor)
    found = (
        row["ln_bilirubin"] * math.log(bilirubin)
        + row["ln_inr"] * math.log(max(inr, floor))
        + row["ln_creatinine"] * math.log(cap if dialysis else min(creatinine, cap))
        + row["constant"]
    )
    return float(min(found, row["cap"]))


def meld_na(meld_score: float, sodium_mmol_l: float) -> float:
    """MELD corrected for sodium, not rounded."""
    row = score("derived.meld_na")["sodium_mmol_l"]
    if meld_score <= row["applies_above"]:
        return meld_score
    lack = row["high"] - min(max(sodium_mmol_l, row["low"]), row["high"])
    return float(meld_score + row["linear"] * lack - row["with_meld"] * meld_score * lack)


def egfr_ckd_epi_2021(creatinine_umol_l: float, age_years: float, sex: str) -> float:
    """Estimated glomerular filtration rate, mL/min per 1.73 m2.

    Raises
    ------
    InvalidInput
        If the patient is under age, or the formula has no constants for this sex.
    """
    row = score("derived.egfr")
    own = _for_adult(row, sex, age_years)
    share = expressed("lab.creatinine", creatinine_umol_l, "mg/dL") / own["k_mg_dl"]
    if share <= 0:
        return math.inf
    below, above = min(share, 1.0) ** own["power_below"], max(share, 1.0) ** row["power_above"]
    return float(row["factor"] * below * above * row["per_year"] ** age_years * own["factor"])


def creatinine_clearance_ml_min(
    creatinine_umol_l: float, age_years: float, sex: str, weight_kg: float
) -> float:
    """Creatinine clearance of Cockcroft and Gault, mL/min.

    Raises
    ------
    InvalidInput
        If the patient is under age, or the formula has no constants for this sex.
    """
    row = score("derived.creatinine_clearance")
    own = _for_adult(row, sex, age_years)
    creatinine = expressed("lab.creatinine", creatinine_umol_l, "mg/dL")
    if creatinine <= 0:
        return math.inf
    span = row["age_minuend"] - age_years
    return float(span * weight_kg / (row["divisor"] * creatinine) * own["factor"])


def _for_adult(row: Mapping[str, Any], sex: str, age_years: float) -> Mapping[str, Any]:
    if age_years < row["from_age"]:
        raise InvalidInput(
            f"The formula holds from {row['from_age']} years on; the patient is {age_years:g}."
        )
    if sex not in row:
        raise InvalidInput(f"The formula knows women and men; the sex on record is {sex!r}.")
    own: Mapping[str, Any] = row[sex]
    return own


@cache
def _table() -> Mapping[str, Any]:
    from ruamel.yaml import YAML

    package = resources.files("hepatica.case.record")
    rows: Mapping[str, Any] = YAML(typ="safe").load(
        package.joinpath("scores.yaml").read_text(encoding="utf-8")
    )
    return rows
