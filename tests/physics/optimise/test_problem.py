"""Regions, goals, limits and problems: what they are, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.optimise import (
    ActiveRows,
    ConditionalMean,
    Constraint,
    DoseVolumePenalty,
    Goal,
    MatrixDose,
    MeanDose,
    OfPrescription,
    Options,
    Prescription,
    Problem,
    Region,
    SquaredDeviation,
    VoxelDose,
    without_overlap,
)

DOSE = MatrixDose(np.ones((4, 2)))
ORGAN = Region("ORGAN", np.arange(4), 1.0)
GOAL = Goal(ORGAN, SquaredDeviation(10.0), 2.0)


def test_a_region_knows_its_volume_also_where_it_holds_a_part() -> None:
    assert Region("A", np.array([3, 1]), np.array([0.5, 0.25])).total_cc == 0.75
    part = Region("A", np.array([1]), np.array([0.25]), total_cc=0.75)
    assert part.voxels.share == pytest.approx([1 / 3])


def test_a_convex_problem_says_so() -> None:
    kept = Constraint(ORGAN, ConditionalMean("hottest", cc=1.0), at_most=9.0)
    assert Problem(DOSE, (GOAL,), (kept,)).convex
    floor = Constraint(ORGAN, ConditionalMean("coldest", cc=1.0), at_least=9.0)
    assert Problem(DOSE, (GOAL,), (floor,)).convex
    odd = Constraint(ORGAN, ConditionalMean("hottest", cc=1.0), at_least=9.0)
    assert not Problem(DOSE, (GOAL,), (odd,)).convex
    penalty = Goal(ORGAN, DoseVolumePenalty("hottest", 5.0, cc=1.0))
    assert not Problem(DOSE, (penalty,)).convex
    assert Goal(ORGAN, ConditionalMean("coldest", cc=1.0), -1.0).convex


def test_a_limit_reads_as_words() -> None:
    limit = Constraint(ORGAN, VoxelDose(), at_most=OfPrescription(1.4, 1.0))
    assert limit.words == "voxel_dose of ORGAN at most 140 % of the prescription +1 Gy"


def test_overlap_goes_to_the_lower_number_and_equals_share() -> None:
    masks = {
        "PTV": np.array([1, 1, 0, 0], bool),
        "CORD": np.array([0, 1, 1, 0], bool),
        "KIDNEY": np.array([0, 0, 1, 1], bool),
        "BODY": np.ones(4, bool),
    }
    found = without_overlap(masks, {"PTV": 0, "CORD": 2, "KIDNEY": 2, "BODY": 10})
    assert {name: mask.astype(int).tolist() for name, mask in found.items()} == {
        "PTV": [1, 1, 0, 0],
        "CORD": [0, 0, 1, 0],
        "KIDNEY": [0, 0, 1, 1],
        "BODY": [0, 0, 0, 0],
    }
    with pytest.raises(Inconsistent, match="no precedence for BODY, CORD, KIDNEY"):
        without_overlap(masks, {"PTV": 0})
    with pytest.raises(Inconsistent, match="different grids"):
        without_overlap({**masks, "PTV": np.ones(3, bool)}, dict.fromkeys(masks, 1))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Region("A", np.array([1, 2, 1]), 1.0), InvalidInput, "A lists a point twice"),
        (lambda: Region("A", np.array([], int), 1.0), InvalidInput, "volumes of A add up to 0 cc"),
        (lambda: Region("A", np.array([1]), -1.0), InvalidInput, "none below 0"),
        (lambda: Region("A", np.array([1]), 2.0, 1.0), Inconsistent, "the total cannot be less"),
        (lambda: Goal(ORGAN, MeanDose(), 0.0), InvalidInput, "priority 0.*Leave the goal out"),
        (lambda: Goal(ORGAN, VoxelDose()), InvalidInput, "serves limits only"),
        (lambda: Constraint(ORGAN, MeanDose()), InvalidInput, "needs either at_most"),
        (lambda: Constraint(ORGAN, MeanDose(), 1.0, 2.0), InvalidInput, "and not both"),
        (lambda: Constraint(ORGAN, MeanDose(), -1.0), InvalidInput, "mean_dose of ORGAN is -1"),
        (
            lambda: Constraint(ORGAN, MeanDose(), 1.0, tolerance=0.0),
            InvalidInput,
            "tolerance of the limit on mean_dose of ORGAN is 0",
        ),
        (lambda: Prescription(5.0, 10.0, 20.0), InvalidInput, "10 to 20 Gy, starting at 5 Gy"),
        (lambda: Prescription(5.0, 0.0, 20.0, -1.0), InvalidInput, "reward per Gy.*is -1"),
        (lambda: Problem(DOSE, ()), InvalidInput, "no goal. Give at least one"),
        (
            lambda: Problem(DOSE, (Goal(Region("B", np.array([4]), 1.0), MeanDose()),)),
            Inconsistent,
            "Region B names the points 0 to 4, but the dose has points 0 to 3",
        ),
        (lambda: Problem(DOSE, (GOAL,), start=np.ones(3)), Inconsistent, "there are 2 bixels"),
        (lambda: Problem(DOSE, (GOAL,), upper=-1.0), InvalidInput, "cannot take dose away"),
        (lambda: Options(relative_change=0.0), InvalidInput, "relative change of 0"),
        (
            lambda: ActiveRows(DOSE.rows, 1.0),
            InvalidInput,
            "leaving voxels out is 1 of the highest",
        ),
        (lambda: Options(rounds=0), InvalidInput, "may take 0 rounds"),
        (lambda: MatrixDose(np.ones(3)), InvalidInput, "it needs points by bixels"),
        (lambda: DOSE.forward(np.ones(3)), Inconsistent, "weights of shape .3,.; it needs .2,."),
        (lambda: DOSE.adjoint(np.ones(2)), Inconsistent, "values of shape .2,.; it needs .4,."),
    ],
)
def test_what_cannot_be_is_refused(
    make: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()
