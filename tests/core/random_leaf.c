/* The ends of random expressions: buffers with all kinds of strides, constants, ramps, scalars, labels. */
#include "random_steps.h"

#include <complex.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The generator's own things ---- */

void generator_begin(generator *g, ash_context *context, uint64_t seed) {
    *g = (generator){ .context = context, .state = seed };
    g->named = one_in(g, 2);
    g->capacity = one_in(g, 20) ? 6000 : 600;
}

void generator_end(generator *g) {
    for (int k = 0; k < g->count; k++) {
        dense_free(g->all[k].value);
        free(g->all[k].text);
    }
    for (int k = 0; k < g->nmemory; k++) {
        free(g->memory[k]);
    }
    free(g->all);
    free(g->memory);
}

/* splitmix64 */
static uint64_t random_bits(generator *g) {
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t random_below(generator *g, int64_t n) {
    return n > 0 ? (int64_t)(random_bits(g) % (uint64_t)n) : 0;
}
int one_in(generator *g, int n) {
    return random_below(g, n) == 0;
}

int generator_add(generator *g, ash_array handle, dense *value, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (g->count == g->room) {
        g->room = 2 * g->room + 16;
        g->all = realloc(g->all, (size_t)g->room * sizeof *g->all);
    }
    g->all[g->count] = (expression){ .handle = handle, .value = value, .text = strdup(text) };
    return g->count++;
}

void *generator_memory(generator *g, int64_t bytes) {
    g->memory = realloc(g->memory, (size_t)(g->nmemory + 1) * sizeof *g->memory);
    g->memory[g->nmemory] = calloc(1, (size_t)bytes + 1);
    return g->memory[g->nmemory++];
}

/* ---- Values ---- */

static long double random_real(generator *g, int wild) {
    static const double special[] = { NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e30, -1e30, 1e-30, NAN };
    if (wild && one_in(g, 8)) {
        return special[random_below(g, 9)];
    }
    switch (random_below(g, 4)) {
    case 0: return (long double)(random_below(g, 9) - 4);
    case 1: return (long double)(random_below(g, 2001) - 1000) / 8;
    default: return ((long double)random_below(g, 1 << 30) / (1 << 29) - 1) * (one_in(g, 4) ? 100 : 3);
    }
}

cell random_cell(generator *g, ash_dtype dtype, int wild) {
    switch (oracle_kind(dtype)) {
    case 'b': return (cell){ .i = random_below(g, 2) };
    case 'f':
    case 'c': {
        cell x = { .re = random_real(g, wild), .im = one_in(g, 3) ? 0 : random_real(g, wild) };
        return dtype == ASH_FLOAT64 || dtype == ASH_COMPLEX128 ? x : (cell){ .re = (float)x.re, .im = (float)x.im };
    }
    default:
        return oracle_cast_cell(
            (cell){ .i = wild && one_in(g, 3) ? (int64_t)random_bits(g) : random_below(g, 21) - (oracle_kind(dtype) == 'i' ? 10 : 0) },
            ASH_INT64, dtype);
    }
}

void random_chunks(generator *g, int ndim, const int64_t shape[], char *text, int64_t size) {
    int64_t length = 0;
    text[0] = 0;
    for (int a = 0; a < ndim; a++) {
        length += snprintf(text + length, (size_t)(size - length), "%s", a ? ", " : "");
        if (shape[a] == 0 || one_in(g, 4)) {
            length += snprintf(text + length, (size_t)(size - length), "-1");
        } else if (one_in(g, 2)) {
            length += snprintf(text + length, (size_t)(size - length), "%lld", (long long)(1 + random_below(g, shape[a])));
        } else {
            int64_t most = shape[a] > 12 ? shape[a] : 3; /* texts of long axes stay short */
            for (int64_t left = shape[a]; left > 0;) {
                int64_t step = 1 + random_below(g, left < most ? left : most);
                left -= step;
                length += snprintf(text + length, (size_t)(size - length), left > 0 ? "%lld+" : "%lld", (long long)step);
            }
        }
    }
}

const char *random_leaf_dims(const target *t, char *text) {
    char *end = text;
    for (int a = 0; a < t->ndim; a++) {
        if (a) {
            *end++ = ',';
        }
        if (t->name[a]) {
            *end++ = t->name[a];
        }
    }
    *end = 0;
    return t->ndim ? text : NULL;
}

/* ---- Leaves ---- */

/* Axes in any order in memory, gaps between elements, some axes backwards, some repeated by a stride of 0. */
static void random_strides(generator *g, const target *t, int64_t element, int64_t strides[], int64_t *bytes, int64_t *first) {
    int64_t order[ASH_MAX_NDIM] = { 0 }, stride = element;
    *first = 0;
    for (int a = 0; a < t->ndim; a++) {
        int64_t at = random_below(g, a + 1);
        order[a] = order[at];
        order[at] = a;
    }
    for (int k = 0; k < t->ndim; k++) {
        int64_t a = order[k], padded = t->shape[a] + (one_in(g, 4) ? 1 : 0);
        stride *= one_in(g, 5) ? 2 : 1;
        strides[a] = one_in(g, 12) ? 0 : stride;
        stride *= padded > 0 ? padded : 1;
        if (strides[a] > 0 && one_in(g, 3)) {
            *first += strides[a] * (t->shape[a] > 0 ? t->shape[a] - 1 : 0);
            strides[a] = -strides[a];
        }
    }
    *bytes = stride;
}

static int random_buffer(generator *g, const target *t) {
    ash_dtype dtype = (ash_dtype)random_below(g, ASH_DTYPE_COUNT);
    int wild = one_in(g, 2), dense_layout = one_in(g, 2);
    int64_t element = ash_dtype_size(dtype), strides[ASH_MAX_NDIM], bytes = element, first = 0, index[ASH_MAX_NDIM];
    dense *value = dense_new(dtype, t->ndim, t->shape, t->name);
    if (dense_layout) {
        for (int a = t->ndim - 1; a >= 0; a--) {
            strides[a] = bytes;
            bytes *= t->shape[a] > 0 ? t->shape[a] : 1;
        }
    } else {
        random_strides(g, t, element, strides, &bytes, &first);
    }
    char *memory = generator_memory(g, bytes), chunks[2048], dims[64];
    for (int64_t k = 0; k < bytes; k += element) {
        cell_store(dtype, memory + k, random_cell(g, dtype, wild));
    }
    for (int64_t k = 0; k < value->size; k++) {
        int64_t at = first;
        dense_index(value, k, index);
        for (int a = 0; a < t->ndim; a++) {
            at += strides[a] * index[a];
        }
        value->cell[k] = cell_load(dtype, memory + at);
    }
    random_chunks(g, t->ndim, t->shape, chunks, sizeof chunks);
    const char *names = random_leaf_dims(t, dims);
    ash_make_options options = { .dims = names, .chunks = one_in(g, 4) ? NULL : chunks, .strides = dense_layout ? NULL : strides };
    ash_array handle = ash_from_buffer(g->context, dtype, t->ndim, t->shape, memory + first, &options);
    char layout[400] = "";
    for (int a = 0; a < t->ndim; a++) {
        snprintf(layout + strlen(layout), sizeof layout - strlen(layout), "%s%lld by %lld", a ? ", " : "", (long long)t->shape[a],
            (long long)strides[a]);
    }
    return generator_add(g, handle, value, "buffer(%s, [%s], dims %s, chunks %.200s)", ash_dtype_name(dtype), layout, names ? names : "-",
        options.chunks ? chunks : "-");
}

static int random_constant(generator *g, const target *t) {
    ash_dtype dtype = (ash_dtype)random_below(g, ASH_DTYPE_COUNT);
    dense *value = dense_new(dtype, t->ndim, t->shape, t->name);
    char chunks[2048], dims[64];
    random_chunks(g, t->ndim, t->shape, chunks, sizeof chunks);
    ash_make_options options = { .dims = random_leaf_dims(t, dims), .chunks = one_in(g, 3) ? NULL : chunks };
    int which = (int)random_below(g, 3), number = which < 2 ? which : (int)random_below(g, 100);
    ash_array handle = which == 0 ? ash_zeros(g->context, dtype, t->ndim, t->shape, &options)
        : which == 1              ? ash_ones(g->context, dtype, t->ndim, t->shape, &options)
                                  : ash_full(g->context, dtype, t->ndim, t->shape, ash_int(g->context, number), &options);
    for (int64_t k = 0; k < value->size; k++) {
        value->cell[k] = oracle_cast_cell((cell){ .i = number }, ASH_INT64, dtype);
    }
    return generator_add(g, handle, value, "full(%s, %d-D, %d)", ash_dtype_name(dtype), t->ndim, number);
}

static int random_ramp(generator *g, const target *t) {
    int64_t n = t->shape[0], start = random_below(g, 40) - 20, step = random_below(g, 5) + 1;
    char chunks[2048], dims[64];
    random_chunks(g, 1, t->shape, chunks, sizeof chunks);
    ash_make_options options = { .dims = random_leaf_dims(t, dims), .chunks = chunks };
    int real = one_in(g, 2);
    step = one_in(g, 2) ? step : -step;
    dense *value = dense_new(real ? ASH_FLOAT64 : ASH_INT64, 1, t->shape, t->name);
    double low = (double)start / 3, high = (double)step * 7;
    for (int64_t k = 0; k < n; k++) {
        double width = n > 1 ? (high - low) / (double)(n - 1) : 0;
        value->cell[k] = real ? (cell){ .re = k == n - 1 && n > 1 ? high : low + (double)k * width } : (cell){ .i = start + k * step };
    }
    ash_array handle =
        real ? ash_linspace(g->context, low, high, n, &options) : ash_arange(g->context, start, start + n * step, step, &options);
    return generator_add(
        g, handle, value, "%s(%lld, %lld, %lld)", real ? "linspace" : "arange", (long long)start, (long long)step, (long long)n);
}

int random_buffer_of(generator *g, dense *value) {
    int64_t element = ash_dtype_size(value->dtype);
    char *memory = generator_memory(g, value->size * element), chunks[2048], dims[64];
    target t = target_of(value);
    for (int64_t k = 0; k < value->size; k++) {
        cell_store(value->dtype, memory + k * element, value->cell[k]);
        value->cell[k] = cell_load(value->dtype, memory + k * element);
    }
    random_chunks(g, t.ndim, t.shape, chunks, sizeof chunks);
    ash_array handle = ash_from_buffer(
        g->context, value->dtype, t.ndim, t.shape, memory, &(ash_make_options){ .dims = random_leaf_dims(&t, dims), .chunks = chunks });
    return generator_add(g, handle, value, "table(%s, %lld)", ash_dtype_name(value->dtype), (long long)value->size);
}

int random_leaf(generator *g, const target *t) {
    if (t->ndim == 1 && one_in(g, 6)) {
        return random_ramp(g, t);
    }
    switch (random_below(g, 8)) {
    case 0: return random_constant(g, t);
    case 1:
    case 2: return random_source(g, t);
    default: return random_buffer(g, t);
    }
}

int random_weak_scalar(generator *g) {
    static const ash_dtype dtypes[] = { ASH_BOOL, ASH_INT64, ASH_FLOAT64, ASH_COMPLEX128 };
    int which = (int)random_below(g, 4);
    dense *value = dense_new(dtypes[which], 0, NULL, NULL);
    value->weak = "bifc"[which];
    double re = (double)random_real(g, 0), im = (double)random_real(g, 0);
    int64_t number = which == 0 ? random_below(g, 2) : random_below(g, 100);
    value->cell[0] = which < 2 ? (cell){ .i = number } : (cell){ .re = re, .im = which == 3 ? im : 0 };
    ash_array handle = which == 0 ? ash_bool(g->context, number != 0)
        : which == 1              ? ash_int(g->context, number)
        : which == 2              ? ash_real(g->context, re)
                                  : ash_complex(g->context, re, im);
    return which < 2 ? generator_add(g, handle, value, "%lld", (long long)number)
                     : generator_add(g, handle, value, which == 2 ? "%.6g" : "(%.6g%+.6gi)", re, im);
}

ash_array random_labels(generator *g, int64_t n, int64_t groups, int negative, char name, int64_t labels[]) {
    static const ash_dtype dtypes[] = { ASH_INT8, ASH_INT16, ASH_INT32, ASH_INT64, ASH_UINT8, ASH_UINT64 };
    int any_negative = 0;
    for (int64_t k = 0; k < n; k++) {
        labels[k] = groups == 0 || (negative && one_in(g, 5)) ? -1 - random_below(g, 3) : random_below(g, groups);
        any_negative |= labels[k] < 0;
    }
    ash_dtype dtype = groups > 100 ? ASH_INT32 : dtypes[random_below(g, any_negative ? 4 : 6)];
    char *memory = generator_memory(g, n * 8), chunks[2048], dims[2] = { name, 0 };
    for (int64_t k = 0; k < n; k++) {
        cell_store(dtype, memory + k * ash_dtype_size(dtype), (cell){ .i = labels[k] });
    }
    random_chunks(g, 1, &n, chunks, sizeof chunks);
    return ash_from_buffer(g->context, dtype, 1, &n, memory, &(ash_make_options){ .chunks = chunks, .dims = name ? dims : NULL });
}
