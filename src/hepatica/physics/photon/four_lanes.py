# mypy: ignore-errors
"""Arithmetic on four numbers at once, which compiled loops do not find by themselves.

A cell of the tail's map keeps, per component, the four numbers of its bilinear surface: value at
the lower corner, slope along u, slope along v, twist. In the sharp map, a cubic spline takes four
neighbouring nodes of four rows. Each time four numbers lie side by side, and one instruction takes
them all.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_SINGLE = ir.FloatType()
_FOUR = ir.VectorType(_SINGLE, 4)
_INDEX = ir.IntType(32)
_FAST = ("fast",)
# Weights of four neighbouring nodes in a cubic B-spline: coefficients of 1, a, a^2, a^3, for each.
_CUBIC = (
    (1 / 6, 4 / 6, 1 / 6, 0.0),
    (-3 / 6, 0.0, 3 / 6, 0.0),
    (3 / 6, -6 / 6, 3 / 6, 0.0),
    (-1 / 6, 3 / 6, -3 / 6, 1 / 6),
)


def _data(context, builder, kind, array):
    return context.make_array(kind)(context, builder, array).data


def _four_at(builder, pointer, start, component):
    offset = builder.add(start, ir.Constant(start.type, 4 * component))
    return builder.bitcast(builder.gep(pointer, [offset]), _FOUR.as_pointer())


def _four_times(builder, pointer, start, component):
    """The factor of a component, four times."""
    offset = builder.add(start, ir.Constant(start.type, component))
    return _repeated(builder, builder.load(builder.gep(pointer, [offset])))


def _repeated(builder, number):
    four = builder.insert_element(ir.Constant(_FOUR, ir.Undefined), number, _INDEX(0))
    return _lane(builder, four, 0)


def _lane(builder, four, lane):
    """One of four numbers, four times."""
    which = ir.Constant(ir.VectorType(_INDEX, 4), [_INDEX(lane)] * 4)
    return builder.shuffle_vector(four, four, which)


def _sum(builder, four):
    numbers = [builder.extract_element(four, _INDEX(lane)) for lane in range(4)]
    low = builder.fadd(numbers[0], numbers[1], flags=_FAST)
    return builder.fadd(low, builder.fadd(numbers[2], numbers[3], flags=_FAST), flags=_FAST)


def _cubic_weights(builder, part):
    """Weights of four neighbouring nodes at a part of the way from the second to the third."""
    part = _repeated(builder, part)
    rows = [ir.Constant(_FOUR, [_SINGLE(c) for c in row]) for row in _CUBIC]
    total = rows[3]
    for row in rows[2::-1]:
        total = builder.fadd(builder.fmul(total, part, flags=_FAST), row, flags=_FAST)
    return total


def _row(builder, pointer, start, width, row):
    offset = builder.add(start, builder.mul(width, ir.Constant(width.type, row)))
    return builder.bitcast(builder.gep(pointer, [offset]), _FOUR.as_pointer())


def _load(builder, place):
    loaded = builder.load(place)
    loaded.align = 4
    return loaded


@intrinsic
def surface_value(typingctx, cells, factors, at, components):
    """Sum over components of factor times the surface's value at (a, b) of a cell, as float32.

    Parameters
    ----------
    cells, factors : flat float32 arrays
    at : (cell, first, a, b)
        Where the cell and the factors begin in them (int64); place in the cell (float32, 0 to 1).
    components : tuple of one number per component
    """
    count = components.count
    signature = types.float32(cells, factors, at, components)

    def generate(context, builder, sig, args):
        cells = _data(context, builder, sig.args[0], args[0])
        factors = _data(context, builder, sig.args[1], args[1])
        cell, first, a, b = (builder.extract_value(args[2], n) for n in range(4))
        total = None
        for k in range(count):
            four = _load(builder, _four_at(builder, cells, cell, k))
            part = builder.fmul(four, _four_times(builder, factors, first, k), flags=_FAST)
            total = part if total is None else builder.fadd(total, part, flags=_FAST)
        value, along_u, along_v, twist = (
            builder.extract_element(total, _INDEX(lane)) for lane in range(4)
        )
        low = builder.fadd(value, builder.fmul(along_u, a, flags=_FAST), flags=_FAST)
        rise = builder.fadd(along_v, builder.fmul(twist, a, flags=_FAST), flags=_FAST)
        return builder.fadd(low, builder.fmul(rise, b, flags=_FAST), flags=_FAST)

    return signature, generate


@intrinsic
def add_to_surface(typingctx, cells, factors, at, value, components):
    """The transpose of ``surface_value``: add a value to the four numbers of each component."""
    count = components.count
    signature = types.void(cells, factors, at, value, components)

    def generate(context, builder, sig, args):
        cells = _data(context, builder, sig.args[0], args[0])
        factors = _data(context, builder, sig.args[1], args[1])
        cell, first, a, b = (builder.extract_value(args[2], n) for n in range(4))
        value = args[3]
        along_u, along_v = builder.fmul(value, a), builder.fmul(value, b)
        lanes = (value, along_u, along_v, builder.fmul(along_u, b))
        four = ir.Constant(_FOUR, ir.Undefined)
        for lane, number in enumerate(lanes):
            four = builder.insert_element(four, number, _INDEX(lane))
        for k in range(count):
            place = _four_at(builder, cells, cell, k)
            part = builder.fmul(four, _four_times(builder, factors, first, k), flags=_FAST)
            builder.store(builder.fadd(_load(builder, place), part, flags=_FAST), place, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def spline_value(typingctx, nodes, at):
    """Value of a cubic spline with 4 by 4 coefficients, as float32.

    Parameters
    ----------
    nodes : flat float32 array
    at : (first, width, a, b)
        Place of the lowest of the 16 coefficients and length of a row (int64); part of the way from
        the second to the third column and row (float32, 0 to 1).
    """
    signature = types.float32(nodes, at)

    def generate(context, builder, sig, args):
        nodes = _data(context, builder, sig.args[0], args[0])
        first, width, a, b = (builder.extract_value(args[1], n) for n in range(4))
        across = _cubic_weights(builder, b)
        total = None
        for row in range(4):
            four = _load(builder, _row(builder, nodes, first, width, row))
            part = builder.fmul(four, _lane(builder, across, row), flags=_FAST)
            total = part if total is None else builder.fadd(total, part, flags=_FAST)
        return _sum(builder, builder.fmul(total, _cubic_weights(builder, a), flags=_FAST))

    return signature, generate


@intrinsic
def add_to_spline(typingctx, nodes, at, value):
    """The transpose of ``spline_value``: add a value to 4 by 4 coefficients."""
    signature = types.void(nodes, at, value)

    def generate(context, builder, sig, args):
        nodes = _data(context, builder, sig.args[0], args[0])
        first, width, a, b = (builder.extract_value(args[1], n) for n in range(4))
        value = args[2]
        along = _cubic_weights(builder, a)
        along = builder.fmul(along, _repeated(builder, value), flags=_FAST)
        across = _cubic_weights(builder, b)
        for row in range(4):
            place = _row(builder, nodes, first, width, row)
            part = builder.fmul(along, _lane(builder, across, row), flags=_FAST)
            builder.store(builder.fadd(_load(builder, place), part, flags=_FAST), place, align=4)
        return context.get_dummy_value()

    return signature, generate
