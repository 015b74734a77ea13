"""Writes numpy_expected.h: what NumPy gives for every elementwise operation on all combinations of some special values.

Run with NumPy by hand when the operation table grows: python3 numpy_expected.py > numpy_expected.h
Where Ashlar follows NumPy 2 or documents a value NumPy leaves open, the function is written out here.
"""
import itertools
import textwrap
import warnings

import numpy as np

warnings.simplefilter("ignore")
nan, inf = np.nan, np.inf

VALUES = {
    "BOOL": np.array([0, 1], bool),
    "INT8": np.array([-128, -7, -1, 0, 1, 2, 7, 8, 127], np.int8),
    "UINT8": np.array([0, 1, 2, 7, 8, 255], np.uint8),
    "FLOAT32": np.array([-inf, -2.5, -0.0, 0.0, 0.5, 3, nan], np.float32),
    "FLOAT64": np.array([-inf, -7, -2.5, -1, -0.0, 0.0, 0.5, 1, 3, 1e300, inf, nan]),
    "COMPLEX128": np.array([0, 1, -1, 2j, 3 - 4j, -0.5 + 0.25j, complex(inf, 1), complex(1, nan)]),
}


def integers(a):
    return a.dtype.kind in "biu"


def power(a, b):
    if a.dtype.kind == "c":  # NumPy multiplies by 1 + 0i first, which makes infinities NaN
        return np.where(np.isinf(a) & (b == -1), 0, np.power(a, b))
    if a.dtype.kind != "i":
        return np.power(a, b)
    whole = np.power(a, np.where(b < 0, 0, b).astype(b.dtype))
    ones = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0)).astype(a.dtype)
    return np.where(b < 0, ones, whole)


def sign(a):
    if a.dtype.kind != "c":
        return np.sign(a)
    unit = np.where(a == 0, 0, a / np.abs(a))
    unit[np.isinf(a.real)] = 1
    return np.where(np.isnan(a), complex(nan, nan), unit)


def reciprocal(a):
    a = a.astype(np.int8) if a.dtype == bool else a
    return np.where(a == 0, 0, np.reciprocal(np.where(a == 0, 1, a))).astype(a.dtype) if integers(a) else np.reciprocal(a)


def whole(function):
    return lambda a: a if integers(a) else function(a)


def real_only(function):
    return lambda a: np.zeros(a.shape, bool) if a.dtype.kind in "bu" else function(a)


def floating(a):
    return a.astype(np.float32) if integers(a) else a


NAMES = {"sub": "subtract", "mul": "multiply", "div": "divide", "pow": power, "sign": sign, "reciprocal": reciprocal, "floor": whole(np.floor),
         "ceil": whole(np.ceil), "trunc": whole(np.trunc), "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
         "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "bitwise_not": "invert", "signbit": real_only(np.signbit),
         "fill_missing": lambda a, b: np.where(np.isnan(a), b, a), "real_part": np.real, "imag_part": np.imag, "angle": lambda a: np.angle(floating(a)),
         "divmod": None, "where": None, "clip": lambda a, b, c: np.minimum(np.maximum(a, b), c)}


def operations(path="../../lib/expr/operations.table"):
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            column = line.split(" | ")
            yield column[0], len(column[1].split()), column[2], column[3]


def literal(x):
    if np.isnan(x):
        return "NAN"
    if np.isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    return "%.17g" % x if x != 0 or not np.signbit(x) else "-0.0"


def array(name, values):
    print("static const double %s[] = {\n%s\n};" % (name, textwrap.fill(numbers(values), 140, initial_indent="    ", subsequent_indent="    ")))


def numbers(values):
    values = np.asarray(values)
    if values.dtype.kind == "c":
        values = np.stack([values.real, values.imag], -1).ravel()
    return ", ".join(literal(float(x)) for x in values.ravel())


def main():
    print("/* Written by numpy_expected.py with NumPy %s. Expected values of every operation on all combinations of the values of a dtype. */" % np.__version__)
    for name, values in VALUES.items():
        array("values_" + name, values)
    rows = []
    for op, inputs, kinds, promotion in operations():
        function = NAMES.get(op, op)
        if function is None:
            continue
        function = getattr(np, function) if isinstance(function, str) else function
        for name, values in VALUES.items():
            if values.dtype.kind not in kinds:
                continue
            loop = values
            if promotion == "integer" and values.dtype == bool:
                loop = values.astype(np.int8)
            if promotion == "float":
                loop = floating(values)
            if promotion == "divide" and integers(values):
                loop = values.astype(np.float64)
            arguments = [np.array(x, loop.dtype) for x in zip(*itertools.product(loop, repeat=inputs))]
            result = function(*arguments)
            array("expected_%s_%s" % (op, name), result)
            rows.append("    {ASH_OP_%s, ASH_%s, expected_%s_%s}," % (op.upper(), name, op, name))
    print("static const numpy_case numpy_cases[] = {\n%s\n};" % "\n".join(rows))


main()
