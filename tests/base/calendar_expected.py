#!/usr/bin/env python3
"""Writes calendar_expected.h: dates of time values by cftime. Run by hand when cases are added; the tests need no Python."""
import random
import warnings
from datetime import timedelta
from fractions import Fraction

import cftime

warnings.simplefilter("ignore")
random.seed(20240229)

CALENDARS = ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"]
UNITS = {"days": 86400000000, "hours": 3600000000, "minutes": 60000000, "seconds": 1000000, "milliseconds": 1000, "microseconds": 1}
REFERENCES = [(0, 1, 1), (1, 1, 1), (1582, 10, 4), (1582, 10, 15), (1850, 1, 1), (1900, 2, 28), (1970, 1, 1), (-4713, 1, 1), (2000, 12, 30)]


def date(calendar, *fields):
    return cftime.datetime(*fields, calendar=calendar, has_year_zero=True)


def next_month(d):
    return (d.year + d.month // 12, d.month % 12 + 1)


def values(unit):
    """Whole numbers, and fractions as files have them, over some hundreds and some ten thousands of years."""
    for span in (400, 400, 400, 6000, 6000, 90000):
        days = random.uniform(-span, span) * 365
        value = days * (86400000000 // UNITS[unit])
        yield float(round(value))
        yield value if unit != "microseconds" else float(int(value))
    yield random.randrange(-800, 800) / 24
    yield random.randrange(-2000, 2000) / 8


def row(calendar, reference, unit, value):
    exact = Fraction(value) * UNITS[unit]
    microseconds = (exact + Fraction(1, 2)).__floor__()
    d = date(calendar, *reference) + timedelta(microseconds=microseconds)
    day = date(calendar, d.year, d.month, d.day)
    dayofyear = (day - date(calendar, d.year, 1, 1)).days + 1
    days_in_month = (date(calendar, *next_month(d), 1) - date(calendar, d.year, d.month, 1)).days
    fields = (d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond, dayofyear, days_in_month)
    return "{ %s, { %s } }" % (float(value).hex(), ", ".join(map(str, fields)))


def main():
    with open("calendar_expected.h", "w") as out:
        out.write("/* Written by calendar_expected.py with cftime %s. Year, month, day, hour, minute, second, microsecond, day of year, days in month. */\n" % cftime.__version__)
        groups = []
        for calendar in CALENDARS:
            for reference in REFERENCES:
                unit = random.choice(list(UNITS))
                groups.append((calendar, "%s since %d-%d-%d" % (unit, *reference), [row(calendar, reference, unit, v) for v in values(unit)]))
        out.write("static const expected_group expected_groups[] = {\n")
        for calendar, units, rows in groups:
            out.write('    { "%s", "%s", {\n        %s } },\n' % (calendar, units, ",\n        ".join(rows)))
        out.write("};\n")


main()
