"""From ideal fluence to segments on a small patient: close to the ideal, and always deliverable."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import Infeasible, InvalidInput
from hepatica.physics.photon.segments import SegmentOptions, bixel_weights, faults, segmented
from tests.physics.photon.segments_phantom import Phantom, leaves, phantom


@pytest.fixture(scope="module")
def patient() -> Phantom:
    return phantom()


@pytest.fixture(scope="module")
def ideal(patient: Phantom) -> np.ndarray:
    return patient.ideal()


@pytest.fixture(scope="module")
def four(patient: Phantom, ideal: np.ndarray):
    return segmented(patient.objective, ideal, patient.bixels, leaves())


def all_faults(plan, mlc) -> list[str]:
    return [fault for beam in plan.beams for a in beam for fault in faults(a, mlc)]


def test_four_segments_a_beam_keep_the_dose_of_the_target(patient, ideal, four) -> None:
    assert patient.d95_gy(four.weights) >= 0.97 * patient.d95_gy(ideal)
    assert max(len(beam) for beam in four.beams) <= 4


def test_the_weights_are_those_of_the_apertures(patient, four) -> None:
    parts = [
        bixel_weights(beam, bixels, leaves())
        for beam, bixels in zip(four.beams, patient.bixels, strict=True)
    ]
    np.testing.assert_allclose(four.weights, np.concatenate(parts), rtol=1e-12)
    assert four.objective == pytest.approx(patient.objective(four.weights)[0], rel=1e-9)


def test_the_record_counts_what_is_delivered(ideal, patient, four) -> None:
    metersets = [a.meterset_mu for beam in four.beams for a in beam]
    assert four.count == len(metersets)
    assert four.total_mu == pytest.approx(sum(metersets))
    assert four.ideal_objective == pytest.approx(patient.objective(ideal)[0])
    assert four.modulation_factor > 1.0
    assert four.uncovered_share == pytest.approx(0.0, abs=1e-12)
    for beam in four.beams:
        mu = [a.meterset_mu for a in beam]
        assert mu == sorted(mu, reverse=True)


def test_fewer_segments_cost_more(patient, ideal, four) -> None:
    one = segmented(
        patient.objective, ideal, patient.bixels, leaves(), SegmentOptions(segments_per_beam=1)
    )
    assert one.count <= len(patient.bixels)
    assert one.objective > 1.5 * four.objective
    assert one.modulation_factor == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"interdigitation": False},
        {"minimum_gap_mm": 5.0},
        {"interdigitation": False, "minimum_gap_mm": 5.0},
        {"overtravel_mm": 15.0, "minimum_mm": -35.0},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "jaws", [("x", "y"), pytest.param(("y",), marks=pytest.mark.slow)], ids=str
)
def test_every_machine_can_deliver_its_segments(patient, ideal, changes, jaws) -> None:
    mlc = leaves(**changes)
    options = SegmentOptions(evaluations=40, jaws=jaws)
    plan = segmented(patient.objective, ideal, patient.bixels, mlc, options)
    assert plan.count >= len(patient.bixels)
    assert all_faults(plan, mlc) == []


def test_refinement_comes_much_closer_than_its_start(patient, ideal) -> None:
    values = []

    def objective(weights):
        value, gradient = patient.objective(weights)
        values.append(value)
        return value, gradient

    options = SegmentOptions(evaluations=100)
    plan = segmented(objective, ideal, patient.bixels, leaves(), options)
    assert plan.objective < 0.3 * values[1]
    assert len(values) == plan.evaluations
    assert plan.evaluations <= 100 + 25


def test_no_segment_has_fewer_mu_than_asked(patient, ideal, four) -> None:
    least = 0.5 * four.total_mu / four.count
    options = SegmentOptions(evaluations=80, least_mu=least)
    plan = segmented(patient.objective, ideal, patient.bixels, leaves(), options)
    assert min(a.meterset_mu for beam in plan.beams for a in beam) >= least * (1 - 1e-9)


def test_a_beam_that_the_plan_does_not_use_gets_no_segments(patient, ideal) -> None:
    without = ideal.copy()
    without[: patient.bixels[0].count] = 0.0
    options = SegmentOptions(evaluations=30)
    plan = segmented(patient.objective, without, patient.bixels, leaves(), options)
    assert plan.beams[0] == ()
    assert f"in {len(patient.bixels) - 1} of {len(patient.bixels)} beams" in plan.status


def test_the_status_is_a_sentence_with_the_loss(four) -> None:
    loss = 100 * (four.objective / four.ideal_objective - 1)
    start = f"{four.count} segments in 5 of 5 beams; the objective is {four.objective:.5g}, "
    assert four.status.startswith(f"{start}{loss:.2g} % above that of the ideal fluence")
    assert four.status.endswith(".")


def test_a_search_that_stopped_early_says_so(patient, ideal) -> None:
    options = SegmentOptions(evaluations=25)
    plan = segmented(patient.objective, ideal, patient.bixels, leaves(), options)
    assert "more evaluations would gain more" in plan.status


def test_openings_beyond_the_bixels_are_told(patient, ideal) -> None:
    wide = leaves(leaf_boundaries_mm=np.array([-36.0, 0.0, 36.0]))
    options = SegmentOptions(evaluations=30)
    plan = segmented(patient.objective, ideal, patient.bixels, wide, options)
    assert plan.uncovered_share > 0.005
    assert "of the opened area lies beyond the bixels, undosed" in plan.status


def test_progress_is_told_from_0_to_1(patient, ideal) -> None:
    told: list[tuple[str, float]] = []
    options = SegmentOptions(evaluations=30)
    segmented(
        patient.objective, ideal, patient.bixels, leaves(), options, lambda *t: told.append(t)
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] == 1.0
    assert all(sentence for sentence, _ in told)


def test_no_fluence_makes_no_segments(patient) -> None:
    dark = np.zeros(patient.matrix.shape[1])
    with pytest.raises(Infeasible, match="No segment can be made: the ideal fluence is 0, or no"):
        segmented(patient.objective, dark, patient.bixels, leaves())


def test_weights_and_bixels_agree_in_number(patient) -> None:
    message = r"The ideal fluence has shape \(3,\), the 5 beams have \d+ bixels together"
    with pytest.raises(InvalidInput, match=message):
        segmented(patient.objective, np.zeros(3), patient.bixels, leaves())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segments_per_beam": 0}, "segments_per_beam is 0 and evaluations 300; both are whole"),
        ({"evaluations": 0}, "segments_per_beam is 4 and evaluations 0; both are whole"),
        ({"least_mu": -1.0}, "least_mu is -1 and least_share 0.05; MU are 0 or more"),
        ({"least_share": 1.0}, "least_mu is 0 and least_share 1; MU are 0 or more"),
        ({"jaws": ("x", "z")}, "jaws: z is unknown; there are x and y"),
    ],
)
def test_options_out_of_range_are_refused(options, message) -> None:
    with pytest.raises(InvalidInput, match=message):
        SegmentOptions(**options)
