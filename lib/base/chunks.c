/* Chunk text: "24, 90, -1", "3+2, 0", "time=24, lat=90+91". */
#include "base/memory.h"
#include "base/span.h"

#include <inttypes.h>
#include <string.h>

/* What one call works on, handed down to the steps. */
typedef struct chunks_reader {
    const char *text, *function;
    const ash_dim_names *dims;
    const int64_t *shape;
    int64_t *free_list; /* where the next listed size goes */
    ash_error_state *error;
} chunks_reader;

static ash_status read_size(const chunks_reader *reader, ash_span span, int64_t least, int64_t *size) {
    if (ash_span_integer(span, size) == ASH_SCAN_OK && *size >= least)
        return ASH_OK;
    const char *expected = least > 0 ? "sizes above 0 around each +" : "a size, -1 for the whole axis, 0 to keep it, or sizes joined by +";
    return ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: chunks: expected %s, found '%.*s' in '%.200s'", reader->function, expected,
        ASH_SPAN_ARGS(span), reader->text);
}

/* A chunk longer than the axis is the whole axis. An axis of extent 0 keeps size 1, since size 0 means "kept". */
static ash_status read_regular(const chunks_reader *reader, ash_span span, int axis, ash_chunk_spec *spec) {
    int64_t extent = reader->shape[axis], whole = extent > 0 ? extent : 1, size = 0;
    ash_status status = read_size(reader, span, -1, &size);
    spec->size = size < 0 || size > whole ? whole : size;
    return status;
}

static ash_status read_list(chunks_reader *reader, ash_span span, int axis, ash_chunk_spec *spec) {
    ash_span rest = span, item;
    int64_t sum = 0, extent = reader->shape[axis];
    int more = 1, overflow = 0;
    char words[160];
    *spec = (ash_chunk_spec){ .size = -1, .list = reader->free_list };
    while (ash_span_split(&rest, '+', &item, &more)) {
        int64_t size = 0;
        ash_status status = read_size(reader, item, 1, &size);
        if (status != ASH_OK)
            return status;
        overflow |= __builtin_add_overflow(sum, size, &sum);
        spec->list[spec->count++] = size;
    }
    reader->free_list += spec->count;
    if (overflow || sum != extent)
        return ash_fail(reader->error, ASH_ERR_SHAPE, "%s: chunks of %s add up to %s%" PRId64 ", its extent is %" PRId64, reader->function,
            ash_axis_words(reader->dims, axis, words, sizeof words), overflow ? "more than " : "", overflow ? INT64_MAX : sum, extent);
    return ASH_OK;
}

static ash_status read_spec(chunks_reader *reader, ash_span span, int axis, ash_chunk_spec *spec) {
    /* a + in front is the sign of a number */
    ash_span tail = span.length > 0 ? (ash_span){ span.text + 1, span.length - 1 } : span;
    return ash_span_find(tail, '+') >= 0 ? read_list(reader, span, axis, spec) : read_regular(reader, span, axis, spec);
}

static ash_status parse_parts(chunks_reader *reader, ash_chunk_spec spec[]) {
    ash_span rest = ash_span_of(reader->text), part, name, value;
    int more = 1, found = 0, named = 0, seen[ASH_MAX_NDIM] = { 0 };
    char words[160];
    for (; ash_span_split(&rest, ',', &part, &more); found++) {
        int axis = found, has_name = ash_span_named(part, &name, &value);
        ash_status status = ASH_OK;
        named += has_name;
        if (named != 0 && named != found + 1)
            return ash_fail(
                reader->error, ASH_ERR_ARGUMENT, "%s: chunks: positions and names are mixed in '%.200s'", reader->function, reader->text);
        if (has_name)
            status = ash_span_axis(name, reader->dims, reader->function, &axis, reader->error);
        else if (found >= reader->dims->ndim)
            continue; /* counted, and refused below */
        if (status == ASH_OK && seen[axis]++)
            status = ash_fail(reader->error, ASH_ERR_ARGUMENT, "%s: chunks of %s are given twice in '%.200s'", reader->function,
                ash_axis_words(reader->dims, axis, words, sizeof words), reader->text);
        if (status == ASH_OK)
            status = read_spec(reader, has_name ? value : part, axis, &spec[axis]);
        if (status != ASH_OK)
            return status;
    }
    if (named == 0 && found != reader->dims->ndim)
        return ash_fail(reader->error, ASH_ERR_SHAPE, "%s: chunks: the array has %d dimensions, found %d sizes in '%.200s'",
            reader->function, reader->dims->ndim, found, reader->text);
    return ASH_OK;
}

/* Room for every listed size: one more than there are + signs, per part. */
static int64_t count_listed(ash_span text) {
    int64_t plus = 0;
    for (int64_t i = 0; i < text.length; i++)
        plus += text.text[i] == '+';
    return plus > 0 ? plus + ASH_MAX_NDIM : 0;
}

ash_status ash_parse_chunks(const char *text, const ash_dim_names *dims, const int64_t shape[], const char *function,
    ash_chunk_spec spec[ASH_MAX_NDIM], int64_t **storage, ash_error_state *error) {
    int64_t listed = count_listed(ash_span_of(text));
    *storage = NULL;
    memset(spec, 0, ASH_MAX_NDIM * sizeof *spec);
    if (ash_span_of(text).length == 0)
        return ASH_OK;
    if (listed > 0 && !(*storage = ash_calloc(listed, sizeof **storage)))
        return ash_fail_memory(error, function, listed * (int64_t)sizeof **storage);
    chunks_reader reader = { text, function, dims, shape, *storage, error };
    ash_status status = parse_parts(&reader, spec);
    if (status != ASH_OK) {
        ash_free(*storage);
        *storage = NULL;
    }
    return status;
}
