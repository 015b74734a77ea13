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


def double(a):
    return a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)


def i0(a):
    import mpmath
    return np.array([float(mpmath.besseli(0, mpmath.mpf(float(x)))) if np.isfinite(x) else abs(float(x)) for x in a.ravel()]).astype(a.dtype)


def rounded(a, decimals):
    if a.dtype.kind in "iu":
        return np.array([wrapped(int(round(int(x), decimals)), a.dtype) for x in a.ravel()]).astype(a.dtype)
    if a.dtype.kind == "c":
        return rounded(a.real, decimals) + 1j * np.where(np.isnan(a.imag), 0, rounded(a.imag, decimals)) + np.where(np.isnan(a.imag), complex(0, nan), 0)
    out = np.round(a, decimals)
    return np.where(np.isfinite(a) & ~np.isfinite(out), a, out)  # NumPy overflows on the way


def wrapped(x, dtype):
    bits = 8 * dtype.itemsize
    x &= (1 << bits) - 1
    return x - (1 << bits) if dtype.kind == "i" and x >> (bits - 1) else x


def pairwise(function):
    return lambda a, b: np.array([wrapped(function(int(x), int(y)), a.dtype) for x, y in zip(a, b)], a.dtype)


def lcm(a, b):
    import math
    return abs(a * b) // math.gcd(a, b) if a and b else 0


def gcd(a, b):
    import math
    return math.gcd(a, b)


def bit_count(a):
    return np.array([bin(abs(int(x))).count("1") for x in a], np.uint8)


def frexp(a):
    mantissa, exponent = np.frexp(a)
    return mantissa, np.where(np.isfinite(a), exponent, 0).astype(np.int64)


def spacing(a):
    largest = np.abs(a) == np.finfo(a.dtype).max
    return np.where(np.isinf(a) | np.isnan(a), nan, np.where(largest, a - np.nextafter(a, np.zeros_like(a)), np.spacing(a)))


def complex_nan_to_num(a, **options):
    if a.dtype.kind != "c":
        return np.nan_to_num(a, **options)
    return np.nan_to_num(a.real, **options) + 1j * np.nan_to_num(a.imag, **options)


def isclose(a, b, rtol, atol, equal):
    if a.dtype.kind != "c":
        return np.isclose(a, b, rtol, atol, bool(equal))
    near = np.abs(a - b) <= atol + rtol * np.abs(b)  # NumPy makes complex infinities NaN on the way
    return (np.isfinite(a) & np.isfinite(b) & near) | (a == b) | (bool(equal) & np.isnan(a) & np.isnan(b))


# Other numbers than the defaults that operations with parameters are tried with.
PARAMETERS = {"round": [(0,), (1,), (-1,), (20,)], "isclose": [(1e-5, 1e-8, 0), (0.5, 0.25, 1), (0, 0, 0)],
              "nan_to_num": [(0, inf, -inf), (7.5, 100, -50)]}
CALLS = {"round": rounded, "isclose": isclose,
         "nan_to_num": lambda a, nan, high, low: complex_nan_to_num(a, nan=nan, posinf=None if high == inf else high, neginf=None if low == -inf else low)}


NAMES = {"sub": "subtract", "mul": "multiply", "div": "divide", "pow": power, "sign": sign, "reciprocal": reciprocal, "floor": whole(np.floor),
         "ceil": whole(np.ceil), "trunc": whole(np.trunc), "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
         "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "bitwise_not": "invert", "signbit": real_only(np.signbit),
         "fill_missing": lambda a, b: np.where(np.isnan(a), b, a), "real_part": np.real, "imag_part": np.imag, "angle": lambda a: np.angle(floating(a)),
         "divmod": np.divmod, "where": None, "ldexp": None, "isneginf": real_only(np.isneginf), "isposinf": real_only(np.isposinf),
         "float_power": lambda a, b: np.where(np.isinf(a) & (b == -1), 0, np.float_power(a, b)) if a.dtype.kind == "c" else np.float_power(a, b),
         "gcd": pairwise(gcd), "lcm": pairwise(lcm), "i0": i0, "bitwise_count": bit_count, "frexp": frexp, "spacing": spacing, "clip": lambda a, b, c: np.minimum(np.maximum(a, b), c)}


def operations(path="../../lib/expr/operations.table"):
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            column = line.split(" | ")
            types = [word.split(":")[1].split("=")[0] for word in column[2].split()] if column[2] != "-" else []
            yield column[0], len(column[1].split()), types, column[3], column[4]


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
    for op, inputs, types, kinds, promotion in operations():
        function = CALLS.get(op) or NAMES.get(op, op)
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
            if promotion == "double":
                loop = double(values)
            arguments = [np.array(x, loop.dtype) for x in zip(*itertools.product(loop, repeat=inputs))]
            for k, numbers in enumerate(PARAMETERS.get(op, [()])):
                result = function(*arguments, *numbers)
                outputs = result if isinstance(result, tuple) else (result,)
                for o, out in enumerate(outputs):
                    label = "%s_%s%s%s" % (op, name, "_%d" % k if k else "", "_output_%d" % o if o else "")
                    array("expected_" + label, out)
                    given = ", ".join("{.%s = %s}" % ("f" if t == "real" else "i", literal(float(x)) if t == "real" else int(x)) for t, x in zip(types, numbers))
                    rows.append("    {ASH_OP_%s, ASH_%s, %d, {%s}, expected_%s}," % (op.upper(), name, o, given or "{.i = 0}", label))
    print("static const numpy_case numpy_cases[] = {\n%s\n};" % "\n".join(rows))


main()
