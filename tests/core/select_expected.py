#!/usr/bin/env python3
"""Writes select_expected.h: what Xarray selects by labels.

    /usr/bin/python3 tests/core/select_expected.py > tests/core/select_expected.h
"""
import numpy as np
import xarray as xr

# start, step, number of values, units, calendar
COORDINATES = [
    (-87.5, 2.5, 71, "degrees_north", None),
    (90, -1.5, 121, "degrees_north", None),
    (0.1, 0.1, 50, "m", None),
    (0, 1, 3650, "days since 1989-07-01", "standard"),
    (15.5, 30.4375, 480, "days since 1970-01-01", "gregorian"),
    (0, 6, 5000, "hours since 1999-12-01 06:00", "proleptic_gregorian"),
    (15, 30, 600, "days since 1900-01-01", "360_day"),
    (-0.5, 1, 4000, "days since 2000-01-01", "noleap"),
    (0, 43200, 800, "seconds since 2000-02-25", "standard"),
]
RANGES = {
    0: [("-30", "30"), ("-31", "31"), (None, "0"), ("0", None), ("-87.5", "-87.5"), ("-1000", "1000"), ("85.01", "87.5")],
    1: [("30", "-30"), ("31", "-31"), (None, "0"), ("0", None), ("90", "-90"), ("89", "86")],
    2: [("0.3", "0.7"), ("0.1", "0.1"), ("1.05", "4.95"), (None, "2.5")],
    3: [("1990-01", "1999-12"), ("1990", "1991"), ("1989-07-01", "1989-07-31"), ("1990-02-28", "1990-03-01"), ("1995", None), (None, "1989-12"), ("1992-02", "1992-02")],
    4: [("1990-01", "1999-12"), ("1970", "1970"), ("1980-06-15", "1981-06-15"), (None, "1971-03"), ("2009-12", None)],
    5: [("2000-01", "2000-01"), ("2000-02-28T06", "2000-03-01T18:00:00"), ("1999-12-31", "2000-01-01"), ("2000-02-29T12:00", "2000-02-29T12:00"), ("2003", None)],
    6: [("1910-02", "1910-02"), ("1900", "1909"), ("1905-02-30", "1905-12-30"), (None, "1901-01")],
    7: [("2000-02-28", "2000-03-01"), ("2004", "2004"), (None, "2000-01"), ("2008-12-30", None)],
    8: [("2000-02-29", "2000-02-29"), ("2000-02-28T12", "2000-03-01T00"), ("2001", None)],
}
NEAREST = {
    0: ["45", "45.1", "-1000", "1000", "43.75", "-1.25"],
    1: ["45", "44.6", "-1000", "44.25"],
    2: ["0.34", "2"],
    3: ["1990-01-15", "1990-01", "1980", "2020", "1990-01-15T13:00"],
    5: ["2000-01-01T09:01", "2000-01-01T08:59:59"],
}


def array(start, step, n, units, calendar):
    values = start + step * np.arange(n)
    if calendar is None:
        return xr.DataArray(np.arange(n), dims="x", coords={"x": values})
    ds = xr.Dataset({"a": ("x", np.arange(n))}, coords={"x": ("x", values, {"units": units, "calendar": calendar})})
    return xr.decode_cf(ds)["a"]


def text(value):
    return "" if value is None else value


def number(value, calendar):
    return None if value is None else value if calendar else float(value)


print("/* Written by select_expected.py. What Xarray selects: first index and count. */")
print("static const struct {\n    double start, step;\n    int64_t n;\n    const char *units, *calendar;\n} coordinates[] = {")
for start, step, n, units, calendar in COORDINATES:
    print('    { %r, %r, %d, "%s", %s },' % (start, step, n, units, '"%s"' % calendar if calendar else "NULL"))
print("};\n\nstatic const struct {\n    int coordinate;\n    const char *labels;\n    int64_t first, count;\n} selections[] = {")
for k, ranges in RANGES.items():
    calendar = COORDINATES[k][4]
    for low, high in ranges:
        found = array(*COORDINATES[k]).sel(x=slice(number(low, calendar), number(high, calendar))).values
        assert len(found) and list(found) == list(range(found[0], found[-1] + 1))
        print('    { %d, "x=%s:%s", %d, %d },' % (k, text(low), text(high), found[0], len(found)))
for k, labels in NEAREST.items():
    calendar = COORDINATES[k][4]
    for label in labels:
        value = np.datetime64(label, "ns") if calendar else float(label)
        found = array(*COORDINATES[k]).sel(x=value, method="nearest").values
        print('    { %d, "x=%s nearest", %d, 1 },' % (k, label, found))
print("};")
