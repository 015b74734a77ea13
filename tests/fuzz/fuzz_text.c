/* Parsers of text arguments: the first byte chooses one. */
#include "fuzz.h"

#include "base/calendar.h"
#include "base/memory.h"
#include "base/params.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const ash_dim_names dims = { 3, { "time", "lat", NULL } };
static const int64_t shape[3] = { 12, 90, 180 };

static ash_status parse_axes(const char *text, ash_error_state *error) {
    int count, axes[ASH_MAX_NDIM];
    return ash_parse_axes(text, &dims, "sum", &count, axes, error);
}

static ash_status parse_names(const char *text, ash_error_state *error) {
    char storage[256];
    ash_dim_names names;
    return ash_parse_dim_names(text, 3, "name", storage, sizeof storage, &names, error);
}

static ash_status parse_index(const char *text, ash_error_state *error) {
    int count = 0;
    ash_index_part parts[2 * ASH_MAX_NDIM];
    ash_status status = ash_parse_index(text, &dims, shape, &count, parts, error);
    for (int i = 0; status == ASH_OK && i < count; i++) {
        const ash_index_part *part = &parts[i];
        if (part->kind == ASH_INDEX_RANGE && part->extent > 0)
            fuzz_must(part->start >= 0 && part->start < shape[part->axis] && part->start + (part->extent - 1) * part->step >= 0 &&
                    part->start + (part->extent - 1) * part->step < shape[part->axis],
                "an index goes beyond its axis");
    }
    return status;
}

static ash_status parse_chunks(const char *text, ash_error_state *error) {
    int64_t *storage = NULL;
    ash_chunk_spec spec[ASH_MAX_NDIM];
    ash_status status = ash_parse_chunks(text, &dims, shape, "rechunk", spec, &storage, error);
    for (int a = 0; status == ASH_OK && a < 3; a++) {
        int64_t sum = 0;
        for (int64_t i = 0; spec[a].size == -1 && i < spec[a].count; i++)
            sum += spec[a].list[i];
        fuzz_must(spec[a].size != -1 || sum == shape[a], "chunks do not add up");
    }
    ash_free(storage);
    return status;
}

static ash_status parse_bytes(const char *text, ash_error_state *error) {
    int64_t bytes = 1;
    fuzz_must(!ash_parse_bytes(text, &bytes) || bytes > 0, "a size is not positive");
    (void)error;
    return ASH_OK;
}

/* What was read is written and read again. */
static ash_status parse_params(const char *text, ash_error_state *error) {
    ash_arena arena = { 0 };
    ash_param *params = NULL;
    int count = 0;
    ash_status status = ash_params_parse(text, &arena, "apply", &count, &params, error);
    for (int i = 0; status == ASH_OK && i < count; i++) {
        char out[256];
        ash_param_print(&params[i].value, out, sizeof out);
    }
    ash_arena_free(&arena);
    return status;
}

/* The rest, behind a first line of its own, is the calendar. */
static ash_status parse_time_units(const char *text, ash_error_state *error) {
    ash_time_units units;
    ash_date date;
    const char *line = strchr(text, '\n');
    char *copy = strdup(text);
    if (line)
        copy[line - text] = '\0';
    ash_status status = ash_time_units_parse(copy, line ? line + 1 : NULL, "time", &units, error);
    if (status == ASH_OK) {
        ash_time_decode(&units, 1e9 / 7, &date);
        ash_time_decode_integer(&units, INT64_MAX, &date);
    }
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ash_status (*const parser[])(const char *, ash_error_state *) = { parse_axes, parse_names, parse_index, parse_chunks,
        parse_bytes, parse_params, parse_time_units };
    if (size == 0)
        return 0;
    ash_error_state error = { 0 };
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    ash_status status = parser[data[0] % (sizeof parser / sizeof parser[0])](text, &error);
    fuzz_must(status == error.status && (status == ASH_OK || error.text[0] != '\0'), "a refused text is not explained");
    free(text);
    return 0;
}
