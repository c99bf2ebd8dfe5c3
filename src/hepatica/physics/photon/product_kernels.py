# mypy: allow-untyped-decorators, no-warn-return-any
"""Products of small matrices, one thread each.

The library behind numpy wakes all its threads for each of these small products and lets them wait,
busily, for the next. Beams are already shared out over threads, and the two would get in each
other's way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Matrix = NDArray[np.floating[Any]]

COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**COMPILED)
def multiply(a: Matrix, b: Matrix, out: Matrix) -> None:
    """``out = a @ b``; ``b`` and ``out`` with neighbours along rows.

    Two rows of the result take four rows of ``b`` at a time, which keeps eight factors in
    registers.
    """
    rows, inner = a.shape
    whole = inner - inner % 4
    out[:] = 0.0
    for i in range(0, rows - 1, 2):
        first, second = out[i], out[i + 1]
        for p in range(0, whole, 4):
            b0, b1, b2, b3 = b[p], b[p + 1], b[p + 2], b[p + 3]
            a0, a1, a2, a3 = a[i, p], a[i, p + 1], a[i, p + 2], a[i, p + 3]
            c0, c1, c2, c3 = a[i + 1, p], a[i + 1, p + 1], a[i + 1, p + 2], a[i + 1, p + 3]
            for j in range(len(first)):
                first[j] += a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j]
                second[j] += c0 * b0[j] + c1 * b1[j] + c2 * b2[j] + c3 * b3[j]
        _add_rows(a, b, (i, whole), first)
        _add_rows(a, b, (i + 1, whole), second)
    if rows % 2:
        _add_rows(a, b, (rows - 1, 0), out[rows - 1])


@njit(**COMPILED)
def _add_rows(a: Matrix, b: Matrix, place: tuple[int, int], row: Matrix) -> None:
    """Add rows of ``b``, from the second number on, times entries of the first's row of ``a``."""
    i, first = place
    for p in range(first, len(b)):
        for j in range(len(row)):
            row[j] += a[i, p] * b[p, j]


@njit(**COMPILED)
def multiply_rows(a: Singles, b: Singles, out: Singles) -> None:
    """Add ``a @ b.T`` to ``out``: sums along the rows of both."""
    for i in range(len(a)):
        row = a[i]
        whole = len(b) - len(b) % 4
        for j in range(0, whole, 4):
            b0, b1, b2, b3 = b[j], b[j + 1], b[j + 2], b[j + 3]
            s0 = s1 = s2 = s3 = np.float32(0.0)
            for n in range(len(row)):
                s0 += row[n] * b0[n]
                s1 += row[n] * b1[n]
                s2 += row[n] * b2[n]
                s3 += row[n] * b3[n]
            out[i, j] += s0
            out[i, j + 1] += s1
            out[i, j + 2] += s2
            out[i, j + 3] += s3
        for j in range(whole, len(b)):
            total = np.float32(0.0)
            for n in range(len(row)):
                total += row[n] * b[j, n]
            out[i, j] += total
