/* Elements by positions and by masks in random expressions, with a naive oracle of their own. */
#include "random_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Positions ---- */

/* An array of integers of a small dtype, from `low` to `high` - 1. */
static int random_positions(generator *g, const target *t, int64_t low, int64_t high) {
    static const ash_dtype dtypes[] = { ASH_INT8, ASH_INT16, ASH_INT32, ASH_INT64, ASH_UINT8, ASH_UINT32, ASH_UINT64 };
    int whole = high > 100 ? 1 : 0, none = low < 0 ? 3 : 6; /* of dtypes that hold them all */
    dense *value = dense_new(dtypes[whole + random_below(g, none - whole + 1)], t->ndim, t->shape, t->name);
    for (int64_t k = 0; k < value->size; k++) {
        value->cell[k].i = low + random_below(g, high - low);
    }
    return random_buffer_of(g, value);
}

/* Out of [axis of the result]: the axes that the indices have instead of one of the source. */
int random_gather(generator *g, int depth, const target *t) {
    int rank = t->ndim > 0 ? (int)random_below(g, t->ndim + 1) : 0, axis = (int)random_below(g, t->ndim - rank + 1);
    target source = *t, places = { 0 };
    int64_t n = 1;
    for (int k = 0; k < rank; k++) {
        target_insert(&places, k, t->shape[axis + k], t->name[axis + k]);
        n *= t->shape[axis + k];
        target_remove(&source, axis);
    }
    char name = rank == 1 && one_in(g, 2) ? t->name[axis] : random_free_name(g, t), word[16];
    int anonymous = g->named && rank == 1 && name == t->name[axis] && one_in(g, 2); /* then the name stays */
    target_insert(&source, axis, 0, name);
    source.shape[axis] = random_extent(g, &source);
    source.shape[axis] += source.shape[axis] == 0;
    int a = random_make(g, depth - 1, &source);
    int64_t extent = source.shape[axis];
    places.name[0] = anonymous ? 0 : places.name[0];
    int p = random_positions(g, &places, one_in(g, 2) ? -extent : 0, extent), flat = source.ndim == 1 && one_in(g, 3);
    dense *value = dense_new(VALUE(a)->dtype, t->ndim, t->shape, t->name);
    for (int64_t k = 0; k < value->size; k++) {
        int64_t index[ASH_MAX_NDIM], at[ASH_MAX_NDIM];
        dense_index(value, k, index);
        int64_t position = VALUE(p)->cell[dense_position(VALUE(p), index + axis)].i;
        for (int s = 0; s < source.ndim; s++) {
            at[s] = s == axis ? (position < 0 ? position + extent : position) : index[s < axis ? s : s + rank - 1];
        }
        value->cell[k] = VALUE(a)->cell[dense_position(VALUE(a), at)];
    }
    return generator_add(g, ash_take(HANDLE(a), HANDLE(p), flat ? NULL : random_axis_text(g, VALUE(a), axis, word)), value,
        "take(%s, %s, axis %d, %lld positions)", TEXT(a), TEXT(p), axis, (long long)n);
}

int random_along_axis(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_gather(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim);
    char word[16];
    source.shape[axis] = 0;
    source.shape[axis] = 1 + random_extent(g, &source);
    int a = random_make(g, depth - 1, &source);
    int64_t extent = source.shape[axis];
    int p = random_positions(g, t, one_in(g, 2) ? -extent : 0, extent);
    dense *value = dense_new(VALUE(a)->dtype, t->ndim, t->shape, t->name);
    for (int64_t k = 0; k < value->size; k++) {
        int64_t index[ASH_MAX_NDIM], position = VALUE(p)->cell[k].i;
        dense_index(value, k, index);
        index[axis] = position < 0 ? position + extent : position;
        value->cell[k] = VALUE(a)->cell[dense_position(VALUE(a), index)];
    }
    return generator_add(g, ash_take_along_axis(HANDLE(a), HANDLE(p), random_axis_text(g, VALUE(a), axis, word)), value,
        "take_along_axis(%s, %s, %s)", TEXT(a), TEXT(p), word);
}

/* ---- Masks ---- */

/* A mask in which `n` elements are true. */
static int random_mask(generator *g, const target *t, int64_t n) {
    dense *value = dense_new(ASH_BOOL, t->ndim, t->shape, t->name);
    int inverted = one_in(g, 2);
    for (int64_t k = 0; k < value->size; k++) { /* each of those left has the same chance */
        int chosen = random_below(g, value->size - k) < n;
        n -= chosen;
        value->cell[k].i = chosen != inverted;
    }
    int mask = random_buffer_of(g, value);
    if (!inverted) {
        return mask;
    }
    dense *other = dense_new(ASH_BOOL, t->ndim, t->shape, t->name);
    for (int64_t k = 0; k < other->size; k++) {
        other->cell[k].i = !VALUE(mask)->cell[k].i;
    }
    return generator_add(g, ash_logical_not(HANDLE(mask)), other, "logical_not(%s)", TEXT(mask));
}

int random_compress(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_reduce(g, depth, t);
    }
    target source = *t, of_mask = { 0 };
    int axis = (int)random_below(g, t->ndim), flat = t->ndim == 1 && !g->named && one_in(g, 2);
    char word[16];
    source.shape[axis] += random_below(g, 6);
    int a = random_make(g, depth - 1, &source);
    target_insert(&of_mask, 0, source.shape[axis], one_in(g, 2) ? t->name[axis] : 0);
    int m = random_mask(g, &of_mask, t->shape[axis]);
    int64_t *labels = calloc((size_t)source.shape[axis] + 1, sizeof *labels), n = 0;
    for (int64_t k = 0; k < source.shape[axis]; k++) {
        labels[n] = k;
        n += VALUE(m)->cell[k].i != 0;
    }
    dense *value = oracle_take(VALUE(a), axis, labels, n);
    free(labels);
    return generator_add(g, ash_compress(HANDLE(a), HANDLE(m), flat ? NULL : random_axis_text(g, VALUE(a), axis, word)), value,
        "compress(%s, %s, axis %d)", TEXT(a), TEXT(m), axis);
}

/* Axes for `n` selected rows, put before those of the source; marks none of them in the mask. */
static target mask_axes(generator *g, target *source, int64_t n) {
    target of_mask = { 0 };
    int rank = 1 + (int)random_below(g, 3);
    int64_t room = 1;
    for (int k = 0; k < rank; k++) { /* extents whose product is n or more */
        int64_t left = (n + room - 1) / room, extent = k == rank - 1 ? left + random_below(g, 4) : 1 + random_below(g, 4);
        target_insert(source, k, extent, random_free_name(g, source));
        target_insert(&of_mask, k, extent, source->name[k]);
        room *= extent;
    }
    return of_mask;
}

/* The cells of `a` at whose place in the mask's axes, its first ones, the mask is true. */
static dense *selected(const dense *a, const dense *mask, int64_t n) {
    int64_t shape[ASH_MAX_NDIM] = { n }, row = 1, at = 0;
    int ndim = a->ndim - mask->ndim + 1;
    for (int k = mask->ndim; k < a->ndim; k++) {
        shape[k - mask->ndim + 1] = a->shape[k];
        row *= a->shape[k];
    }
    dense *out = dense_new(a->dtype, ndim, shape, (char[ASH_MAX_NDIM]){ 0 });
    for (int64_t k = 0; k < a->size; k++) {
        if (mask->cell[k / row].i) {
            out->cell[at++] = a->cell[k];
        }
    }
    return out;
}

int random_masked(generator *g, int depth, const target *t) {
    if (t->ndim == 0 || t->ndim > 4) {
        return random_reduce(g, depth, t);
    }
    target source = *t;
    target_remove(&source, 0);
    target of_mask = mask_axes(g, &source, t->shape[0]);
    int a = random_make(g, depth - 1, &source), m = random_mask(g, &of_mask, t->shape[0]);
    dense *value = selected(VALUE(a), VALUE(m), t->shape[0]);
    ash_array handle = ash_masked_select(HANDLE(a), HANDLE(m));
    if (g->named) {
        char names[2 * ASH_MAX_NDIM] = "";
        for (int k = 0; k < t->ndim; k++) {
            value->name[k] = t->name[k];
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%c", k ? "," : "", t->name[k]);
        }
        handle = ash_set_dims(handle, names);
    }
    return generator_add(g, handle, value, "masked_select(%s, %s)", TEXT(a), TEXT(m));
}

/* The sum and others of a whole selection, which need not count it. */
static int reduced_selection(generator *g, int depth) {
    target source = { 0 };
    int64_t n = random_below(g, 8);
    target of_mask = mask_axes(g, &source, n);
    int a = random_make(g, depth - 1, &source), m = random_mask(g, &of_mask, n);
    const oracle_reduction *reduction = &oracle_reductions[random_below(g, oracle_reduction_count)];
    for (int fits = 0; !fits; reduction = fits ? reduction : &oracle_reductions[random_below(g, oracle_reduction_count)]) {
        fits = strchr(n > 0 ? "spmvdlhaAcM" : "spmvdaAc", reduction->method) &&
            (dense_is_exact(VALUE(a)) || !strchr("aA", reduction->method)) &&
            (!reduction->kinds || strchr(reduction->kinds, oracle_kind(VALUE(a)->dtype)));
    }
    dense *rows = selected(VALUE(a), VALUE(m), n), *value = oracle_reduce(reduction, rows, (char[]){ 1 }, 0, 0, NULL, 0);
    for (int64_t k = 0; k < value->size && oracle_kind(value->dtype) == 'c'; k++) { /* see without_half_nan() */
        value->cell[k] = isnan(value->cell[k].re) != isnan(value->cell[k].im) ? cell_unknown : value->cell[k];
    }
    dense_free(rows);
    return generator_add(g, reduction->call(ash_masked_select(HANDLE(a), HANDLE(m)), NULL), value, "%s(masked_select(%s, %s))",
        reduction->name, TEXT(a), TEXT(m));
}

/* Positions of what is not zero: the target is (how many, dimensions), of which the second is made to fit. */
static int positions_of(generator *g, const target *t) {
    target source = { 0 };
    int64_t n = t->shape[0], ndim = t->ndim == 1 ? 1 : t->shape[1];
    target of_mask = mask_axes(g, &source, n);
    while (of_mask.ndim != ndim) {
        if (of_mask.ndim < ndim) {
            target_insert(&of_mask, (int)random_below(g, of_mask.ndim + 1), 1, random_free_name(g, &of_mask));
        } else { /* merged into the next */
            of_mask.shape[1] *= of_mask.shape[0];
            target_remove(&of_mask, 0);
        }
    }
    int m = random_mask(g, &of_mask, n);
    dense *value = dense_new(ASH_INT64, t->ndim, t->shape, t->name);
    for (int64_t k = 0, at = 0; k < VALUE(m)->size; k++) {
        int64_t index[ASH_MAX_NDIM];
        dense_index(VALUE(m), k, index);
        for (int d = 0; VALUE(m)->cell[k].i && d < ndim; d++) {
            value->cell[at++].i = t->ndim == 1 ? k : index[d];
        }
    }
    ash_array handle = t->ndim == 1 ? ash_flatnonzero(HANDLE(m)) : ash_argwhere(HANDLE(m));
    if (g->named) {
        handle = ash_set_dims(handle, t->ndim == 1 ? (char[]){ t->name[0], 0 } : (char[]){ t->name[0], ',', t->name[1], 0 });
    }
    return generator_add(g, handle, value, "%s(%s)", t->ndim == 1 ? "flatnonzero" : "argwhere", TEXT(m));
}

int random_counted(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return reduced_selection(g, depth);
    }
    int wide = t->ndim == 2 && t->shape[1] >= 1 && t->shape[1] <= 4;
    return t->ndim == 1 || wide ? positions_of(g, t) : random_masked(g, depth, t);
}
