/* Views in random expressions: parts, other orders of axes, repetition, other chunks, rows by label. */
#include "random_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A range of an axis that has `count` elements; sets the source's extent, start and step. */
static void random_range(generator *g, int64_t count, int64_t *extent, int64_t *start, int64_t *step, char *text, size_t size) {
    int64_t stride = 1 + (one_in(g, 2) ? random_below(g, 3) : 0), before = one_in(g, 2) ? random_below(g, 3) : 0,
            after = one_in(g, 2) ? random_below(g, 3) : 0;
    int backwards = one_in(g, 3);
    int64_t low = before, high = before + (count > 0 ? (count - 1) * stride : 0);
    *extent = count > 0 ? high + 1 + after : before + after;
    *step = backwards ? -stride : stride;
    *start = backwards ? high : low;
    char from[32] = "", to[32] = "";
    if (count == 0) {
        *start = 0;
        snprintf(text, size, "%lld:%lld:%lld", (long long)before, (long long)before, (long long)*step);
        return;
    }
    if (*start != (backwards ? *extent - 1 : 0) || one_in(g, 2)) {
        snprintf(from, sizeof from, "%lld", (long long)(one_in(g, 2) ? *start : *start - *extent));
    }
    int64_t stop = backwards ? low - 1 - random_below(g, stride) : high + 1 + random_below(g, stride);
    if (backwards ? stop >= 0 : stop < *extent || one_in(g, 2)) {
        snprintf(to, sizeof to, "%lld", (long long)(stop < *extent && one_in(g, 2) ? stop - *extent : stop));
    }
    if (*step == 1 && one_in(g, 2)) {
        snprintf(text, size, "%s:%s", from, to);
    } else {
        snprintf(text, size, "%s:%s:%lld", from, to, (long long)*step);
    }
}

/* ", p=1:3" */
static void append_part(char *text, size_t size, char name, const char *part) {
    char label[] = { name, name ? '=' : 0, 0 };
    snprintf(text + strlen(text), size - strlen(text), "%s%s%s", *text ? ", " : "", label, part);
}

int random_slice(generator *g, int depth, const target *t) {
    target source = { 0 };
    int to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
    char text[512] = "";
    int by_name = g->named && one_in(g, 2);
    for (int k = 0; k <= t->ndim; k++) {
        char part[100];
        if (t->ndim < 4 && one_in(g, 5)) { /* an axis indexed by an integer vanishes */
            target both = *t;
            both.ndim = t->ndim;
            for (int s = 0; s < source.ndim; s++) {
                target_insert(&both, both.ndim, 1, source.name[s]);
            }
            int64_t extent = 1 + random_below(g, 4), at = random_below(g, extent);
            char name = random_free_name(g, &both);
            snprintf(part, sizeof part, "%lld", (long long)(one_in(g, 2) ? at : at - extent));
            append_part(text, sizeof text, by_name ? name : 0, part);
            to[source.ndim] = -1, start[source.ndim] = at, step[source.ndim] = 0;
            target_insert(&source, source.ndim, extent, name);
        }
        if (k == t->ndim) {
            break;
        }
        if (!g->named && t->shape[k] == 1 && one_in(g, 2)) {
            append_part(text, sizeof text, 0, "newaxis");
            continue;
        }
        int64_t extent;
        random_range(g, t->shape[k], &extent, &start[source.ndim], &step[source.ndim], part, sizeof part);
        append_part(text, sizeof text, by_name ? t->name[k] : 0, part);
        to[source.ndim] = k;
        target_insert(&source, source.ndim, extent, t->name[k]);
    }
    int a = random_make(g, depth - 1, &source);
    return generator_add(g, ash_index(HANDLE(a), text), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "index(%s, \"%s\")", TEXT(a), text);
}

int random_transpose(generator *g, int depth, const target *t) {
    target source = *t;
    int order[ASH_MAX_NDIM], to[ASH_MAX_NDIM]; /* target axis k is source axis order[k] */
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    int reverse = one_in(g, 4);
    for (int k = 0; k < t->ndim; k++) {
        int at = (int)random_below(g, k + 1);
        order[k] = order[at];
        order[at] = k;
        step[k] = 1;
    }
    for (int k = 0; k < t->ndim; k++) {
        order[k] = reverse ? t->ndim - 1 - k : order[k];
        source.shape[order[k]] = t->shape[k];
        source.name[order[k]] = t->name[k];
        to[order[k]] = k;
    }
    int a = random_make(g, depth - 1, &source);
    char text[128] = "", word[16];
    for (int k = 0; k < t->ndim; k++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? ", " : "", random_axis_text(g, VALUE(a), order[k], word));
    }
    const char *dims = reverse || t->ndim == 0 ? NULL : text;
    return generator_add(g, ash_transpose(HANDLE(a), dims), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "transpose(%s, %s)", TEXT(a), dims ? dims : "NULL");
}

int random_broadcast(generator *g, int depth, const target *t) {
    target source = *t;
    while (source.ndim > 0 && !source.name[0] && one_in(g, 2)) {
        target_remove(&source, 0);
    }
    int added = t->ndim - source.ndim, to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    for (int a = 0; a < source.ndim; a++) {
        source.shape[a] = one_in(g, 2) ? 1 : source.shape[a];
        to[a] = source.shape[a] == t->shape[a + added] ? a + added : -1;
        step[a] = 1;
    }
    int a = random_make(g, depth - 1, &source);
    return generator_add(g, ash_broadcast_to(HANDLE(a), t->ndim, t->shape),
        oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step), "broadcast_to(%s, %d-D)", TEXT(a), t->ndim);
}

int random_rechunk(generator *g, int depth, const target *t) {
    int a = random_make(g, depth - 1, t), to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    char text[2048];
    for (int k = 0; k < t->ndim; k++) {
        to[k] = k;
        step[k] = 1;
    }
    random_chunks(g, t->ndim, t->shape, text, sizeof text);
    dense *value = oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step);
    value->weak = VALUE(a)->weak;
    return generator_add(g, ash_rechunk(HANDLE(a), text), value, "rechunk(%s, \"%.200s\")", TEXT(a), text);
}

int random_squeeze(generator *g, int depth, const target *t) {
    target source = *t;
    int at = (int)random_below(g, t->ndim + 1), to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    target_insert(&source, at, 1, random_free_name(g, t));
    int a = random_make(g, depth - 1, &source);
    for (int k = 0; k < source.ndim; k++) {
        to[k] = k == at ? -1 : k - (k > at);
        step[k] = 1;
    }
    char text[16];
    random_axis_text(g, VALUE(a), at, text);
    return generator_add(g, ash_squeeze(HANDLE(a), text), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "squeeze(%s, %s)", TEXT(a), text);
}

int random_take(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_reduce(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim), rename = g->named && one_in(g, 2);
    char word[16];
    source.shape[axis] = 0;
    source.shape[axis] = random_extent(g, &source);
    source.shape[axis] += source.shape[axis] == 0;
    source.name[axis] = rename ? random_free_name(g, t) : t->name[axis];
    int a = random_make(g, depth - 1, &source);
    char kind = oracle_kind(VALUE(a)->dtype);
    int64_t n = t->shape[axis], *labels = calloc((size_t)n + 1, sizeof *labels);
    ash_array label_array = random_labels(g, n, source.shape[axis], kind == 'f' || kind == 'c', rename ? t->name[axis] : 0, labels);
    dense *value = oracle_take(VALUE(a), axis, labels, n);
    value->name[axis] = t->name[axis];
    free(labels);
    return generator_add(g, ash_group_take(HANDLE(a), random_axis_text(g, VALUE(a), axis, word), label_array), value,
        "group_take(%s, %s, %lld labels)", TEXT(a), word, (long long)n);
}
