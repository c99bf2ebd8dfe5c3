"""A dose judged under the six-fraction protocol, on a patient made of boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hepatica.case import Case, Grid, Plan, Structure
from hepatica.engine.document import evaluation_document
from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
from hepatica.engine.evaluation import Evaluation, LimitVerdict
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput, UsageError
from hepatica.physics.biology import model_named, ntcp
from hepatica.protocol import load_protocol

from .builders import GRID, abdomen, ball, dose_from, falling_dose

PROTOCOL = load_protocol("sbrt-six-fraction")


def evaluated(case: Case | None = None, dose: object = None, **words: object) -> Evaluation:
    request = EvaluationRequest(**{"risk": 0.10, **words})  # type: ignore[arg-type]
    return evaluate_dose(case or abdomen(), PROTOCOL, dose or falling_dose(), request)  # type: ignore[arg-type]


def limit(result: Evaluation, name: str, structure: str = "") -> LimitVerdict:
    return next(v for v in result.limits if v.name == name and structure in v.structure)


def test_the_prescription_is_read_as_the_protocol_defines_it_when_no_plan_states_one() -> None:
    found = evaluated().prescription
    assert found is not None
    assert found.dose_gy == pytest.approx(40.0, rel=0.02)
    assert found.fractions == 6
    assert "D95%[Gy] of PTV_GTV" in found.origin


def test_a_plan_that_belongs_to_the_dose_states_the_prescription() -> None:
    plan = Plan("1.9", "B1", 6, 38.0, (), "1.2.3", None)
    case = abdomen()
    with_plan = Case("boxes", case.image, "1.2.3", case.structures, plans=(plan,))
    dose = dose_from(falling_dose().volume.values, plan_uid="1.9")
    found = evaluated(with_plan, dose).prescription
    assert found is not None
    assert (found.dose_gy, found.origin) == (38.0, "RTPLAN B1")
    given = evaluated(with_plan, dose, prescription_gy=41.0).prescription
    assert given is not None
    assert given.dose_gy == 41.0


def test_mean_and_volume_agree_with_plain_sums_over_the_voxels() -> None:
    result = evaluated()
    row = result.structures["Liver-GTV"]
    weights = row.structure.mask_on(GRID).astype(float)
    dose = falling_dose().volume.values
    assert row.volume_cc == pytest.approx(weights.sum() * GRID.voxel_cc)
    assert row.dvh is not None
    assert row.dvh.mean_gy == pytest.approx((weights * dose).sum() / weights.sum(), rel=0.01)


def test_the_risk_agrees_with_the_model_on_plain_voxels() -> None:
    result = evaluated(prescription_gy=40.0)
    assert result.risk is not None
    weights = result.structures["Liver-GTV"].structure.mask_on(GRID)
    inside = weights > 0
    dose = falling_dose().volume.values[inside].astype(float)
    model = model_named("michigan_mets")
    assert result.risk.reading.ntcp == pytest.approx(
        ntcp(model, dose, weights[inside], 6), rel=0.05, abs=1e-6
    )
    readings = {r.model.reference_fraction_gy: r.geud_gy for r in result.risk.sensitivity}
    assert readings[1.5] > readings[2.0]


def test_the_dose_at_which_an_organ_binds_is_found_by_scaling() -> None:
    result = evaluated(prescription_gy=40.0)
    for bound in result.allocation.organs:
        assert bound.dose_gy is not None
        if bound.dose_gy > 200:
            continue
        scaled = dose_from(falling_dose().volume.values * (bound.dose_gy / 40.0))
        again = evaluated(dose=scaled, prescription_gy=bound.dose_gy)
        value = next(
            v.value
            for v in again.limits
            if (v.structure, v.metric) == (bound.structure, bound.metric)
        )
        assert value == pytest.approx(bound.limit, rel=0.01)


def test_evaluating_the_plan_at_its_allowed_dose_allows_the_same_dose_again() -> None:
    first = evaluated(prescription_gy=40.0).allocation.chosen
    assert first is not None
    scaled = dose_from(falling_dose().volume.values * (first.allowed_gy / 40.0))
    second = evaluated(dose=scaled, prescription_gy=first.allowed_gy).allocation.chosen
    assert second is not None
    assert second.allowed_gy == pytest.approx(first.allowed_gy, abs=0.02)


def test_a_missing_organ_is_unknown_and_named() -> None:
    result = evaluated(abdomen(without=("Duodenum",)))
    found = limit(result, "stomach-and-bowel", "Duodenum")
    assert found.verdict is Verdict.UNKNOWN
    assert "the case has no Duodenum" in found.reason
    assert result.allocation.verdict is Verdict.UNKNOWN
    assert any("Duodenum" in text for text in result.allocation.missing)
    assert limit(result, "stomach-and-bowel", "Stomach").verdict is not Verdict.UNKNOWN


def test_a_tumour_outside_the_liver_makes_the_liver_unknown() -> None:
    result = evaluated(abdomen(tumour_at_mm=(90, -80, 40)))
    assert result.risk is None
    assert result.allocation.verdict is Verdict.UNKNOWN
    assert "GTV1 lies outside the Liver" in result.allocation.reason


def test_a_dose_grid_that_misses_the_liver_makes_it_unknown() -> None:
    far = Grid((10, 10, 10), (4.0, 4.0, 4.0), (500.0, 500.0, 500.0))
    result = evaluated(dose=dose_from(np.ones(far.shape), far))
    assert result.risk is None
    assert result.prescription is None
    assert {v.verdict for v in result.limits if v.kind == "organ"} == {Verdict.UNKNOWN}
    assert "dose grid misses" in limit(result, "both-kidneys").reason
    assert limit(result, "uninvolved-liver").verdict is Verdict.MET


def test_a_dose_grid_that_covers_half_the_liver_says_how_much_it_misses() -> None:
    half = GRID.crop((0, 0, 0), (20, 60, 60))
    result = evaluated(
        dose=dose_from(falling_dose().volume.values[:20], half), prescription_gy=40.0
    )
    assert result.risk is None
    assert "of Liver-GTV lies outside the dose grid" in result.allocation.reason


def test_no_tumour_at_all_leaves_everything_about_it_unknown() -> None:
    result = evaluated(abdomen(without=("GTV1",)))
    assert limit(result, "target-maximum").verdict is Verdict.UNKNOWN
    assert any("no gross tumour volume" in text for text in result.warnings)


def test_limits_written_for_six_fractions_are_unknown_for_seven() -> None:
    result = evaluated(fractions=7, prescription_gy=40.0)
    found = limit(result, "spinal-cord")
    assert found.verdict is Verdict.UNKNOWN
    assert "written for 6 fractions and the plan gives 7" in found.reason
    assert limit(result, "target-maximum").verdict is not Verdict.UNKNOWN


def test_a_single_kidney_changes_which_limit_applies() -> None:
    both = {v.name for v in evaluated().limits}
    left = {v.name for v in evaluated(facts={"functioning_kidneys": "left"}).limits}
    assert "both-kidneys" in both
    assert "only-kidney-left" not in both
    assert "only-kidney-left" in left
    assert "both-kidneys" not in left


def test_another_reading_of_a_limit_can_be_chosen() -> None:
    result = evaluated(limit_readings={"both-kidneys": "literal"})
    assert limit(result, "both-kidneys").metric == "D66.7%[Gy]"


def test_a_hot_stomach_is_not_met_and_calls_for_protection() -> None:
    result = evaluated(dose=falling_dose(60.0, (80, -25, 0)), prescription_gy=60.0)
    assert limit(result, "stomach-and-bowel", "Stomach").verdict is Verdict.NOT_MET
    assert any("proton-pump" in text for text in result.advice)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"risk": 0.07}, UsageError, "--risk is 0.07"),
        ({"reading": "guess"}, UsageError, "--reading is guess"),
        ({"facts": {"kidneys": "one"}}, InvalidInput, "asks no fact kidneys"),
        ({"facts": {"functioning_kidneys": "none"}}, InvalidInput, "allowed: both, left, right"),
        ({"limit_readings": {"liver": "x"}}, InvalidInput, "has no limit liver"),
        ({"limit_readings": {"both-kidneys": "x"}}, InvalidInput, "it has: literal"),
        ({"prescription_gy": -1}, UsageError, "--prescription-gy is -1"),
        ({"fractions": 0}, UsageError, "--fractions is 0"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    words: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluated(**words)


def test_the_dose_of_one_beam_is_not_judged_as_a_plan() -> None:
    with pytest.raises(InvalidInput, match="DoseSummationType is BEAM"):
        evaluated(dose=dose_from(np.ones(GRID.shape), summation="BEAM"))


def test_the_document_is_json_and_holds_the_keys_that_are_promised() -> None:
    document = json.loads(json.dumps(evaluation_document(evaluated()), allow_nan=False))
    assert {"prescription", "structures", "risk", "allocation", "limits"} <= set(document)
    assert {"veff", "geud_gy", "ntcp", "model", "sensitivity"} <= set(document["risk"])
    assert set(document["allocation"]["doses_gy"]) == {"0.05", "0.10", "0.20"}
    row = document["structures"]["Liver-GTV"]
    assert row["volume_cc"] > 800
    assert "DC700cc[Gy]" in row["metrics"]
    assert {"value", "limit", "verdict", "source", "status"} <= set(document["limits"][0])


def test_a_structure_that_no_limit_names_is_reported_all_the_same() -> None:
    extra = Structure.from_mask("Spleen", (np.indices(GRID.shape)[0] > 35), GRID)
    assert "Spleen" in evaluated(abdomen().with_structures(extra)).structures


def test_a_plan_that_treats_one_of_two_tumours_says_so() -> None:
    second = Structure.from_mask("GTV2", ball((-80, 45, -45), 14), GRID, role="GTV")
    case = abdomen().with_structures(second)
    seen = evaluated(case)
    assert any("was read from the dose to 95 % of each" in text for text in seen.warnings)
    both = evaluated(case, treated=("GTV1", "GTV2"))
    assert both.prescription is None
    assert "say which tumours the plan treats with --treat" in both.allocation.reason
    assert both.risk is not None
    assert both.risk.effective_volume is None
    assert seen.risk is not None
    assert both.risk.reading.ntcp == pytest.approx(seen.risk.reading.ntcp)
    result = evaluated(case, treated=("GTV1",))
    assert seen.prescription == result.prescription
    assert result.prescription is not None
    assert result.prescription.dose_gy == pytest.approx(40.0, rel=0.02)
    liver, tumours = case.structures["Liver"], case.structures["GTV1"].volume_cc + second.volume_cc
    assert result.structures["Liver-GTV"].volume_cc == pytest.approx(liver.volume_cc - tumours)
    assert any("Not treated by this plan: GTV2" in text for text in result.remarks)


def test_treating_what_is_not_a_tumour_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Stomach is not a gross tumour volume"):
        evaluated(treated=("Stomach",))


def test_fractions_that_no_file_states_are_assumed_aloud() -> None:
    result = evaluated()
    assert result.prescription is not None
    assert "no file states it" in result.prescription.fractions_origin
    assert any("6 are assumed" in text for text in result.warnings)
    assert not any("are assumed" in text for text in evaluated(fractions=6).warnings)


def test_a_prescription_that_does_not_fit_the_dose_is_warned_of_and_far_off_allocates_nothing() -> (
    None
):
    near = evaluated(prescription_gy=43.0)
    assert any("check that prescription, dose" in text for text in near.warnings)
    assert near.allocation.verdict is Verdict.MET
    far = evaluated(prescription_gy=60.0)
    assert far.allocation.verdict is Verdict.UNKNOWN
    assert "The prescription is 60.0 Gy" in far.allocation.reason
    assert far.risk is not None
    tiny = evaluated(prescription_gy=1.0)
    assert tiny.risk is not None
    assert tiny.risk.reading.ntcp_uniform is None


def test_a_target_that_the_prescription_does_not_cover_is_not_met() -> None:
    assert (
        limit(evaluated(prescription_gy=43.0), "prescription-coverage").verdict is Verdict.NOT_MET
    )
    assert limit(evaluated(), "prescription-coverage").verdict is Verdict.MET


def test_an_organ_at_the_edge_of_the_image_is_warned_of() -> None:
    assert any("SpinalCord_PRV05" in t and "may be cut" in t for t in evaluated().warnings)


def test_the_other_reading_of_the_model_goes_without_the_allowance() -> None:
    result = evaluated(prescription_gy=40.0)
    assert result.risk is not None
    by_size = {r.model.reference_fraction_gy: r for r in result.risk.sensitivity}
    assert (by_size[1.5].allowance_gy, by_size[2.0].allowance_gy) == (3.0, 0.0)


def test_a_limit_is_verified_only_if_structure_and_metric_are() -> None:
    verdicts = evaluated().limits
    found = {(v.name, v.structure): v.status for v in verdicts}
    assert found["ribs", "Rib"] == "verified"
    assert found["chest-wall", "Chestwall"] == "recalled"
    assert "held for the chest wall" in limit(evaluated(), "chest-wall").reading
