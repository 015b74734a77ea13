#!/usr/bin/python3
"""Runs the climatology program on real files and compares what it writes with NumPy, and with CDO where that is installed.

    climatology.py PROGRAM

The files are in the folder that ASH_TEST_DATA names, or ASHLAR_TEST_DATA_DEFAULT.

NumPy defines all four results: months from cftime, means and standard deviations (ddof 0) over the values that are not missing, the global mean weighted by cos(latitude).
CDO (ymonmean, ymonsub, ymonstd) uses the same definitions for the monthly statistics; its fldmean weights by exact cell areas instead, so the global mean is not compared with it.
Files that CDO reads differently are left to NumPy: coads_climatology.cdf has its times in the year 0. Exits with 77 (skipped) where NumPy or netCDF4 is missing.
"""
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import cftime
    import netCDF4
    import numpy as np
    import xarray
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

FILES = [
    # file, variable, whether CDO defines the answer too
    ("coads_climatology.cdf", "SST", False),
    ("A1B_north_america.nc", "air_temperature", True),
    ("tasmax_day_HadGEM2-CC_360day_2095.nc", "tasmax", True),
    ("o3_Amon_GFDL-ESM4_historical_r1i1p1f1_gr1_185001-194912.nc", "o3", True),
    ("ocean_atlas_subset.nc", "TEMP", False),
]
TOLERANCE = 1e-6


def decoded(dataset, name):
    """The values as float64 with NaN where they are missing."""
    values = dataset[name][...]
    return np.ma.filled(values.astype("f8"), np.nan)


def months(dataset, time):
    variable = dataset[time]
    units = variable.units
    calendar = getattr(variable, "calendar", "standard")
    if "0000-01-01" in units:  # cftime has no year 0 in the standard calendar; the Julian part of it has
        calendar = "julian"
        dates = cftime.num2date(variable[:], units, calendar, has_year_zero=True)
    else:
        dates = cftime.num2date(variable[:], units, calendar)
    return np.array([d.month for d in dates])


def axis_of(dataset, variable, wanted):
    for k, name in enumerate(dataset[variable].dimensions):
        units = getattr(dataset[name], "units", "") if name in dataset.variables else ""
        if (wanted == "time" and " since " in units) or (wanted != "time" and units.lower().startswith(wanted)):
            return k
    raise SystemExit(f"{variable}: no {wanted} axis")


def by_numpy(dataset, name):
    t = decoded(dataset, name)
    dims = dataset[name].dimensions
    time, lat, lon = (axis_of(dataset, name, w) for w in ("time", "degrees_north", "degrees_east"))
    assert time == 0
    month = months(dataset, dims[time])
    mean = np.full((12,) + t.shape[1:], np.nan)
    std = mean.copy()
    with np.errstate(all="ignore"):
        import warnings

        warnings.simplefilter("ignore")
        for m in range(12):
            if (month == m + 1).any():
                mean[m] = np.nanmean(t[month == m + 1], axis=0)
                std[m] = np.nanstd(t[month == m + 1], axis=0)
        anomaly = t - mean[month - 1]
        shape = [1] * t.ndim
        shape[lat] = -1
        weight = np.cos(np.radians(dataset[dims[lat]][:].astype("f8"))).reshape(shape)
        weight = np.where(np.isnan(t), 0, weight + 0 * t)
        weight[np.isnan(weight)] = 0
        series = np.nansum(t * weight, axis=(lat, lon)) / weight.sum(axis=(lat, lon))
    return {"climatology": mean, "std": std, "anomaly": anomaly, "global_mean": series}


def by_cdo(path, name, folder):
    """Monthly statistics by CDO, months that occur in order."""
    out = {}
    one = os.path.join(folder, "one.nc")
    subprocess.run(["cdo", "-s", "-b", "F64", f"-selname,{name}", path, one], check=True, stderr=subprocess.DEVNULL)
    for key, operator in (("climatology", "-ymonmean"), ("std", "-ymonstd")):
        target = os.path.join(folder, key + ".nc")
        subprocess.run(["cdo", "-s", operator, one, target], check=True)
        out[key] = decoded(netCDF4.Dataset(target), name)
    target = os.path.join(folder, "anomaly.nc")
    subprocess.run(["cdo", "-s", "-ymonsub", one, os.path.join(folder, "climatology.nc"), target], check=True)
    out["anomaly"] = decoded(netCDF4.Dataset(target), name)
    return out


def compare(label, ours, theirs, scale):
    """Largest difference relative to the size of the field. Missing values must be in the same places."""
    if ours.shape != theirs.shape:
        print(f"{label}: shapes differ, {ours.shape} and {theirs.shape}")
        return False
    if (np.isnan(ours) != np.isnan(theirs)).any():
        print(f"{label}: missing values differ at {int((np.isnan(ours) != np.isnan(theirs)).sum())} places")
        return False
    difference = np.nanmax(np.abs(ours - theirs)) / scale if np.isfinite(theirs).any() else 0.0
    print(f"{label}: largest relative difference {difference:.2e}")
    return difference <= TOLERANCE


def main():
    program = sys.argv[1]
    data = os.environ.get("ASH_TEST_DATA") or os.environ.get("ASHLAR_TEST_DATA_DEFAULT", "")
    if not os.path.isdir(data):
        print("skipped: no test data at", data)
        return 77
    fine = True
    for file, name, cdo in FILES:
        path = os.path.join(data, file)
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.nc")
            subprocess.run([program, "--quiet", "--no-map", path, name, out], check=True)
            year_zero = "0000-" in getattr(netCDF4.Dataset(path)[netCDF4.Dataset(path)[name].dimensions[0]], "units", "")
            xarray.open_dataset(out, decode_times=not year_zero).load().close()  # Xarray cannot decode year 0, ours or the original
            written = netCDF4.Dataset(out)
            expected = by_numpy(netCDF4.Dataset(path), name)
            size = np.nanmax(np.abs(decoded(netCDF4.Dataset(path), name)))
            for key, values in expected.items():
                fine &= compare(f"{file} {key} NumPy", decoded(written, f"{name}_{key}"), values, size)
            if cdo and shutil.which("cdo"):
                there = ~np.isnan(expected["climatology"]).all(axis=tuple(range(1, expected["climatology"].ndim)))
                for key, values in by_cdo(path, name, folder).items():
                    ours = decoded(written, f"{name}_{key}")
                    ours = ours[there] if key != "anomaly" else ours
                    fine &= compare(f"{file} {key} CDO", ours.reshape(values.shape), values, size)
            written.close()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
