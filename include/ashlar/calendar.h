/* CF time: parts of dates from a time coordinate, for every CF calendar. */
#ifndef ASHLAR_CALENDAR_H
#define ASHLAR_CALENDAR_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One part of the date of each value of `time`, as int32. Lazy, elementwise.
 *
 * `time` is an array with a `units` attribute, "<unit> since <reference>", and perhaps `calendar` (default standard), as ash_coord(a,
 * "time") gives it. Units: days, hours, minutes, seconds, milliseconds, microseconds and their CF spellings; months and years, which are
 * those of the calendar: 1 month since 2000-01-31 is 2000-02-29, and a fraction is that part of the month or year it falls in, so that
 * 0.5 is its middle. (CDO counts calendar months too. UDUNITS has years of 365.242198781 days and months of a twelfth of that, by which
 * 1 month since 2000-01-01 is still in January.) A common_year has 365 days. A reference may have a time of day and a zone. Calendars,
 * case ignored: standard and gregorian (Julian before 1582-10-15, with a year 0 as UDUNITS has it), proleptic_gregorian, julian, noleap
 * and 365_day, all_leap and 366_day, 360_day. "none" has no dates and is refused.
 *
 * `field` is one of
 *   year   month (1..12)   day (1..31)   hour   minute   second   dayofyear (1..366)
 *   season (0 DJF, 1 MAM, 2 JJA, 3 SON)  days_in_month           yearmonth (year * 12 + month - 1)
 *
 * NaN and infinite times give INT32_MIN, which as a group label is skipped. Times are rounded to the nearest microsecond first, so that
 * a day stored as a fraction does not fall back into the day before. */
ASH_API ash_array ash_time_field(ash_array time, const char *field);

#ifdef __cplusplus
}
#endif
#endif
