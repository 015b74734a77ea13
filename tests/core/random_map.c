/* Functions over chunks and halos, padding and arrays of chunks in random expressions. What lies beyond the ends is found step by step. */
#include "random_steps.h"

#include <stdio.h>
#include <string.h>

/* ---- Beyond the ends ---- */

typedef struct beyond {
    const char *padding, *halo; /* how ash_pad() and ash_map_overlap() call it; NULL: they have none */
    char method;                /* c constant, e edge, s symmetric, r reflect, w wrap, - nothing */
} beyond;

static const beyond all_beyond[] = { { "constant", "3", 'c' }, { "edge", "nearest", 'e' }, { "symmetric", "reflect", 's' },
    { "reflect", "mirror", 'r' }, { "wrap", "periodic", 'w' }, { NULL, "none", '-' } };

/* The position within an axis that stands at p; -1 if a constant does. */
static int64_t inside(char method, int64_t p, int64_t n) {
    while (p < 0 || p >= n) {
        switch (method) {
        case 'e': p = p < 0 ? 0 : n - 1; break;
        case 's': p = p < 0 ? -1 - p : 2 * n - 1 - p; break;
        case 'r': p = n == 1 ? 0 : p < 0 ? -p : 2 * n - 2 - p; break;
        case 'w': p += p < 0 ? n : -n; break;
        default: return -1;
        }
    }
    return p;
}

/* out[i] = in[i - shift], with what is beyond the ends of each axis. */
static dense *shifted(const target *t, const dense *in, const beyond *const along[], const int64_t shift[]) {
    dense *out = dense_new(in->dtype, t->ndim, t->shape, t->name);
    for (int64_t k = 0; k < out->size; k++) {
        int64_t index[ASH_MAX_NDIM];
        int constant = 0;
        dense_index(out, k, index);
        for (int a = 0; a < t->ndim; a++) {
            index[a] = inside(along[a]->method, index[a] - shift[a], in->shape[a]);
            constant |= index[a] < 0;
        }
        cell three = { .i = 3, .re = 3 };
        out->cell[k] = constant ? oracle_cast_cell(three, ASH_INT64, in->dtype) : in->cell[dense_position(in, index)];
    }
    return out;
}

/* ", p=1:2" or ", 1:2" */
static void append(char *text, size_t size, char name, const char *value) {
    char label[] = { name, name ? '=' : 0, 0 };
    snprintf(text + strlen(text), size - strlen(text), "%s%s%s", *text ? ", " : "", label, value);
}

int random_pad(generator *g, int depth, const target *t) {
    target source = *t;
    const beyond *along[ASH_MAX_NDIM];
    int64_t before[ASH_MAX_NDIM];
    char width[256] = "", mode[256] = "", word[64];
    int by_name = g->named && one_in(g, 2), same = one_in(g, 2);
    for (int a = 0; a < t->ndim; a++) {
        along[a] = same && a > 0 ? along[0] : &all_beyond[random_below(g, 5)];
        int64_t least = along[a]->method == 'c' || t->shape[a] == 0 ? 0 : 1;
        int64_t more = t->shape[a] > least && one_in(g, 2) ? random_below(g, t->shape[a] - least + 1) : 0;
        before[a] = random_below(g, more + 1);
        source.shape[a] = t->shape[a] - more;
        snprintf(word, sizeof word, "%lld:%lld", (long long)before[a], (long long)(more - before[a]));
        append(width, sizeof width, by_name ? t->name[a] : 0, word);
        append(mode, sizeof mode, by_name ? t->name[a] : 0, along[a]->padding);
    }
    int a = random_make(g, depth - 1, &source);
    ash_pad_options options = { .value = ash_int(g->context, VALUE(a)->dtype == ASH_BOOL ? 1 : 3) };
    return generator_add(g, ash_pad_with(HANDLE(a), width, mode, &options), shifted(t, VALUE(a), along, before), "pad(%s, \"%s\", \"%s\")",
        TEXT(a), width, mode);
}

/* ---- Functions, of any dtype: element by element ---- */

typedef struct copying {
    int64_t input;
    int64_t shift[ASH_MAX_NDIM]; /* output[i] = input[i + shift], or the last one that is there */
} copying;

static ash_status copy_input(const ash_function_call *call, void *user) {
    const copying *c = call->argument;
    const ash_function_block *in = call->input[c->input], *out = call->output[0];
    int64_t index[ASH_MAX_NDIM] = { 0 }, size = ash_dtype_size(out->dtype);
    (void)user;
    for (int a = 0; a >= 0;) {
        const char *from = in->data;
        char *to = out->data;
        for (a = 0; a < out->ndim; a++) {
            int64_t i = index[a] + c->shift[a], least = -in->before[a], most = in->extent[a] + in->after[a] - 1;
            from += (i < least ? least : i > most ? most : i) * in->stride[a];
            to += index[a] * out->stride[a];
        }
        memcpy(to, from, (size_t)size);
        for (a = out->ndim - 1; a >= 0 && ++index[a] == out->extent[a]; a--) {
            index[a] = 0;
        }
    }
    return ASH_OK;
}

/* Two functions that do the same, one with the memory as it is. */
static const char *random_function(generator *g) {
    if (!g->functions) {
        ash_register(g->context, &(ash_function_definition){ .name = "copy_dense", .function = copy_input, .pure = true });
        ash_register(g->context,
            &(ash_function_definition){ .name = "copy_strided", .function = copy_input, .strided = true, .scratch_bytes = 100 });
        g->functions = 1;
    }
    return one_in(g, 2) ? "copy_dense" : "copy_strided";
}

/* One of two or three inputs, broadcast with the others. */
int random_map(generator *g, int depth, const target *t) {
    target wanted[3];
    int n = 2 + (int)random_below(g, 2), made[3], axis_of[3][ASH_MAX_NDIM];
    ash_array handle[3];
    const dense *in[3];
    copying c = { .input = random_below(g, n) };
    random_operand_targets(g, t, n, wanted);
    for (int k = 0; k < n; k++) {
        made[k] = random_make(g, depth - 1, &wanted[k]);
    }
    for (int k = 0; k < n; k++) {
        handle[k] = HANDLE(made[k]);
        in[k] = VALUE(made[k]);
    }
    dense shape = { 0 };
    oracle_broadcast(n, in, &shape, axis_of);
    dense *out = dense_new(in[c.input]->dtype, shape.ndim, shape.shape, shape.name);
    for (int64_t k = 0; k < out->size; k++) {
        int64_t index[ASH_MAX_NDIM];
        dense_index(out, k, index);
        out->cell[k] = oracle_fetch(in[c.input], axis_of[c.input], index);
    }
    const char *function = random_function(g);
    ash_map_output output = { .dtype = out->dtype };
    ash_array result;
    ash_map_blocks_with(
        g->context, function, n, handle, 1, &output, &(ash_map_options){ .argument = &c, .argument_bytes = sizeof c }, &result);
    int a = generator_add(g, result, out, "map(%s, input %d of %d: %s)", function, (int)c.input, n, TEXT(made[c.input]));
    return g->named ? random_transposed(g, a, t) : a;
}

/* The array moved within the halo of its chunks. */
int random_halo(generator *g, int depth, const target *t) {
    target source = *t;
    const beyond *along[ASH_MAX_NDIM];
    copying c = { 0 };
    int64_t shift[ASH_MAX_NDIM];
    char reach[256] = "", boundary[256] = "", word[64];
    int by_name = g->named && one_in(g, 2);
    for (int a = 0; a < t->ndim; a++) {
        int64_t before = one_in(g, 2) ? random_below(g, 4) : 0, after = one_in(g, 2) ? random_below(g, one_in(g, 4) ? 20 : 3) : 0;
        along[a] = &all_beyond[t->shape[a] == 0 ? 0 : random_below(g, 6)];
        c.shift[a] = random_below(g, before + after + 1) - before;
        shift[a] = -c.shift[a];
        snprintf(word, sizeof word, "%lld:%lld", (long long)before, (long long)after);
        append(reach, sizeof reach, by_name ? t->name[a] : 0, word);
        append(boundary, sizeof boundary, by_name ? t->name[a] : 0, along[a]->halo);
    }
    int a = random_make(g, depth - 1, &source);
    for (int k = 0; k < t->ndim; k++) { /* where nothing is, the function takes the last element; a bool is no 3 */
        along[k] = along[k]->method == '-' ? &all_beyond[1] : along[k];
        if (along[k]->method == 'c' && VALUE(a)->dtype == ASH_BOOL) {
            return a;
        }
    }
    dense *value = shifted(t, VALUE(a), along, shift);
    ash_map_output output = { .dtype = value->dtype };
    ash_array input = HANDLE(a), result;
    const char *function = random_function(g);
    ash_map_overlap_with(g->context, function, 1, &input, reach, boundary, 1, &output,
        &(ash_map_options){ .argument = &c, .argument_bytes = sizeof c }, &result);
    return generator_add(g, result, value, "halo(%s, %s, \"%s\", \"%s\")", function, TEXT(a), reach, boundary);
}

/* Every chunk with its halo, and without it again. */
int random_overlap(generator *g, int depth, const target *t) {
    static const char *const boundary[] = { "reflect", "mirror", "periodic", "nearest", "1" };
    int a = random_make(g, depth - 1, t), to[ASH_MAX_NDIM], which = (int)random_below(g, 5);
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    char reach[32];
    snprintf(reach, sizeof reach, "%d:%d", (int)random_below(g, 3), (int)random_below(g, one_in(g, 4) ? 9 : 2));
    for (int k = 0; k < t->ndim; k++) {
        to[k] = k;
        step[k] = 1;
        which = t->shape[k] == 0 ? 4 : which;
    }
    ash_array there = ash_overlap(HANDLE(a), reach, boundary[which]);
    return generator_add(g, ash_trim_overlap(there, reach, boundary[which]),
        oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step), "trim_overlap(overlap(%s, %s, %s))", TEXT(a), reach,
        boundary[which]);
}

/* ---- Chunks ---- */

/* A delayed copy, or the array itself. */
static ash_array delayed_copy(generator *g, const dense *value, ash_array handle) {
    static const copying as_it_is = { 0 };
    if (value->weak || value->size == 0 || one_in(g, 2)) {
        return handle;
    }
    char dims[64];
    target t = target_of(value);
    return ash_delayed(g->context, random_function(g), 1, &handle, value->dtype, value->ndim, value->shape,
        &(ash_delayed_options){ .dims = random_leaf_dims(&t, dims), .argument = &as_it_is, .argument_bytes = sizeof as_it_is });
}

/* An array whose chunks along an axis are arrays. */
int random_from_chunks(generator *g, int depth, const target *t) {
    enum { MOST = 4 };
    int axis = t->ndim > 0 ? (int)random_below(g, t->ndim) : 0, n = 0, made[MOST];
    int64_t part[MOST], counts[ASH_MAX_NDIM];
    const dense *in[MOST];
    ash_array handle[MOST];
    random_cuts(g, t->ndim > 0 ? t->shape[axis] : 1, MOST, part);
    for (int k = 0; k < MOST; k++) { /* no empty chunks, unless there is one only */
        part[n] = part[k];
        n += part[k] > 0;
    }
    n = n > 0 ? n : 1;
    for (int k = 0; k < n; k++) {
        target source = *t;
        if (t->ndim > 0) {
            source.shape[axis] = part[k];
        }
        made[k] = random_make(g, depth - 1, &source);
    }
    for (int k = 0; k < n; k++) {
        in[k] = VALUE(made[k]);
        handle[k] = delayed_copy(g, in[k], HANDLE(made[k]));
    }
    for (int a = 0; a < t->ndim; a++) {
        counts[a] = a == axis ? n : 1;
    }
    if (t->ndim == 0) {
        return generator_add(g, ash_from_chunks(1, handle, 0, NULL), oracle_cast(in[0], in[0]->dtype), "from_chunks(%s)", TEXT(made[0]));
    }
    return generator_add(g, ash_from_chunks(n, handle, t->ndim, counts), random_joined(t, axis, n, in),
        "from_chunks(%s, ... of %d, axis %d)", TEXT(made[0]), n, axis);
}
