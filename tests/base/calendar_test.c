/* Days, dates and time values of every calendar, against cftime's and by their own rules. */
#include "base_test.h"

#include "base/calendar.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { CALENDARS = ASH_CALENDAR_360_DAY + 1, VALUES = 14 };

typedef struct expected_date {
    double value;
    int fields[9];
} expected_date;

typedef struct expected_group {
    const char *calendar, *units;
    expected_date date[VALUES];
} expected_group;

#include "calendar_expected.h"

static ash_time_units units_of(const char *units, const char *calendar) {
    ash_time_units parsed;
    ash_error_state error = { 0 };
    if (ash_time_units_parse(units, calendar, "time_field", &parsed, &error) != ASH_OK)
        fail_msg("%s", error.text);
    return parsed;
}

static void dates_are_cftime_s(void **state) {
    (void)state;
    for (size_t g = 0; g < sizeof expected_groups / sizeof *expected_groups; g++) {
        const expected_group *group = &expected_groups[g];
        ash_time_units units = units_of(group->units, group->calendar);
        for (int i = 0; i < VALUES; i++) {
            ash_date d;
            assert_true(ash_time_decode(&units, group->date[i].value, &d));
            const int found[9] = { (int)d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond, d.dayofyear, d.days_in_month };
            for (int k = 0; k < 9; k++)
                if (found[k] != group->date[i].fields[k])
                    fail_msg("%.17g %s (%s): field %d is %d, expected %d", group->date[i].value, group->units, group->calendar, k, found[k],
                        group->date[i].fields[k]);
        }
    }
}

/* A date after another one is the next day: walked over more than a whole cycle on both sides of year 0. */
static void every_day_follows_the_one_before(void **state) {
    (void)state;
    for (int c = 0; c < CALENDARS; c++) {
        ash_date before, now;
        ash_date_from_days((ash_calendar)c, -400000, &before);
        for (int64_t days = -399999; days < 1000000; days++) {
            ash_date_from_days((ash_calendar)c, days, &now);
            int gap = c == ASH_CALENDAR_STANDARD && now.year == 1582 && now.month == 10 && now.day == 15;
            int same_month = now.day == before.day + 1 && now.month == before.month && now.dayofyear == before.dayofyear + 1;
            int next_month = now.day == 1 && now.month == before.month + 1 && now.dayofyear == before.dayofyear + 1 &&
                before.day == (before.days_in_month == 21 ? 31 : before.days_in_month);
            int next_year = now.day == 1 && now.month == 1 && before.month == 12 && now.year == before.year + 1 && now.dayofyear == 1 &&
                before.day == before.days_in_month;
            int good = gap ? before.day == 4 && now.dayofyear == before.dayofyear + 1
                           : same_month + next_month + next_year == 1 && (next_year || now.year == before.year);
            if (!good || ash_days_from_date((ash_calendar)c, now.year, now.month, now.day) != days)
                fail_msg("calendar %d, day %" PRId64 ": %" PRId64 "-%d-%d", c, days, now.year, now.month, now.day);
            before = now;
        }
    }
}

static void far_days(void **state) {
    (void)state;
    static const int64_t far[] = { INT64_MIN, INT64_MIN + 1, INT64_MIN / 3, -INT64_C(1000000000000), INT64_C(1000000000000), INT64_MAX / 3,
        INT64_MAX - 3, INT64_MAX };
    for (int c = 0; c < CALENDARS; c++) {
        for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
            ash_date d;
            ash_date_from_days((ash_calendar)c, far[i], &d);
            assert_true(d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= d.days_in_month && d.dayofyear >= 1 && d.dayofyear <= 366);
            if (far[i] > INT64_MIN + 2 && far[i] < INT64_MAX - 3)
                assert_true(ash_days_from_date((ash_calendar)c, d.year, d.month, d.day) == far[i]);
        }
        assert_true(ash_days_from_date((ash_calendar)c, INT64_MAX, 12, 31) == INT64_MAX);
        assert_true(ash_days_from_date((ash_calendar)c, INT64_MIN, 1, 1) == INT64_MIN);
        assert_true(ash_days_from_date((ash_calendar)c, INT64_MAX, INT32_MAX, 1) == INT64_MAX);
        assert_true(ash_days_from_date((ash_calendar)c, INT64_MIN, INT32_MIN, 1) == INT64_MIN);
        assert_true(ash_days_from_date((ash_calendar)c, 1999, 14, 3) == ash_days_from_date((ash_calendar)c, 2000, 2, 3));
        assert_true(ash_days_from_date((ash_calendar)c, 2001, -10, 3) == ash_days_from_date((ash_calendar)c, 2000, 2, 3));
    }
}

static void reform_year(void **state) {
    (void)state;
    ash_date d;
    int64_t last = ash_days_from_date(ASH_CALENDAR_STANDARD, 1582, 10, 4);
    assert_true(ash_days_from_date(ASH_CALENDAR_STANDARD, 1582, 10, 15) == last + 1);
    ash_date_from_days(ASH_CALENDAR_STANDARD, last + 1, &d);
    assert_true(d.year == 1582 && d.month == 10 && d.day == 15 && d.dayofyear == 278 && d.days_in_month == 21);
    ash_date_from_days(ASH_CALENDAR_STANDARD, ash_days_from_date(ASH_CALENDAR_STANDARD, 1582, 12, 31), &d);
    assert_int_equal(d.dayofyear, 355);
    ash_date_from_days(ASH_CALENDAR_STANDARD, ash_days_from_date(ASH_CALENDAR_STANDARD, 1500, 2, 29), &d);
    assert_true(d.month == 2 && d.day == 29 && d.days_in_month == 29);
}

static void rounding_to_microseconds(void **state) {
    (void)state;
    ash_time_units days = units_of("days since 2000-01-01", NULL), microseconds = units_of("us since 2000-01-01", NULL);
    ash_date d;
    assert_true(ash_time_decode(&days, 59.0 - 1e-13, &d) && d.month == 2 && d.day == 29 && d.hour == 0);
    assert_true(ash_time_decode(&days, 1.0 / 3.0, &d) && d.hour == 8 && d.minute == 0 && d.microsecond == 0);
    assert_true(ash_time_decode(&microseconds, -0.4, &d) && d.year == 2000 && d.microsecond == 0);
    assert_true(ash_time_decode(&microseconds, -0.6, &d) && d.year == 1999 && d.second == 59 && d.microsecond == 999999);
    assert_true(ash_time_decode(&microseconds, 0.5, &d) && d.microsecond == 1);
    assert_true(ash_time_decode(&microseconds, 5e-324, &d) && d.microsecond == 0);
    assert_true(ash_time_decode(&microseconds, -5e-324, &d) && d.microsecond == 0);
    assert_true(ash_time_decode_integer(&microseconds, (INT64_C(1) << 53) + 1, &d) && d.year == 2285 && d.microsecond == 740993);
    assert_true(ash_time_decode(&days, -0.0, &d) && d.year == 2000);
}

/* Whole numbers are calendar months and years, fractions are parts of the one they are in. */
static void months_and_years(void **state) {
    (void)state;
    static const struct {
        const char *units, *calendar;
        double value;
        const char *date;
    } cases[] = {
        { "months since 2000-01-01", NULL, 0, "2000-01-01" },
        { "months since 2000-01-01", NULL, 1, "2000-02-01" },
        { "months since 2000-01-01", NULL, -1, "1999-12-01" },
        { "months since 2000-01-01", NULL, 0.5, "2000-01-16T12:00:00" },
        { "months since 2000-01-01", NULL, 1.5, "2000-02-15T12:00:00" },
        { "months since 2000-01-31", NULL, 1, "2000-02-29" },
        { "months since 2000-01-31", NULL, 2, "2000-03-31" },
        { "months since 1850-01-16 12:00", "noleap", 1200, "1950-01-16T12:00:00" },
        { "months since 2000-01-30", "360_day", 1, "2000-02-30" },
        { "months since 1582-09-01", NULL, 1, "1582-10-01" },
        { "years since 2000-02-29", NULL, 1, "2001-02-28" },
        { "years since 2000-02-29", NULL, 4, "2004-02-29" },
        { "years since 1999-01-01", NULL, 1.5, "2000-07-02" },
        { "years since 0000-01-01", NULL, -0.25, "-001-10-01T18:00:00" },
        { "common_years since 2000-01-01", NULL, 1, "2000-12-31" },
        { "months since 2000-01-01", NULL, NAN, "?" },
        { "months since 2000-01-01", NULL, 1e300, "?" },
        { "years since 2000-01-01", NULL, -1e18, "?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[64];
        ash_time_units units = units_of(cases[i].units, cases[i].calendar);
        if (strcmp(ash_time_words(&units, cases[i].value, words, sizeof words), cases[i].date) != 0)
            fail_msg("%g %s: expected %s, found %s", cases[i].value, cases[i].units, cases[i].date, words);
        ash_date a, b;
        int64_t whole = fabs(cases[i].value) < 1e6 && cases[i].value == floor(cases[i].value) ? (int64_t)cases[i].value : 0;
        if ((double)whole == cases[i].value) {
            assert_true(ash_time_decode(&units, cases[i].value, &a) && ash_time_decode_integer(&units, whole, &b));
            assert_true(a.year == b.year && a.month == b.month && a.day == b.day && a.hour == b.hour);
        }
    }
}

/* Values in one unit become those in the other: the same instant. */
static void units_change(void **state) {
    (void)state;
    static const struct {
        const char *from, *from_calendar, *to, *to_calendar;
        double value, expected; /* NAN: they do not change */
    } cases[] = {
        { "days since 2000-02-01", NULL, "days since 2000-01-01", NULL, 0, 31 },
        { "days since 2000-01-01", NULL, "days since 2000-02-01", "gregorian", 31.5, 0.5 },
        { "hours since 1900-01-01", NULL, "days since 1900-01-01", NULL, 36, 1.5 },
        { "days since 1900-01-02", "360_day", "seconds since 1900-01-01", "360_day", 2, 3 * 86400 },
        { "days since 2000-03-01", "noleap", "days since 2000-02-01", "365_day", 1, 29 },
        { "months since 2001-03-01", NULL, "months since 2000-01-01", NULL, 1, 15 },
        { "months since 2001-03-31", NULL, "months since 2000-01-31", NULL, 1, NAN },
        { "years since 2001-01-01", NULL, "months since 2000-01-01", NULL, 1, NAN },
        { "months since 2000-01-01", NULL, "days since 2000-01-01", NULL, 1, NAN },
        { "days since 2000-01-01", "noleap", "days since 2000-01-01", NULL, 1, NAN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ash_time_units from = units_of(cases[i].from, cases[i].from_calendar), to = units_of(cases[i].to, cases[i].to_calendar);
        ash_time_change change;
        int known = ash_time_units_change(&from, &to, &change);
        assert_int_equal(known, !isnan(cases[i].expected));
        if (known)
            assert_true(cases[i].value * change.multiply / change.divide + change.shift == cases[i].expected);
    }
}

static void dates_become_times(void **state) {
    (void)state;
    int64_t time, back;
    ash_date d = { .year = 2000, .month = 2, .day = 30 };
    assert_false(ash_time_of_date(&d, ASH_CALENDAR_STANDARD, &time));
    assert_true(ash_time_of_date(&d, ASH_CALENDAR_360_DAY, &time));
    d = (ash_date){ .year = 1582, .month = 10, .day = 10 };
    assert_false(ash_time_of_date(&d, ASH_CALENDAR_STANDARD, &time));
    assert_true(ash_time_of_date(&d, ASH_CALENDAR_PROLEPTIC_GREGORIAN, &time));
    d = (ash_date){ .year = 1999, .month = 12, .day = 31, .hour = 18, .minute = 30, .second = 15 };
    ash_time_units hours = units_of("hours since 1999-12-31 18:30:15", NULL);
    assert_true(ash_time_of_date(&d, ASH_CALENDAR_STANDARD, &time) && ash_time_microseconds(&hours, 0, &back) && time == back);
    d.year = INT32_MAX;
    assert_false(ash_time_of_date(&d, ASH_CALENDAR_STANDARD, &time));
}

static void values_without_a_date(void **state) {
    (void)state;
    static const double values[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e19, -1e13, 9.969209968386869e36 };
    ash_date d;
    for (int c = 0; c < CALENDARS; c++) {
        ash_time_units units = { .calendar = (ash_calendar)c, .unit_microseconds = INT64_C(86400000000) };
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            assert_false(ash_time_decode(&units, values[i], &d));
        assert_false(ash_time_decode_integer(&units, INT64_MAX, &d));
        assert_false(ash_time_decode_integer(&units, INT64_MIN, &d));
        int64_t last = ash_days_from_date((ash_calendar)c, INT32_MAX, 12, 1);
        assert_true(ash_time_decode(&units, (double)last, &d) && d.year == INT32_MAX && d.month == 12);
        assert_int_equal(ash_date_field_get(&d, ASH_FIELD_YEARMONTH), INT32_MIN);
        assert_false(ash_time_decode(&units, (double)(last + 60), &d));
    }
}

static void random_values_stay_in_order(void **state) {
    (void)state;
    srand(17);
    for (int i = 0; i < 200000; i++) {
        ash_time_units units = { .calendar = (ash_calendar)(rand() % CALENDARS),
            .unit_microseconds = INT64_C(86400000000),
            .reference = (int64_t)rand() * rand() - ((int64_t)1 << 61) };
        double value = (rand() - RAND_MAX / 2) / (1.0 + rand() % 1000) * ldexp(1.0, rand() % 40 - 20);
        ash_date a, b;
        if (!ash_time_decode(&units, value, &a) || !ash_time_decode(&units, value + fabs(value) * 1e-3, &b))
            continue;
        assert_true(a.hour >= 0 && a.hour < 24 && a.minute >= 0 && a.minute < 60 && a.second >= 0 && a.second < 60 && a.microsecond >= 0 &&
            a.microsecond < 1000000);
        assert_true(a.year < b.year || (a.year == b.year && (a.month < b.month || (a.month == b.month && a.day <= b.day))));
    }
}

static void fields(void **state) {
    (void)state;
    ash_time_units units = units_of("days since 2001-02-03", "360_day");
    ash_date d;
    assert_true(ash_time_decode(&units, 310.25, &d));
    static const int32_t expected[ASH_FIELD_COUNT] = { 2001, 12, 13, 6, 0, 0, 343, 0, 30, 2001 * 12 + 11 };
    for (int i = 0; i < ASH_FIELD_COUNT; i++) {
        assert_int_equal(ash_date_field_find(ash_date_field_names[i]), i);
        assert_int_equal(ash_date_field_get(&d, (ash_date_field)i), expected[i]);
    }
    for (int month = 1; month <= 12; month++) {
        d.month = month;
        assert_int_equal(ash_date_field_get(&d, ASH_FIELD_SEASON), "001112223330"[month - 1] - '0');
    }
    assert_int_equal(ash_date_field_find("weekday"), -1);
    assert_int_equal(ash_date_field_find(NULL), -1);
    assert_int_equal(ash_date_field_get(&d, ASH_FIELD_COUNT), INT32_MIN);
    assert_true(ash_time_decode(&units, -2500.0 * 360, &d));
    assert_int_equal(ash_date_field_get(&d, ASH_FIELD_YEARMONTH), -499 * 12 + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_cftime_s),
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(far_days),
        cmocka_unit_test(reform_year),
        cmocka_unit_test(rounding_to_microseconds),
        cmocka_unit_test(months_and_years),
        cmocka_unit_test(units_change),
        cmocka_unit_test(dates_become_times),
        cmocka_unit_test(values_without_a_date),
        cmocka_unit_test(random_values_stay_in_order),
        cmocka_unit_test(fields),
    };
    return cmocka_run_group_tests_name("base: calendar", tests, NULL, NULL);
}
