/* Reading boxes of chunked variables: fetch the chunks they touch, undo their filters, put the elements where they belong.
 *
 * Neighbouring small chunks are fetched together (the window). The last filter to be undone usually is shuffle, and then the elements go from the
 * shuffled bytes straight to their places. Chunks without filters are read as what they are, boxes in a file. */
#include "io/stored.h"

#include "base/memory.h"
#include "io/byte_order.h"
#include "io/flat_read.h"
#include "io/shuffle.h"

#include <string.h>

enum { WINDOW_BYTES = 1 << 20, GAP_BYTES = 4096, SLACK_BYTES = 64, SMALL_CHUNK_BYTES = 1 << 16 };

int64_t ash_stored_largest(int64_t chunk_bytes) {
    return chunk_bytes + chunk_bytes / 8 + 4096; /* more than any of the filters makes of bytes that do not shrink */
}

static int64_t window_capacity(int64_t chunk_bytes) {
    int64_t largest = ash_stored_largest(chunk_bytes);
    return largest > WINDOW_BYTES ? largest : WINDOW_BYTES;
}

int64_t ash_stored_scratch_bytes(int64_t chunk_bytes, int filters) {
    return filters > 0 ? window_capacity(chunk_bytes) + 2 * (chunk_bytes + SLACK_BYTES) : WINDOW_BYTES;
}

void ash_read_scratch_free(ash_read_scratch *scratch) {
    ash_free(scratch->window);
    ash_free(scratch->buffer[0]);
    ash_free(scratch->buffer[1]);
    *scratch =
        (ash_read_scratch){ .cache = scratch->cache, .bytes_fetched = scratch->bytes_fetched, .bytes_decoded = scratch->bytes_decoded };
}

static ash_status reserve(unsigned char **memory, int64_t *capacity, int64_t bytes, ash_error_state *error) {
    if (*capacity >= bytes)
        return ASH_OK;
    ash_free(*memory);
    *memory = ash_malloc(bytes);
    *capacity = *memory ? bytes : 0;
    return *memory ? ASH_OK : ash_fail_memory(error, "read", bytes);
}

ash_status ash_read_scratch_reserve(ash_read_scratch *scratch, int64_t bytes, ash_error_state *error) {
    scratch->window_of = NULL;
    return reserve(&scratch->window, &scratch->window_capacity, bytes, error);
}

/* ---- The chunks of a box ---- */

/* One after the other in C order. */
typedef struct walk {
    const ash_stored *stored;
    const int64_t *start, *extent, *step;
    int64_t first[ASH_MAX_NDIM], last[ASH_MAX_NDIM], at[ASH_MAX_NDIM]; /* chunk coordinates */
} walk;

/* What of a chunk belongs to the box: elements from[a] + k * step[a], k < n[a], within the chunk, which are elements to[a] + k of the box. */
typedef struct part {
    int64_t from[ASH_MAX_NDIM], to[ASH_MAX_NDIM], n[ASH_MAX_NDIM];
    int empty;
} part;

static int64_t ordinal(const walk *w) {
    int64_t k = 0;
    for (int a = 0; a < w->stored->ndim; a++)
        k = k * w->stored->count[a] + w->at[a];
    return k;
}

static int next_chunk(walk *w) {
    for (int a = w->stored->ndim - 1; a >= 0; a--) {
        if (w->at[a] < w->last[a]) {
            w->at[a]++;
            return 1;
        }
        w->at[a] = w->first[a];
    }
    return 0;
}

static void part_of(const walk *w, part *p) {
    const ash_stored *stored = w->stored;
    p->empty = 0;
    for (int a = 0; a < stored->ndim; a++) {
        int64_t begin = w->at[a] * stored->chunk[a], end = begin + stored->chunk[a];
        end = end < stored->shape[a] ? end : stored->shape[a];
        int64_t low = begin > w->start[a] ? (begin - w->start[a] + w->step[a] - 1) / w->step[a] : 0;
        int64_t high = (end - 1 - w->start[a]) / w->step[a] + 1; /* the box begins before the end */
        high = high < w->extent[a] ? high : w->extent[a];
        p->to[a] = low;
        p->n[a] = high > low ? high - low : 0;
        p->from[a] = w->start[a] + low * w->step[a] - begin;
        p->empty |= p->n[a] == 0;
    }
}

/* ---- Fetching ---- */

static int in_window(const ash_read_scratch *scratch, const ash_stored *stored, const ash_stored_chunk *chunk) {
    return scratch->window_of == stored && chunk->address >= scratch->window_begin &&
        chunk->address + chunk->bytes <= scratch->window_begin + scratch->window_bytes;
}

/* The stored bytes of the walk's chunk. Those of the chunks to come are fetched with it as far as they follow it in the file and are wanted. */
static ash_status fetch(int fd, const walk *w, ash_read_scratch *scratch, const unsigned char **bytes, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    const ash_stored_chunk *chunk = &stored->chunks[ordinal(w)];
    if (!in_window(scratch, stored, chunk)) {
        int64_t begin = chunk->address, end = begin + chunk->bytes;
        walk ahead = *w;
        while (end - begin < WINDOW_BYTES && next_chunk(&ahead)) {
            const ash_stored_chunk *next = &stored->chunks[ordinal(&ahead)];
            part wanted;
            part_of(&ahead, &wanted);
            if (next->address < 0 || wanted.empty || ash_chunk_cache_has(scratch->cache, stored, ordinal(&ahead)))
                continue;
            if (next->address < end || next->address - end > GAP_BYTES || next->address + next->bytes - begin > WINDOW_BYTES)
                break;
            end = next->address + next->bytes;
        }
        scratch->window_of = NULL;
        ash_status status = reserve(&scratch->window, &scratch->window_capacity, window_capacity(stored->chunk_bytes), error);
        status = status == ASH_OK ? ash_read_bytes(fd, scratch->window, end - begin, begin, error) : status;
        if (status != ASH_OK)
            return status;
        scratch->bytes_fetched += end - begin;
        scratch->window_of = stored;
        scratch->window_begin = begin;
        scratch->window_bytes = end - begin;
    }
    *bytes = scratch->window + (chunk->address - scratch->window_begin);
    return ASH_OK;
}

/* ---- Decoding ---- */

/* Whether the last filter to be undone is shuffle, which is undone as elements are placed. */
static int is_shuffled(const ash_stored *stored, const ash_stored_chunk *chunk) {
    const ash_pipeline *pipeline = &stored->pipeline;
    return pipeline->count > 0 && pipeline->filter[0].id == ASH_FILTER_SHUFFLE && !ash_filter_skipped(chunk->mask, 0) &&
        pipeline->filter[0].count > 0 && (int64_t)pipeline->filter[0].value[0] == stored->element;
}

/* Fetches the walk's chunk and undoes its filters, all but shuffle. */
static ash_status fetch_and_decode(
    int fd, const walk *w, ash_read_scratch *scratch, const unsigned char **decoded, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    int64_t k = ordinal(w);
    const ash_stored_chunk *chunk = &stored->chunks[k];
    const unsigned char *bytes = NULL;
    ash_status status = fetch(fd, w, scratch, &bytes, error);
    scratch->decoded_of = NULL;
    int64_t capacity = stored->chunk_bytes + SLACK_BYTES;
    for (int i = 0; i < 2 && status == ASH_OK; i++)
        status = reserve(&scratch->buffer[i], &scratch->buffer_capacity[i], capacity, error);
    if (status != ASH_OK)
        return status;
    const char *wrong = ash_pipeline_decode(&stored->pipeline, chunk->mask, is_shuffled(stored, chunk), bytes, chunk->bytes,
        stored->chunk_bytes, scratch->buffer, capacity, decoded);
    if (wrong)
        return ash_fail(error, ASH_ERR_FORMAT, "the chunk stored at byte %lld is damaged: %s", (long long)chunk->address, wrong);
    scratch->bytes_decoded += *decoded == bytes ? 0 : stored->chunk_bytes;
    scratch->decoded = *decoded;
    scratch->decoded_of = *decoded == bytes ? NULL : stored; /* bytes in the window go with it */
    scratch->decoded_chunk = k;
    return ASH_OK;
}

/* Takes the memory of the last decoded chunk out of the scratch; NULL if it lies in the window. */
static unsigned char *give_decoded(ash_read_scratch *scratch, const unsigned char *decoded) {
    for (int i = 0; i < 2; i++) {
        unsigned char *memory = scratch->buffer[i];
        if (memory && memory == decoded) {
            scratch->buffer[i] = NULL;
            scratch->buffer_capacity[i] = 0;
            scratch->decoded_of = NULL;
            return memory;
        }
    }
    return NULL;
}

/* The decoded bytes of the walk's chunk, which may be shuffled still. What is in the cache, or was the last chunk decoded by this scratch, is not
 * decoded again. */
static ash_status decode(int fd, const walk *w, ash_read_scratch *scratch, const unsigned char **decoded, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    int64_t k = ordinal(w);
    if (scratch->decoded_of == stored && scratch->decoded_chunk == k) {
        *decoded = scratch->decoded;
        return ASH_OK;
    }
    ash_chunk_cache *cache = stored->pipeline.count > 0 ? scratch->cache : NULL;
    scratch->pinned = ash_chunk_cache_take(cache, stored, k, stored->chunk_bytes + SLACK_BYTES, decoded);
    if (*decoded)
        return ASH_OK;
    ash_status status = fetch_and_decode(fd, w, scratch, decoded, error);
    if (scratch->pinned) {
        unsigned char *memory = status == ASH_OK ? give_decoded(scratch, *decoded) : NULL;
        ash_chunk_cache_put(cache, scratch->pinned, memory);
        scratch->pinned = memory ? scratch->pinned : NULL;
    }
    return status;
}

/* ---- Placing ---- */

/* `n` elements of a decoded chunk, every step-th from `first` on, dense at `out`. */
static void place_row(
    const ash_stored *stored, const unsigned char *decoded, int shuffled, int64_t first, int64_t n, int64_t step, unsigned char *out) {
    int64_t size = stored->element, count = stored->chunk_bytes / size;
    if (shuffled && step == 1) {
        ash_unshuffle(decoded, count, size, first, n, stored->swap, out);
        return;
    }
    if (shuffled) {
        for (int64_t i = 0; i < n; i++)
            ash_unshuffle(decoded, count, size, first + i * step, 1, stored->swap, out + i * size);
        return;
    }
    if (step == 1)
        memcpy(out, decoded + first * size, (size_t)(n * size));
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * size, decoded + (first + i * step) * size, (size_t)size);
    if (stored->swap)
        ash_swap_bytes(out, n, size);
}

static void fill_row(const void *element, int64_t size, int64_t n, unsigned char *out) {
    for (int64_t i = 0; i < n; i++)
        memcpy(out + i * size, element, (size_t)size);
}

/* Puts a chunk's part of the box into place; without `decoded` it is fill value. Axes that are dense on both sides are one row. */
static void place(const walk *w, const part *p, const unsigned char *decoded, int shuffled, unsigned char *out) {
    const ash_stored *stored = w->stored;
    int ndim = stored->ndim, inner = ndim;
    int64_t stride[ASH_MAX_NDIM], weight[ASH_MAX_NDIM], dense = stored->element, elements = 1, row = 1, step = 1, first = 0;
    for (int a = ndim - 1; a >= 0; a--) {
        stride[a] = dense;
        weight[a] = elements;
        dense *= w->extent[a];
        elements *= stored->chunk[a];
        first += p->from[a] * weight[a];
        out += p->to[a] * stride[a];
    }
    if (ndim > 0) {
        row = p->n[--inner];
        step = w->step[inner];
    }
    while (inner > 0 && w->step[inner] == 1 && w->step[inner - 1] == 1 && p->n[inner] == stored->chunk[inner] &&
        p->n[inner] == w->extent[inner])
        row *= p->n[--inner];

    int64_t index[ASH_MAX_NDIM] = { 0 };
    for (;;) {
        if (decoded)
            place_row(stored, decoded, shuffled, first, row, step, out);
        else
            fill_row(stored->absent, stored->element, row, out);
        int a = inner - 1;
        while (a >= 0 && index[a] == p->n[a] - 1) {
            first -= index[a] * w->step[a] * weight[a];
            out -= index[a] * stride[a];
            index[a--] = 0;
        }
        if (a < 0)
            return;
        index[a]++;
        first += w->step[a] * weight[a];
        out += stride[a];
    }
}

/* A large chunk without filters: only the part that is wanted is read. */
static ash_status read_plain(int fd, const walk *w, const part *p, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    ash_flat_box box = {
        .ndim = stored->ndim, .swap = stored->swap, .element = stored->element, .offset = stored->chunks[ordinal(w)].address
    };
    int64_t memory = stored->element, distance = stored->element;
    char *out = buffer;
    for (int a = stored->ndim - 1; a >= 0; a--) {
        box.extent[a] = p->n[a];
        box.distance[a] = distance * w->step[a];
        box.stride[a] = memory;
        box.offset += p->from[a] * distance;
        out += p->to[a] * memory;
        distance *= stored->chunk[a];
        memory *= w->extent[a];
    }
    return ash_flat_read(fd, &box, out, &scratch->bytes_fetched, error);
}

static int is_plain(const ash_stored *stored, const ash_stored_chunk *chunk) {
    for (int i = 0; i < stored->pipeline.count; i++)
        if (!ash_filter_skipped(chunk->mask, i))
            return 0;
    return chunk->bytes == stored->chunk_bytes;
}

static ash_status read_chunk(int fd, const walk *w, const part *p, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_stored_chunk *chunk = &w->stored->chunks[ordinal(w)];
    const unsigned char *decoded = NULL;
    if (chunk->address >= 0 && chunk->bytes >= SMALL_CHUNK_BYTES && is_plain(w->stored, chunk))
        return read_plain(fd, w, p, buffer, scratch, error);
    ash_status status = chunk->address < 0 ? ASH_OK : decode(fd, w, scratch, &decoded, error);
    if (status == ASH_OK)
        place(w, p, decoded, is_shuffled(w->stored, chunk), buffer);
    ash_chunk_cache_release(scratch->cache, scratch->pinned);
    scratch->pinned = NULL;
    return status;
}

/* ---- The box ---- */

/* What lies beyond the stored extents is fill value: all of the box is made so first, where it reaches that far. Returns whether anything of it is
 * stored. */
static int fill_beyond(const ash_stored *stored, const int64_t start[], const int64_t extent[], const int64_t step[], void *buffer) {
    int beyond = 0, within = 1;
    int64_t elements = 1;
    for (int a = 0; a < stored->ndim; a++) {
        beyond |= start[a] + (extent[a] - 1) * step[a] >= stored->shape[a];
        within &= start[a] < stored->shape[a];
        elements *= extent[a];
    }
    if (beyond)
        fill_row(stored->beyond, stored->element, elements, buffer);
    return within;
}

ash_status ash_stored_read(int fd, const ash_stored *stored, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    walk w = { .stored = stored, .start = start, .extent = extent, .step = step };
    if (!fill_beyond(stored, start, extent, step, buffer))
        return ASH_OK;
    for (int a = 0; a < stored->ndim; a++) {
        int64_t last = start[a] + (extent[a] - 1) * step[a];
        w.first[a] = w.at[a] = start[a] / stored->chunk[a];
        w.last[a] = (last < stored->shape[a] ? last : stored->shape[a] - 1) / stored->chunk[a];
    }
    ash_status status = ASH_OK;
    do {
        part p;
        part_of(&w, &p);
        if (!p.empty)
            status = read_chunk(fd, &w, &p, buffer, scratch, error);
    } while (status == ASH_OK && next_chunk(&w));
    return status;
}
