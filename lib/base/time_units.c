/* "<unit> since <reference>", as UDUNITS and CF write it. */
#include "base/calendar.h"
#include "base/span.h"

#include <inttypes.h>
#include <string.h>

/* ---- Tables ---- */

typedef struct named_unit {
    const char *name;
    int64_t microseconds; /* negative: calendar months */
    int is_symbol;        /* case counts: Ms is a megasecond */
} named_unit;

/* Months are told from microseconds by a mark. */
#define MONTHS(n) (-(n))
#define MILLISECOND INT64_C(1000)
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const named_unit units[] = {
    { "days", DAY, 0 },
    { "day", DAY, 0 },
    { "d", DAY, 1 },
    { "hours", HOUR, 0 },
    { "hour", HOUR, 0 },
    { "hrs", HOUR, 0 },
    { "hr", HOUR, 0 },
    { "h", HOUR, 1 },
    { "minutes", MINUTE, 0 },
    { "minute", MINUTE, 0 },
    { "mins", MINUTE, 0 },
    { "min", MINUTE, 0 },
    { "seconds", SECOND, 0 },
    { "second", SECOND, 0 },
    { "secs", SECOND, 0 },
    { "sec", SECOND, 0 },
    { "s", SECOND, 1 },
    { "milliseconds", MILLISECOND, 0 },
    { "millisecond", MILLISECOND, 0 },
    { "millisecs", MILLISECOND, 0 },
    { "millisec", MILLISECOND, 0 },
    { "msecs", MILLISECOND, 0 },
    { "msec", MILLISECOND, 0 },
    { "ms", MILLISECOND, 1 },
    { "microseconds", 1, 0 },
    { "microsecond", 1, 0 },
    { "microsecs", 1, 0 },
    { "microsec", 1, 0 },
    { "usecs", 1, 0 },
    { "usec", 1, 0 },
    { "us", 1, 1 },
    { "months", MONTHS(1), 0 },
    { "month", MONTHS(1), 0 },
    { "mon", MONTHS(1), 0 },
    { "years", MONTHS(12), 0 },
    { "year", MONTHS(12), 0 },
    { "yrs", MONTHS(12), 0 },
    { "yr", MONTHS(12), 0 },
    { "a", MONTHS(12), 1 },
    { "common_years", 365 * DAY, 0 },
    { "common_year", 365 * DAY, 0 },
};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static const char *const since_words[] = { "since", "after", "from", "ref" };

typedef struct named_calendar {
    const char *name;
    ash_calendar calendar;
} named_calendar;

static const named_calendar calendars[] = {
    { "standard", ASH_CALENDAR_STANDARD },
    { "gregorian", ASH_CALENDAR_STANDARD },
    { "proleptic_gregorian", ASH_CALENDAR_PROLEPTIC_GREGORIAN },
    { "julian", ASH_CALENDAR_JULIAN },
    { "noleap", ASH_CALENDAR_NOLEAP },
    { "365_day", ASH_CALENDAR_NOLEAP },
    { "365_days", ASH_CALENDAR_NOLEAP },
    { "all_leap", ASH_CALENDAR_ALL_LEAP },
    { "366_day", ASH_CALENDAR_ALL_LEAP },
    { "366_days", ASH_CALENDAR_ALL_LEAP },
    { "360_day", ASH_CALENDAR_360_DAY },
    { "360_days", ASH_CALENDAR_360_DAY },
};

static const char known_calendars[] = "standard, gregorian, proleptic_gregorian, julian, noleap, 365_day, all_leap, 366_day, 360_day";

/* ---- Reading ---- */

/* What is left of the text, and what errors name. */
typedef struct time_reader {
    ash_span rest;
    const char *text, *function, *calendar_name;
    ash_calendar calendar;
    ash_error_state *error;
} time_reader;

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '%';
}

static char peek(const time_reader *reader) {
    return (char)(reader->rest.length > 0 ? reader->rest.text[0] : 0);
}

static ash_span take(time_reader *reader, int64_t length) {
    ash_span taken = { reader->rest.text, length };
    reader->rest.text += length;
    reader->rest.length -= length;
    return taken;
}

/* The characters at the front for which `wanted` holds. */
static ash_span take_while(time_reader *reader, int (*wanted)(char)) {
    int64_t n = 0;
    while (n < reader->rest.length && wanted(reader->rest.text[n]))
        n++;
    return take(reader, n);
}

static int take_char(time_reader *reader, char c) {
    int found = peek(reader) == c;
    if (found)
        take(reader, 1);
    return found;
}

static int is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int not_blank(char c) {
    return !is_blank(c);
}

static void skip_blanks(time_reader *reader) {
    take_while(reader, is_blank);
}

/* ---- Unit ---- */

static const named_unit *find_unit(ash_span word) {
    for (int i = 0; i < UNIT_COUNT; i++)
        if (units[i].is_symbol ? ash_span_is(word, units[i].name) : ash_span_is_word(word, units[i].name))
            return &units[i];
    return NULL;
}

static ash_status fail_unit(const time_reader *reader, ash_span word) {
    static const char expected[] = "expected years, months, days, hours, minutes, seconds, milliseconds or microseconds";
    const char *names[UNIT_COUNT];
    char wanted[64] = "";
    for (int i = 0; i < UNIT_COUNT; i++)
        names[i] = units[i].name;
    memcpy(wanted, word.text, (size_t)(word.length < 63 ? word.length : 63));
    const char *nearest = ash_nearest(wanted, UNIT_COUNT, names);
    if (nearest)
        return ash_fail(reader->error, ASH_ERR_UNSUPPORTED, "%s: units '%.200s': %s, found '%.*s', did you mean '%s'?", reader->function,
            reader->text, expected, ASH_SPAN_ARGS(word), nearest);
    return ash_fail(reader->error, ASH_ERR_UNSUPPORTED, "%s: units '%.200s': %s, found '%.*s'", reader->function, reader->text, expected,
        ASH_SPAN_ARGS(word));
}

static ash_status fail_since(const time_reader *reader, ash_span unit, ash_span found) {
    if (ash_span_is_word(found, "as"))
        return ash_fail(reader->error, ASH_ERR_UNSUPPORTED,
            "%s: units '%.200s' are dates packed into digits, which are not time since a reference; expected '%.*s since <date>'",
            reader->function, reader->text, ASH_SPAN_ARGS(unit));
    return ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: units '%.200s': expected '<unit> since <date>', found %s%.*s%s after the unit",
        reader->function, reader->text, found.length ? "'" : "nothing", ASH_SPAN_ARGS(found), found.length ? "'" : "");
}

/* "<unit> since", up to the reference. */
static ash_status read_unit(time_reader *reader, ash_time_units *out) {
    ash_span word = take_while(reader, is_letter);
    if (word.length == 0)
        word = take_while(reader, not_blank);
    skip_blanks(reader);
    time_reader at_word = *reader;
    ash_span since = take_while(reader, is_letter);
    int found = since.length == 0 && take_char(reader, '@');
    for (size_t i = 0; i < sizeof since_words / sizeof *since_words; i++)
        found |= ash_span_is_word(since, since_words[i]);
    const named_unit *unit = find_unit(word);
    if (!found)
        return fail_since(reader, word, take_while(&at_word, not_blank));
    if (!unit)
        return fail_unit(reader, word);
    out->unit_microseconds = unit->microseconds > 0 ? unit->microseconds : 0;
    out->months = unit->microseconds > 0 ? 0 : -unit->microseconds;
    skip_blanks(reader);
    return ASH_OK;
}

/* ---- Reference date ---- */

static ash_status fail_reference(const time_reader *reader, const char *expected) {
    ash_span rest = reader->rest;
    return ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: units '%.200s': expected %s, found %s%.*s%s", reader->function, reader->text,
        expected, rest.length ? "'" : "nothing", ASH_SPAN_ARGS(rest), rest.length ? "'" : "");
}

/* Digits as a number; longer ones than `most` are not taken. */
static int take_number(time_reader *reader, int64_t most, int64_t *number) {
    time_reader before = *reader;
    ash_span digits = take_while(reader, is_digit);
    if (digits.length > 0 && digits.length <= most && ash_span_integer(digits, number) == ASH_SCAN_OK)
        return 1;
    *reader = before;
    return 0;
}

static ash_status check_date(const time_reader *reader, int64_t year, int64_t month, int64_t day) {
    ash_date first;
    if (month < 1 || month > 12)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: units '%.200s': months go from 1 to 12, found %" PRId64, reader->function,
            reader->text, month);
    int reform = reader->calendar == ASH_CALENDAR_STANDARD && year == 1582 && month == 10;
    if (reform && day > 4 && day < 15)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT,
            "%s: units '%.200s': the standard calendar has no days from 1582-10-05 to 1582-10-14", reader->function, reader->text);
    ash_date_from_days(reader->calendar, ash_days_from_date(reader->calendar, year, (int)month, 1), &first);
    int days = reform ? 31 : first.days_in_month;
    if (day < 1 || day > days)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT,
            "%s: units '%.200s': month %" PRId64 " of year %" PRId64 " has days 1 to %d in the calendar %s, found %" PRId64,
            reader->function, reader->text, month, year, days, reader->calendar_name, day);
    return ASH_OK;
}

/* "1900-01-01", "1900-1", "1900" or "19000101"; the year may have a sign. */
static ash_status read_date(time_reader *reader, int64_t *days) {
    int negative = take_char(reader, '-');
    int64_t year = 0, month = 1, day = 1;
    time_reader before = *reader;
    if (!negative)
        take_char(reader, '+');
    ash_span digits = take_while(reader, is_digit);
    if (digits.length == 0 || digits.length > 9 || ash_span_integer(digits, &year) != ASH_SCAN_OK) {
        *reader = before;
        return fail_reference(reader, "a date such as 1900-01-01");
    }
    if (take_char(reader, '-')) {
        if (!take_number(reader, 2, &month))
            return fail_reference(reader, "a month after the year");
        if (take_char(reader, '-') && !take_number(reader, 2, &day))
            return fail_reference(reader, "a day after the month");
    } else if (digits.length == 8) {
        day = year % 100;
        month = year / 100 % 100;
        year /= 10000;
    } else if (digits.length > 4) {
        *reader = before;
        return fail_reference(reader, "a date such as 1900-01-01 or 19000101");
    }
    year = negative ? -year : year;
    ash_status status = check_date(reader, year, month, day);
    *days = status == ASH_OK ? ash_days_from_date(reader->calendar, year, (int)month, (int)day) : 0;
    return status;
}

/* ---- Reference time of day and zone ---- */

/* The fraction after a point, to the nearest microsecond. */
static int64_t take_fraction(time_reader *reader) {
    ash_span digits = take_while(reader, is_digit);
    int64_t microseconds = 0;
    for (int i = 0; i < 6; i++)
        microseconds = microseconds * 10 + (i < digits.length ? digits.text[i] - '0' : 0);
    return microseconds + (digits.length > 6 && digits.text[6] >= '5');
}

/* "6", "06:00", "06:00:00.5", "0600" or "060000". */
static ash_status read_clock(time_reader *reader, int64_t *microseconds) {
    static const char expected[] = "a time of day such as 06:30:00";
    int64_t hour = 0, minute = 0, second = 0, fraction = 0;
    time_reader before = *reader;
    ash_span digits = take_while(reader, is_digit);
    int packed = digits.length == 4 || digits.length == 6, has_second = digits.length == 6;
    int good = packed || digits.length == 1 || digits.length == 2;
    ash_span_integer(digits, &hour);
    if (packed) {
        second = has_second ? hour % 100 : 0;
        hour = has_second ? hour / 100 : hour;
        minute = hour % 100;
        hour /= 100;
    } else if (good && take_char(reader, ':')) {
        good = take_number(reader, 2, &minute);
        has_second = good && take_char(reader, ':');
        good = good && (!has_second || take_number(reader, 2, &second));
    }
    if (good && has_second && take_char(reader, '.'))
        fraction = take_fraction(reader);
    if (!good || hour > 23 || minute > 59 || second > 59) {
        *reader = before;
        return fail_reference(reader, expected);
    }
    *microseconds = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    return ASH_OK;
}

/* "Z", "UTC", "+2", "+02:00", "-0630", and "2:00" without a sign as UDUNITS has it: what local time is ahead. */
static ash_status read_zone(time_reader *reader, int64_t *ahead) {
    static const char *const utc[] = { "Z", "UTC", "GMT" };
    time_reader before = *reader;
    ash_span word = take_while(reader, is_letter);
    int64_t shift = 0;
    for (size_t i = 0; i < sizeof utc / sizeof *utc; i++)
        if (ash_span_is_word(word, utc[i]))
            return ASH_OK;
    *reader = before;
    int negative = take_char(reader, '-');
    if (!negative)
        take_char(reader, '+');
    time_reader at_digits = *reader;
    ash_span digits = take_while(reader, is_digit);
    *reader = at_digits;
    reader->error = NULL; /* the sentence below says it better */
    ash_status status = digits.length > 4 ? ASH_ERR_ARGUMENT : read_clock(reader, &shift);
    reader->error = before.error;
    if (status != ASH_OK || shift > 18 * HOUR) {
        *reader = before;
        return fail_reference(reader, "a time zone such as Z, UTC or +02:00");
    }
    *ahead = negative ? -shift : shift;
    return ASH_OK;
}

static ash_status read_reference(time_reader *reader, int64_t *reference) {
    int64_t days = 0, clock = 0, ahead = 0;
    ash_status status = read_date(reader, &days);
    int has_t = status == ASH_OK && (take_char(reader, 'T') || take_char(reader, 't'));
    skip_blanks(reader);
    if (status == ASH_OK && (has_t || is_digit(peek(reader))))
        status = read_clock(reader, &clock);
    skip_blanks(reader);
    if (status == ASH_OK && reader->rest.length > 0)
        status = read_zone(reader, &ahead);
    skip_blanks(reader);
    if (status == ASH_OK && reader->rest.length > 0)
        status = fail_reference(reader, "the end after the reference date");
    if (status != ASH_OK)
        return status;
    if (__builtin_mul_overflow(days, DAY, reference) || __builtin_add_overflow(*reference, clock - ahead, reference))
        return ash_fail(reader->error, ASH_ERR_UNSUPPORTED, "%s: units '%.200s': reference years go from -290000 to 290000",
            reader->function, reader->text);
    return ASH_OK;
}

/* ---- All of it ---- */

static ash_status read_calendar(time_reader *reader, const char *name) {
    ash_span word = ash_span_of(name);
    reader->calendar = ASH_CALENDAR_STANDARD;
    reader->calendar_name = "standard";
    if (word.length == 0)
        return ASH_OK;
    for (size_t i = 0; i < sizeof calendars / sizeof *calendars; i++)
        if (ash_span_is_word(word, calendars[i].name)) {
            reader->calendar = calendars[i].calendar;
            reader->calendar_name = calendars[i].name;
            return ASH_OK;
        }
    if (ash_span_is_word(word, "none"))
        return ash_fail(
            reader->error, ASH_ERR_UNSUPPORTED, "%s: calendar 'none' has no dates; expected one of %s", reader->function, known_calendars);
    return ash_fail(reader->error, ASH_ERR_UNSUPPORTED, "%s: calendar '%.*s' is not known; expected one of %s", reader->function,
        ASH_SPAN_ARGS(word), known_calendars);
}

ash_status ash_time_units_parse(const char *text, const char *calendar, const char *function, ash_time_units *out, ash_error_state *error) {
    time_reader reader = { .rest = ash_span_of(text), .text = text ? text : "", .function = function, .error = error };
    memset(out, 0, sizeof *out);
    if (reader.rest.length == 0)
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: units: expected '<unit> since <date>', found nothing", function);
    ash_status status = read_calendar(&reader, calendar);
    if (status == ASH_OK)
        status = read_unit(&reader, out);
    if (status == ASH_OK)
        status = read_reference(&reader, &out->reference);
    out->calendar = reader.calendar;
    return status;
}
