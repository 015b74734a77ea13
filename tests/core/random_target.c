/* Targets: what shape and names a step of a random expression is to give. */
#include "random_steps.h"

#include <stdio.h>
#include <string.h>

static int64_t elements(const target *t) {
    int64_t n = 1;
    for (int a = 0; a < t->ndim; a++) {
        n *= t->shape[a] > 0 ? t->shape[a] : 1;
    }
    return n;
}

int64_t random_extent(generator *g, const target *t) {
    int64_t most = g->capacity / elements(t), extent = random_below(g, one_in(g, 3) ? 3 : 8);
    if (g->capacity > 1000 && elements(t) < 4 && one_in(g, 2)) {
        extent = random_below(g, 3000);
    }
    return extent < most ? extent : most;
}

char random_free_name(const generator *g, const target *t) {
    for (char name = 'p'; g->named; name++) {
        if (!memchr(t->name, name, (size_t)t->ndim)) {
            return name;
        }
    }
    return 0;
}

void target_insert(target *t, int at, int64_t extent, char name) {
    memmove(&t->shape[at + 1], &t->shape[at], (size_t)(t->ndim - at) * sizeof t->shape[0]);
    memmove(&t->name[at + 1], &t->name[at], (size_t)(t->ndim - at));
    t->shape[at] = extent;
    t->name[at] = name;
    t->ndim++;
}

void target_remove(target *t, int at) {
    t->ndim--;
    memmove(&t->shape[at], &t->shape[at + 1], (size_t)(t->ndim - at) * sizeof t->shape[0]);
    memmove(&t->name[at], &t->name[at + 1], (size_t)(t->ndim - at));
}

const char *random_axis_text(generator *g, const dense *a, int axis, char text[16]) {
    if (a->name[axis] && !one_in(g, 3)) {
        snprintf(text, 16, "%c", a->name[axis]);
    } else {
        snprintf(text, 16, "%d", one_in(g, 2) ? axis : axis - a->ndim);
    }
    return text;
}

target target_of(const dense *a) {
    target t = { .ndim = a->ndim };
    memcpy(t.shape, a->shape, sizeof t.shape);
    memcpy(t.name, a->name, sizeof t.name);
    return t;
}

int random_reduced_axes(generator *g, const target *t, target *source, char reduced[]) {
    int keepdims = t->ndim > 0 && one_in(g, 3), any = 0;
    *source = *t;
    memset(reduced, 0, ASH_MAX_NDIM);
    for (int a = 0; a < t->ndim && keepdims; a++) {
        reduced[a] = t->shape[a] == 1 && one_in(g, 2);
        any |= reduced[a];
        source->shape[a] = reduced[a] ? random_extent(g, source) : t->shape[a];
    }
    for (int extra = any ? 0 : 1 + (int)random_below(g, 2); extra > 0 && source->ndim < 5; extra--) {
        int at = (int)random_below(g, source->ndim + 1);
        memmove(&reduced[at + 1], &reduced[at], (size_t)(source->ndim - at));
        reduced[at] = 1;
        target_insert(source, at, random_extent(g, source), random_free_name(g, source));
        keepdims = 0;
    }
    return keepdims;
}

const char *random_dims_text(generator *g, const dense *a, const char reduced[], char text[128], int *any) {
    int all = 1;
    char word[16];
    *text = *any = 0;
    for (int k = 0; k < a->ndim; k++) {
        all = all && reduced[k];
        *any |= reduced[k];
        if (reduced[k]) {
            snprintf(text + strlen(text), 128 - strlen(text), "%s%s", *text ? "," : "", random_axis_text(g, a, k, word));
        }
    }
    return *any && !(all && one_in(g, 2)) ? text : NULL;
}
