/* CF calendars: from a number in "<unit> since <reference>" to a date. Pure functions. */
#ifndef ASH_BASE_CALENDAR_H
#define ASH_BASE_CALENDAR_H

#include "base/error.h"

typedef enum ash_calendar {
    ASH_CALENDAR_STANDARD, /* Julian until 1582-10-04, Gregorian from 1582-10-15 */
    ASH_CALENDAR_PROLEPTIC_GREGORIAN,
    ASH_CALENDAR_JULIAN,
    ASH_CALENDAR_NOLEAP,
    ASH_CALENDAR_ALL_LEAP,
    ASH_CALENDAR_360_DAY
} ash_calendar;

typedef struct ash_time_units {
    ash_calendar calendar;
    int64_t unit_microseconds; /* microseconds in one unit (1 for microseconds); 0 where the unit is months */
    int64_t reference;         /* of the reference date, microseconds since 0000-01-01 00:00 in the same calendar */
    int64_t months;            /* calendar months in one unit: 1, or 12 for years; else 0 */
} ash_time_units;

typedef struct ash_date {
    int64_t year;
    int32_t month, day, hour, minute, second, microsecond;
    int32_t dayofyear, days_in_month;
} ash_date;

/* `calendar` NULL or "" means standard. Errors say what was understood and what not. `function` is named in errors. */
ash_status ash_time_units_parse(const char *units, const char *calendar, const char *function, ash_time_units *out, ash_error_state *error);

/* Microseconds since 0000-01-01 00:00 of a time value, rounded to the nearest. 0 for NaN, infinity or a time beyond int64. */
int ash_time_microseconds(const ash_time_units *units, double value, int64_t *time);
/* How values in `from` become values in `to`: value * multiply / divide + shift. 0 if they do not: another calendar, or months against days. */
typedef struct ash_time_change {
    double multiply, divide, shift;
} ash_time_change;
int ash_time_units_change(const ash_time_units *from, const ash_time_units *to, ash_time_change *change);
/* The beginning of a date, in microseconds as above; 0 for one that the calendar does not have or that is too far away. */
int ash_time_of_date(const ash_date *date, ash_calendar calendar, int64_t *time);
/* "2000-01-31", or with the time of day where it has one; "?" if it has no date. Into a buffer that is returned. */
const char *ash_time_words(const ash_time_units *units, double value, char *buffer, int64_t size);

/* The date of a time value, rounded to the nearest microsecond. 0 for NaN, infinity or a year beyond what int32 holds. */
int ash_time_decode(const ash_time_units *units, double value, ash_date *date);
/* The same for an integer, without the rounding of a double beyond 2^53. */
int ash_time_decode_integer(const ash_time_units *units, int64_t value, ash_date *date);

/* Days of the calendar: day number since 0000-01-01 and back. Months beyond 1 to 12 carry over into years; days beyond int64 saturate. In
 * the standard calendar 1582 has 355 days and its October 21; a date in the gap counts as Julian. */
int64_t ash_days_from_date(ash_calendar calendar, int64_t year, int month, int day);
void ash_date_from_days(ash_calendar calendar, int64_t days, ash_date *date);

/* Fields of ash_time_field(), by number and by name; ash_date_field_find() gives -1 if unknown. */
typedef enum ash_date_field {
    ASH_FIELD_YEAR,
    ASH_FIELD_MONTH,
    ASH_FIELD_DAY,
    ASH_FIELD_HOUR,
    ASH_FIELD_MINUTE,
    ASH_FIELD_SECOND,
    ASH_FIELD_DAYOFYEAR,
    ASH_FIELD_SEASON,
    ASH_FIELD_DAYS_IN_MONTH,
    ASH_FIELD_YEARMONTH,
    ASH_FIELD_COUNT
} ash_date_field;
extern const char *const ash_date_field_names[ASH_FIELD_COUNT];
int ash_date_field_find(const char *name);
/* INT32_MIN for a yearmonth beyond int32. */
int32_t ash_date_field_get(const ash_date *date, ash_date_field field);

#endif
