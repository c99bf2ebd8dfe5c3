"""The highest dose against linear programming, and what the result says of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.isotoxic_plan import (
    IsotoxicOptimum,
    IsotoxicProblem,
    SoftCeiling,
    solve_optimal,
)
from hepatica.errors import Inconsistent, Infeasible, InvalidInput, UsageError
from hepatica.physics.biology import ntcp
from hepatica.physics.optimise import MatrixDose, Region
from hepatica.protocol import Protocol, load_protocol
from tests.engine.isotoxic_plan import toy
from tests.engine.isotoxic_plan.truth import Programme

PATIENTS = {
    "liver": {"radius_mm": 12.0},
    "large tumour": {"radius_mm": 22.0},
    "stomach": {"radius_mm": 12.0, "stomach": True},
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(n, marks=pytest.mark.slow if "large" in n else ()) for n in PATIENTS],
)
def patient(request: pytest.FixtureRequest) -> tuple[IsotoxicProblem, IsotoxicOptimum, float]:
    """A problem, its plan, and the true optimum of the convex problem."""
    problem = toy.problem(**PATIENTS[request.param])
    true_gy, _ = Programme(problem).solve(0.10)
    return problem, solve_optimal(problem, 0.10), true_gy


def test_the_plan_is_close_to_the_true_optimum(
    patient: tuple[IsotoxicProblem, IsotoxicOptimum, float],
) -> None:
    _, found, true_gy = patient
    assert true_gy * 0.99 <= found.convex_gy <= true_gy * (1 + 1e-4)


def test_the_bound_lies_above_the_true_optimum_and_close_to_it(
    patient: tuple[IsotoxicProblem, IsotoxicOptimum, float],
) -> None:
    _, found, true_gy = patient
    assert true_gy * (1 - 1e-6) <= found.bound_gy <= true_gy * 1.01
    assert found.gap_gy == pytest.approx(found.bound_gy - found.convex_gy)


def test_risk_and_limits_are_kept_and_one_of_them_is_reached(
    patient: tuple[IsotoxicProblem, IsotoxicOptimum, float],
) -> None:
    problem, found, _ = patient
    organ = problem.organ
    dose = np.asarray(problem.operator.forward(found.weights))
    assert found.weights.min() >= 0
    assert dose == pytest.approx(found.dose_gy, rel=1e-9, abs=1e-9)
    assert ntcp(problem.model, dose[organ.rows], organ.cc, 6) <= 0.10 * (1 + 1e-6)
    assert problem.coverage.written_gy(dose) == pytest.approx(found.prescription_gy)
    assert all(state.kept for state in found.limits)
    assert not found.residuals
    assert found.limited_by[0] in ("Liver-GTV", "Stomach")
    assert "no plan of these beams" in found.status


def test_the_limits_that_hold_the_plan_have_a_price(
    patient: tuple[IsotoxicProblem, IsotoxicOptimum, float],
) -> None:
    _, found, _ = patient
    prices = {state.structure: state.price for state in found.limits}
    assert (prices.get("Stomach", 0.0) > 0.05) == ("Stomach" in found.limited_by)


@pytest.fixture(scope="module")
def uncapped() -> tuple[IsotoxicProblem, IsotoxicOptimum]:
    """A large tumour without a protocol maximum, and its plan."""
    problem = _uncapped(toy.problem(radius_mm=18.0))
    return problem, solve_optimal(problem, 0.10)


@pytest.mark.parametrize("choice", ["the coldest", pytest.param("any", marks=pytest.mark.slow)])
def test_no_plan_that_lets_a_twentieth_of_the_target_go_passes_the_literal_bound(
    uncapped: tuple[IsotoxicProblem, IsotoxicOptimum], choice: str
) -> None:
    problem, found = uncapped
    coverage = problem.coverage
    order = np.argsort(found.dose_gy[coverage.region.rows])
    if choice == "any":
        order = np.random.default_rng(0).permutation(order)
    held = np.ones(len(order), bool)
    held[order[: int(coverage.tail_cc / toy.PIXEL_CC)]] = False
    literal_gy, _ = Programme(problem, held).solve(0.10)
    assert literal_gy > found.convex_gy * 0.9
    assert max(literal_gy, found.prescription_gy) <= found.bound_literal_gy < 200


def _uncapped(problem: IsotoxicProblem) -> IsotoxicProblem:
    return replace(problem, prescription=problem.prescription.model_copy(update={"cap_gy": 200.0}))


def test_a_small_tumour_gets_the_maximum_and_the_liver_is_spared() -> None:
    problem = toy.problem(radius_mm=5.0)
    found = solve_optimal(problem, 0.10)
    first = problem.operator.forward(np.ones(problem.operator.bixels))
    open_fields = first[problem.organ.rows].mean() / problem.coverage.written_gy(first)
    assert found.prescription_gy == 60
    assert found.limited_by == ("protocol maximum",)
    assert found.ntcp < 0.10
    assert found.gap_gy == 0
    assert found.dose_gy[problem.organ.rows].mean() / 60 < 0.85 * open_fields
    assert found.status.startswith("The protocol's maximum is reached")


def test_a_start_from_a_plan_ends_at_the_same_dose() -> None:
    problem = toy.problem()
    cold = solve_optimal(problem, 0.10)
    for start in (cold, cold.weights):
        assert solve_optimal(problem, 0.10, start).prescription_gy == pytest.approx(
            cold.prescription_gy, rel=4e-3
        )


def test_wishes_cost_little_dose_and_lower_the_dose_around() -> None:
    bare = toy.problem()
    target = set(bare.coverage.region.rows)
    rows = np.array([row for row in range(bare.operator.points) if row not in target])
    shell = Region("Shell", rows, np.full(len(rows), toy.PIXEL_CC))
    wished = replace(bare, around=(SoftCeiling(shell, 0.5),)).with_wishes(
        conformity=0.1, smoothness=1e-4, reserve=0.002
    )
    plain, tidy = solve_optimal(bare, 0.10), solve_optimal(wished, 0.10)

    def above(found: IsotoxicOptimum) -> float:
        return float((np.maximum(found.dose_gy[rows] / found.prescription_gy - 0.5, 0) ** 2).sum())

    assert tidy.prescription_gy >= 0.98 * plain.prescription_gy
    assert above(tidy) < above(plain)


def test_above_n_of_1_the_bound_still_holds_and_the_plan_says_that_it_is_local() -> None:
    problem = toy.with_exponent(toy.problem(radius_mm=22.0), 1.1)
    found = solve_optimal(problem, 0.10)
    assert found.convex_gy <= found.bound_gy < 1.2 * found.convex_gy
    assert any("not convex" in note for note in found.notes)
    assert found.ntcp <= 0.10 * (1 + 1e-6)


def test_what_is_not_contoured_holds_nothing_and_is_said() -> None:
    found = solve_optimal(toy.problem(), 0.10)
    assert "Stomach D0.5cc[Gy]: the structure is missing; it holds nothing." in found.notes


def test_above_the_highest_stratum_it_is_said_that_the_protocol_does_not_treat() -> None:
    rules = load_protocol("sbrt-six-fraction").prescription
    low = rules.strata[0].model_copy(update={"veff_to": 0.2})
    problem = toy.problem()
    narrow = rules.model_copy(update={"strata": (low,)})
    found = solve_optimal(replace(problem, prescription=narrow), 0.10)
    assert found.stratum is None
    assert any("above 0.2 the protocol does not treat" in note for note in found.notes)


def test_a_floor_that_an_organ_forbids_is_reported_as_not_kept() -> None:
    problem = toy.problem()
    target = problem.terms.held[1]
    rim = np.setdiff1d(target.region.rows, problem.coverage.region.rows)[:12]
    forbidden = Region("Stomach", rim, np.full(12, toy.PIXEL_CC))
    protocol = load_protocol("sbrt-six-fraction")
    own = {limit.structure: limit for limit in protocol.limits}
    low = own["Stomach"].model_copy(update={"at_most": 15.0})
    regions = {
        "Liver-GTV": problem.organ,
        "PTV_GTV": problem.coverage.region,
        "PTV_CTV": target.region,
        "Stomach": forbidden,
    }
    limits = [low, own["PTV_CTV"]]
    clash = IsotoxicProblem.of(protocol, problem.operator, regions, limits=limits)
    found = solve_optimal(clash, 0.10)
    assert list(found.residuals) == ["PTV_CTV D95%[Gy]"]
    assert "Stopped with limits that are not kept: PTV_CTV D95%[Gy] by" in found.status
    assert {state.structure: state.kept for state in found.limits}["Stomach"]
    without = IsotoxicProblem.of(protocol, problem.operator, regions, limits=[low])
    free = solve_optimal(without, 0.10)
    assert found.prescription_gy == pytest.approx(free.prescription_gy, rel=0.05)


def test_a_target_without_dose_is_infeasible() -> None:
    problem = toy.problem()
    blind = MatrixDose(np.zeros_like(problem.operator.matrix))  # type: ignore[attr-defined]
    with pytest.raises(Infeasible, match="The beams give no dose to PTV_GTV"):
        solve_optimal(replace(problem, operator=blind), 0.10)


def test_an_organ_without_dose_is_infeasible() -> None:
    problem = toy.problem()
    matrix = np.array(problem.operator.matrix)  # type: ignore[attr-defined]
    matrix[problem.organ.rows] = 0
    with pytest.raises(Infeasible, match="No beam gives dose to Liver-GTV"):
        solve_optimal(replace(problem, operator=MatrixDose(matrix)), 0.10)


def test_a_risk_that_is_no_probability_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--risk is 10; it is a probability such as 0\.10"):
        solve_optimal(toy.problem(), 10)


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    """The six-fraction protocol."""
    return load_protocol("sbrt-six-fraction")


def test_a_patient_without_liver_or_target_is_refused(protocol: Protocol) -> None:
    region = Region("PTV_GTV", np.arange(3), np.ones(3))
    with pytest.raises(InvalidInput, match="needs Liver-GTV to find a dose"):
        IsotoxicProblem.of(protocol, MatrixDose(np.ones((5, 2))), {"PTV_GTV": region})


def test_regions_of_other_voxels_are_refused(protocol: Protocol) -> None:
    regions = {n: Region(n, np.arange(9), np.ones(9)) for n in ("Liver-GTV", "PTV_GTV")}
    with pytest.raises(Inconsistent, match="names point 8, but the dose has points 0 to 4"):
        IsotoxicProblem.of(protocol, MatrixDose(np.ones((5, 2))), regions)


def test_wishes_and_ceilings_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Wish reserve is 2; it must be at least 0 and below 1"):
        toy.problem().with_wishes(reserve=2)
    region = Region("Shell", np.arange(2), np.ones(2))
    with pytest.raises(InvalidInput, match="Soft ceiling of Shell: parts of the prescription"):
        SoftCeiling(region, -0.1)
