#!/usr/bin/env python3
"""Writes indexing_expected.h: what NumPy makes of shapes, positions and masks.

    /usr/bin/python3 tests/core/indexing_expected.py > tests/core/indexing_expected.h
"""
import numpy as np

rows = []


def numbers(values):
    return "{ " + ", ".join(repr(v) for v in values) + " }" if len(values) else "{ 0 }"


def row(op, params, a, other, kind, expected):
    """`other`: the second array; its kind is i (integers), b (mask) or - (none)."""
    expected = np.asarray(expected)
    if any(len(x) > most for x, most in ((expected.ravel(), 64), (other.ravel(), 64))):
        raise ValueError("too many elements for the table")
    text = '"%s"' % params if params is not None else "NULL"
    rows.append('    { "%s", %s, %d, %s, \'%s\', %d, %s, %s, %d, %s, %s },' % (
        op, text, a.ndim, numbers(a.shape), kind, other.ndim, numbers(other.shape), numbers([int(v) for v in other.ravel()]),
        expected.ndim, numbers(expected.shape), numbers([float(v) for v in expected.ravel()])))


def array(*shape):
    size = int(np.prod(shape))
    return ((np.arange(size) * 7) % 23 - 4.0).reshape(shape)


NONE = np.zeros(0, int)
for shape, wanted in [((4, 6), (24,)), ((4, 6), (3, 8)), ((4, 6), (2, 2, 6)), ((4, 6), (1, 4, 1, 6, 1)), ((24,), (2, 3, 4)), ((2, 3, 4), (6, 4)),
                      ((2, 3, 4), (2, 12)), ((2, 3, 4), (4, 3, 2)), ((1,), ()), ((), (1, 1)), ((0, 3), (3, 0)), ((0, 3), (0,)), ((2, 3, 4), (2, -1, 2))]:
    a = array(*shape)
    row("reshape", "shape='%s'" % ",".join(map(str, wanted)), a, NONE, "-", a.reshape(wanted))
for shape in [(3, 4), (), (5,), (0,), (2, 1, 3)]:
    row("ravel", None, array(*shape), NONE, "-", array(*shape).ravel())
for shape, axis, index in [((5,), 0, [4, 0, -1, -5, 2]), ((3, 4), 0, [2, 0]), ((3, 4), 1, [-1, -1, 0]), ((3, 4), 0, [[0, 2], [-1, 1]]), ((3, 4), 1, 2),
                           ((2, 3, 2), 1, [[0], [2]]), ((3, 4), 1, np.zeros((0,), int)), ((3, 4), 0, np.zeros((2, 0), int)), ((3, 4), None, [11, 0, -2]),
                           ((3, 4), None, [[5], [-1]]), ((0, 3), 1, [2, 2])]:
    a, index = array(*shape), np.asarray(index)
    row("take", "dim='%d'" % axis if axis is not None else None, a, index, "i", a.take(index, axis=axis))
for shape, axis, index in [((3, 4), 0, [[0, 1, 2, -1]]), ((3, 4), 1, [[3], [0], [-4]]), ((4,), 0, [3, 3, 0]), ((2, 3), 1, [[2, 0, 1], [-1, -2, -3]])]:
    a, index = array(*shape), np.asarray(index)
    row("take_along_axis", "dim='%d'" % axis, a, index, "i", np.take_along_axis(a, index, axis))
for shape, axis, mask in [((5,), 0, [1, 0, 1, 1, 0]), ((3, 4), 0, [0, 1]), ((3, 4), 1, [1, 1, 1, 1]), ((3, 4), 1, [0, 0, 0, 0]), ((3, 4), None, [0, 1, 0, 0, 0, 1]),
                          ((3, 4), 0, [])]:
    a, mask = array(*shape), np.asarray(mask, bool)
    row("compress", "dim='%d'" % axis if axis is not None else None, a, mask, "b", np.compress(mask, a, axis=axis))
masks = [((3, 4), array(3, 4) > 5), ((3, 4), array(3, 4) > 100), ((3, 4), array(3, 4) > -100), ((3, 4), np.array([True, False, True])),
         ((2, 3, 2), array(2, 3) > 2), ((6,), array(6) > 3), ((0, 3), np.zeros((0, 3), bool)), ((2, 3, 0), np.ones((2, 3), bool)), ((4, 1), array(4, 1) > 0),
         ((3,), np.array(True)), ((), np.array(False)), ((), np.array(True))]
for shape, mask in masks:
    row("masked_select", None, array(*shape), mask, "b", array(*shape)[mask])
for shape in [(3, 4), (5,), (2, 3, 2), (0,), (3, 0), (1, 1)]:
    a = np.where(array(*shape) % 3 == 0, 0, array(*shape))
    mask = a != 0
    row("argwhere", None, array(*shape), mask, "m", np.argwhere(mask))
    row("flatnonzero", None, array(*shape), mask, "m", np.flatnonzero(mask))

print("/* Written by indexing_expected.py. What NumPy makes of shapes, positions and masks; other_kind: i positions, b a mask, m the mask is the array, - none. */")
print("""static const struct {
    const char *op, *params;
    int ndim;
    int64_t shape[8];
    char other_kind;
    int other_ndim;
    int64_t other_shape[8], other[64];
    int result_ndim;
    int64_t result_shape[8];
    double result[64];
} cases[] = {""")
print("\n".join(rows))
print("};")
