/* Other shapes of the same elements in random expressions. To the oracle they are the same cells in a row. */
#include "random_steps.h"

#include <stdio.h>
#include <string.h>

/* A divisor of n > 0. */
static int64_t random_divisor(generator *g, int64_t n) {
    int64_t divisor = 1 + random_below(g, n < 12 ? n : 12);
    while (n % divisor != 0) {
        divisor--;
    }
    return divisor;
}

/* A shape with `size` elements. */
static target random_shape_of(generator *g, int64_t size) {
    target t = { 0 };
    int ndim = (int)random_below(g, 5), zero = ndim > 0 ? (int)random_below(g, ndim) : 0;
    for (int a = 0; a < ndim; a++) {
        int64_t extent = size == 0 ? random_below(g, 5) : random_divisor(g, size);
        target_insert(&t, a, size == 0 && a == zero ? 0 : extent, random_free_name(g, &t));
        size = size > 0 ? size / extent : 0;
    }
    if (size > 1 || (size == 0 && ndim == 0)) {
        target_insert(&t, (int)random_below(g, ndim + 1), size, random_free_name(g, &t));
    }
    return t;
}

/* "p=4, -1, q=2" */
static void shape_text(generator *g, const target *t, int64_t size, char text[256]) {
    int inferred = t->ndim > 0 && size > 0 && one_in(g, 2) ? (int)random_below(g, t->ndim) : -1;
    *text = 0;
    for (int a = 0; a < t->ndim; a++) {
        char label[] = { t->name[a], t->name[a] ? '=' : 0, 0 };
        snprintf(text + strlen(text), 256 - strlen(text), "%s%s%lld", a ? ", " : "", label, (long long)(a == inferred ? -1 : t->shape[a]));
    }
}

int random_reshape(generator *g, int depth, const target *t) {
    int64_t size = 1;
    for (int a = 0; a < t->ndim; a++) {
        size *= t->shape[a];
    }
    target source = random_shape_of(g, size);
    int a = random_make(g, depth - 1, &source), ravel = t->ndim == 1 && !g->named && one_in(g, 2);
    dense *value = dense_new(VALUE(a)->dtype, t->ndim, t->shape, t->name);
    memcpy(value->cell, VALUE(a)->cell, (size_t)size * sizeof *value->cell);
    char text[256];
    shape_text(g, t, size, text);
    return ravel ? generator_add(g, ash_ravel(HANDLE(a)), value, "ravel(%s)", TEXT(a))
                 : generator_add(g, ash_reshape(HANDLE(a), text), value, "reshape(%s, \"%s\")", TEXT(a), text);
}
