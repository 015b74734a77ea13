#!/usr/bin/env python3
"""Writes dataset_expected.h: figures of joined files by Xarray.

    /usr/bin/python3 tests/core/dataset_expected.py DATA > tests/core/dataset_expected.h
"""
import glob
import sys

import numpy as np
import xarray as xr

folder = sys.argv[1]
paths = sorted(glob.glob(folder + "/nemo_monthly/*.nc"))
joined = xr.concat([xr.open_dataset(p, decode_times=False) for p in paths], "time_counter", data_vars="minimal", coords="minimal", compat="override")
parts = [joined.isel(time_counter=k) for k in range(3)]


def figures(a):
    v = a.values.astype("f8")
    return "%r, %r, %r, %d" % (float(np.nansum(v)), float(np.nanmin(v)), float(np.nanmax(v)), int(np.isfinite(v).sum()))


print("/* Written by dataset_expected.py with Xarray: sum, least, largest, number of values, of nemo_monthly. */")
print("typedef struct expected_figures {\n    double sum, least, largest;\n    int64_t count;\n} expected_figures;")
print("static const expected_figures expected_tos[] = {")
for p in parts:
    print("    { %s }," % figures(p.tos))
print("};")
print("static const double expected_time_centered[] = { %s };" % ", ".join(repr(float(x)) for x in joined.time_centered.values))
print("static const expected_figures expected_nav_lat = { %s };" % figures(joined.nav_lat))
