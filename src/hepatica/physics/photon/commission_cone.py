"""Least squares in which certain combinations of the unknowns may not be negative."""

from __future__ import annotations

import numpy as np

from hepatica.errors import Infeasible
from hepatica.machine.parts import Floats


def least_squares_in_cone(rows: Floats, target: Floats, cone: Floats) -> Floats:
    """The x that minimises ``|rows x - target|`` among those with ``cone x >= 0``.

    Turned into a problem of least distance and solved by non-negative least squares, exactly and
    in finitely many steps.

    Parameters
    ----------
    rows : (M, N) array
        Of full column rank.
    target : (M,) array
    cone : (C, N) array

    Returns
    -------
    x : (N,) array

    Raises
    ------
    Infeasible
        If the solver does not converge.

    Notes
    -----
    Source: Lawson, Hanson, Solving Least Squares Problems, 1974, chapter 23 (problems LSI, LDP).

    Examples
    --------
    >>> x = least_squares_in_cone(np.eye(2), np.array([1.0, -1.0]), np.eye(2))
    >>> np.allclose(x, [1.0, 0.0])
    True
    """
    from scipy.linalg import solve_triangular
    from scipy.optimize import nnls

    q, r = np.linalg.qr(rows)
    free = q.T @ target
    sides = solve_triangular(r, cone.T, trans="T").T
    dual = np.vstack([sides.T, -(sides @ free)[None]])
    wanted = np.zeros(dual.shape[0])
    wanted[-1] = 1.0
    try:
        pressure, _ = nnls(dual, wanted, maxiter=100 * dual.shape[1])
    except RuntimeError as error:
        raise Infeasible(
            f"The fit of the lateral components did not converge: {error}. Check the measured "
            "tables for outliers, or fit fewer components."
        ) from error
    left = dual @ pressure - wanted
    x = solve_triangular(r, free - left[:-1] / left[-1])
    return np.asarray(x, dtype=np.float64)
