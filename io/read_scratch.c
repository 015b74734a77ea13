#include "io/read_scratch.h"

#include "base/memory.h"

void ash_read_scratch_free(ash_read_scratch *scratch) {
    ash_free(scratch->window);
    ash_free(scratch->buffer[0]);
    ash_free(scratch->buffer[1]);
    *scratch =
        (ash_read_scratch){ .cache = scratch->cache, .bytes_fetched = scratch->bytes_fetched, .bytes_decoded = scratch->bytes_decoded };
}

ash_status ash_scratch_reserve(unsigned char **memory, int64_t *capacity, int64_t bytes, ash_error_state *error) {
    if (*capacity >= bytes)
        return ASH_OK;
    ash_free(*memory);
    *memory = ash_malloc(bytes);
    *capacity = *memory ? bytes : 0;
    return *memory ? ASH_OK : ash_fail_memory(error, "read", bytes);
}

ash_status ash_scratch_window(ash_read_scratch *scratch, int64_t bytes, ash_error_state *error) {
    const unsigned char *decoded = scratch->decoded;
    scratch->window_of = NULL;
    if (scratch->window && decoded >= scratch->window && decoded < scratch->window + scratch->window_capacity)
        scratch->decoded_of = NULL; /* a chunk without filters is where it was read to */
    return ash_scratch_reserve(&scratch->window, &scratch->window_capacity, bytes, error);
}
