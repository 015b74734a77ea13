/* Index text: "10:20, ::2, -1", "time=10:20, lat=::2", "..., 0", "newaxis, :". */
#include "base/span.h"

#include <inttypes.h>
#include <stddef.h>

/* What one call works on, handed down to the steps. */
typedef struct index_reader {
    const char *text;
    const ash_dim_names *dims;
    const int64_t *shape;
    ash_error_state *error;
} index_reader;

/* ---- One part ---- */

static ash_status fail_part(const index_reader *reader, ash_span part) {
    return ash_fail(reader->error, ASH_ERR_ARGUMENT,
        "index: expected an integer, a range start:stop:step, newaxis or ..., found '%.*s' in '%.200s'", ASH_SPAN_ARGS(part), reader->text);
}

static ash_status read_integer(const index_reader *reader, ash_span span, ash_span part, int64_t *value) {
    switch (ash_span_integer(span, value)) {
    case ASH_SCAN_OK: return ASH_OK;
    case ASH_SCAN_OVERFLOW:
        return ash_fail(reader->error, ASH_ERR_INDEX, "index: '%.*s' does not fit a 64-bit integer", ASH_SPAN_ARGS(span));
    default: return fail_part(reader, part);
    }
}

/* A bound of a range counted from the end if negative, then moved into [low, high]. */
static int64_t clip(int64_t bound, int64_t extent, int64_t low, int64_t high) {
    int64_t position = bound < 0 ? bound + extent : bound;
    return position < low ? low : position > high ? high : position;
}

/* Python's rules for start:stop:step. A missing bound is the end of the axis on its side of the walk. */
static void apply_range(const int64_t *start, const int64_t *stop, int64_t step, int64_t extent, ash_index_part *part) {
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
    int64_t first = start ? clip(*start, extent, low, high) : step > 0 ? low : high;
    int64_t end = stop ? clip(*stop, extent, low, high) : step > 0 ? high : low;
    int64_t distance = step > 0 ? end - first : first - end;
    /* no axis is longer than INT64_MAX, so a step of INT64_MIN, which has no absolute value, may be one less */
    int64_t stride = step > 0 ? step : step == INT64_MIN ? INT64_MAX : -step;
    part->kind = ASH_INDEX_RANGE;
    part->extent = distance > 0 ? (distance - 1) / stride + 1 : 0;
    part->start = part->extent > 0 ? first : 0;
    part->step = part->extent > 1 ? step : 1;
}

static ash_status read_range(const index_reader *reader, ash_span text, int axis, ash_index_part *part) {
    ash_span rest = text, field;
    int64_t value[3] = { 0, 0, 1 };
    int given[3] = { 0, 0, 0 }, more = 1, n = 0;
    for (; ash_span_split(&rest, ':', &field, &more); n++) {
        if (n == 3)
            return fail_part(reader, text);
        given[n] = field.length > 0;
        ash_status status = given[n] ? read_integer(reader, field, text, &value[n]) : ASH_OK;
        if (status != ASH_OK)
            return status;
    }
    if (value[2] == 0)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: the step of '%.*s' is 0", ASH_SPAN_ARGS(text));
    apply_range(given[0] ? &value[0] : NULL, given[1] ? &value[1] : NULL, value[2], reader->shape[axis], part);
    return ASH_OK;
}

/* An integer or a range on one axis. */
static ash_status read_axis_part(const index_reader *reader, ash_span text, int axis, ash_index_part *part) {
    int64_t extent = reader->shape[axis], value = 0;
    char words[160];
    part->axis = axis;
    if (ash_span_find(text, ':') >= 0)
        return read_range(reader, text, axis, part);
    ash_status status = read_integer(reader, text, text, &value);
    if (status != ASH_OK)
        return status;
    if (value < -extent || value >= extent)
        return ash_fail(reader->error, ASH_ERR_INDEX, "index: %s has extent %" PRId64 ", found index %" PRId64,
            ash_axis_words(reader->dims, axis, words, sizeof words), extent, value);
    int64_t position = value < 0 ? value + extent : value;
    *part = (ash_index_part){ .kind = ASH_INDEX_INTEGER, .axis = axis, .start = position, .step = 1, .extent = 1 };
    return ASH_OK;
}

static ash_index_part whole_axis(const index_reader *reader, int axis) {
    return (ash_index_part){ .kind = ASH_INDEX_RANGE, .axis = axis, .start = 0, .step = 1, .extent = reader->shape[axis] };
}

/* ---- The whole text ---- */

/* What the text holds in all, known before any part is placed. */
typedef struct index_summary {
    int parts, named, ellipses, new_axes;
} index_summary;

static ash_status summarise(const index_reader *reader, index_summary *summary) {
    ash_span rest = ash_span_of(reader->text), part, name, value;
    int more = 1;
    *summary = (index_summary){ 0 };
    while (ash_span_split(&rest, ',', &part, &more)) {
        if (part.length == 0)
            return ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: part %d of '%.200s' is empty, write : for a whole axis",
                summary->parts + 1, reader->text);
        if (summary->parts >= 2 * ASH_MAX_NDIM)
            return ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: more than %d parts in '%.200s'", 2 * ASH_MAX_NDIM, reader->text);
        summary->parts++;
        summary->named += ash_span_named(part, &name, &value);
        summary->ellipses += ash_span_is(part, "...");
        summary->new_axes += ash_span_is(part, "newaxis");
    }
    if (summary->named > 0 && summary->named < summary->parts)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: positions and names are mixed in '%.200s'", reader->text);
    if (summary->ellipses > 1)
        return ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: more than one ... in '%.200s'", reader->text);
    return ASH_OK;
}

static ash_status parse_named(const index_reader *reader, ash_index_part parts[]) {
    ash_span rest = ash_span_of(reader->text), part, name, value;
    int more = 1, seen[ASH_MAX_NDIM] = { 0 };
    char words[160];
    for (int i = 0; i < reader->dims->ndim; i++)
        parts[i] = whole_axis(reader, i);
    while (ash_span_split(&rest, ',', &part, &more)) {
        int axis = 0;
        ash_span_named(part, &name, &value);
        ash_status status = ash_span_axis(name, reader->dims, "index", &axis, reader->error);
        if (status == ASH_OK && seen[axis]++)
            status = ash_fail(reader->error, ASH_ERR_ARGUMENT, "index: %s is indexed twice in '%.200s'",
                ash_axis_words(reader->dims, axis, words, sizeof words), reader->text);
        if (status == ASH_OK)
            status = read_axis_part(reader, value, axis, &parts[axis]);
        if (status != ASH_OK)
            return status;
    }
    return ASH_OK;
}

static ash_status parse_positional(const index_reader *reader, const index_summary *summary, int *count, ash_index_part parts[]) {
    ash_span rest = ash_span_of(reader->text), part;
    int more = 1, axis = 0, ndim = reader->dims->ndim, n = 0;
    int used = summary->parts - summary->ellipses - summary->new_axes, left = ndim - used;
    if (left < 0)
        return ash_fail(
            reader->error, ASH_ERR_INDEX, "index: the array has %d dimensions, found %d indices in '%.200s'", ndim, used, reader->text);
    while (ash_span_split(&rest, ',', &part, &more)) {
        if (ash_span_is(part, "newaxis")) {
            parts[n++] = (ash_index_part){ .kind = ASH_INDEX_NEWAXIS, .axis = -1, .step = 1, .extent = 1 };
        } else if (ash_span_is(part, "...")) {
            for (; left > 0; left--, axis++)
                parts[n++] = whole_axis(reader, axis);
        } else {
            ash_status status = read_axis_part(reader, part, axis++, &parts[n++]);
            if (status != ASH_OK)
                return status;
        }
    }
    for (; axis < ndim; axis++)
        parts[n++] = whole_axis(reader, axis);
    *count = n;
    return ASH_OK;
}

static ash_status check_result_ndim(const index_reader *reader, int count, const ash_index_part parts[]) {
    int ndim = 0;
    for (int i = 0; i < count; i++)
        ndim += parts[i].kind != ASH_INDEX_INTEGER;
    if (ndim > ASH_MAX_NDIM)
        return ash_fail(reader->error, ASH_ERR_SHAPE, "index: the result of '%.200s' would have %d dimensions, at most %d are possible",
            reader->text, ndim, ASH_MAX_NDIM);
    return ASH_OK;
}

ash_status ash_parse_index(const char *text, const ash_dim_names *dims, const int64_t shape[], int *count,
    ash_index_part parts[2 * ASH_MAX_NDIM], ash_error_state *error) {
    index_reader reader = { text, dims, shape, error };
    index_summary summary = { 0 };
    ash_status status = ASH_OK;
    *count = dims->ndim;
    if (ash_span_of(text).length == 0) {
        for (int i = 0; i < dims->ndim; i++)
            parts[i] = whole_axis(&reader, i);
        return ASH_OK;
    }
    status = summarise(&reader, &summary);
    if (status == ASH_OK && summary.new_axes > ASH_MAX_NDIM)
        status = ash_fail(error, ASH_ERR_SHAPE, "index: %d new axes in '%.200s', at most %d dimensions are possible", summary.new_axes,
            text, ASH_MAX_NDIM);
    if (status == ASH_OK)
        status = summary.named ? parse_named(&reader, parts) : parse_positional(&reader, &summary, count, parts);
    if (status == ASH_OK)
        status = check_result_ndim(&reader, *count, parts);
    return status;
}
