#include "expr/boundary.h"

#include "base/dtype.h"
#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 16, NUMBER_LENGTH = 63 };

static const int64_t widest = (int64_t)1 << 50;

/* The part of the text that speaks of each dimension; an empty one where none does. */
static int split_by_dimension(
    ash_builder *builder, const char *argument, const char *text, const ash_dim_names *dims, ash_span span[ASH_MAX_NDIM]) {
    ash_span rest = ash_span_of(text), part, name, value;
    int more = 1, found = 0, named = 0;
    memset(span, 0, ASH_MAX_NDIM * sizeof *span);
    if (rest.length == 0) { /* of no dimension */
        return 1;
    }
    for (; ash_builder_ok(builder) && ash_span_split(&rest, ',', &part, &more); found++) {
        int axis = found, has_name = ash_span_named(part, &name, &value);
        named += has_name;
        if (part.length == 0 || (has_name && value.length == 0)) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s: an empty part in '%.200s'", builder->function, argument, text);
        } else if (named != 0 && named != found + 1) {
            ash_fail(
                &builder->error, ASH_ERR_ARGUMENT, "%s: %s: positions and names are mixed in '%.200s'", builder->function, argument, text);
        } else if (has_name && ash_span_axis(name, dims, builder->function, &axis, &builder->error) == ASH_OK && span[axis].length > 0) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s: dimension '%.*s' is given twice in '%.200s'", builder->function, argument,
                ASH_SPAN_ARGS(name), text);
        } else if (ash_builder_ok(builder) && axis < ASH_MAX_NDIM) {
            span[axis] = has_name ? value : part;
        }
    }
    if (ash_builder_ok(builder) && named == 0 && found == 1) { /* one for all */
        for (int a = 1; a < dims->ndim; a++) {
            span[a] = span[0];
        }
    } else if (ash_builder_ok(builder) && named == 0 && found != dims->ndim) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: %s: expected one part or %d, one a dimension, found %d in '%.200s'",
            builder->function, argument, dims->ndim, found, text);
    }
    return ash_builder_ok(builder);
}

/* ---- Widths ---- */

static int read_width(ash_builder *builder, const char *argument, ash_span span, int64_t *width) {
    if (ash_span_integer(span, width) == ASH_SCAN_OK && *width >= 0 && *width <= widest) {
        return 1;
    }
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s: expected an integer from 0 to 2^50, or two as before:after, found '%.*s'",
        builder->function, argument, ASH_SPAN_ARGS(span));
    return 0;
}

int ash_parse_widths(ash_builder *builder, const char *argument, const char *text, const ash_dim_names *dims, ash_boundaries *out) {
    ash_span span[ASH_MAX_NDIM], part;
    if (!text) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s is NULL", builder->function, argument);
        return 0;
    }
    if (!split_by_dimension(builder, argument, text, dims, span)) {
        return 0;
    }
    for (int a = 0; a < dims->ndim; a++) {
        out->before[a] = out->after[a] = 0;
        if (span[a].length == 0) {
            continue;
        }
        int more = 1, two = ash_span_find(span[a], ':') >= 0;
        ash_span rest = span[a];
        ash_span_split(&rest, ':', &part, &more);
        if (!read_width(builder, argument, part, &out->before[a])) {
            return 0;
        }
        out->after[a] = out->before[a];
        if (two && !read_width(builder, argument, rest, &out->after[a])) {
            return 0;
        }
    }
    return 1;
}

/* ---- Boundaries ---- */

static int read_number(ash_span span, ash_boundaries *out, int a) {
    char text[NUMBER_LENGTH + 1], *end;
    if (span.length < 1 || span.length > NUMBER_LENGTH) {
        return 0;
    }
    memcpy(text, span.text, (size_t)span.length);
    text[span.length] = 0;
    out->is_integer[a] = ash_span_integer(span, &out->integer[a]) == ASH_SCAN_OK;
    out->value[a] = strtod(text, &end);
    return *end == 0;
}

static void unknown_boundary(ash_builder *builder, const char *argument, ash_span span, const ash_boundary_name table[], int numbers) {
    const char *names[NAMES];
    char word[64], list[200] = "";
    int n = 0;
    for (; table[n].name && n < NAMES; n++) {
        names[n] = table[n].name;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n ? ", " : "", names[n]);
    }
    snprintf(word, sizeof word, "%.*s", (int)(span.length < 63 ? span.length : 63), span.text);
    const char *nearest = ash_nearest(word, n, names);
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s: '%s' is none of %s%s%s%s", builder->function, argument, word, list,
        numbers ? ", or a number" : "", nearest ? "; did you mean " : "", nearest ? nearest : "");
}

int ash_parse_boundaries(ash_builder *builder, const char *argument, const char *text, const ash_boundary_name table[], int numbers,
    const ash_dim_names *dims, ash_boundaries *out) {
    ash_span span[ASH_MAX_NDIM] = { { 0 } };
    if (text && !split_by_dimension(builder, argument, text, dims, span)) {
        return 0;
    }
    for (int a = 0; a < dims->ndim; a++) {
        int k = 0;
        while (span[a].length > 0 && table[k].name && !ash_span_is(span[a], table[k].name)) {
            k++;
        }
        out->boundary[a] = table[k].name ? table[k].boundary : ASH_BOUNDARY_CONSTANT;
        out->is_integer[a] = 1;
        out->integer[a] = 0;
        if (!table[k].name && !(numbers && read_number(span[a], out, a))) {
            unknown_boundary(builder, argument, span[a], table, numbers);
            return 0;
        }
    }
    return 1;
}

int ash_boundary_axis(ash_builder *builder, const ash_boundaries *from, int axis, ash_dtype dtype, ash_window_axis *out) {
    char kind = ash_dtype_kind(dtype);
    *out = (ash_window_axis){ .boundary = from->boundary[axis], .before = from->before[axis], .after = from->after[axis] };
    if (from->boundary[axis] != ASH_BOUNDARY_CONSTANT) {
        return 1;
    }
    int floating = kind == 'f' || kind == 'c';
    if (from->is_integer[axis] && (floating || ash_integer_fits(dtype, from->integer[axis]))) {
        ash_number_store(dtype, out->fill, ASH_INT64, (ash_number){ .i = from->integer[axis] });
    } else if (floating) {
        ash_number_store(dtype, out->fill, ASH_FLOAT64, (ash_number){ .f = from->value[axis] });
    } else {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: the number %.17g beyond the ends does not fit %s", builder->function,
            from->is_integer[axis] ? (double)from->integer[axis] : from->value[axis], ash_dtype_name(dtype));
    }
    return ash_builder_ok(builder);
}

int ash_boundary_check(ash_builder *builder, const ash_window_axis *axis, int64_t extent, int number) {
    int shows = axis->boundary != ASH_BOUNDARY_NONE && axis->boundary != ASH_BOUNDARY_CONSTANT;
    if (shows && extent == 0 && axis->before + axis->after > 0) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: axis %d has no elements to show beyond its ends; only a constant could be there",
            builder->function, number);
    }
    return ash_builder_ok(builder);
}
