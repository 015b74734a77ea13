/* The table of a variable's chunks. */
#include "base/memory.h"
#include "io/stored.h"

#include <stdlib.h>

int64_t ash_stored_largest(int64_t chunk_bytes) {
    int64_t most = 0; /* more than any of the filters makes of bytes that do not shrink */
    return __builtin_add_overflow(chunk_bytes, chunk_bytes / 8 + 4096, &most) ? INT64_MAX : most;
}

int ash_stored_place(ash_stored *stored, int64_t k, int64_t file_size, int64_t address, int64_t bytes, uint32_t mask) {
    if (address < 0 || bytes < 1 || bytes > file_size || address > file_size - bytes || bytes > ash_stored_largest(stored->chunk_bytes) ||
        (stored->pipeline.count == 0 && bytes != stored->chunk_bytes))
        return 0;
    stored->chunks[k] = (ash_stored_chunk){ address, bytes, mask };
    return 1;
}

static int by_address(const void *a, const void *b) {
    const ash_stored_chunk *const *x = a, *const *y = b;
    return (*x)->address < (*y)->address ? -1 : (*x)->address > (*y)->address;
}

/* Most tables are in order of their addresses and need no sorting. */
static int64_t overlap_in_order(const ash_stored_chunk *const *chunk, int64_t count, int *ordered) {
    *ordered = 1;
    for (int64_t i = 1; i < count && *ordered; i++) {
        *ordered = chunk[i]->address >= chunk[i - 1]->address;
        if (*ordered && chunk[i]->address - chunk[i - 1]->address < chunk[i - 1]->bytes)
            return chunk[i]->address;
    }
    return -1;
}

int ash_stored_check_overlap(ash_stored *stored, int64_t chunks) {
    int64_t count = 0;
    int ordered;
    const ash_stored_chunk **chunk = ash_malloc(chunks * (int64_t)sizeof *chunk);
    if (!chunk)
        return 0;
    for (int64_t k = 0; k < chunks; k++)
        if (stored->chunks[k].address >= 0)
            chunk[count++] = &stored->chunks[k];
    stored->overlap = overlap_in_order(chunk, count, &ordered);
    if (!ordered) {
        qsort(chunk, (size_t)count, sizeof *chunk, by_address);
        stored->overlap = overlap_in_order(chunk, count, &ordered);
    }
    ash_free(chunk);
    return 1;
}

void ash_stored_free(ash_stored *stored) {
    if (stored)
        ash_free(stored->chunks);
    ash_free(stored);
}
