#!/usr/bin/env python3
"""Writes quantile_expected.h: NumPy's quantiles of the first n of some numbers, by every method.

    python3 quantile_expected.py > quantile_expected.h
"""
import numpy as np

NUMBERS = [3.5, -1.25, 3.5, 10.0, 0.0, 2.0, -7.5, 2.0]
QS = [0, 0.1, 0.25, 0.3, 0.5, 0.625, 0.75, 0.9, 1]
METHODS = ["linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
           "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased"]


def closest_observation(n, q):
    """By Hyndman and Fan's definition 3: of two that are equally close the one whose number from 1 is even. NumPy 1.24 counts from 0 there."""
    place = n * q - 0.5
    number = int(np.floor(place))
    number += not (place == number and number % 2 == 0)
    return sorted(NUMBERS[:n])[min(max(number, 1), n) - 1]


def quantile(n, q, method):
    if method == "closest_observation":
        return closest_observation(n, q)
    if q == 1 or n == 1:  # NumPy 1.24 fails here for some methods
        return max(NUMBERS[:n])
    if q == 0:  # here some methods of NumPy 1.24 take the last element
        return min(NUMBERS[:n])
    return float(np.quantile(NUMBERS[:n], q, method=method))


print("/* Written by quantile_expected.py with NumPy %s; do not edit. */" % np.__version__)
print("static const double numbers[] = { %s };" % ", ".join(map(repr, NUMBERS)))
print("static const double qs[] = { %s };" % ", ".join(map(repr, QS)))
print("static const char *const methods[] = { %s };" % ", ".join('"%s"' % m for m in METHODS))
print("/* By method, number of elements from 1, and q. */\nstatic const double quantiles[][%d][%d] = {" % (len(NUMBERS), len(QS)))
for method in METHODS:
    print("    { /* %s */" % method)
    for n in range(1, len(NUMBERS) + 1):
        print("        { %s }," % ", ".join(repr(quantile(n, q, method)) for q in QS))
    print("    },")
print("};")
