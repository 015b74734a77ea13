/* Tables of chunks and their filters: the input describes them, and is the file that they lie in. See tests/fuzz/chunk_input.h. */
#include "chunk_input.h"
#include "fuzz.h"

#include "io/stored.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNKS_MOST = 64 };

typedef struct input {
    const uint8_t *data;
    size_t size, at;
} input;

/* The next byte, 0 behind the end. */
static uint32_t byte(input *in) {
    return in->at < in->size ? in->data[in->at++] : 0;
}

static uint32_t word(input *in) {
    uint32_t low = byte(in), high = byte(in);
    return low | high << 8;
}

static void take_shape(input *in, ash_stored *stored) {
    stored->ndim = (int)(byte(in) % 4);
    uint32_t kind = byte(in);
    stored->element = 1 << kind % 4;
    stored->swap = kind & 4 && stored->element > 1;
    stored->chunk_bytes = stored->element;
    for (int a = 0; a < stored->ndim; a++) {
        stored->shape[a] = 1 + byte(in) % 16;
        stored->chunk[a] = 1 + byte(in) % 64;
        stored->count[a] = (stored->shape[a] - 1) / stored->chunk[a] + 1;
        stored->chunk_bytes *= stored->chunk[a];
    }
}

static void take_pipeline(input *in, ash_pipeline *pipeline) {
    pipeline->count = (int)(byte(in) % (ASH_MAX_FILTERS + 1));
    for (int i = 0; i < pipeline->count; i++) {
        ash_filter *filter = &pipeline->filter[i];
        filter->id = chunk_filters[byte(in) % CHUNK_FILTERS];
        filter->count = (int)(byte(in) % (ASH_FILTER_VALUES + 1));
        for (int k = 0; k < filter->count; k++) {
            uint32_t low = word(in);
            filter->value[k] = low | word(in) << 16;
        }
    }
}

/* Places that cannot be are absent chunks here; the driver would leave such a variable to the library. */
static void take_chunks(input *in, ash_stored *stored, int64_t chunks) {
    for (int64_t k = 0; k < chunks; k++) {
        int64_t address = word(in), bytes = word(in);
        if (!ash_stored_place(stored, k, (int64_t)in->size, address, bytes, byte(in)))
            stored->chunks[k].address = -1;
    }
    ash_stored_check_overlap(stored, chunks);
}

/* What is read in parts must be what is read at once. */
static void read_in_parts(int fd, const ash_stored *stored, const unsigned char *whole, const uint8_t seed[3]) {
    static unsigned char part[16 * 16 * 16 * 8];
    int64_t start[3] = { 0 }, extent[3] = { 1, 1, 1 }, step[3] = { 1, 1, 1 }, k = 0, size = stored->element;
    ash_error_state error = { 0 };
    ash_read_scratch scratch = { 0 };
    for (int a = 0; a < stored->ndim; a++) {
        start[a] = seed[a] % stored->shape[a];
        step[a] = 1 + seed[a] / 16 % 4;
        extent[a] = (stored->shape[a] - 1 - start[a]) / step[a] + 1;
    }
    fuzz_must(
        ash_stored_read(fd, stored, start, extent, step, part, &scratch, &error) == ASH_OK, "a part cannot be read of what was read whole");
    for (int64_t i = 0; i < extent[0]; i++)
        for (int64_t j = 0; j < extent[1]; j++)
            for (int64_t l = 0; l < extent[2]; l++, k++) {
                int64_t index[3] = { start[0] + i * step[0], start[1] + j * step[1], start[2] + l * step[2] }, at = 0;
                for (int a = 0; a < stored->ndim; a++)
                    at = at * stored->shape[a] + index[a];
                fuzz_must(memcmp(part + k * size, whole + at * size, (size_t)size) == 0, "a part differs from the whole");
            }
    ash_read_scratch_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int64_t zero[3] = { 0 }, one[3] = { 1, 1, 1 };
    static unsigned char whole[16 * 16 * 16 * 8];
    ash_stored stored = { .overlap = -1 };
    ash_stored_chunk table[16 * 16 * 16];
    input in = { data, size, 0 };
    take_shape(&in, &stored);
    take_pipeline(&in, &stored.pipeline);
    int64_t chunks = 1;
    for (int a = 0; a < stored.ndim; a++)
        chunks *= stored.count[a];
    if (chunks > CHUNKS_MOST || !ash_pipeline_supported(&stored.pipeline))
        return 0;
    stored.chunks = table;
    take_chunks(&in, &stored, chunks);
    uint8_t seed[3] = { (uint8_t)byte(&in), (uint8_t)byte(&in), (uint8_t)byte(&in) };

    ash_error_state error = { 0 };
    ash_read_scratch scratch = { 0 };
    int fd = fuzz_memory_file(data, size);
    ash_status status = ash_stored_read(fd, &stored, zero, stored.shape, one, whole, &scratch, &error);
    fuzz_must(status == error.status && (status == ASH_OK || error.text[0] != '\0'), "a failed read says nothing");
    ash_read_scratch_free(&scratch);
    if (status == ASH_OK)
        read_in_parts(fd, &stored, whole, seed);
    return 0;
}
