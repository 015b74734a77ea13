/* Zarr stores of version 2, in a folder or in a zip archive, as Xarray writes them: consolidated metadata, the names of dimensions in _ARRAY_DIMENSIONS. A
 * chunk is the value of a key, which the thread that has its values encodes and writes. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/store_sink.h"
#include "io/temporary_folder.h"
#include "io/zarr_describe.h"
#include "io/zarr_store.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MOST = 255, META_KEY_BYTES = NAME_BYTES_MOST + 16 };
static const int64_t CHUNKS_MOST = INT64_C(1) << 40; /* of a variable; so many take more memory than there is */

typedef struct zarr_state {
    ash_store_sink sink;
    ash_growing text; /* of one key */
    ash_growing all;  /* .zmetadata */
    ash_chunking *variable;
} zarr_state;

/* ---- Metadata ---- */

/* Writes state->text under "folder/name", and adds it to what .zmetadata says. */
static ash_status write_meta(ash_writer *writer, const char *folder, const char *name, ash_error_state *error) {
    zarr_state *state = writer->state;
    char key[META_KEY_BYTES];
    snprintf(key, sizeof key, "%s%s%s", folder, *folder ? "/" : "", name);
    ash_say(&state->all, "%s", state->all.length == 0 ? "{\n\"metadata\": {\n" : ",\n");
    ash_json_quote(&state->all, key, (int64_t)strlen(key));
    ash_say(&state->all, ": %s", state->text.data ? state->text.data : "");
    if (state->text.failed || state->all.failed)
        return ash_fail_memory(error, writer->function, state->all.length + state->text.length);
    int reason = ash_store_put(&state->sink, key, state->text.data, state->text.length);
    state->text.length = 0;
    return reason == 0 ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s: %s: %s: %s", writer->function, writer->path, key, strerror(reason));
}

/* Chunks as they were asked for, cut to the shape; the whole array if none were. */
static void choose_chunks(const ash_writer *writer, int k, ash_chunking *chunking) {
    const ash_writer_variable *variable = &writer->schema->variable[k];
    ash_writer_shape(writer, k, chunking->shape);
    chunking->ndim = variable->ndim;
    chunking->element = chunking->chunk_bytes = ash_dtype_size(variable->dtype);
    for (int a = 0; a < variable->ndim; a++) {
        int64_t extent = chunking->shape[a] > 0 ? chunking->shape[a] : 1, wanted = variable->chunk[a];
        chunking->chunk[a] = wanted > 0 && wanted < extent ? wanted : extent;
        chunking->chunk_bytes *= chunking->chunk[a];
    }
}

static void add_need(ash_write_need *need, const ash_chunking *chunking) {
    int64_t scratch = ash_chunk_scratch_bytes(chunking);
    need->scratch = scratch > need->scratch ? scratch : need->scratch;
}

static ash_status define_variable(ash_writer *writer, int k, ash_error_state *error) {
    zarr_state *state = writer->state;
    const ash_writer_variable *variable = &writer->schema->variable[k];
    ash_chunking *chunking = &state->variable[k];
    if (variable->name[0] == '.' || strchr(variable->name, '/') || strlen(variable->name) > NAME_BYTES_MOST)
        return ash_fail(error, ASH_ERR_ARGUMENT,
            "%s: %s: '%.300s' cannot be the name of a Zarr array: it begins with '.', holds '/' or has more than %d bytes",
            writer->function, writer->path, variable->name, NAME_BYTES_MOST);
    ash_zarr_describe_array(&state->text, variable, chunking);
    if (!ash_pipeline_encodable(&chunking->pipeline))
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "%s: %s: variable '%s' is to have a filter whose library this build of Ashlar was made without", writer->function, writer->path,
            variable->name);
    add_need(&writer->need, chunking);
    if (write_meta(writer, variable->name, ".zarray", error) != ASH_OK)
        return error->status;
    ash_zarr_describe_attrs(&state->text, variable->attrs, writer->schema, variable);
    return write_meta(writer, variable->name, ".zattrs", error);
}

static ash_status define_all(ash_writer *writer, ash_error_state *error) {
    zarr_state *state = writer->state;
    ash_say(&state->text, "{\n    \"zarr_format\": 2\n}");
    if (write_meta(writer, "", ".zgroup", error) != ASH_OK)
        return error->status;
    ash_zarr_describe_attrs(&state->text, writer->schema->global, writer->schema, NULL);
    write_meta(writer, "", ".zattrs", error);
    for (int k = 0; k < writer->schema->nvariables && error->status == ASH_OK; k++)
        define_variable(writer, k, error);
    if (error->status != ASH_OK)
        return error->status;
    ash_say(&state->all, "\n},\n\"zarr_consolidated_format\": 1\n}");
    if (state->all.failed)
        return ash_fail_memory(error, writer->function, state->all.length);
    return ash_writer_fail(writer, ash_store_put(&state->sink, ".zmetadata", state->all.data, state->all.length), error);
}

/* ---- Beginning ---- */

static int64_t count_chunks(const ash_chunking *chunking) {
    int64_t count = 1;
    for (int a = 0; a < chunking->ndim; a++) {
        int64_t along = (chunking->shape[a] + chunking->chunk[a] - 1) / chunking->chunk[a];
        count = along > 0 && count > CHUNKS_MOST / along ? CHUNKS_MOST : count * along;
    }
    return count;
}

/* The most bytes that the key of a chunk has. */
static int64_t longest_key(const ash_writer_variable *variable, const ash_chunking *chunking) {
    int64_t bytes = (int64_t)strlen(variable->name) + 2;
    for (int a = 0; a < chunking->ndim; a++)
        bytes += 1 + snprintf(NULL, 0, "%lld", (long long)(chunking->shape[a] / chunking->chunk[a]));
    return bytes;
}

/* Lazy shapes may be larger than any disk: kept to what is refused for want of room, and makes no sum overflow. */
static int64_t add_product(int64_t sum, int64_t a, int64_t b) {
    const int64_t most = INT64_MAX / 1024; /* which may still be multiplied by the bytes of an entry */
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) || product > most - sum ? most : sum + product;
}

/* Bytes of values are known where chunks have no filters. */
static ash_store_contents list_contents(const ash_writer *writer) {
    const zarr_state *state = writer->state;
    int count = writer->schema->nvariables, meta = 3 + 2 * count;
    ash_store_contents all = { .values = meta, .key_bytes = meta * (int64_t)META_KEY_BYTES };
    for (int k = 0; k < count; k++) {
        const ash_chunking *chunking = &state->variable[k];
        int64_t chunks = count_chunks(chunking);
        all.values = add_product(all.values, chunks, 1);
        all.key_bytes = add_product(all.key_bytes, chunks, longest_key(&writer->schema->variable[k], chunking));
        if (chunking->pipeline.count > 0)
            continue;
        all.bytes = add_product(all.bytes, chunks, chunking->chunk_bytes);
        all.value_bytes = chunking->chunk_bytes > all.value_bytes ? chunking->chunk_bytes : all.value_bytes;
    }
    return all;
}

/* The sink must know how many keys there will be, and a full disk is told before the work. */
static ash_status begin_sink(ash_writer *writer, ash_error_state *error) {
    zarr_state *state = writer->state;
    for (int k = 0; k < writer->schema->nvariables; k++)
        choose_chunks(writer, k, &state->variable[k]);
    ash_store_contents contents = list_contents(writer);
    int reason = ash_store_sink_begin(&state->sink, &writer->file, &contents, &writer->need.library);
    if (reason != 0)
        return ash_fail_memory(error, writer->function, writer->need.library);
    return ASH_OK;
}

/* As begin does it, without a sink. */
static int foresee(const ash_format *format, const ash_writer_schema *schema, ash_write_need *need) {
    zarr_state state = { .variable = ash_calloc(schema->nvariables + 1, sizeof *state.variable) };
    ash_writer writer = { .format = format, .schema = schema, .state = &state };
    for (int k = 0; state.variable && k < schema->nvariables; k++) {
        choose_chunks(&writer, k, &state.variable[k]);
        ash_zarr_describe_array(&state.text, &schema->variable[k], &state.variable[k]);
        state.text.length = 0;
        add_need(need, &state.variable[k]);
    }
    if (state.variable) {
        ash_store_contents contents = list_contents(&writer);
        need->library = format->folder ? 0 : ash_store_index_bytes(&contents);
    }
    int fine = state.variable && !state.text.failed;
    ash_free(state.text.data);
    ash_free(state.variable);
    return fine;
}

static ash_status zarr_begin(ash_writer *writer, ash_error_state *error) {
    int count = writer->schema->nvariables;
    zarr_state *state = writer->state = ash_calloc(1, sizeof *state);
    if (state)
        state->variable = ash_calloc(count + 1, sizeof *state->variable);
    if (!state || !state->variable)
        return ash_fail_memory(error, writer->function, (count + 1) * (int64_t)sizeof *state->variable);
    if (writer->format->folder && !ash_zarr_recognise(writer->file.target, NULL, 0) && !ash_folder_is_empty(writer->file.target))
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: is a folder that holds other things than a Zarr store; it is not replaced",
            writer->function, writer->path);
    if (begin_sink(writer, error) != ASH_OK || define_all(writer, error) != ASH_OK)
        return error->status;
    ash_store_contents contents = list_contents(writer);
    return ash_writer_fail(writer, ash_store_sink_reserve(&state->sink, &contents), error);
}

static int zarr_chunk(const ash_writer *writer, int k, int64_t chunk[]) {
    const ash_chunking *chunking = &((const zarr_state *)writer->state)->variable[k];
    memcpy(chunk, chunking->chunk, sizeof chunking->chunk);
    return chunking->ndim > 0;
}

/* ---- Values ---- */

/* The key of a chunk is its place among the chunks, "t2m/0.3.1"; that of an array without dimensions is "t2m/0". */
static ash_status place_chunk(
    ash_writer *writer, int k, const int64_t start[], const unsigned char *bytes, int64_t n, ash_error_state *error) {
    const ash_chunking *chunking = &((const zarr_state *)writer->state)->variable[k];
    char place[ASH_ZARR_PLACE_BYTES], key[NAME_BYTES_MOST + 1 + sizeof place];
    int64_t chunk[ASH_MAX_NDIM];
    for (int a = 0; a < chunking->ndim; a++)
        chunk[a] = start[a] / chunking->chunk[a];
    ash_zarr_place(chunking->ndim, chunk, place);
    snprintf(key, sizeof key, "%s/%s", writer->schema->variable[k].name, place);
    return ash_fail_errno(ash_store_put(&((const zarr_state *)writer->state)->sink, key, bytes, n), error);
}

static ash_status zarr_put(ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    const ash_chunking *chunking = &((const zarr_state *)writer->state)->variable[k];
    const unsigned char *bytes;
    int64_t n;
    if (!ash_chunk_is_whole(chunking, start, extent))
        return ash_fail(error, ASH_ERR_ARGUMENT, "a box that is no whole chunk cannot be written to a Zarr store");
    if (ash_chunk_encode(chunking, extent, data, scratch, &bytes, &n, error) != ASH_OK)
        return error->status;
    return ash_writer_journals(writer, k) ? ash_chunk_keep(writer, k, chunking, start, bytes, n, error)
                                          : place_chunk(writer, k, start, bytes, n, error);
}

static ash_status zarr_finish(ash_writer *writer, ash_error_state *error) {
    const zarr_state *state = writer->state;
    for (int k = 0; k < writer->schema->nvariables && error->status == ASH_OK; k++)
        ash_chunk_move(writer, k, &state->variable[k], place_chunk, error);
    return error->status == ASH_OK ? ash_fail_errno(ash_store_sink_finish(&state->sink), error) : error->status;
}

static void zarr_abandon(ash_writer *writer) {
    zarr_state *state = writer->state;
    if (!state)
        return;
    ash_store_sink_free(&state->sink);
    ash_free(state->text.data);
    ash_free(state->all.data);
    ash_free(state->variable);
    ash_free(state);
}

#define FUNCTIONS \
    .begin = zarr_begin, .foresee = foresee, .chunk = zarr_chunk, .put = zarr_put, .finish = zarr_finish, .abandon = zarr_abandon
#define ABILITIES .filters = 1, .chunked = 1, .int64 = 1, .numpy = 1

const ash_format ash_format_zarr = { .name = "zarr", .suffixes = " .zarr ", .folder = 1, ABILITIES, FUNCTIONS };
const ash_format ash_format_zarr_zip = { .name = "zarr_zip", .suffixes = " .zip ", ABILITIES, FUNCTIONS };
