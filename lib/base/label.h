/* Labels of selections by value: numbers, dates of any precision, ranges of them. */
#ifndef ASH_BASE_LABEL_H
#define ASH_BASE_LABEL_H

#include "base/calendar.h"
#include "base/span.h"

/* How far a date is given. */
typedef enum ash_precision {
    ASH_PRECISION_YEAR,
    ASH_PRECISION_MONTH,
    ASH_PRECISION_DAY,
    ASH_PRECISION_HOUR,
    ASH_PRECISION_MINUTE,
    ASH_PRECISION_SECOND,
    ASH_PRECISION_MICROSECOND
} ash_precision;

/* A number, or a date as the period [begin, end) that it names, in microseconds since 0000-01-01 of the calendar. */
typedef struct ash_label {
    double number;
    int64_t begin, end;
    ash_precision precision;
} ash_label;

/* "30", "-30:30", ":1999-12", "2000-01-15T06:00", "45 nearest". */
typedef struct ash_labels_asked {
    int is_range, has_low, has_high;
    int nearest;
    ash_label low, high; /* a single label is `low` */
} ash_labels_asked;

/* Reads the labels asked for along one dimension: dates of the calendar of `units`, or numbers where it is NULL. */
ash_status ash_labels_parse(
    ash_span text, const ash_time_units *units, const char *function, const char *dim, ash_labels_asked *asked, ash_error_state *error);

#endif
