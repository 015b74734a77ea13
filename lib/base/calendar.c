/* Days and dates of the CF calendars, and decoding of time values. Reading the units is in time_units.c. */
#include "base/calendar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_MICROSECONDS INT64_C(86400000000)

enum { FEBRUARY = 2, OCTOBER = 10 };

/* ---- Years ---- */

/* A calendar repeats after `years` years of `days` days. Years 0, 4, 8, ... of a cycle are leap years where it has any. */
typedef struct year_rule {
    int years, days;
    int common_year; /* days of a year that is no leap year */
    int leap_every;  /* 0: never */
    int centuries;   /* whether only every fourth century is a leap year */
} year_rule;

static const year_rule rules[] = {
    [ASH_CALENDAR_STANDARD] = { 400, 146097, 365, 4, 1 }, /* from the reform on; before it, Julian */
    [ASH_CALENDAR_PROLEPTIC_GREGORIAN] = { 400, 146097, 365, 4, 1 },
    [ASH_CALENDAR_JULIAN] = { 4, 1461, 365, 4, 0 },
    [ASH_CALENDAR_NOLEAP] = { 1, 365, 365, 0, 0 },
    [ASH_CALENDAR_ALL_LEAP] = { 1, 366, 366, 0, 0 },
    [ASH_CALENDAR_360_DAY] = { 1, 360, 360, 0, 0 },
};

/* The standard calendar counts days from the Julian 0000-01-01, two days before the Gregorian one; from 1582-10-15 it is Gregorian. */
enum { REFORM_DAY = 578103, GREGORIAN_OFFSET = 2, REFORM_YEAR = 1582, REFORM_MONTH = OCTOBER, REFORM_LAST = 4, REFORM_FIRST = 15 };

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t floor_modulo(int64_t a, int64_t b) {
    return a % b + (a % b < 0 ? b : 0);
}

/* Days of a cycle before its year `year`, 0 <= year <= rule->years. */
static int days_before_year(const year_rule *rule, int year) {
    int days = year * rule->common_year;
    if (rule->leap_every)
        days += (year + 3) / 4;
    if (rule->centuries)
        days += (year + 399) / 400 - (year + 99) / 100;
    return days;
}

/* ---- Months ---- */

static const int month_starts[3][13] = {
    { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 },
    { 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366 },
    { 0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360 },
};

/* Days before each month in a year of that many days. */
static const int *months_of(int length) {
    return month_starts[length == 360 ? 2 : length - 365];
}

static int year_days(const year_rule *rule, int year_of_cycle) {
    return days_before_year(rule, year_of_cycle + 1) - days_before_year(rule, year_of_cycle);
}

/* ---- Between days and dates, for calendars of one rule ---- */

static int64_t saturate(int negative) {
    return negative ? INT64_MIN : INT64_MAX;
}

static int64_t rule_days(const year_rule *rule, int64_t year, int month, int day) {
    int64_t days, cycle = floor_divide(year, rule->years);
    int year_of_cycle = (int)floor_modulo(year, rule->years);
    int64_t in_cycle = (int64_t)days_before_year(rule, year_of_cycle) + months_of(year_days(rule, year_of_cycle))[month - 1] + day - 1;
    if (__builtin_mul_overflow(cycle, (int64_t)rule->days, &days) || __builtin_add_overflow(days, in_cycle, &days))
        return saturate(year < 0);
    return days;
}

static void rule_date(const year_rule *rule, int64_t days, ash_date *date) {
    int in_cycle = (int)floor_modulo(days, rule->days);
    int year = in_cycle / rule->common_year; /* too late by a year where leap days have added up */
    if (days_before_year(rule, year) > in_cycle)
        year--;
    int in_year = in_cycle - days_before_year(rule, year);
    const int *starts = months_of(year_days(rule, year));
    int month = 1;
    while (in_year >= starts[month])
        month++;
    date->year = floor_divide(days, rule->days) * rule->years + year;
    date->month = month;
    date->day = in_year - starts[month - 1] + 1;
    date->dayofyear = in_year + 1;
    date->days_in_month = starts[month] - starts[month - 1];
}

/* ---- Between days and dates ---- */

static int is_gregorian_date(int64_t year, int month, int day) {
    if (year != REFORM_YEAR)
        return year > REFORM_YEAR;
    return month != REFORM_MONTH ? month > REFORM_MONTH : day >= REFORM_FIRST;
}

int64_t ash_days_from_date(ash_calendar calendar, int64_t year, int month, int day) {
    if (__builtin_add_overflow(year, floor_divide((int64_t)month - 1, 12), &year))
        return saturate(month < 0);
    month = (int)floor_modulo((int64_t)month - 1, 12) + 1;
    if (calendar != ASH_CALENDAR_STANDARD)
        return rule_days(&rules[calendar], year, month, day);
    if (!is_gregorian_date(year, month, day))
        return rule_days(&rules[ASH_CALENDAR_JULIAN], year, month, day);
    int64_t days = rule_days(&rules[ASH_CALENDAR_PROLEPTIC_GREGORIAN], year, month, day);
    return days > INT64_MAX - GREGORIAN_OFFSET ? INT64_MAX : days + GREGORIAN_OFFSET;
}

/* The year of the reform lacks ten days, its October too. */
static void correct_reform_year(int64_t days, ash_date *date) {
    if (date->year != REFORM_YEAR)
        return;
    date->dayofyear = (int32_t)(days - ash_days_from_date(ASH_CALENDAR_STANDARD, REFORM_YEAR, 1, 1)) + 1;
    if (date->month == REFORM_MONTH)
        date->days_in_month -= REFORM_FIRST - REFORM_LAST - 1;
}

void ash_date_from_days(ash_calendar calendar, int64_t days, ash_date *date) {
    memset(date, 0, sizeof *date);
    if (calendar != ASH_CALENDAR_STANDARD) {
        rule_date(&rules[calendar], days, date);
        return;
    }
    if (days < REFORM_DAY)
        rule_date(&rules[ASH_CALENDAR_JULIAN], days, date);
    else
        rule_date(&rules[ASH_CALENDAR_PROLEPTIC_GREGORIAN], days - GREGORIAN_OFFSET, date);
    correct_reform_year(days, date);
}

/* ---- Time values ---- */

/* Wide enough for the microseconds of every year that an int32 can hold. */
__extension__ typedef __int128 wide_int;

/* value * unit, rounded to the nearest integer without an error of its own; a tie goes up. 0 if it is too large to be a date. */
static int scale_exactly(double value, int64_t unit, wide_int *product) {
    int exponent;
    int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53);
    wide_int exact = (wide_int)mantissa * unit; /* below 2^90, to be multiplied by 2^shift */
    int shift = exponent - 53;
    if (shift > 27)
        return 0;
    if (shift < -100)
        shift = -100; /* rounds to 0 either way */
    *product = shift >= 0 ? exact * ((wide_int)1 << shift) : (exact + ((wide_int)1 << (-shift - 1))) >> -shift;
    return 1;
}

/* The date `time` microseconds after 0000-01-01. */
static int date_from_microseconds(ash_calendar calendar, wide_int time, ash_date *date) {
    wide_int wide_days = time / DAY_MICROSECONDS - (time % DAY_MICROSECONDS < 0);
    int64_t microseconds = (int64_t)(time - wide_days * DAY_MICROSECONDS);
    if (wide_days < INT64_MIN || wide_days > INT64_MAX)
        return 0;
    ash_date_from_days(calendar, (int64_t)wide_days, date);
    date->microsecond = (int32_t)(microseconds % 1000000);
    date->second = (int32_t)(microseconds / 1000000 % 60);
    date->minute = (int32_t)(microseconds / 60000000 % 60);
    date->hour = (int32_t)(microseconds / INT64_C(3600000000));
    return date->year >= INT32_MIN && date->year <= INT32_MAX;
}

/* The reference and `count` calendar months, in microseconds; a day that a month does not have becomes its last. */
static wide_int months_later(const ash_time_units *units, int64_t count) {
    ash_date reference, first;
    wide_int time = units->reference;
    wide_int days = time / DAY_MICROSECONDS - (time % DAY_MICROSECONDS < 0);
    ash_date_from_days(units->calendar, (int64_t)days, &reference);
    int64_t months = reference.year * 12 + reference.month - 1 + count;
    int64_t year = floor_divide(months, 12), begin = ash_days_from_date(units->calendar, year, (int)floor_modulo(months, 12) + 1, 1);
    ash_date_from_days(units->calendar, begin, &first);
    int day = reference.day < first.days_in_month ? reference.day : first.days_in_month;
    int64_t reached = ash_days_from_date(units->calendar, year, first.month, day);
    return (wide_int)reached * DAY_MICROSECONDS + (time - days * DAY_MICROSECONDS);
}

/* Whole units are calendar months or years; a fraction is that part of the month or year it is in. */
static int months_to_microseconds(const ash_time_units *units, double value, wide_int *time) {
    double whole = floor(value);
    if (fabs(value) * (double)units->months > 12.0 * INT32_MAX)
        return 0;
    wide_int begin = months_later(units, (int64_t)whole * units->months), end = months_later(units, ((int64_t)whole + 1) * units->months);
    *time = begin + (wide_int)llround((value - whole) * (double)(end - begin));
    return 1;
}

static int to_microseconds(const ash_time_units *units, double value, wide_int *time) {
    if (!isfinite(value))
        return 0;
    if (units->months > 0)
        return months_to_microseconds(units, value, time);
    if (!scale_exactly(value, units->unit_microseconds, time))
        return 0;
    *time += units->reference;
    return 1;
}

int ash_time_microseconds(const ash_time_units *units, double value, int64_t *time) {
    wide_int wide;
    int known = to_microseconds(units, value, &wide) && wide >= INT64_MIN && wide <= INT64_MAX;
    *time = known ? (int64_t)wide : 0;
    return known;
}

int ash_time_decode(const ash_time_units *units, double value, ash_date *date) {
    wide_int time;
    memset(date, 0, sizeof *date);
    return to_microseconds(units, value, &time) && date_from_microseconds(units->calendar, time, date);
}

int ash_time_decode_integer(const ash_time_units *units, int64_t value, ash_date *date) {
    if (units->months > 0)
        return ash_time_decode(units, (double)value, date);
    return date_from_microseconds(units->calendar, (wide_int)value * units->unit_microseconds + units->reference, date);
}

int ash_time_of_date(const ash_date *date, ash_calendar calendar, int64_t *time) {
    ash_date found;
    if (date->month < 1 || date->month > 12 || date->day < 1 || date->day > 31 || date->year < -290000 || date->year > 290000)
        return 0;
    int64_t days = ash_days_from_date(calendar, date->year, date->month, date->day);
    ash_date_from_days(calendar, days, &found);
    if (found.year != date->year || found.month != date->month || found.day != date->day)
        return 0;
    *time = days * DAY_MICROSECONDS + date->hour * INT64_C(3600000000) + date->minute * INT64_C(60000000) +
        date->second * INT64_C(1000000) + date->microsecond;
    return 1;
}

int ash_time_units_change(const ash_time_units *from, const ash_time_units *to, ash_time_change *change) {
    ash_date a, b;
    if (from->calendar != to->calendar || (from->months > 0) != (to->months > 0))
        return 0;
    if (from->months == 0) {
        change->multiply = (double)from->unit_microseconds;
        change->divide = (double)to->unit_microseconds;
        change->shift = (double)(from->reference - to->reference) / change->divide;
        if (from->unit_microseconds % to->unit_microseconds == 0) { /* no rounding where it can be helped */
            change->multiply = (double)(from->unit_microseconds / to->unit_microseconds);
            change->divide = 1;
        }
        return 1;
    }
    ash_date_from_days(from->calendar, floor_divide(from->reference, DAY_MICROSECONDS), &a);
    ash_date_from_days(to->calendar, floor_divide(to->reference, DAY_MICROSECONDS), &b);
    if (a.day != b.day || a.day > 28 || floor_modulo(from->reference, DAY_MICROSECONDS) != floor_modulo(to->reference, DAY_MICROSECONDS))
        return 0;
    change->multiply = (double)from->months;
    change->divide = (double)to->months;
    change->shift = (double)((a.year - b.year) * 12 + a.month - b.month) / change->divide;
    return from->months == to->months; /* parts of years are no parts of months */
}

const char *ash_time_words(const ash_time_units *units, double value, char *buffer, int64_t size) {
    ash_date date;
    if (!ash_time_decode(units, value, &date)) {
        snprintf(buffer, (size_t)size, "?");
        return buffer;
    }
    int used = snprintf(buffer, (size_t)size, "%04lld-%02d-%02d", (long long)date.year, date.month, date.day);
    if (date.hour || date.minute || date.second)
        snprintf(buffer + used, (size_t)(size - used), "T%02d:%02d:%02d", date.hour, date.minute, date.second);
    return buffer;
}

/* ---- Fields ---- */

const char *const ash_date_field_names[ASH_FIELD_COUNT] = {
    [ASH_FIELD_YEAR] = "year",
    [ASH_FIELD_MONTH] = "month",
    [ASH_FIELD_DAY] = "day",
    [ASH_FIELD_HOUR] = "hour",
    [ASH_FIELD_MINUTE] = "minute",
    [ASH_FIELD_SECOND] = "second",
    [ASH_FIELD_DAYOFYEAR] = "dayofyear",
    [ASH_FIELD_SEASON] = "season",
    [ASH_FIELD_DAYS_IN_MONTH] = "days_in_month",
    [ASH_FIELD_YEARMONTH] = "yearmonth",
};

int ash_date_field_find(const char *name) {
    for (int i = 0; name && i < ASH_FIELD_COUNT; i++)
        if (strcmp(name, ash_date_field_names[i]) == 0)
            return i;
    return -1;
}

/* INT32_MIN, which is no label, where the year is too far for it. */
static int32_t yearmonth(const ash_date *date) {
    int64_t months = date->year * 12 + date->month - 1;
    return months > INT32_MIN && months <= INT32_MAX ? (int32_t)months : INT32_MIN;
}

int32_t ash_date_field_get(const ash_date *date, ash_date_field field) {
    switch (field) {
    case ASH_FIELD_YEAR: return (int32_t)date->year;
    case ASH_FIELD_MONTH: return date->month;
    case ASH_FIELD_DAY: return date->day;
    case ASH_FIELD_HOUR: return date->hour;
    case ASH_FIELD_MINUTE: return date->minute;
    case ASH_FIELD_SECOND: return date->second;
    case ASH_FIELD_DAYOFYEAR: return date->dayofyear;
    case ASH_FIELD_SEASON: return date->month % 12 / 3;
    case ASH_FIELD_DAYS_IN_MONTH: return date->days_in_month;
    case ASH_FIELD_YEARMONTH: return yearmonth(date);
    default: return INT32_MIN;
    }
}
