#include "base_test.h"

#include "base/calendar.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The date of 0 units, "1900-01-01 00:00:00.000000 86400000000" with the unit's microseconds, or "error". */
static const char *meaning(const char *text, const char *calendar, ash_error_state *error) {
    static char words[128];
    ash_time_units units;
    ash_date d;
    memset(error, 0, sizeof *error);
    if (ash_time_units_parse(text, calendar, "time_field", &units, error) != ASH_OK)
        return "error";
    assert_true(ash_time_decode(&units, 0.0, &d));
    snprintf(words, sizeof words, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d.%06d %" PRId64, d.year, d.month, d.day, d.hour, d.minute,
        d.second, d.microsecond, units.unit_microseconds);
    return words;
}

static void units_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *words;
        int64_t microseconds;
    } cases[] = {
        { "days day d Days DAY", 86400000000 },
        { "hours hour hrs hr h HOURS", 3600000000 },
        { "minutes minute mins min Minutes", 60000000 },
        { "seconds second secs sec s SECONDS", 1000000 },
        { "milliseconds millisecond msecs msec ms", 1000 },
        { "microseconds microsecond us", 1 },
        { "common_years common_year", 365 * INT64_C(86400000000) },
        { "months month mon Years yr a", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[128], text[64], expected[64];
        ash_error_state error;
        strcpy(words, cases[i].words);
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
            snprintf(text, sizeof text, "%s since 1900-1-1", word);
            snprintf(expected, sizeof expected, "1900-01-01 00:00:00.000000 %" PRId64, cases[i].microseconds);
            assert_string_equal(meaning(text, NULL, &error), expected);
        }
    }
}

static void references_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *reference, *date;
    } cases[] = {
        { "since 1900-1-1", "1900-01-01 00:00:00.000000" },
        { "since 1900-01-01 00:00:0.0", "1900-01-01 00:00:00.000000" },
        { "since 1900-01-01T00:00:00Z", "1900-01-01 00:00:00.000000" },
        { "since 1900-01-01 00:00:00 +02:00", "1899-12-31 22:00:00.000000" },
        { "since 1900-01-01 00:00:00+02:00", "1899-12-31 22:00:00.000000" },
        { "since 1900-01-01 00:00:00 -0630", "1900-01-01 06:30:00.000000" },
        { "since 1900-01-01 00:00:00 -6", "1900-01-01 06:00:00.000000" },
        { "since 1900-01-01 12:00 1:00", "1900-01-01 11:00:00.000000" },
        { "since 1900-01-01 00:00:00 UTC", "1900-01-01 00:00:00.000000" },
        { "since 1900-01-01 00:00:00.0 gmt", "1900-01-01 00:00:00.000000" },
        { "since 0000-01-01 00:00:00", "0000-01-01 00:00:00.000000" },
        { "since 0-1-1", "0000-01-01 00:00:00.000000" },
        { "since -4713-01-01 12:00:00", "-4713-01-01 12:00:00.000000" },
        { "since +1900-01-01", "1900-01-01 00:00:00.000000" },
        { "since 12345-6-7", "12345-06-07 00:00:00.000000" },
        { "since 19000101", "1900-01-01 00:00:00.000000" },
        { "since 19000203T040506Z", "1900-02-03 04:05:06.000000" },
        { "since 1900", "1900-01-01 00:00:00.000000" },
        { "since 1900-7", "1900-07-01 00:00:00.000000" },
        { "since 1900-01-01 6", "1900-01-01 06:00:00.000000" },
        { "since 1900-01-01 6:5:4.1234567", "1900-01-01 06:05:04.123457" },
        { "since 1900-01-01 23:59:59.9999999", "1900-01-02 00:00:00.000000" },
        { "  SINCE\t1900-01-01  01:02  ", "1900-01-01 01:02:00.000000" },
        { "after 1900-01-01", "1900-01-01 00:00:00.000000" },
        { "from 1900-01-01", "1900-01-01 00:00:00.000000" },
        { "@ 1900-01-01", "1900-01-01 00:00:00.000000" },
        { "@1900-01-01", "1900-01-01 00:00:00.000000" },
        { "since 1582-10-04", "1582-10-04 00:00:00.000000" },
        { "since 1582-10-31", "1582-10-31 00:00:00.000000" },
        { "since 1500-02-29", "1500-02-29 00:00:00.000000" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128], expected[128];
        snprintf(text, sizeof text, " days %s", cases[i].reference);
        snprintf(expected, sizeof expected, "%s 86400000000", cases[i].date);
        const char *found = meaning(text, "", &error);
        if (strcmp(found, expected) != 0)
            fail_msg("'%s': %s %s, expected %s", text, found, error.text, expected);
    }
}

static void calendars_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *name;
        ash_calendar calendar;
    } cases[] = {
        { NULL, ASH_CALENDAR_STANDARD },
        { "", ASH_CALENDAR_STANDARD },
        { "standard", ASH_CALENDAR_STANDARD },
        { "Gregorian", ASH_CALENDAR_STANDARD },
        { "proleptic_gregorian", ASH_CALENDAR_PROLEPTIC_GREGORIAN },
        { "julian", ASH_CALENDAR_JULIAN },
        { "NOLEAP", ASH_CALENDAR_NOLEAP },
        { "365_day", ASH_CALENDAR_NOLEAP },
        { "365_days", ASH_CALENDAR_NOLEAP },
        { "all_leap", ASH_CALENDAR_ALL_LEAP },
        { "366_day", ASH_CALENDAR_ALL_LEAP },
        { "366_days", ASH_CALENDAR_ALL_LEAP },
        { "360_day", ASH_CALENDAR_360_DAY },
        { " 360_days ", ASH_CALENDAR_360_DAY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ash_time_units units;
        ash_error_state error = { 0 };
        assert_int_equal(ash_time_units_parse("days since 2000-01-01", cases[i].name, "time_field", &units, &error), ASH_OK);
        assert_int_equal(units.calendar, cases[i].calendar);
        assert_true(units.reference == ash_days_from_date(units.calendar, 2000, 1, 1) * INT64_C(86400000000));
    }
}

static void texts_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *calendar;
        ash_status status;
        const char *words;
    } cases[] = {
        { NULL, NULL, ASH_ERR_ARGUMENT, "time_field: units: expected '<unit> since <date>', found nothing" },
        { "  ", NULL, ASH_ERR_ARGUMENT, "found nothing" },
        { "day as %Y%m%d.%f", NULL, ASH_ERR_UNSUPPORTED, "time_field: units 'day as %Y%m%d.%f' are dates packed into digits" },
        { "dayz since 1900-01-01", NULL, ASH_ERR_UNSUPPORTED, "found 'dayz', did you mean 'day" },
        { "parsecs since 1900-01-01", NULL, ASH_ERR_UNSUPPORTED,
            "expected years, months, days, hours, minutes, seconds, milliseconds or microseconds, found 'parsecs'" },
        { "Ms since 1900-01-01", NULL, ASH_ERR_UNSUPPORTED, "found 'Ms'" },
        { "6 hours since 1900-01-01", NULL, ASH_ERR_ARGUMENT, "expected '<unit> since <date>', found 'hours' after the unit" },
        { "degrees_north", NULL, ASH_ERR_ARGUMENT, "found nothing after the unit" },
        { "days", NULL, ASH_ERR_ARGUMENT, "found nothing after the unit" },
        { "days since", NULL, ASH_ERR_ARGUMENT, "expected a date such as 1900-01-01, found nothing" },
        { "days since yesterday", NULL, ASH_ERR_ARGUMENT, "expected a date such as 1900-01-01, found 'yesterday'" },
        { "days since 1900/01/01", NULL, ASH_ERR_ARGUMENT, "found '/01/01'" },
        { "days since 1900-", NULL, ASH_ERR_ARGUMENT, "expected a month after the year, found nothing" },
        { "days since 1900-01-", NULL, ASH_ERR_ARGUMENT, "expected a day after the month, found nothing" },
        { "days since 1900-001-01", NULL, ASH_ERR_ARGUMENT, "expected a month after the year, found '001-01'" },
        { "days since 190001", NULL, ASH_ERR_ARGUMENT, "expected a date such as 1900-01-01 or 19000101, found '190001'" },
        { "days since 9999999999-01-01", NULL, ASH_ERR_ARGUMENT, "expected a date" },
        { "days since 1900-13-01", NULL, ASH_ERR_ARGUMENT, "months go from 1 to 12, found 13" },
        { "days since 0000-00-00", NULL, ASH_ERR_ARGUMENT, "months go from 1 to 12, found 0" },
        { "days since 1900-02-29", NULL, ASH_ERR_ARGUMENT, "month 2 of year 1900 has days 1 to 28 in the calendar standard, found 29" },
        { "days since 2000-02-29", "noleap", ASH_ERR_ARGUMENT, "has days 1 to 28 in the calendar noleap, found 29" },
        { "days since 2000-01-31", "360_day", ASH_ERR_ARGUMENT, "has days 1 to 30 in the calendar 360_day, found 31" },
        { "days since 2000-01-00", NULL, ASH_ERR_ARGUMENT, "found 0" },
        { "days since 1582-10-10", NULL, ASH_ERR_ARGUMENT, "the standard calendar has no days from 1582-10-05 to 1582-10-14" },
        { "days since 1900-01-01 24:00", NULL, ASH_ERR_ARGUMENT, "expected a time of day such as 06:30:00, found '24:00'" },
        { "days since 1900-01-01 00:60", NULL, ASH_ERR_ARGUMENT, "time of day" },
        { "days since 1900-01-01 00:00:61", NULL, ASH_ERR_ARGUMENT, "time of day" },
        { "days since 1900-01-01 00:", NULL, ASH_ERR_ARGUMENT, "time of day" },
        { "days since 1900-01-01 6.5", NULL, ASH_ERR_ARGUMENT, "time zone such as Z, UTC or +02:00, found '.5'" },
        { "days since 1900-01-01T", NULL, ASH_ERR_ARGUMENT, "expected a time of day such as 06:30:00, found nothing" },
        { "days since 1900-01-01 00:00:00 EST", NULL, ASH_ERR_ARGUMENT, "expected a time zone such as Z, UTC or +02:00, found 'EST'" },
        { "days since 1900-01-01 00:00:00 +19:00", NULL, ASH_ERR_ARGUMENT, "time zone" },
        { "days since 1900-01-01 00:00:00 +", NULL, ASH_ERR_ARGUMENT, "time zone" },
        { "days since 1900-01-01 00:00:00 +02:00 x", NULL, ASH_ERR_ARGUMENT, "expected the end after the reference date, found 'x'" },
        { "days since 1900-01-01 00:00:00 UTC 5", NULL, ASH_ERR_ARGUMENT, "expected the end" },
        { "days since 999999-01-01", NULL, ASH_ERR_UNSUPPORTED, "reference years go from -290000 to 290000" },
        { "days since -999999999-01-01", "360_day", ASH_ERR_UNSUPPORTED, "reference years" },
        { "days since 1900-01-01", "none", ASH_ERR_UNSUPPORTED, "time_field: calendar 'none' has no dates" },
        { "days since 1900-01-01", "mayan", ASH_ERR_UNSUPPORTED,
            "time_field: calendar 'mayan' is not known; expected one of standard, gregorian" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = meaning(cases[i].text, cases[i].calendar, &error);
        if (strcmp(found, "error") != 0)
            fail_msg("'%s' was read as %s", cases[i].text, found);
        assert_error(&error, cases[i].status, cases[i].words);
    }
}

/* Nothing that a file may hold crashes; and nothing here allocates, so failing memory changes nothing. */
static void random_texts(void **state) {
    (void)state;
    static const char *const pieces[] = { "days", "s", " since ", "since", "@", "1900", "-", "01", ":", "00", ".", "5", "T", "Z", " ", "+",
        "UTC", "%", "99999999", "\t", "\xff" };
    srand(19);
    ash_fail_allocations(1, 1);
    for (int i = 0; i < 200000; i++) {
        char text[256] = "";
        ash_error_state error;
        if (rand() % 2)
            strcpy(text, "days since 1900-01-01");
        for (int k = rand() % 9; k >= 0; k--)
            strcat(text, pieces[rand() % 21]);
        meaning(text, NULL, &error);
    }
    ash_fail_allocations(0, 0);
    char longest[5000];
    ash_error_state error;
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_string_equal(meaning(longest, NULL, &error), "error");
    assert_string_equal(meaning("days since 1900-01-01", longest, &error), "error");
    memcpy(longest + 3000, " since 1900", 11);
    assert_string_equal(meaning(longest, NULL, &error), "error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_that_are_understood),
        cmocka_unit_test(references_that_are_understood),
        cmocka_unit_test(calendars_that_are_understood),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests_name("base: time units", tests, NULL, NULL);
}
