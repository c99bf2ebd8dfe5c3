"""Finds the fluence that serves the goals best while every limit is kept, and says how it went."""

from __future__ import annotations

from collections.abc import Callable

from hepatica.physics.optimise.options import Options
from hepatica.physics.optimise.problem import Problem
from hepatica.physics.optimise.rounds import Rounds
from hepatica.physics.optimise.solution import Progress, Solution


def solve(
    problem: Problem,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """The weights, and where asked the prescription, that serve the goals within the limits.

    Limits are kept by multipliers that rise until no limit is broken (augmented Lagrangian); each
    round is a quasi-Newton search with weights of 0 or more. One evaluation is one forward and
    one adjoint of the dose operator.

    Parameters
    ----------
    problem : Problem
    options : Options, optional
    progress : function of Progress, optional
        Called after each step; an exception from it ends the search.

    Returns
    -------
    Solution
        Also where the search stopped early or the limits cannot be kept: ``status`` says so.

    Source
    ------
    Hestenes 1969, J Optim Theory Appl 4:303; Powell 1969; Birgin and Martinez 2014, Practical
    Augmented Lagrangian Methods, for the penalties.
    """
    return Rounds(problem, options or Options(), progress).run()
