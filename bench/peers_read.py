#!/usr/bin/env python3
"""Ashlar beside Xarray with Dask, and CDO: the mean of a deflated and shuffled variable of a NetCDF-4 file, on the same file in alternation.

    python3 bench/peers_read.py build/release/libashlar.so [--threads 2] [--size 536870912] [--over all|time] [--json]

The file (smooth fields and noise, as model output has them) is made in $TMPDIR and read from the page cache. All open the file each time; medians of the rounds. CDO is a process of its own, as it is
used, with as many threads as the others; what starting it takes is measured by `cdo --version` and told. Ratios above 1 mean that Ashlar is faster.
"""
import argparse
import ctypes
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

try:
    import netCDF4
    import xarray
    import dask
except ImportError as missing:
    sys.exit("peers_read.py needs netCDF4, xarray and dask: %s" % missing)

LAT, LON, STEPS_OF_CHUNK = 361, 720, 4


class Array(ctypes.Structure):
    _fields_ = [("context", ctypes.c_void_p), ("serial", ctypes.c_int64), ("output", ctypes.c_int32), ("reserved", ctypes.c_int32)]


class Library:
    def __init__(self, path, threads):
        self.c = ctypes.CDLL(path)
        os.environ["ASH_NUM_THREADS"] = str(threads)
        self.c.ash_context_new.restype = ctypes.c_void_p
        self.c.ash_error.restype = ctypes.c_char_p
        for name in ("ash_apply", "ash_open"):
            getattr(self.c, name).restype = Array

    def mean(self, path, dims):
        context = ctypes.c_void_p(self.c.ash_context_new(None))
        t = self.c.ash_open(context, path.encode(), b"t", None)
        out = np.empty((LAT, LON) if dims else (), np.float32)
        mean = self.c.ash_apply(context, b"mean", 1, (Array * 1)(t), b"dims='time'" if dims else None)
        if self.c.ash_compute(mean, ctypes.c_void_p(out.ctypes.data), ctypes.c_int64(out.nbytes), None) != 0:
            sys.exit(self.c.ash_error(context).decode())
        self.c.ash_context_free(context)
        return out


def write_file(path, size):
    steps = max(size // (LAT * LON * 4) // STEPS_OF_CHUNK, 2) * STEPS_OF_CHUNK
    generator = np.random.default_rng(1)
    lat, lon = np.linspace(-90, 90, LAT), np.linspace(0, 360, LON, endpoint=False)
    smooth = 260 + 30 * np.cos(np.radians(lat))[:, None] + 5 * np.sin(np.radians(2 * lon))
    with netCDF4.Dataset(path, "w") as f:
        for name, extent in (("time", steps), ("lat", LAT), ("lon", LON)):
            f.createDimension(name, extent)
            v = f.createVariable(name, "f8", (name,))
            v[:] = {"time": np.arange(steps), "lat": lat, "lon": lon}[name]
            v.units = {"time": "hours since 2000-01-01", "lat": "degrees_north", "lon": "degrees_east"}[name]
        v = f.createVariable("t", "f4", ("time", "lat", "lon"), zlib=True, shuffle=True, complevel=4, chunksizes=(STEPS_OF_CHUNK, LAT, LON))
        for k in range(0, steps, STEPS_OF_CHUNK):
            noise = generator.normal(0, 0.5, (STEPS_OF_CHUNK, LAT, LON))
            v[k:k + STEPS_OF_CHUNK] = np.round((smooth + np.sin(0.1 * k) + noise) * 64) / 64  # 1/64 K, as instruments and packing leave it
    return steps * LAT * LON * 4


def cdo(command, threads, path, out):
    subprocess.run(["cdo", "-s", "-P", str(threads), *command, path, out], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def xarray_mean(path, dims, threads):
    with dask.config.set(scheduler="threads", num_workers=threads), xarray.open_dataset(path, chunks={"time": 4 * STEPS_OF_CHUNK}) as ds:
        return ds["t"].mean(dims).compute().values


def seconds(function):
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=1 << 29, help="bytes of the values, uncompressed")
    parser.add_argument("--over", choices=("all", "time"), default="all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    L = Library(options.library, options.threads)
    dims = "time" if options.over == "time" else None
    with tempfile.TemporaryDirectory() as folder:
        path, out = os.path.join(folder, "t.nc"), os.path.join(folder, "out.nc")
        size = write_file(path, options.size)
        stored = os.path.getsize(path)
        runs = {"ashlar": lambda: L.mean(path, dims), "xarray": lambda: xarray_mean(path, dims, options.threads)}
        if shutil.which("cdo"):  # its mean over everything weights by area, so over space and time it is fldmean of timmean
            runs["cdo"] = lambda: cdo(["-timmean"] if dims else ["-fldmean", "-timmean"], options.threads, path, out)
        times, results = {k: [] for k in runs}, {}
        for k in range(options.rounds + 1):
            for which in sorted(runs, reverse=k % 2 == 0):
                t, results[which] = seconds(runs[which])
                if k:
                    times[which].append(t)
        if not np.allclose(results["ashlar"], results["xarray"], rtol=1e-4):  # float32 adds up its errors in Xarray
            sys.exit("results differ: %s, %s" % (results["ashlar"], results["xarray"]))
        median = {k: statistics.median(v) for k, v in times.items()}
        start = seconds(lambda: subprocess.run(["cdo", "--version"], capture_output=True))[0] if "cdo" in runs else 0
    if options.json:
        print(json.dumps({"over": options.over, "threads": options.threads, "bytes": size, "stored_bytes": stored, "cdo_start": start, **median}))
        return
    print("mean over %s of %.0f MB (%.0f MB stored), %d threads" % (options.over, size / 1e6, stored / 1e6, options.threads))
    for which, t in median.items():
        print("%-8s %8.3f s  %6.2f GB/s%s" % (which, t, size / t / 1e9, "" if which == "ashlar" else "   Ashlar is %.1f times as fast" % (t / median["ashlar"])))
    if start:
        print("(starting cdo: %.3f s)" % start)


main()
