#include "base/label.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)

enum { NUMBER_LONGEST = 63, YEAR_LARGEST = 290000 };

/* What is left of the text, and what errors name. */
typedef struct label_reader {
    ash_span rest, whole;
    const char *function, *dim;
    const ash_time_units *units;
    ash_error_state *error;
} label_reader;

static char at(const label_reader *reader, int64_t k) {
    return (char)(k < reader->rest.length ? reader->rest.text[k] : 0);
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void skip(label_reader *reader, int64_t n) {
    reader->rest.text += n;
    reader->rest.length -= n;
}

static void skip_blanks(label_reader *reader) {
    while (at(reader, 0) == ' ' || at(reader, 0) == '\t')
        skip(reader, 1);
}

static ash_status fail_label(const label_reader *reader, const char *expected) {
    return ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: '%s': expected %s, found '%.*s' in '%.*s'", reader->function, reader->dim,
        expected, ASH_SPAN_ARGS(reader->rest), ASH_SPAN_ARGS(reader->whole));
}

/* ---- Numbers ---- */

/* Read the same way in every locale. */
static ash_status read_number(label_reader *reader, ash_label *label) {
    char text[NUMBER_LONGEST + 1], *end = text;
    int64_t n = 0;
    while (n < NUMBER_LONGEST && at(reader, n) && !strchr(": \t,", at(reader, n))) {
        text[n] = at(reader, n);
        n++;
    }
    text[n] = '\0';
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return ash_fail_memory(reader->error, reader->function, 64);
    label->number = strtod_l(text, &end, plain);
    freelocale(plain);
    if (end == text || *end != '\0' || label->number != label->number)
        return fail_label(reader, "a number");
    skip(reader, n);
    return ASH_OK;
}

/* ---- Dates ---- */

/* Exactly two digits at place k. */
static int two_digits(const label_reader *reader, int64_t k, int32_t *number) {
    if (!is_digit(at(reader, k)) || !is_digit(at(reader, k + 1)) || is_digit(at(reader, k + 2)))
        return 0;
    *number = (at(reader, k) - '0') * 10 + at(reader, k + 1) - '0';
    return 1;
}

/* "-MM" or "-M", one or two digits. */
static int take_part(label_reader *reader, int32_t *number) {
    if (at(reader, 0) != '-' || !is_digit(at(reader, 1)))
        return 0;
    int64_t digits = is_digit(at(reader, 2)) ? 2 : 1;
    if (is_digit(at(reader, 1 + digits)))
        return 0;
    *number = digits == 2 ? (at(reader, 1) - '0') * 10 + at(reader, 2) - '0' : at(reader, 1) - '0';
    skip(reader, 1 + digits);
    return 1;
}

/* "06", "06:30", "06:30:15", "06:30:15.5". A colon that no two digits follow is that of a range. */
static void read_clock(label_reader *reader, ash_date *date, ash_precision *precision) {
    if (!two_digits(reader, 0, &date->hour))
        return;
    skip(reader, 2);
    *precision = ASH_PRECISION_HOUR;
    if (at(reader, 0) != ':' || !two_digits(reader, 1, &date->minute))
        return;
    skip(reader, 3);
    *precision = ASH_PRECISION_MINUTE;
    if (at(reader, 0) != ':' || !two_digits(reader, 1, &date->second))
        return;
    skip(reader, 3);
    *precision = ASH_PRECISION_SECOND;
    if (at(reader, 0) != '.' || !is_digit(at(reader, 1)))
        return;
    skip(reader, 1);
    *precision = ASH_PRECISION_MICROSECOND;
    for (int32_t place = 100000; is_digit(at(reader, 0)); place /= 10, skip(reader, 1))
        date->microsecond += (at(reader, 0) - '0') * place;
}

/* The date as far as it is given; what is missing begins its period. */
static ash_status read_parts(label_reader *reader, ash_date *date, ash_precision *precision) {
    static const char expected[] = "a date such as 1990, 1990-01, 1990-01-15 or 1990-01-15T06:00";
    int negative = at(reader, 0) == '-', digits = 0;
    *date = (ash_date){ .month = 1, .day = 1 };
    *precision = ASH_PRECISION_YEAR;
    label_reader before = *reader;
    skip(reader, negative || at(reader, 0) == '+');
    for (; is_digit(at(reader, 0)) && digits < 9; digits++, skip(reader, 1))
        date->year = date->year * 10 + at(reader, 0) - '0';
    if (digits == 0 || is_digit(at(reader, 0))) {
        *reader = before;
        return fail_label(reader, expected);
    }
    if (digits == 8 && !negative) { /* 19900115 */
        date->day = (int32_t)(date->year % 100);
        date->month = (int32_t)(date->year / 100 % 100);
        date->year /= 10000;
        *precision = ASH_PRECISION_DAY;
    } else if (take_part(reader, &date->month)) {
        *precision = take_part(reader, &date->day) ? ASH_PRECISION_DAY : ASH_PRECISION_MONTH;
    }
    date->year = negative ? -date->year : date->year;
    int clock = at(reader, 0) == 'T' || at(reader, 0) == 't' || (at(reader, 0) == ' ' && is_digit(at(reader, 1)));
    if (*precision == ASH_PRECISION_DAY && clock) {
        skip(reader, 1);
        read_clock(reader, date, precision);
        if (*precision == ASH_PRECISION_DAY)
            return fail_label(reader, "a time of day such as 06:00");
        skip(reader, at(reader, 0) == 'Z' || at(reader, 0) == 'z');
    }
    return ASH_OK;
}

/* The beginning of what follows the period. */
static int end_of_period(const ash_date *date, ash_precision precision, ash_calendar calendar, int64_t begin, int64_t *end) {
    static const int64_t lengths[] = { [ASH_PRECISION_DAY] = 86400 * SECOND,
        [ASH_PRECISION_HOUR] = 3600 * SECOND,
        [ASH_PRECISION_MINUTE] = 60 * SECOND,
        [ASH_PRECISION_SECOND] = SECOND,
        [ASH_PRECISION_MICROSECOND] = 1 };
    ash_date next = *date;
    if (precision >= ASH_PRECISION_DAY) {
        *end = begin + lengths[precision];
        return 1;
    }
    next.year += precision == ASH_PRECISION_YEAR || date->month == 12;
    next.month = precision == ASH_PRECISION_YEAR ? 1 : date->month % 12 + 1;
    return ash_time_of_date(&next, calendar, end);
}

static ash_status read_date(label_reader *reader, ash_label *label) {
    ash_date date;
    label_reader before = *reader;
    ash_status status = read_parts(reader, &date, &label->precision);
    if (status != ASH_OK)
        return status;
    if (date.year <= -YEAR_LARGEST || date.year >= YEAR_LARGEST) { /* so that the end of every period is a time, too */
        *reader = before;
        return fail_label(reader, "a year between -290000 and 290000");
    }
    if (date.hour > 23 || date.minute > 59 || date.second > 59 || !ash_time_of_date(&date, reader->units->calendar, &label->begin) ||
        !end_of_period(&date, label->precision, reader->units->calendar, label->begin, &label->end)) {
        *reader = before;
        return fail_label(reader, "a date that the calendar has");
    }
    return ASH_OK;
}

/* ---- All of it ---- */

static ash_status read_label(label_reader *reader, ash_label *label) {
    return reader->units ? read_date(reader, label) : read_number(reader, label);
}

ash_status ash_labels_parse(
    ash_span text, const ash_time_units *units, const char *function, const char *dim, ash_labels_asked *asked, ash_error_state *error) {
    static const char word[] = "nearest";
    label_reader reader = { .rest = text, .whole = text, .function = function, .dim = dim, .units = units, .error = error };
    ash_status status = ASH_OK;
    memset(asked, 0, sizeof *asked);
    skip_blanks(&reader);
    asked->has_low = at(&reader, 0) != ':' && at(&reader, 0) != 0;
    if (asked->has_low)
        status = read_label(&reader, &asked->low);
    skip_blanks(&reader);
    if (status == ASH_OK && at(&reader, 0) == ':') {
        skip(&reader, 1);
        skip_blanks(&reader);
        asked->is_range = 1;
        asked->has_high = at(&reader, 0) != 0;
        if (asked->has_high)
            status = read_label(&reader, &asked->high);
        skip_blanks(&reader);
    } else if (status == ASH_OK && reader.rest.length >= (int64_t)sizeof word - 1 && memcmp(reader.rest.text, word, sizeof word - 1) == 0) {
        asked->nearest = 1;
        skip(&reader, sizeof word - 1);
    }
    skip_blanks(&reader);
    if (status == ASH_OK && !asked->has_low && !asked->is_range)
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: '%s': expected a value or a range, found nothing", function, dim);
    return status == ASH_OK && reader.rest.length > 0 ? fail_label(&reader, "the end, or : and a second value, or nearest") : status;
}
