/* Products of matrices and contractions in random expressions, with a naive oracle of their own. */
#include "random_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sum under way. */
typedef struct sum {
    uint64_t integer; /* its lowest bits; of bool: whether any is true */
    long double re, im, size, error;
    int unknown;
} sum;

static void add_term(sum *s, ash_dtype dtype, cell a, cell b) {
    char kind = oracle_kind(dtype);
    s->unknown |= (kind == 'b' || kind == 'i' || kind == 'u') && (a.error != 0 || b.error != 0);
    if (kind == 'b') {
        s->integer |= (uint64_t)(a.i && b.i);
    } else if (kind == 'i' || kind == 'u') {
        s->integer += (uint64_t)a.i * (uint64_t)b.i;
    } else {
        long double x = fabsl(a.re) + (kind == 'c' ? fabsl(a.im) : 0), y = fabsl(b.re) + (kind == 'c' ? fabsl(b.im) : 0);
        s->unknown |= !isfinite(x) || !isfinite(y) || !isfinite(a.error) || !isfinite(b.error);
        s->re += a.re * b.re - (kind == 'c' ? a.im * b.im : 0);
        s->im += kind == 'c' ? a.re * b.im + a.im * b.re : 0;
        s->size += x * y;
        s->error += 2 * (x * b.error + y * a.error + a.error * b.error);
    }
}

static cell end_sum(const sum *s, ash_dtype dtype, int64_t terms) {
    char kind = oracle_kind(dtype);
    if (!s->unknown && (kind == 'b' || kind == 'i' || kind == 'u')) {
        unsigned char bytes[8]; /* the lowest come first: tests of byte orders are elsewhere */
        memcpy(bytes, &s->integer, sizeof bytes);
        return cell_load(dtype, bytes);
    }
    if (s->unknown || s->size > oracle_largest(dtype) / 4) {
        return cell_unknown;
    }
    long double error =
        s->error + s->size * oracle_epsilon(dtype) * (long double)(4 * terms + 8) + oracle_least(dtype) * (long double)(4 * terms);
    return cell_rounded(dtype, s->re, kind == 'c' ? s->im : 0, terms == 0 ? 0 : error);
}

/* out[...] = sum over the last `summed` indices: axes of `a` and `b` are given as axes of the result, or from `ndim` on as summed ones. */
static dense *product(const target *t, int summed, const int64_t extent[], const dense *in[2], const int *axis[2]) {
    dense *out = dense_new(oracle_common(2, in), t->ndim, t->shape, t->name), *same[2];
    int64_t terms = 1;
    for (int i = 0; i < summed; i++) {
        terms *= extent[i];
    }
    for (int k = 0; k < 2; k++) {
        same[k] = oracle_cast(in[k], out->dtype);
    }
    for (int64_t i = 0; i < out->size; i++) {
        int64_t index[2 * ASH_MAX_NDIM];
        sum s = { 0 };
        dense_index(out, i, index);
        for (int64_t n = 0; n < terms; n++) {
            cell factor[2];
            int64_t rest = n;
            for (int j = summed - 1; j >= 0; j--) {
                index[t->ndim + j] = rest % extent[j];
                rest /= extent[j];
            }
            for (int k = 0; k < 2; k++) {
                int64_t at[ASH_MAX_NDIM];
                for (int a = 0; a < same[k]->ndim; a++) {
                    at[a] = same[k]->shape[a] == 1 ? 0 : index[axis[k][a]];
                }
                factor[k] = same[k]->cell[dense_position(same[k], at)];
            }
            add_term(&s, out->dtype, factor[0], factor[1]);
        }
        out->cell[i] = end_sum(&s, out->dtype, terms);
    }
    dense_free(same[0]);
    dense_free(same[1]);
    return out;
}

/* Appends an axis to an input. */
static void append(target *to, int axes[], int axis, int64_t extent, char name) {
    axes[to->ndim] = axis;
    target_insert(to, to->ndim, extent, name);
}

int random_matmul(generator *g, int depth, const target *t) {
    target in[2] = { { 0 }, { 0 } };
    int axes[2][ASH_MAX_NDIM], batch = t->ndim > 2 ? t->ndim - 2 : 0, vector = t->ndim < 2 ? 1 + (int)random_below(g, 2) : 0;
    int rows = t->ndim >= 2 || (t->ndim == 1 && vector == 1), columns = t->ndim >= 2 || (t->ndim == 1 && vector == 2);
    int64_t terms = random_below(g, 6);
    char name = random_free_name(g, t);
    for (int k = 0; k < 2; k++) {
        int left_out = batch > 0 && one_in(g, 3) ? (int)random_below(g, batch + 1) : 0, other_has_all = k == 0;
        for (int i = other_has_all ? 0 : left_out; i < batch; i++) {
            append(&in[k], axes[k], i, !other_has_all && one_in(g, 4) ? 1 : t->shape[i], t->name[i]);
        }
    }
    if (rows) {
        append(&in[0], axes[0], batch, t->shape[batch], t->name[batch]);
    }
    append(&in[0], axes[0], t->ndim, terms, name);
    append(&in[1], axes[1], t->ndim, terms, name);
    if (columns) {
        append(&in[1], axes[1], batch + rows, t->shape[batch + rows], t->name[batch + rows]);
    }
    int a = random_make(g, depth - 1, &in[0]), b = random_make(g, depth - 1, &in[1]);
    const dense *value[2] = { VALUE(a), VALUE(b) };
    return generator_add(g, ash_matmul(HANDLE(a), HANDLE(b)), product(t, 1, &terms, value, (const int *[]){ axes[0], axes[1] }),
        "matmul(%s, %s)", TEXT(a), TEXT(b));
}

/* "p,-1" for axes in the given order. */
static void name_axes(generator *g, const dense *value, int n, const int at[], char text[64]) {
    *text = 0;
    for (int i = 0; i < n; i++) {
        char one[16];
        snprintf(text + strlen(text), 64 - strlen(text), "%s%s", i ? "," : "", random_axis_text(g, value, at[i], one));
    }
}

int random_tensordot(generator *g, int depth, const target *t) {
    target in[2] = { { 0 }, { 0 } }, all = *t;
    int axes[2][ASH_MAX_NDIM], at[2][ASH_MAX_NDIM], summed = (int)random_below(g, 3), rows = (int)random_below(g, t->ndim + 1);
    int64_t extent[2];
    char name[2], text[2][64];
    for (int i = 0; i < summed; i++) {
        extent[i] = random_below(g, 5);
        name[i] = random_free_name(g, &all);
        target_insert(&all, all.ndim, 1, name[i]);
    }
    for (int a = 0; a < t->ndim; a++) {
        append(&in[a >= rows], axes[a >= rows], a, t->shape[a], t->name[a]);
    }
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < summed; i++) { /* anywhere among the others */
            int place = (int)random_below(g, in[k].ndim + 1);
            memmove(axes[k] + place + 1, axes[k] + place, (size_t)(in[k].ndim - place) * sizeof axes[k][0]);
            axes[k][place] = t->ndim + i;
            target_insert(&in[k], place, extent[i], name[i]);
        }
        for (int a = 0; a < in[k].ndim; a++) {
            if (axes[k][a] >= t->ndim) {
                at[k][axes[k][a] - t->ndim] = a;
            }
        }
    }
    int a = random_make(g, depth - 1, &in[0]), b = random_make(g, depth - 1, &in[1]);
    const dense *value[2] = { VALUE(a), VALUE(b) };
    name_axes(g, value[0], summed, at[0], text[0]);
    name_axes(g, value[1], summed, at[1], text[1]);
    return generator_add(g, ash_tensordot(HANDLE(a), HANDLE(b), text[0], text[1]),
        product(t, summed, extent, value, (const int *[]){ axes[0], axes[1] }), "tensordot(%s, %s, \"%s\", \"%s\")", TEXT(a), TEXT(b),
        text[0], text[1]);
}
