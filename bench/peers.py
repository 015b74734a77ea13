#!/usr/bin/env python3
"""Ashlar beside NumPy and numexpr, in one process on the same arrays.

    OMP_NUM_THREADS=2 python3 bench/peers.py build/release/libashlar.so [--threads 2] [--size 268435456] [--json]

Each expression is computed by all three in alternation, results into memory that has been touched before; medians of the rounds. numexpr has the same number of threads, NumPy one.
Ratios above 1 mean that Ashlar is faster.
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time

import numpy as np

try:
    import numexpr
except ImportError:
    numexpr = None

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()


class Array(ctypes.Structure):
    _fields_ = [("context", ctypes.c_void_p), ("serial", ctypes.c_int64), ("output", ctypes.c_int32), ("reserved", ctypes.c_int32)]


class Library:
    """The few functions needed, through ash_apply()."""

    def __init__(self, path, threads):
        self.c = ctypes.CDLL(path)
        os.environ["ASH_NUM_THREADS"] = str(threads)
        self.c.ash_context_new.restype = ctypes.c_void_p
        self.c.ash_error.restype = ctypes.c_char_p
        for name in ("ash_apply", "ash_from_buffer", "ash_real"):
            getattr(self.c, name).restype = Array
        self.c.ash_size.restype = ctypes.c_int64
        self.context = ctypes.c_void_p(self.c.ash_context_new(None))

    def array(self, a):
        shape = (ctypes.c_int64 * a.ndim)(*a.shape)
        return self.c.ash_from_buffer(self.context, DTYPES.index(str(a.dtype)), a.ndim, shape, ctypes.c_void_p(a.ctypes.data), None)

    def __call__(self, op, *inputs, **parameters):
        inputs = [x if isinstance(x, Array) else self.c.ash_real(self.context, ctypes.c_double(x)) for x in inputs]
        text = ";".join("%s=%s" % (k, repr(v) if isinstance(v, str) else v) for k, v in parameters.items())
        return self.c.ash_apply(self.context, op.encode(), len(inputs), (Array * len(inputs))(*inputs), text.encode())

    def compute(self, a, out):
        if self.c.ash_compute(a, ctypes.c_void_p(out.ctypes.data), ctypes.c_int64(out.nbytes), None) != 0:
            sys.exit(self.c.ash_error(self.context).decode())


def cases(a, b, c, f, g, i8, j8, cube):
    """Name, inputs, Ashlar's expression, NumPy's, numexpr's (None: it has no such thing)."""
    return [
        ("fma_sum", (a, b, c), lambda L, x, y, z: L("sum", L("add", L("mul", x, y), z)), lambda x, y, z: np.sum(x * y + z), "sum(x*y+z)"),
        ("add", (a, b), lambda L, x, y: L("add", x, y), lambda x, y, out: np.add(x, y, out=out), "x+y"),
        ("chain", (a, b, c), lambda L, x, y, z: L("add", L("mul", L("add", L("mul", x, y), z), L("sub", x, y)), L("mul", L("sub", L("mul", z, 0.5), x), 2.0)),
         lambda x, y, z: (x * y + z) * (x - y) + (z * 0.5 - x) * 2, "(x*y+z)*(x-y)+(z*0.5-x)*2"),
        ("exp", (a,), lambda L, x: L("exp", x), lambda x, out: np.exp(x, out=out), "exp(x)"),
        ("sin_f32", (f,), lambda L, x: L("sin", x), lambda x, out: np.sin(x, out=out), "sin(x)"),
        ("less", (a, b), lambda L, x, y: L("less", x, y), lambda x, y, out: np.less(x, y, out=out), "x<y"),
        ("where", (a, b), lambda L, x, y: L("where", L("less", x, y), x, y), lambda x, y: np.where(x < y, x, y), "where(x<y,x,y)"),
        ("add_int8", (i8, j8), lambda L, x, y: L("add", x, y), lambda x, y, out: np.add(x, y, out=out), None),
        ("sum_f32", (f,), lambda L, x: L("sum", x), np.sum, "sum(x)"),
        ("min", (a,), lambda L, x: L("min", x), np.min, "min(x)"),
        ("mean_axis0", (cube,), lambda L, x: L("mean", x, dims="0"), lambda x: np.mean(x, axis=0), None),
        ("mean_axis2", (cube,), lambda L, x: L("mean", x, dims="2"), lambda x: np.mean(x, axis=2), None),
        ("std_axis0", (cube,), lambda L, x: L("std", x, dims="0"), lambda x: np.std(x, axis=0), None),
        ("std_axis2", (cube,), lambda L, x: L("std", x, dims="2"), lambda x: np.std(x, axis=2), None),
        ("cumsum", (a,), lambda L, x: L("cumsum", x), lambda x, out: np.cumsum(x, out=out), None),
    ]


def seconds(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def measure(L, name, inputs, ours, numpys, numexprs, rounds):
    names = "xyz"[:len(inputs)]
    into = "out" in numpys.__code__.co_varnames if hasattr(numpys, "__code__") else False
    first = np.asarray(numpys(*inputs, out=None) if into else numpys(*inputs))
    outs = [np.zeros_like(first) for _ in range(3)]
    expression = ours(L, *[L.array(x) for x in inputs])
    local = dict(zip(names, inputs))
    runs = {"ashlar": lambda: L.compute(expression, outs[0]),
            "numpy": lambda: numpys(*inputs, out=outs[1]) if into else numpys(*inputs)}
    if numexprs and numexpr:
        if first.ndim == 0:
            runs["numexpr"] = lambda: numexpr.evaluate(numexprs, local)
        else:
            runs["numexpr"] = lambda: numexpr.evaluate(numexprs, local, out=outs[2])
    times = {k: [] for k in runs}
    for k in range(rounds + 1):
        for which in sorted(runs, reverse=k % 2 == 0):
            t = seconds(runs[which])
            if k:
                times[which].append(t)
    if not np.allclose(np.asarray(outs[0], float), np.asarray(first, float), rtol=1e-4, atol=1e-6):
        sys.exit("%s: results differ" % name)
    return {k: statistics.median(v) for k, v in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=1 << 28, help="bytes of each float64 array")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if numexpr:
        numexpr.set_num_threads(options.threads)
    L = Library(options.library, options.threads)
    n = options.size // 8 // (512 * 512) * 512 * 512
    generator = np.random.default_rng(1)
    a, b, c = (generator.random(n) + 0.5 for _ in range(3))
    f, g = a.astype(np.float32), b.astype(np.float32)
    i8, j8 = (generator.integers(-50, 50, 8 * n, dtype=np.int8) for _ in range(2))
    cube = a.reshape(-1, 512, 512)
    if not options.json:
        print("%-12s %10s %10s %10s   %s" % ("case", "ashlar s", "numpy /", "numexpr /", "threads %d" % options.threads))
    for name, inputs, ours, numpys, numexprs in cases(a, b, c, f, g, i8, j8, cube):
        t = measure(L, name, inputs, ours, numpys, numexprs, options.rounds)
        if options.json:
            print(json.dumps({"case": name, "threads": options.threads, **t}))
        else:
            ratio = ["%10.2f" % (t[k] / t["ashlar"]) if k in t else "%10s" % "-" for k in ("numpy", "numexpr")]
            print("%-12s %10.4f %s %s" % (name, t["ashlar"], *ratio), flush=True)


main()
