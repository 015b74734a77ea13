/* A value on scratch: its chunks one after another in a file without a name, each with a checksum. It is written by a run whose writer gives chunks to a
 * function, and read as a source of the user's, by boxes. */
#include "base/memory.h"
#include "base/text.h"
#include "io/scratch_file.h"
#include "io/user_source.h"
#include "run/persist.h"
#include "run/store.h"

#include <stdio.h>
#include <string.h>

typedef struct stored {
    ash_arena arena; /* it lies in it */
    ash_scratch_file *file;
    int ndim;
    int64_t size, largest; /* bytes of an element, and of the largest chunk */
    ash_grid_axis *axis;
    int64_t *offset; /* per chunk */
} stored;

static void free_stored(void *user) {
    stored *s = user;
    ash_scratch_file_free(s->file);
    ash_arena arena = s->arena;
    ash_arena_free(&arena);
}

/* Places of all chunks; the bytes of all, -1 when out of memory. */
static int64_t place_chunks(stored *s, const ash_output *output, int64_t chunks) {
    int64_t end = 0;
    s->axis = ash_arena_alloc(&s->arena, (s->ndim + 1) * (int64_t)sizeof *s->axis);
    s->offset = ash_arena_alloc(&s->arena, (chunks + 1) * (int64_t)sizeof *s->offset);
    int fine = s->axis && s->offset;
    for (int a = 0; a < s->ndim && fine; a++) {
        fine = ash_axis_copy(&output->dim[a].axis, &s->arena, &s->axis[a]);
    }
    for (int64_t c = 0; c < chunks && fine; c++) {
        ash_box box;
        ash_grid_box(s->ndim, s->axis, c, &box);
        int64_t bytes = ash_dense_strides(s->ndim, box.extent, s->size, NULL);
        s->offset[c] = end;
        s->largest = bytes > s->largest ? bytes : s->largest;
        end += bytes;
    }
    return fine ? end : -1;
}

static int64_t chunk_at(const stored *s, const int64_t start[]) {
    int64_t coordinate[ASH_MAX_NDIM];
    for (int a = 0; a < s->ndim; a++) {
        coordinate[a] = ash_axis_find(&s->axis[a], start[a]);
    }
    return ash_grid_ordinal(s->ndim, s->axis, coordinate);
}

static ash_status say(const ash_error_state *error, char *message, int64_t message_bytes) {
    snprintf(message, (size_t)message_bytes, "%s", error->text);
    return error->status;
}

/* Chunks come whole. */
static ash_status write_chunk(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], const void *data, char *message, int64_t message_bytes) {
    stored *s = user;
    int64_t chunk = chunk_at(s, start), bytes = ash_dense_strides(ndim, extent, s->size, NULL);
    ash_error_state error = { 0 };
    ash_scratch_file_check(s->file, chunk, data, bytes);
    return ash_scratch_file_write(s->file, s->offset[chunk], data, bytes, &error) == ASH_OK ? ASH_OK : say(&error, message, message_bytes);
}

/* Copies what a chunk and a box have in common. */
static void copy_common(const stored *s, const ash_box *chunk, const char *from, const ash_box *box, char *to) {
    int64_t in_chunk[ASH_MAX_NDIM], in_box[ASH_MAX_NDIM], extent[ASH_MAX_NDIM];
    ash_dense_strides(s->ndim, chunk->extent, s->size, in_chunk);
    ash_dense_strides(s->ndim, box->extent, s->size, in_box);
    for (int a = 0; a < s->ndim; a++) {
        int64_t end = chunk->start[a] + chunk->extent[a], other = box->start[a] + box->extent[a];
        int64_t low = chunk->start[a] > box->start[a] ? chunk->start[a] : box->start[a];
        extent[a] = (end < other ? end : other) - low;
        from += (low - chunk->start[a]) * in_chunk[a];
        to += (low - box->start[a]) * in_box[a];
    }
    ash_copy_box(s->ndim, extent, s->size, to, in_box, from, in_chunk);
}

/* A chunk is read as a whole, so that its checksum can be compared. */
static ash_status read_part(const stored *s, int64_t number, const ash_box *box, char *memory, char *out, ash_error_state *error) {
    ash_box chunk;
    ash_grid_box(s->ndim, s->axis, number, &chunk);
    int64_t bytes = ash_dense_strides(s->ndim, chunk.extent, s->size, NULL);
    if (ash_scratch_file_read(s->file, number, s->offset[number], memory, bytes, error) == ASH_OK) {
        copy_common(s, &chunk, memory, box, out);
    }
    return error->status;
}

static ash_status read_box(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    const stored *s = user;
    ash_error_state error = { 0 };
    ash_box box;
    ash_grid_axis met[ASH_MAX_NDIM]; /* one element for each chunk that is met */
    int64_t first[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    for (int a = 0; a < ndim; a++) {
        box.start[a] = start[a];
        box.extent[a] = extent[a];
        first[a] = ash_axis_find(&s->axis[a], start[a]);
        met[a] = ash_axis_regular(ash_axis_find(&s->axis[a], start[a] + extent[a] - 1) - first[a] + 1, 1, 0);
    }
    char *memory = ash_malloc(s->largest);
    if (!memory) {
        ash_fail(&error, ASH_ERR_MEMORY, "the system gave no memory for a chunk of %lld bytes", (long long)s->largest);
    }
    for (int64_t k = 0; memory && error.status == ASH_OK && k < ash_grid_chunks(ndim, met); k++) {
        ash_grid_coordinates(ndim, met, k, coordinate);
        for (int a = 0; a < ndim; a++) {
            coordinate[a] += first[a];
        }
        read_part(s, ash_grid_ordinal(ndim, s->axis, coordinate), &box, memory, buffer, &error);
    }
    ash_free(memory);
    return error.status == ASH_OK ? ASH_OK : say(&error, message, message_bytes);
}

static ash_file *open_source(stored *s, const ash_output *output, int64_t chunks, const char *function, ash_error_state *error) {
    ash_variable about = {
        .name = (char *)(uintptr_t)(output->name ? output->name : "array"), .dtype = output->dtype, .ndim = output->ndim
    };
    for (int a = 0; a < output->ndim; a++) {
        about.shape[a] = output->dim[a].axis.extent;
        about.chunk[a] = ash_axis_largest(&output->dim[a].axis);
    }
    about.need.table = chunks * (int64_t)(sizeof *s->offset + sizeof(uint32_t)); /* places and checksums */
    ash_user_source source = { .read_box = read_box,
        .user = s,
        .release = free_stored,
        .thread_safe = 1,
        .scratch_bytes = s->largest,
        .path = "array on scratch",
        .identity = ash_scratch_file_digest(s->file, chunks) };
    return ash_user_source_open(&source, &about, function, error);
}

ash_file *ash_persist_scratch(
    ash_context *context, ash_value value, const ash_compute_options *options, const char *function, ash_error_state *error) {
    const ash_output *output = ash_value_output(value);
    ash_arena arena = { 0 };
    stored *s = ash_arena_alloc(&arena, sizeof *s);
    if (!s) {
        ash_fail_memory(error, function, sizeof *s);
        return NULL;
    }
    *s = (stored){ .arena = arena, .ndim = output->ndim, .size = ash_dtype_size(output->dtype) };
    ash_grid_axis axis[ASH_MAX_NDIM];
    for (int a = 0; a < output->ndim; a++) {
        axis[a] = output->dim[a].axis;
    }
    int64_t chunks = ash_grid_chunks(output->ndim, axis), bytes = place_chunks(s, output, chunks);
    if (bytes < 0) {
        ash_fail_memory(error, function, chunks * (int64_t)sizeof *s->offset);
    } else if (strcmp(context->options.scratch, "none") == 0) {
        ash_fail(
            error, ASH_ERR_ARGUMENT, "%s: where is \"scratch\", but the context has none: scratch (ASH_SCRATCH) is \"none\"", function);
    } else {
        s->file = ash_scratch_file_new(context->options.scratch, bytes, chunks, function, error);
    }
    ash_file *file = NULL;
    ash_user_sink sink = { .write_box = write_chunk, .user = s, .thread_safe = 1 };
    if (s->file && ash_run_to_sink(context, value, &sink, options, function, error) == ASH_OK) {
        file = open_source(s, output, chunks, function, error);
    }
    if (!file) {
        free_stored(s);
    }
    return file;
}

int ash_is_persisted_file(const ash_file *file) {
    return ash_user_source_reads_by(file, read_box);
}
