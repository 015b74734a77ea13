/* Reading boxes of chunked variables: fetch the chunks they touch, undo their filters, put the elements where they belong.
 *
 * Neighbouring small chunks are fetched together (the window). The last filter to be undone usually is shuffle, and then the elements go from the
 * shuffled bytes straight to their places. Chunks without filters are read as what they are, boxes in a file.
 *
 * Where chunks are is in a table, or found out one by one: then they may be files of their own, of which each thread has at most one open. */
#include "io/stored.h"

#include "base/text.h"
#include "io/byte_order.h"
#include "io/crc32.h"
#include "io/element.h"
#include "io/flat_read.h"
#include "io/read_scratch.h"
#include "io/shuffle.h"
#include "io/zip.h"

#include <string.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 20, GAP_BYTES = 4096, SLACK_BYTES = 64, SMALL_CHUNK_BYTES = 1 << 16 };

static int64_t window_capacity(int64_t chunk_bytes) {
    int64_t largest = ash_stored_largest(chunk_bytes);
    return largest > WINDOW_BYTES ? largest : WINDOW_BYTES;
}

static int is_compressor(int filter) {
    return filter != ASH_FILTER_SHUFFLE && filter != ASH_FILTER_FLETCHER32 && filter != ASH_FILTER_CRC32C;
}

/* Bytes of each of the two buffers between filters. A compressor is undone to a chunk, and a few bytes for checksums; a filter behind a compressor to
 * what that made of the chunk, which may be larger. */
static int64_t buffer_capacity(int64_t chunk_bytes, const ash_pipeline *pipeline) {
    for (int i = 0; i + 1 < pipeline->count; i++)
        if (is_compressor(pipeline->filter[i].id))
            return ash_stored_largest(chunk_bytes);
    return chunk_bytes + SLACK_BYTES;
}

int64_t ash_stored_scratch_bytes(int64_t chunk_bytes, const ash_pipeline *pipeline) {
    return pipeline->count > 0 ? window_capacity(chunk_bytes) + 2 * buffer_capacity(chunk_bytes, pipeline) : WINDOW_BYTES;
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

static ash_status locate(int fd, const walk *w, ash_chunk_place *place, ash_error_state *error) {
    *place = (ash_chunk_place){ .fd = fd };
    if (!w->stored->chunks)
        return w->stored->find(w->stored, w->at, place, error);
    place->chunk = w->stored->chunks[ordinal(w)];
    return ASH_OK;
}

/* What is wrong with a chunk, and which it is. */
static ash_status fail_chunk(const walk *w, const ash_stored_chunk *chunk, const char *wrong, ash_error_state *error) {
    char at[160];
    if (w->stored->chunks)
        return ash_fail(error, ASH_ERR_FORMAT, "the chunk stored at byte %lld is damaged: %s", (long long)chunk->address, wrong);
    return ash_fail(error, ASH_ERR_FORMAT, "chunk %s is damaged: %s", ash_format_shape(w->stored->ndim, w->at, at, sizeof at), wrong);
}

/* How many filters were not left out. */
static int filters_of(const ash_stored *stored, const ash_stored_chunk *chunk) {
    int count = 0;
    for (int i = 0; i < stored->pipeline.count; i++)
        count += !ash_filter_skipped(chunk->mask, i);
    return count;
}

/* Tables were checked when they were made. */
static ash_status check_found(const walk *w, const ash_stored_chunk *chunk, ash_error_state *error) {
    if (w->stored->chunks || chunk->address < 0)
        return ASH_OK;
    if (chunk->bytes > ash_stored_largest(w->stored->chunk_bytes))
        return fail_chunk(w, chunk, "it is larger than its filters can have made it", error);
    if (filters_of(w->stored, chunk) == 0 && chunk->bytes != w->stored->chunk_bytes)
        return fail_chunk(w, chunk, "it has not as many bytes as its shape asks for", error);
    return ASH_OK;
}

static int in_window(const ash_read_scratch *scratch, const ash_stored *stored, const ash_stored_chunk *chunk) {
    return scratch->window_of == stored && chunk->address >= scratch->window_begin &&
        chunk->address + chunk->bytes <= scratch->window_begin + scratch->window_bytes;
}

/* The end of the bytes that are fetched together from the walk's chunk on: those of the chunks to come as far as they follow it in the file and are
 * wanted. */
static int64_t window_end(int fd, const walk *w, const ash_stored_chunk *chunk, ash_chunk_cache *cache) {
    int64_t begin = chunk->address, end = begin + chunk->bytes;
    walk ahead = *w;
    while (end - begin < WINDOW_BYTES && next_chunk(&ahead)) {
        ash_chunk_place next;
        ash_error_state ignored = { 0 };
        part wanted;
        part_of(&ahead, &wanted);
        if (wanted.empty || ash_chunk_cache_has(cache, ahead.stored, ordinal(&ahead)))
            continue;
        if (locate(fd, &ahead, &next, &ignored) != ASH_OK || check_found(&ahead, &next.chunk, &ignored) != ASH_OK)
            break; /* told when it is its turn */
        if (next.chunk.address < 0)
            continue;
        if (next.chunk.address < end || next.chunk.address - end > GAP_BYTES ||
            next.chunk.address + next.chunk.bytes - begin > WINDOW_BYTES)
            break;
        end = next.chunk.address + next.chunk.bytes;
    }
    return end;
}

/* The stored bytes of the walk's chunk. */
static ash_status fetch(
    const ash_chunk_place *place, const walk *w, ash_read_scratch *scratch, const unsigned char **bytes, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    const ash_stored_chunk *chunk = &place->chunk;
    if (place->own || !in_window(scratch, stored, chunk)) {
        int64_t begin = chunk->address, end = place->own ? begin + chunk->bytes : window_end(place->fd, w, chunk, scratch->cache);
        ash_status status = ash_scratch_window(scratch, window_capacity(stored->chunk_bytes), error);
        status = status == ASH_OK ? ash_read_bytes(place->fd, scratch->window, end - begin, begin, scratch, error) : status;
        if (status != ASH_OK)
            return status;
        scratch->bytes_fetched += end - begin;
        scratch->window_of = place->own ? NULL : stored;
        scratch->window_begin = begin;
        scratch->window_bytes = end - begin;
    }
    *bytes = scratch->window + (chunk->address - scratch->window_begin);
    return place->member ? ash_zip_check(place->member, ash_crc32(0, *bytes, chunk->bytes), error) : ASH_OK;
}

/* ---- Decoding ---- */

/* Whether the last filter to be undone is a shuffle that is left for the placing of the elements. */
static int stays_shuffled(const ash_stored *stored, uint32_t mask) {
    const ash_filter *first = &stored->pipeline.filter[0];
    return stored->pipeline.count > 0 && first->id == ASH_FILTER_SHUFFLE && !ash_filter_skipped(mask, 0) && first->count > 0 &&
        (int64_t)first->value[0] == stored->element && !stored->pairs;
}

/* Fetches the walk's chunk and undoes its filters, all but a shuffle that comes last. */
static ash_status fetch_and_decode(
    const ash_chunk_place *place, const walk *w, ash_read_scratch *scratch, const unsigned char **decoded, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    const unsigned char *bytes = NULL;
    ash_status status = fetch(place, w, scratch, &bytes, error);
    scratch->decoded_of = NULL;
    int64_t capacity = buffer_capacity(stored->chunk_bytes, &stored->pipeline);
    for (int i = 0; i < 2 && status == ASH_OK; i++)
        status = ash_scratch_reserve(&scratch->buffer[i], &scratch->buffer_capacity[i], capacity, error);
    if (status != ASH_OK)
        return status;
    int shuffled = stays_shuffled(stored, place->chunk.mask);
    const char *wrong = ash_pipeline_decode(
        &stored->pipeline, place->chunk.mask, shuffled, bytes, place->chunk.bytes, stored->chunk_bytes, scratch->buffer, capacity, decoded);
    if (wrong)
        return fail_chunk(w, &place->chunk, wrong, error);
    scratch->bytes_decoded += *decoded == bytes ? 0 : stored->chunk_bytes;
    scratch->decoded = *decoded;
    scratch->decoded_of = stored;
    scratch->decoded_chunk = ordinal(w);
    scratch->decoded_shuffled = shuffled;
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

/* The decoded bytes of the walk's chunk, which may be shuffled still. What is in the cache that the threads share is not decoded again. */
static ash_status decode(
    const ash_chunk_place *place, const walk *w, ash_read_scratch *scratch, const unsigned char **decoded, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    ash_chunk_cache *cache = filters_of(stored, &place->chunk) > 0 ? scratch->cache : NULL;
    scratch->pinned = ash_chunk_cache_take(cache, stored, ordinal(w), buffer_capacity(stored->chunk_bytes, &stored->pipeline), decoded);
    if (*decoded) {
        scratch->decoded_shuffled = stays_shuffled(stored, place->chunk.mask);
        scratch->decoded_of = NULL; /* what is cached may go when it is released */
        return ASH_OK;
    }
    ash_status status = fetch_and_decode(place, w, scratch, decoded, error);
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
    int64_t size = stored->element, count = stored->chunk_bytes / size, numbers = stored->pairs ? 2 : 1;
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
        ash_copy_elements(out, size, decoded + first * size, step * size, n, size);
    if (stored->swap)
        ash_swap_bytes(out, n * numbers, size / numbers);
}

static void fill_row(const void *element, int64_t size, int64_t n, unsigned char *out) {
    ash_copy_elements(out, size, element, 0, n, size);
}

/* How many elements of a decoded chunk lie between neighbours along each axis. */
static void element_distances(const ash_stored *stored, int64_t distance[]) {
    int64_t elements = 1;
    for (int k = 0; k < stored->ndim; k++) {
        int a = stored->fortran ? k : stored->ndim - 1 - k;
        distance[a] = elements;
        elements *= stored->chunk[a];
    }
}

/* Puts a chunk's part of the box into place; without `decoded` it is fill value. Axes that are dense on both sides are one row. */
static void place_part(const walk *w, const part *p, const unsigned char *decoded, int shuffled, unsigned char *out) {
    const ash_stored *stored = w->stored;
    int ndim = stored->ndim, inner = ndim;
    int64_t stride[ASH_MAX_NDIM], weight[ASH_MAX_NDIM], dense = stored->element, row = 1, step = 1, first = 0;
    element_distances(stored, weight);
    for (int a = ndim - 1; a >= 0; a--) {
        stride[a] = dense;
        dense *= w->extent[a];
        first += p->from[a] * weight[a];
        out += p->to[a] * stride[a];
    }
    if (ndim > 0) {
        row = p->n[--inner];
        step = w->step[inner] * weight[inner];
    }
    while (!stored->fortran && inner > 0 && w->step[inner] == 1 && w->step[inner - 1] == 1 && p->n[inner] == stored->chunk[inner] &&
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

/* Whether a plain chunk lies in the box as it is stored, but for the distances of its rows. */
static int is_read_whole(const walk *w, const part *p) {
    int whole = w->stored->ndim > 0 && !w->stored->fortran && !w->stored->swap;
    for (int a = 0; a < w->stored->ndim; a++)
        whole &= p->n[a] == w->stored->chunk[a] && (w->step[a] == 1 || p->n[a] == 1);
    return whole;
}

/* Of such a chunk, whose first element is at `in`. */
static uint32_t crc_of(const walk *w, const part *p, const char *in) {
    int outer = w->stored->ndim;
    int64_t stride[ASH_MAX_NDIM], index[ASH_MAX_NDIM] = { 0 }, row = w->stored->element, dense = row;
    for (int a = outer - 1; a >= 0; a--) {
        stride[a] = dense;
        dense *= w->extent[a];
    }
    while (outer > 0 && stride[outer - 1] == row)
        row *= p->n[--outer];
    for (uint32_t crc = 0;;) {
        crc = ash_crc32(crc, in, row);
        int a = outer - 1;
        while (a >= 0 && index[a] == p->n[a] - 1) {
            in -= index[a] * stride[a];
            index[a--] = 0;
        }
        if (a < 0)
            return crc;
        index[a]++;
        in += stride[a];
    }
}

/* A large chunk without filters: only the part that is wanted is read. */
static ash_status read_plain(
    const ash_chunk_place *place, const walk *w, const part *p, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    ash_flat_box box = {
        .ndim = stored->ndim, .swap = stored->swap, .pairs = stored->pairs, .element = stored->element, .offset = place->chunk.address
    };
    int64_t memory = stored->element, distance[ASH_MAX_NDIM];
    char *out = buffer;
    element_distances(stored, distance);
    for (int a = stored->ndim - 1; a >= 0; a--) {
        box.extent[a] = p->n[a];
        box.distance[a] = distance[a] * stored->element * w->step[a];
        box.stride[a] = memory;
        box.offset += p->from[a] * distance[a] * stored->element;
        out += p->to[a] * memory;
        memory *= w->extent[a];
    }
    ash_status status = ash_flat_read(place->fd, &box, out, scratch, error);
    return status == ASH_OK && place->member && is_read_whole(w, p) ? ash_zip_check(place->member, crc_of(w, p, out), error) : status;
}

/* Where a chunk belongs in the box, if all of it does and its elements are as dense there as in the chunk; NULL otherwise. */
static unsigned char *whole_place(const walk *w, const part *p, void *buffer) {
    const ash_stored *stored = w->stored;
    int64_t stride = stored->element;
    unsigned char *out = buffer;
    int split = stored->fortran && stored->ndim > 1; /* the box goes on along an axis within: axes before it must have one element */
    for (int a = stored->ndim - 1; a >= 0; a--) {
        if (p->n[a] != stored->chunk[a] || (w->step[a] != 1 && p->n[a] > 1) || (split && p->n[a] > 1))
            return NULL;
        split |= w->extent[a] != stored->chunk[a];
        out += p->to[a] * stride;
        stride *= w->extent[a];
    }
    return out;
}

/* A whole chunk with one filter is decoded to where it belongs. */
static ash_status decode_whole(
    const ash_chunk_place *place, const walk *w, unsigned char *out, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_stored *stored = w->stored;
    const unsigned char *bytes = NULL, *decoded;
    unsigned char *only[2] = { out, NULL };
    int64_t numbers = stored->pairs ? 2 : 1;
    ash_status status = fetch(place, w, scratch, &bytes, error);
    if (status != ASH_OK)
        return status;
    const char *wrong = ash_pipeline_decode(
        &stored->pipeline, place->chunk.mask, 0, bytes, place->chunk.bytes, stored->chunk_bytes, only, stored->chunk_bytes, &decoded);
    if (wrong)
        return fail_chunk(w, &place->chunk, wrong, error);
    scratch->bytes_decoded += stored->chunk_bytes;
    if (stored->swap)
        ash_swap_bytes(out, stored->chunk_bytes / stored->element * numbers, stored->element / numbers);
    return ASH_OK;
}

static ash_status read_found(
    const ash_chunk_place *place, const walk *w, const part *p, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_stored_chunk *chunk = &place->chunk;
    const unsigned char *decoded = NULL;
    if (chunk->address >= 0 && chunk->bytes >= SMALL_CHUNK_BYTES && chunk->bytes == w->stored->chunk_bytes &&
        filters_of(w->stored, chunk) == 0)
        return read_plain(place, w, p, buffer, scratch, error);
    ash_status status = check_found(w, chunk, error);
    unsigned char *whole =
        !scratch->cache && filters_of(w->stored, chunk) == 1 && !stays_shuffled(w->stored, chunk->mask) ? whole_place(w, p, buffer) : NULL;
    if (status == ASH_OK && chunk->address >= 0 && whole)
        return decode_whole(place, w, whole, scratch, error);
    if (status == ASH_OK && chunk->address >= 0)
        status = decode(place, w, scratch, &decoded, error);
    if (status == ASH_OK)
        place_part(w, p, decoded, scratch->decoded_shuffled, buffer);
    ash_chunk_cache_release(scratch->cache, scratch->pinned);
    scratch->pinned = NULL;
    return status;
}

/* The last chunk that this scratch decoded is not decoded again. */
static ash_status read_chunk(int fd, const walk *w, const part *p, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    if (scratch->decoded_of == w->stored && scratch->decoded_chunk == ordinal(w)) {
        place_part(w, p, scratch->decoded, scratch->decoded_shuffled, buffer);
        return ASH_OK;
    }
    ash_chunk_place place;
    ash_status status = locate(fd, w, &place, error);
    if (status != ASH_OK)
        return status;
    status = read_found(&place, w, p, buffer, scratch, error);
    if (place.own)
        close(place.fd);
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
    if (stored->overlap >= 0)
        return ash_fail(
            error, ASH_ERR_FORMAT, "its table of chunks is damaged: two of them overlap at byte %lld", (long long)stored->overlap);
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
