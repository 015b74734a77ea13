#include "io/chunk_encode.h"

#include "base/crc32c.h"
#include "io/flat_read.h"

#include <string.h>

int ash_chunk_is_whole(const ash_chunking *chunking, const int64_t start[], const int64_t extent[]) {
    for (int a = 0; a < chunking->ndim; a++) {
        int64_t left = chunking->shape[a] - start[a];
        if (start[a] % chunking->chunk[a] != 0 || extent[a] != (left < chunking->chunk[a] ? left : chunking->chunk[a]))
            return 0;
    }
    return 1;
}

/* A chunk at the edge is stored whole. */
static void pad(const ash_chunking *chunking, const int64_t extent[], const unsigned char *in, unsigned char *out) {
    for (int64_t at = 0; at < chunking->chunk_bytes; at += chunking->element)
        memcpy(out + at, chunking->fill, (size_t)chunking->element);
    ash_copy_dense(chunking->ndim, extent, chunking->element, out, chunking->chunk, in, extent);
}

int64_t ash_chunk_scratch_bytes(const ash_chunking *chunking) {
    return 2 * ash_pipeline_bound(chunking->chunk_bytes) + (chunking->pipeline.count > 0 ? ASH_ENCODER_BYTES : 0);
}

ash_status ash_chunk_encode(const ash_chunking *chunking, const int64_t extent[], const void *data, ash_write_scratch *scratch,
    const unsigned char **bytes, int64_t *n, ash_error_state *error) {
    int64_t capacity = ash_pipeline_bound(chunking->chunk_bytes);
    int padded = memcmp(extent, chunking->chunk, (size_t)chunking->ndim * sizeof *extent) != 0;
    *bytes = data;
    *n = chunking->chunk_bytes;
    if (!padded && chunking->pipeline.count == 0)
        return ASH_OK;
    unsigned char *buffer[2] = { ash_write_scratch_buffer(scratch, 0, capacity), ash_write_scratch_buffer(scratch, 1, capacity) };
    const unsigned char *in = data;
    if (!buffer[0] || !buffer[1])
        return ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %lld bytes", (long long)capacity);
    if (padded) {
        pad(chunking, extent, in, buffer[0]);
        in = buffer[0];
    }
    if (!ash_pipeline_encode(&chunking->pipeline, in, chunking->chunk_bytes, buffer, bytes, n))
        return ash_fail(error, ASH_ERR_MEMORY, "a chunk of %lld bytes cannot be compressed", (long long)chunking->chunk_bytes);
    return ASH_OK;
}

/* ---- The journal ---- */

static int64_t ordinal_of(const ash_chunking *chunking, const int64_t start[]) {
    int64_t ordinal = 0;
    for (int a = 0; a < chunking->ndim; a++)
        ordinal = ordinal * ((chunking->shape[a] - 1) / chunking->chunk[a] + 1) + start[a] / chunking->chunk[a];
    return ordinal;
}

static void start_of(const ash_chunking *chunking, int64_t ordinal, int64_t start[]) {
    for (int a = chunking->ndim - 1; a >= 0; a--) {
        int64_t count = (chunking->shape[a] - 1) / chunking->chunk[a] + 1;
        start[a] = ordinal % count * chunking->chunk[a];
        ordinal /= count;
    }
}

ash_status ash_chunk_keep(ash_writer *writer, int variable, const ash_chunking *chunking, const int64_t start[], const unsigned char *bytes,
    int64_t n, ash_error_state *error) {
    int64_t chunk = ordinal_of(chunking, start), offset;
    if (ash_journal_has(writer->journal, variable, chunk))
        return ASH_OK;
    int reason = ash_journal_append(writer->journal, bytes, n, &offset);
    if (reason == 0)
        reason = ash_journal_add(writer->journal, variable, chunk, offset, n, ash_crc32c(0, bytes, n));
    return ash_fail_errno(reason, error);
}

static ash_status move_chunk(ash_writer *writer, int variable, const ash_chunking *chunking, int64_t chunk, ash_chunk_placer *place,
    ash_write_scratch *scratch, ash_error_state *error) {
    int64_t start[ASH_MAX_NDIM], offset, n, bound = ash_pipeline_bound(chunking->chunk_bytes);
    uint32_t crc;
    ash_journal_find(writer->journal, variable, chunk, &offset, &n, &crc);
    unsigned char *bytes = n > 0 ? ash_write_scratch_buffer(scratch, 0, bound) : NULL;
    if (n > 0 && !bytes)
        return ash_fail_memory(error, writer->function, bound);
    if (n <= 0 || n > bound || ash_read_bytes(ash_journal_data(writer->journal), bytes, n, offset, NULL, error) != ASH_OK ||
        ash_crc32c(0, bytes, n) != crc)
        return ash_fail(error, ASH_ERR_IO, "chunk %lld of variable '%s' is damaged in %s; remove that file and run again", (long long)chunk,
            writer->schema->variable[variable].name, ash_journal_data_path(writer->journal));
    start_of(chunking, chunk, start);
    return place(writer, variable, start, bytes, n, error);
}

ash_status ash_chunk_move(ash_writer *writer, int variable, const ash_chunking *chunking, ash_chunk_placer *place, ash_error_state *error) {
    ash_write_scratch scratch = { 0 };
    int64_t chunks = ash_writer_journals(writer, variable) ? ash_journal_chunks(writer->journal, variable) : 0;
    for (int64_t chunk = 0; chunk < chunks && error->status == ASH_OK; chunk++)
        move_chunk(writer, variable, chunking, chunk, place, &scratch, error);
    ash_write_scratch_free(&scratch);
    return error->status;
}
