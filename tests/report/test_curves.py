"""The dose-volume picture keeps what matters, and says what it leaves out."""

from __future__ import annotations

from dataclasses import replace

from hepatica.case import Structure
from hepatica.engine.evaluation import Evaluation
from hepatica.report.curves import chosen_curves
from hepatica.report.pictures import dvh_picture


def _with_organs(evaluation: Evaluation, names: list[str], role: str = "ORGAN") -> Evaluation:
    """Copies of the stomach under other names, each a little cooler than the one before."""
    stomach = evaluation.structures["Stomach"]
    rows = dict(evaluation.structures)
    for k, name in enumerate(names, start=1):
        assert stomach.dvh is not None
        cooler = replace(stomach.dvh, max_gy=stomach.dvh.max_gy - 0.01 * k)
        made: Structure = replace(stomach.structure, name=name, role=role)  # type: ignore[arg-type]
        rows[name] = replace(stomach, structure=made, dvh=cooler)
    return replace(evaluation, structures=rows)


def test_targets_come_first_then_the_liver_then_limited_organs_by_dose(
    evaluation: Evaluation,
) -> None:
    names = list(chosen_curves(evaluation).curves)
    assert names == ["GTV1", "PTV_GTV", "Liver-GTV", "SpinalCord", "Stomach", "Liver"]


def test_an_organ_with_a_limit_is_kept_and_others_are_named_as_left_out(
    evaluation: Evaluation,
) -> None:
    crowd = _with_organs(evaluation, [f"Extra{k:02d}" for k in range(12)] + ["Chestwall"])
    choice = chosen_curves(crowd)
    assert len(choice.curves) == 14
    assert "Chestwall" in choice.curves
    assert choice.left_out.startswith("Not drawn: Extra07, Extra08, Extra09, Extra10, Extra11")
    picture = dvh_picture(crowd)
    assert picture is not None
    assert choice.left_out in picture.caption


def test_a_long_list_of_those_left_out_is_counted(evaluation: Evaluation) -> None:
    crowd = _with_organs(evaluation, [f"Extra{k:02d}" for k in range(40)])
    assert " more; their doses are in the table" in chosen_curves(crowd).left_out


def test_of_many_tumours_one_curve_stands_for_all(evaluation: Evaluation) -> None:
    many = _with_organs(evaluation, [f"GTV{k}" for k in range(2, 8)], "GTV")
    union = many.structures["GTV1"]
    whole = replace(union.structure, name="GTV", derived=True)
    rows = {**many.structures, "GTV": replace(union, structure=whole)}
    united = replace(many, structures=rows)
    choice = chosen_curves(united)
    assert list(choice.curves)[:2] == ["GTV", "PTV_GTV"]
    assert "GTV1" in choice.left_out
    assert dvh_picture(united) is not None


def test_a_structure_that_the_dose_misses_is_named(evaluation: Evaluation) -> None:
    rows = dict(evaluation.structures)
    rows["Stomach"] = replace(rows["Stomach"], dvh=None)
    text = chosen_curves(replace(evaluation, structures=rows)).left_out
    assert "Without a curve, since their doses are unknown: Stomach." in text


def test_no_curve_no_picture(unknown: Evaluation) -> None:
    assert dvh_picture(unknown) is None
