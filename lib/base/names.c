/* Dimension lists: "time", "lat,lon", "-1". */
#include "base/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *ash_axis_words(const ash_dim_names *dims, int axis, char *buffer, int64_t size) {
    const char *name = dims->name[axis];
    snprintf(buffer, (size_t)size, name ? "axis %d ('%.100s')" : "axis %d", axis, name);
    return buffer;
}

/* "(time, lat, ?)" for error sentences: what there is to choose from. */
static const char *list_dims(const ash_dim_names *dims, char *buffer, size_t size) {
    size_t used = (size_t)snprintf(buffer, size, "(");
    for (int i = 0; i < dims->ndim && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%.40s", i > 0 ? ", " : "", dims->name[i] ? dims->name[i] : "?");
    if (used < size)
        snprintf(buffer + used, size - used, ")");
    return buffer;
}

static ash_status fail_unknown(ash_span span, const ash_dim_names *dims, const char *function, ash_error_state *error) {
    char wanted[256], list[512];
    snprintf(wanted, sizeof wanted, "%.*s", ASH_SPAN_ARGS(span));
    const char *nearest = ash_nearest(wanted, dims->ndim, dims->name);
    list_dims(dims, list, sizeof list);
    if (nearest)
        return ash_fail(error, ASH_ERR_DIMENSION, "%s: no dimension '%s' in %s, did you mean '%s'?", function, wanted, list, nearest);
    return ash_fail(error, ASH_ERR_DIMENSION, "%s: no dimension '%s' in %s", function, wanted, list);
}

/* A text that reads as a position is one: names of that form cannot be given to dimensions. */
ash_status ash_span_axis(ash_span span, const ash_dim_names *dims, const char *function, int *axis, ash_error_state *error) {
    int64_t position = 0;
    ash_scan_result scan = ash_span_integer(span, &position);
    if (scan == ASH_SCAN_OTHER) {
        for (int i = 0; i < dims->ndim; i++)
            if (dims->name[i] && ash_span_is(span, dims->name[i])) {
                *axis = i;
                return ASH_OK;
            }
        return fail_unknown(span, dims, function, error);
    }
    if (scan == ASH_SCAN_OVERFLOW || position < -dims->ndim || position >= dims->ndim)
        return ash_fail(
            error, ASH_ERR_DIMENSION, "%s: no axis %.*s, the array has %d dimensions", function, ASH_SPAN_ARGS(span), dims->ndim);
    *axis = (int)(position < 0 ? position + dims->ndim : position);
    return ASH_OK;
}

ash_status ash_parse_axes(
    const char *text, const ash_dim_names *dims, const char *function, int *count, int axes[ASH_MAX_NDIM], ash_error_state *error) {
    ash_span rest = ash_span_of(text), part;
    int seen[ASH_MAX_NDIM] = { 0 }, more = rest.length > 0, all = !more;
    char words[160];
    *count = 0;
    while (ash_span_split(&rest, ',', &part, &more)) {
        int axis = 0;
        if (part.length == 0)
            return ash_fail(
                error, ASH_ERR_ARGUMENT, "%s: expected a dimension between the commas of '%.200s', found nothing", function, text);
        ash_status status = ash_span_axis(part, dims, function, &axis, error);
        if (status != ASH_OK)
            return status;
        if (seen[axis])
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s is named twice in '%.200s'", function,
                ash_axis_words(dims, axis, words, sizeof words), text);
        seen[axis] = 1;
        axes[(*count)++] = axis;
    }
    for (int i = 0; all && i < dims->ndim; i++)
        axes[(*count)++] = i;
    return ASH_OK;
}

static ash_status check_name(ash_span name, const ash_dim_names *dims, int known, const char *function, ash_error_state *error) {
    int64_t position;
    if (ash_span_integer(name, &position) != ASH_SCAN_OTHER)
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: dimension name '%.*s' would read as a position", function, ASH_SPAN_ARGS(name));
    for (int64_t i = 0; i < name.length; i++)
        if (strchr("=:+", name.text[i]))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: dimension name '%.*s' holds '%c', which means something else in texts", function,
                ASH_SPAN_ARGS(name), name.text[i]);
    for (int i = 0; i < known; i++)
        if (dims->name[i] && ash_span_is(name, dims->name[i]))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: dimension name '%.*s' stands twice", function, ASH_SPAN_ARGS(name));
    return ASH_OK;
}

ash_status ash_parse_dim_names(
    const char *text, int ndim, const char *function, char *storage, int64_t storage_bytes, ash_dim_names *dims, ash_error_state *error) {
    ash_span rest = ash_span_of(text), part;
    int more = rest.length > 0, found = 0;
    memset(dims, 0, sizeof *dims);
    dims->ndim = ndim;
    if (rest.length >= storage_bytes && more)
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: dimension names take %" PRId64 " bytes, at most %" PRId64 " are possible", function,
            rest.length, storage_bytes - 1);
    for (; ash_span_split(&rest, ',', &part, &more); found++) {
        if (found >= ndim || part.length == 0)
            continue;
        ash_status status = check_name(part, dims, found, function, error);
        if (status != ASH_OK)
            return status;
        memcpy(storage, part.text, (size_t)part.length);
        storage[part.length] = 0;
        dims->name[found] = storage;
        storage += part.length + 1;
    }
    if (found > 0 && found != ndim)
        return ash_fail(
            error, ASH_ERR_ARGUMENT, "%s: the array has %d dimensions, found %d names in '%.200s'", function, ndim, found, text);
    return ASH_OK;
}
