/* Pieces of a text argument, for the parsers in this folder. */
#ifndef ASH_BASE_SPAN_H
#define ASH_BASE_SPAN_H

#include "base/text.h"

/* Part of a text, not 0-terminated. */
typedef struct ash_span {
    const char *text;
    int64_t length;
} ash_span;

/* A span as two arguments for "%.*s"; a very long one is cut. */
#define ASH_SPAN_ARGS(span) (int)((span).length < 200 ? (span).length : 200), (span).text

ash_span ash_span_of(const char *text); /* without spaces at both ends; NULL gives an empty one */
/* Takes the part of `rest` before the next `separator`, without spaces at both ends. 0 at the end; an empty text has one empty part.
 * Begin with `*more` = 1. */
int ash_span_split(ash_span *rest, char separator, ash_span *part, int *more);
int64_t ash_span_find(ash_span span, char c); /* position, -1 if absent */
int ash_span_is(ash_span span, const char *word);
int ash_span_is_word(ash_span span, const char *word); /* the same, case ignored */

/* A decimal integer with an optional sign. */
typedef enum ash_scan_result { ASH_SCAN_OK, ASH_SCAN_OTHER, ASH_SCAN_OVERFLOW } ash_scan_result;
ash_scan_result ash_span_integer(ash_span span, int64_t *value);

/* "name=value": 1 if the part has a name. A name may not hold "=", so the first one divides. */
int ash_span_named(ash_span part, ash_span *name, ash_span *value);

/* The axis that a name or a position stands for. */
ash_status ash_span_axis(ash_span span, const ash_dim_names *dims, const char *function, int *axis, ash_error_state *error);
/* "axis 1" or "axis 1 ('lat')". */
const char *ash_axis_words(const ash_dim_names *dims, int axis, char *buffer, int64_t size);

#endif
