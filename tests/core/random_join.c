/* Arrays joined in random expressions: one after another, and along a new dimension. */
#include "random_steps.h"

#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 4 };

/* Cuts an extent into n parts, some of which may be empty. */
void random_cuts(generator *g, int64_t extent, int n, int64_t part[]) {
    for (int k = 0; k < n; k++) {
        part[k] = k == n - 1 ? extent : random_below(g, extent + 1);
        extent -= part[k];
    }
}

/* The inputs one after another along an axis of the target. */
dense *random_joined(const target *t, int axis, int n, const dense *const in[]) {
    dense *out = dense_new(oracle_common(n, in), t->ndim, t->shape, t->name);
    int64_t begin = 0;
    for (int k = 0; k < n; k++) {
        dense *same = oracle_cast(in[k], out->dtype);
        int64_t index[ASH_MAX_NDIM];
        for (int64_t i = 0; i < same->size; i++) {
            dense_index(same, i, index);
            index[axis] += begin;
            out->cell[dense_position(out, index)] = same->cell[i];
        }
        begin += same->shape[axis];
        dense_free(same);
    }
    return out;
}

int random_concatenate(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_make(g, depth, t);
    }
    int axis = (int)random_below(g, t->ndim), n = 1 + (int)random_below(g, PARTS);
    int64_t part[PARTS];
    const dense *in[PARTS];
    ash_array handle[PARTS];
    char text[16];
    random_cuts(g, t->shape[axis], n, part);
    int made[PARTS];
    for (int k = 0; k < n; k++) {
        target source = *t;
        source.shape[axis] = part[k];
        made[k] = random_make(g, depth - 1, &source);
    }
    for (int k = 0; k < n; k++) { /* making one may move what was made before */
        in[k] = VALUE(made[k]);
        handle[k] = HANDLE(made[k]);
    }
    const char *dim = axis == 0 && one_in(g, 3) ? NULL : random_axis_text(g, in[0], axis, text);
    return generator_add(g, ash_concatenate(n, handle, dim), random_joined(t, axis, n, in), "concatenate(%s, ... of %d, %s)", TEXT(made[0]),
        n, dim ? dim : "NULL");
}

int random_stack(generator *g, int depth, const target *t) {
    int axis = -1;
    for (int a = 0; a < t->ndim && axis < 0; a++) {
        axis = t->shape[a] >= 1 && t->shape[a] <= PARTS && one_in(g, 2) ? a : -1;
    }
    if (axis < 0) {
        return random_make(g, depth, t);
    }
    int n = (int)t->shape[axis], made[PARTS];
    dense *in[PARTS];
    ash_array handle[PARTS];
    target source = *t;
    target_remove(&source, axis);
    for (int k = 0; k < n; k++) {
        made[k] = random_make(g, depth - 1, &source);
    }
    for (int k = 0; k < n; k++) {
        const dense *value = VALUE(made[k]);
        target longer = *t;
        longer.shape[axis] = 1;
        in[k] = dense_new(value->dtype, t->ndim, longer.shape, t->name);
        for (int64_t i = 0; i < value->size; i++) {
            in[k]->cell[i] = value->cell[i];
        }
        handle[k] = HANDLE(made[k]);
    }
    dense *all = random_joined(t, axis, n, (const dense *const *)in);
    for (int k = 0; k < n; k++) {
        dense_free(in[k]);
    }
    char name[2] = { t->name[axis], 0 };
    return generator_add(g, ash_stack(n, handle, one_in(g, 2) ? axis : axis - t->ndim, *name ? name : NULL), all,
        "stack(%s%s%s%s%s, %d of %d)", TEXT(made[0]), n > 1 ? ", " : "", n > 1 ? TEXT(made[1]) : "", n > 2 ? ", " : "",
        n > 2 ? TEXT(made[n - 1]) : "", axis, n);
}
