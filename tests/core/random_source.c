/* Random leaves that a function delivers. It checks what it is asked for. */
#include "random_steps.h"

#include <stdio.h>
#include <string.h>

typedef struct delivery {
    int ndim;
    int64_t shape[ASH_MAX_NDIM], element;
    const char *data;
    int thread_safe, busy;
} delivery;

/* Element by element, so that nothing is shared with how the library copies boxes. */
static void deliver(const delivery *d, const int64_t start[], const int64_t extent[], char *out) {
    int64_t index[ASH_MAX_NDIM] = { 0 };
    for (int a = 0; a >= 0;) {
        int64_t at = 0;
        for (a = 0; a < d->ndim; a++)
            at = at * d->shape[a] + start[a] + index[a];
        memcpy(out, d->data + at * d->element, (size_t)d->element);
        out += d->element;
        for (a = d->ndim - 1; a >= 0 && ++index[a] == extent[a]; a--)
            index[a] = 0;
    }
}

static ash_status read_box(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    delivery *d = user;
    if (!d->thread_safe && __atomic_exchange_n(&d->busy, 1, __ATOMIC_ACQ_REL)) {
        snprintf(message, (size_t)message_bytes, "two calls at once");
        return ASH_ERR_INTERNAL;
    }
    for (int a = 0; a < d->ndim; a++)
        if (ndim != d->ndim || start[a] < 0 || extent[a] < 1 || start[a] + extent[a] > d->shape[a]) {
            snprintf(message, (size_t)message_bytes, "a box outside of the array");
            return ASH_ERR_INTERNAL;
        }
    deliver(d, start, extent, buffer);
    if (!d->thread_safe)
        __atomic_store_n(&d->busy, 0, __ATOMIC_RELEASE);
    return ASH_OK;
}

int random_source(generator *g, const target *t) {
    ash_dtype dtype = (ash_dtype)random_below(g, ASH_DTYPE_COUNT);
    int wild = one_in(g, 2);
    int64_t element = ash_dtype_size(dtype);
    dense *value = dense_new(dtype, t->ndim, t->shape, t->name);
    char *data = generator_memory(g, value->size * element), chunks[2048], dims[64];
    for (int64_t k = 0; k < value->size; k++) {
        cell_store(dtype, data + k * element, random_cell(g, dtype, wild));
        value->cell[k] = cell_load(dtype, data + k * element);
    }
    delivery *d = generator_memory(g, sizeof *d);
    *d = (delivery){ .ndim = t->ndim, .element = element, .data = data, .thread_safe = one_in(g, 2) };
    memcpy(d->shape, t->shape, (size_t)t->ndim * sizeof *d->shape);
    random_chunks(g, t->ndim, t->shape, chunks, sizeof chunks);
    const char *names = random_leaf_dims(t, dims);
    ash_source_options options = { .dims = names, .chunks = one_in(g, 4) ? NULL : chunks, .thread_safe = d->thread_safe };
    ash_array handle = ash_from_source(g->context, dtype, t->ndim, t->shape, read_box, d, &options);
    return generator_add(g, handle, value, "source(%s, %d-D, %lld elements, dims %s, chunks %.200s)", ash_dtype_name(dtype), t->ndim,
        (long long)value->size, names ? names : "-", options.chunks ? chunks : "-");
}
