#!/usr/bin/env python3
"""Writes operations_expected.h: what NumPy says the operations and reductions give, values and dtypes.

    python3 operations_expected.py > operations_expected.h

Needed only when operations are added. NumPy 1.24 or later, with the promotion rules of NumPy 2. Where Ashlar's rules differ (no float16; whole numbers stay whole when
rounded; signs of complex numbers) the difference is written out here.
"""
import math
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
if hasattr(np, "_set_promotion_state"):
    np._set_promotion_state("weak")

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
VALUES = {
    "b": ([1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0]),
    "i": ([7, -4, 0, 5], [2, 3, -2, 0], [4, 1, 9, 6]),
    "u": ([7, 4, 0, 200], [2, 3, 5, 0], [4, 1, 9, 100]),
    "f": ([1.5, -2.25, 0.0, np.nan], [0.5, -3.0, 2.0, 1.0], [4.0, -2.5, np.inf, 0.125]),
    "c": ([1 + 2j, -0.5 + 0.25j, -1j, 2.5 - 1.5j], [2 - 1j, 0.5 + 0.25j, -1 + 1j, 1 + 0j], [3 + 1j, 1j, 2 - 2j, 9 + 9j]),
}
NAMES = {"sub": "subtract", "mul": "multiply", "div": "true_divide", "pow": "power", "bitwise_not": "invert",
         "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}


def whole_or(function):
    return lambda a: a if a.dtype.kind in "biu" else function(a)


def sign(a):
    if a.dtype.kind == "c":
        return np.where(a == 0, a, a / np.abs(a)).astype(a.dtype)
    return np.sign(a)


def isnan_where(a, value):
    dtype = np.result_type(a, value)
    return np.where(np.isnan(a), value, a).astype(dtype)


def real(a):
    return a.real.copy() if a.dtype.kind == "c" else a


def imag(a):
    return a.imag.copy() if a.dtype.kind == "c" else np.zeros_like(a)


def angle(a):
    if a.dtype.kind == "c":
        return np.angle(a)
    as_float = a.astype(np.float32 if a.dtype.itemsize <= 2 else np.float64) if a.dtype.kind in "biu" else a
    return np.arctan2(np.zeros_like(as_float), as_float)


SPECIAL = {
    "sign": sign,
    "floor": whole_or(np.floor), "ceil": whole_or(np.ceil), "trunc": whole_or(np.trunc),
    "where": lambda c, a, b: np.where(c.astype(bool), a, b),
    "clip": lambda a, low, high: np.minimum(np.maximum(a, low), high),
    "fill_missing": isnan_where,
    "conj": lambda a: np.conjugate(a) if a.dtype.kind == "c" else a,
    "real_part": real, "imag_part": imag, "angle": angle,
}
def wrapped(x, dtype):
    bits = 8 * dtype.itemsize
    x &= (1 << bits) - 1
    return x - (1 << bits) if dtype.kind == "i" and x >> (bits - 1) else x


def integer_pairs(function):
    def apply(a, b):
        dtype = np.result_type(a, b)
        if dtype.kind not in "iu":
            raise TypeError
        return np.array([wrapped(function(int(x), int(y)), dtype) for x, y in zip(a, b)], dtype)
    return apply


def lcm(x, y):
    return abs(x * y) // math.gcd(x, y) if x and y else 0


def as_float(a):
    return a.astype(np.float32 if a.dtype.itemsize <= 2 else np.float64) if a.dtype.kind in "biu" else a


def real_float(function):
    def apply(*inputs):
        dtype = as_float(np.ones(1, np.result_type(*inputs))).dtype
        if dtype.kind == "c":
            raise TypeError
        return function(*[i.astype(dtype) for i in inputs])
    return apply


def bessel(a):
    import mpmath
    return np.array([float(mpmath.besseli(0, mpmath.mpf(float(x)))) if np.isfinite(x) else x for x in a]).astype(a.dtype)


def frexp(a):
    mantissa, exponent = np.frexp(a)
    return mantissa, np.where(np.isfinite(a), exponent, 0).astype(np.int64)


def ldexp(a, exponent):
    if exponent.dtype.kind not in "biu" or a.dtype.kind == "c":
        raise TypeError
    return np.ldexp(as_float(a), np.clip(exponent.astype(np.int64), -5000, 5000).astype(np.int32))


def rounded(a):
    if a.dtype.kind == "b":
        raise TypeError
    return np.round(a, 1) if a.dtype.kind in "fc" else a


def nan_to_num(a):
    return a if a.dtype.kind in "biu" else np.nan_to_num(a)


def bitwise_count(a):
    if a.dtype.kind not in "biu":
        raise TypeError
    return np.array([bin(abs(int(x))).count("1") for x in a], np.uint8)


def sign_of_infinity(function):
    def apply(a):
        if a.dtype.kind == "c":
            raise TypeError
        return function(a.astype(np.float64))
    return apply


SPECIAL.update({
    "fabs": real_float(np.fabs), "gcd": integer_pairs(math.gcd), "lcm": integer_pairs(lcm), "heaviside": real_float(np.heaviside),
    "logaddexp": real_float(np.logaddexp), "logaddexp2": real_float(np.logaddexp2), "sinc": lambda a: np.sinc(as_float(a)).astype(as_float(a).dtype),
    "i0": real_float(bessel), "round": rounded, "isclose": lambda a, b: np.isclose(a, b) if np.result_type(a, b).kind != "c" else
    np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) <= 1e-8 + 1e-5 * np.abs(b)) | (a == b),
    "bitwise_count": bitwise_count, "isposinf": sign_of_infinity(np.isposinf), "isneginf": sign_of_infinity(np.isneginf), "nan_to_num": nan_to_num,
    "spacing": real_float(np.spacing), "frexp": real_float(frexp), "ldexp": ldexp, "modf": real_float(np.modf),
})
# Parameters other than the defaults of the table.
NUMBERS = {"round": "{.i = 1}", "isclose": "{.f = 1e-5}, {.f = 1e-8}, {.i = 0}", "nan_to_num": "{.f = 0}, {.f = INFINITY}, {.f = -INFINITY}"}
OPERATIONS = """add sub mul div floor_divide remainder fmod divmod pow negative positive absolute sign square sqrt cbrt reciprocal hypot exp exp2 expm1 log log2 log10 log1p
sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh degrees radians floor ceil trunc rint equal not_equal less less_equal greater greater_equal logical_and
logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not left_shift right_shift isnan isinf isfinite signbit maximum minimum fmax fmin copysign
nextafter where clip fill_missing real_part imag_part conj angle float_power fabs gcd lcm heaviside logaddexp logaddexp2 sinc i0 round isclose bitwise_count isposinf isneginf
nan_to_num spacing frexp ldexp modf iscomplex isreal""".split()
ARITY = {"where": 3, "clip": 3, "fill_missing": 2, "conj": 1, "real_part": 1, "imag_part": 1, "angle": 1, "divmod": 2, "isclose": 2, "gcd": 2, "lcm": 2, "heaviside": 2, "logaddexp": 2, "logaddexp2": 2, "ldexp": 2,
         "sinc": 1, "i0": 1, "round": 1, "bitwise_count": 1, "isposinf": 1, "isneginf": 1, "nan_to_num": 1, "iscomplex": 1, "isreal": 1}


def function_of(name):
    return SPECIAL.get(name) or getattr(np, NAMES.get(name, name))


def arity(name):
    return ARITY.get(name) or getattr(np, NAMES.get(name, name)).nin


def operand(dtype, k):
    return np.array(VALUES[np.dtype(dtype).kind][k]).astype(dtype)


def number(x):
    if isinstance(x, int):
        return "%d" % x if abs(x) < 1 << 53 else "%d.0" % x
    if np.isnan(x):
        return "NAN"
    if np.isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    return repr(float(x)) if x != int(x) or abs(x) > 1e15 else "%d" % int(x)


def cells(a):
    a = np.asarray(a)
    if a.dtype.kind == "c":
        return ", ".join("{%s, %s}" % (number(x.real), number(x.imag)) for x in a.ravel().tolist())
    return ", ".join("{%s}" % number(x) for x in a.ravel().tolist())


def dtype_name(dtype):
    return {"float16": "float32"}.get(str(dtype), str(dtype))


def value_row(name, dtypes):
    inputs = [operand(d, k) for k, d in enumerate(dtypes)]
    if name == "pow" and all(i.dtype.kind in "biu" for i in inputs):
        inputs[1] = np.abs(inputs[1].astype(np.int64)).astype(inputs[1].dtype)
    if name.endswith("_shift"):
        inputs[1] = np.array([1, 3, 0, 2]).astype(inputs[1].dtype)
    if name == "reciprocal" and inputs[0].dtype.kind in "biu":
        inputs[0][inputs[0] == 0] = 1
    work = [i.astype(np.float32) if i.dtype.kind in "biu" and i.dtype.itemsize <= 2 else i for i in inputs]
    try:
        result = function_of(name)(*inputs)
        first = result[0] if isinstance(result, tuple) else result
        if str(first.dtype) == "float16":  # NumPy would round to a dtype that Ashlar has not
            result = function_of(name)(*work)
    except TypeError:
        return
    outputs = result if isinstance(result, tuple) else (result,)
    for k, out in enumerate(outputs):
        print('    {"%s", %d, {%s}, {%s}, "%s", {%s}, {%s}},' % (name, k, NUMBERS.get(name, "{.i = 0}"), ", ".join('"%s"' % d for d in dtypes), dtype_name(out.dtype),
                                                           ", ".join("{%s}" % cells(i) for i in inputs), cells(out)))


def values():
    print("static const value_row value_rows[] = {")
    for name in OPERATIONS:
        n = arity(name)
        for d in ("bool", "int8", "int32", "uint8", "uint64", "float32", "float64", "complex64", "complex128"):
            first = "bool" if name == "where" else d
            value_row(name, (first, d, d)[:n])
        if n == 2:
            for pair in (("int8", "uint8"), ("int32", "float32"), ("float32", "complex128"), ("bool", "int16"), ("uint16", "float32")):
                value_row(name, pair)
    print("};\n")


def dtype_letter(name, a, b):
    try:
        inputs = [np.ones(1, a), np.ones(1, b)][:arity(name)]
        if name in ("where", "clip"):
            inputs = [np.ones(1, bool if name == "where" else a), np.ones(1, a), np.ones(1, b)]
        if name in ("hypot", "atan2", "copysign", "nextafter"):  # the floating dtype follows from the common dtype, where NumPy looks at each input
            inputs = [i.astype(np.result_type(*inputs)) for i in inputs]
        out = function_of(name)(*inputs)
        out = out[0] if isinstance(out, tuple) else out
        return "%x" % DTYPES.index(dtype_name(out.dtype))
    except TypeError:
        return "-"


def dtypes():
    print("/* For every operation the dtype of its result: rows by the dtype of the first input, columns by that of the second; hexadecimal digits number the dtypes,\n"
          " * - stands for refused. */")
    print("static const dtype_row dtype_rows[] = {")
    for name in OPERATIONS:
        rows = ["".join(dtype_letter(name, a, b) for b in (DTYPES if arity(name) > 1 else DTYPES[:1])) for a in DTYPES]
        print('    {"%s", {%s}, {%s}},' % (name, NUMBERS.get(name, "{.i = 0}"), ", ".join('"%s"' % r for r in rows)))
    print("};\n")


def weak():
    print("/* The dtype of array + scalar, where of the scalar only the kind counts: columns are bool, int, real, complex. */")
    print("static const dtype_row weak_rows[] = {")
    for name in ("add", "mul", "div", "less", "maximum", "pow"):
        rows = []
        for a in DTYPES:
            row = ""
            for scalar in (True, 1, 1.0, 1j):
                try:
                    out = function_of(name)(np.ones(1, a), scalar)
                    row += "%x" % DTYPES.index(dtype_name(out.dtype))
                except TypeError:
                    row += "-"
            rows.append(row)
        print('    {"%s", {{.i = 0}}, {%s}},' % (name, ", ".join('"%s"' % r for r in rows)))
    print("};\n")


REDUCTIONS = """sum prod mean var std min max argmin argmax any all count count_nonzero nansum nanprod nanmean nanvar nanstd nanmin nanmax nanargmin nanargmax nanany nanall""".split()


def reduce(name, a, ddof):
    floating = a.dtype.kind in "fc"
    valid = a[~np.isnan(a)] if floating else a
    if name == "count":
        return np.int64(valid.size)
    if name == "count_nonzero":
        return np.int64(np.count_nonzero(a))
    if name.startswith("nan"):
        if name.startswith("nanarg"):
            return np.int64(getattr(np, name)(a)) if valid.size else np.int64(-1)
        a, name = valid, name[3:]
        if name in ("min", "max") and a.size == 0:
            return a.dtype.type(np.nan)
    if name in ("var", "std"):
        return getattr(np, name)(a.astype(np.complex128 if a.dtype.kind == "c" else np.float64), ddof=ddof).astype(
            {"f": a.dtype, "c": a.real.dtype}.get(a.dtype.kind, np.float64))
    if name == "mean":
        return np.mean(a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)).astype(a.dtype if floating else np.float64)
    return getattr(np, name)(a)


def grid(dtype):
    kind = np.dtype(dtype).kind
    data = {"b": [1, 0, 1, 1, 0, 0], "i": [3, -4, 7, -4, 0, 5], "u": [3, 4, 200, 4, 0, 5], "f": [1.5, np.nan, -2.25, 4.0, -3.0, np.nan],
            "c": [1 + 2j, 1 - 1j, np.nan, -2.5 + 0j, 3j, 1 + 2j]}[kind]
    return np.array(data).astype(dtype).reshape(2, 3)


def reductions():
    print("/* Of a 2 x 3 array: over axis 0, over axis 1, over both, and over both with ddof 1. */")
    print("static const reduce_row reduce_rows[] = {")
    for name in REDUCTIONS:
        for d in ("bool", "int16", "int64", "uint8", "uint64", "float32", "float64", "complex64", "complex128"):
            a = grid(d)
            parts = [reduce(name, a[:, k], 0) for k in range(3)] + [reduce(name, a[k, :], 0) for k in range(2)] + [reduce(name, a.ravel(), 0), reduce(name, a.ravel(), 1)]
            out = np.array(parts)
            print('    {"%s", "%s", "%s", {%s}, {%s}},' % (name, d, dtype_name(out.dtype), cells(a), cells(out)))
    print("};")


print("/* Written by operations_expected.py with NumPy %s; do not edit. */" % np.__version__)
values()
dtypes()
weak()
reductions()
