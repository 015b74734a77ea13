#include "io/zarr_describe.h"

#include "base/dtype.h"
#include "io/numpy_type.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

/* The shortest of three forms that reads back as the number, with a point or an exponent: it must not read as an integer. */
static void say_real(ash_growing *text, double value, const char *quote) {
    char digits[40];
    if (isnan(value) || isinf(value)) {
        ash_say(text, "%s%s%s", quote, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity", quote);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    ash_say(text, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

static void say_number(ash_growing *text, ash_dtype dtype, const void *element, const char *quote) {
    ash_number number = ash_number_load(dtype, element);
    switch (ash_dtype_kind(dtype)) {
    case 'f': say_real(text, number.f, quote); break;
    case 'u': ash_say(text, "%" PRIu64, number.u); break;
    default: ash_say(text, "%" PRId64, number.i); break;
    }
}

/* ---- Arrays ---- */

static void say_extents(ash_growing *text, const char *key, int ndim, const int64_t extent[]) {
    ash_say(text, "    \"%s\": [", key);
    for (int a = 0; a < ndim; a++)
        ash_say(text, "%s%" PRId64, a ? ", " : "", extent[a]);
    ash_say(text, "],\n");
}

/* _FillValue in the dtype of the variable; 0 if there is none, or if it is no number of that dtype: cut to fit it would mark others. */
static int take_fill(const ash_writer_variable *variable, unsigned char fill[16]) {
    const ash_attr_entry *entry = ash_attrs_find(variable->attrs, "_FillValue");
    char kind = ash_dtype_kind(variable->dtype);
    if (!entry || entry->is_text || entry->count < 1 || kind == 'b' || kind == 'c' || ash_dtype_kind(entry->dtype) == 'c')
        return 0;
    double before, after;
    ash_number given = ash_number_load(entry->dtype, entry->data);
    ash_number_store(variable->dtype, fill, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &before, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &after, variable->dtype, ash_number_load(variable->dtype, fill));
    return before == after || kind == 'f';
}

typedef struct step {
    int id, on;
    uint32_t value;
    char json[64]; /* as numcodecs has it */
} step;

/* The last of them that is on and compresses is the compressor; those before it are filters. */
static void say_pipeline(ash_growing *text, const ash_writer_variable *variable, ash_chunking *chunking) {
    step steps[] = { { .id = ASH_FILTER_SHUFFLE, .on = variable->shuffle, .value = (uint32_t)chunking->element },
        { .id = ASH_FILTER_FLETCHER32, .on = variable->fletcher32 },
        { .id = ASH_FILTER_DEFLATE, .on = variable->deflate > 0, .value = (uint32_t)variable->deflate },
        { .id = ASH_FILTER_ZSTD, .on = variable->zstd != 0, .value = (uint32_t)variable->zstd } };
    snprintf(steps[0].json, sizeof steps->json, "{\"id\": \"shuffle\", \"elementsize\": %d}", (int)chunking->element);
    snprintf(steps[1].json, sizeof steps->json, "{\"id\": \"fletcher32\"}");
    snprintf(steps[2].json, sizeof steps->json, "{\"id\": \"zlib\", \"level\": %d}", variable->deflate);
    snprintf(steps[3].json, sizeof steps->json, "{\"id\": \"zstd\", \"level\": %d}", variable->zstd);
    int compressor = steps[3].on ? 3 : steps[2].on ? 2 : -1, filters = 0;
    ash_say(text, "    \"compressor\": %s,\n    \"filters\": ", compressor >= 0 ? steps[compressor].json : "null");
    for (int k = 0; k < 4; k++) {
        if (!steps[k].on)
            continue;
        chunking->pipeline.filter[chunking->pipeline.count++] =
            (ash_filter){ .id = steps[k].id, .count = k != 1, .value = { steps[k].value } };
        if (k != compressor)
            ash_say(text, "%s%s", filters++ ? ", " : "[", steps[k].json);
    }
    ash_say(text, "%s,\n", filters ? "]" : "null");
}

void ash_zarr_describe_array(ash_growing *text, const ash_writer_variable *variable, ash_chunking *chunking) {
    char type[8];
    ash_say(text, "{\n");
    say_extents(text, "chunks", chunking->ndim, chunking->chunk);
    say_pipeline(text, variable, chunking);
    ash_say(text, "    \"dtype\": \"%s\",\n    \"fill_value\": ", ash_numpy_type_print(variable->dtype, 0, type));
    if (take_fill(variable, chunking->fill))
        say_number(text, variable->dtype, chunking->fill, "\"");
    else
        ash_say(text, "null");
    ash_say(text, ",\n    \"order\": \"C\",\n");
    say_extents(text, "shape", chunking->ndim, chunking->shape);
    ash_say(text, "    \"zarr_format\": 2\n}");
}

/* ---- Attributes ---- */

static void say_attr(ash_growing *text, const ash_attr_entry *entry) {
    ash_json_quote(text, entry->name, (int64_t)strlen(entry->name));
    ash_say(text, ": ");
    if (entry->is_text) {
        ash_json_quote(text, entry->data, entry->count);
        return;
    }
    for (int64_t k = 0; k < entry->count; k++) {
        ash_say(text, "%s", k > 0 ? ", " : entry->count > 1 ? "[" : "");
        say_number(text, entry->dtype, (const char *)entry->data + k * ash_dtype_size(entry->dtype), "");
    }
    ash_say(text, "%s", entry->count > 1 ? "]" : entry->count < 1 ? "[]" : "");
}

/* What .zarray says, and what this function adds itself. */
static int is_said_elsewhere(const char *name) {
    static const char *const names[] = { "_FillValue", "_ARRAY_DIMENSIONS", "_NCProperties", "_NCZARR_ATTR" };
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (strcmp(names[k], name) == 0)
            return 1;
    return 0;
}

static int needs_note(const ash_attr_entry *entry) {
    return !entry->is_text && entry->dtype != ASH_INT64 && entry->dtype != ASH_FLOAT64;
}

static void say_types(ash_growing *text, const ash_attrs *attrs, const char *before) {
    int noted = 0;
    for (int k = 0; attrs && k < attrs->count; k++) {
        const ash_attr_entry *entry = &attrs->entry[k];
        char type[8];
        if (is_said_elsewhere(entry->name) || !needs_note(entry))
            continue;
        ash_say(text, "%s", noted++ ? ", " : before);
        ash_json_quote(text, entry->name, (int64_t)strlen(entry->name));
        ash_say(text, ": \"%s\"", ash_numpy_type_print(entry->dtype, 0, type));
    }
    if (noted)
        ash_say(text, "}}");
}

void ash_zarr_describe_attrs(
    ash_growing *text, const ash_attrs *attrs, const ash_writer_schema *schema, const ash_writer_variable *variable) {
    int said = 0;
    ash_say(text, "{");
    if (variable) {
        ash_say(text, "\n    \"_ARRAY_DIMENSIONS\": [");
        for (int a = 0; a < variable->ndim; a++) {
            const char *name = schema->dim[variable->dim[a]].name;
            ash_say(text, "%s", a ? ", " : "");
            ash_json_quote(text, name, (int64_t)strlen(name));
        }
        ash_say(text, "]");
        said++;
    }
    for (int k = 0; attrs && k < attrs->count; k++) {
        if (is_said_elsewhere(attrs->entry[k].name))
            continue;
        ash_say(text, "%s    ", said++ ? ",\n" : "\n");
        say_attr(text, &attrs->entry[k]);
    }
    say_types(text, attrs, said ? ",\n    \"_NCZARR_ATTR\": {\"types\": {" : "\n    \"_NCZARR_ATTR\": {\"types\": {");
    ash_say(text, "%s}", said ? "\n" : "");
}

void ash_zarr_place(int ndim, const int64_t chunk[], char place[ASH_ZARR_PLACE_BYTES]) {
    int used = snprintf(place, ASH_ZARR_PLACE_BYTES, "%s", ndim == 0 ? "0" : "");
    for (int a = 0; a < ndim; a++)
        used += snprintf(place + used, (size_t)(ASH_ZARR_PLACE_BYTES - used), "%s%lld", a ? "." : "", (long long)chunk[a]);
}
