/* The inner nodes of random expressions. Every step makes an array of a wanted shape, from inputs of shapes that give it. */
#include "random_expression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(generator *g, int depth, const target *t);

#define VALUE(k) (g->all[k].value)
#define HANDLE(k) (g->all[k].handle)
#define TEXT(k) (g->all[k].text)

static int64_t elements(const target *t) {
    int64_t n = 1;
    for (int a = 0; a < t->ndim; a++) {
        n *= t->shape[a] > 0 ? t->shape[a] : 1;
    }
    return n;
}

/* An extent that keeps the array within the generator's capacity. */
static int64_t random_extent(generator *g, const target *t) {
    int64_t most = g->capacity / elements(t), extent = random_below(g, one_in(g, 3) ? 3 : 8);
    if (g->capacity > 1000 && elements(t) < 4 && one_in(g, 2)) {
        extent = random_below(g, 3000);
    }
    return extent < most ? extent : most;
}

static char free_name(const generator *g, const target *t) {
    for (char name = 'p'; g->named; name++) {
        if (!memchr(t->name, name, (size_t)t->ndim)) {
            return name;
        }
    }
    return 0;
}

static void insert_axis(target *t, int at, int64_t extent, char name) {
    memmove(&t->shape[at + 1], &t->shape[at], (size_t)(t->ndim - at) * sizeof t->shape[0]);
    memmove(&t->name[at + 1], &t->name[at], (size_t)(t->ndim - at));
    t->shape[at] = extent;
    t->name[at] = name;
    t->ndim++;
}

static void remove_axis(target *t, int at) {
    t->ndim--;
    memmove(&t->shape[at], &t->shape[at + 1], (size_t)(t->ndim - at) * sizeof t->shape[0]);
    memmove(&t->name[at], &t->name[at + 1], (size_t)(t->ndim - at));
}

/* "p" or "2" or "-1" for an axis. */
static const char *axis_text(generator *g, const dense *a, int axis, char text[16]) {
    if (a->name[axis] && !one_in(g, 3)) {
        snprintf(text, 16, "%c", a->name[axis]);
    } else {
        snprintf(text, 16, "%d", one_in(g, 2) ? axis : axis - a->ndim);
    }
    return text;
}

/* ---- Elementwise ---- */

/* Shapes of the operands: each is the target with axes left out (leading ones if they have no names) or of extent 1; one has every axis. */
static void operand_targets(generator *g, const target *t, int n, target operand[]) {
    int whole = (int)random_below(g, n);
    for (int k = 0; k < n; k++) {
        operand[k] = *t;
        for (int a = 0; a < t->ndim; a++) {
            int keep = k == whole || one_in(g, 2);
            operand[k].shape[a] = !keep || one_in(g, 5) ? 1 : t->shape[a];
        }
    }
    for (int a = 0; a < t->ndim; a++) { /* somebody must give the extent */
        int given = 0;
        for (int k = 0; k < n; k++) {
            given |= operand[k].shape[a] == t->shape[a];
        }
        operand[whole].shape[a] = given ? operand[whole].shape[a] : t->shape[a];
    }
    for (int k = 0; k < n; k++) {
        for (int a = operand[k].ndim - 1; k != whole && g->named && a >= 0; a--) {
            if (operand[k].shape[a] == 1 && one_in(g, 2)) {
                remove_axis(&operand[k], a);
            }
        }
        while (k != whole && !g->named && operand[k].ndim > 0 && operand[k].shape[0] == 1 && one_in(g, 2)) {
            remove_axis(&operand[k], 0);
        }
        for (int a = operand[k].ndim - 1; k != whole && g->named && a > 0; a--) { /* names meet in any order */
            target before = operand[k];
            int other = (int)random_below(g, a + 1);
            operand[k].shape[a] = before.shape[other], operand[k].name[a] = before.name[other];
            operand[k].shape[other] = before.shape[a], operand[k].name[other] = before.name[a];
        }
    }
}

static int transposed_to(generator *g, int a, const target *t) {
    int to[ASH_MAX_NDIM], same = 1;
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    char text[64] = "";
    for (int k = 0; k < t->ndim; k++) {
        same &= VALUE(a)->name[k] == t->name[k];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c", k ? "," : "", t->name[k]);
        step[k] = 1;
        for (to[k] = 0; to[k] < t->ndim && t->name[to[k]] != VALUE(a)->name[k]; to[k]++) {}
    }
    if (same) {
        return a;
    }
    return generator_add(g, ash_transpose(HANDLE(a), text), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "transpose(%s, %s)", TEXT(a), text);
}

static const oracle_op *choose_op(generator *g, int n, const dense *const in[]) {
    int exact = 1;
    for (int k = 0; k < n; k++) {
        exact = exact && dense_is_exact(in[k]);
    }
    int strict = !one_in(g, 15); /* now and then more than the oracle can follow: it must at least not crash */
    for (int tries = 0; tries < 400; tries++) {
        const oracle_op *op = &oracle_ops[random_below(g, oracle_op_count)];
        if (op->inputs == n && (exact || op->smooth || !strict) && oracle_loop(op, in) != ASH_DTYPE_COUNT) {
            return op;
        }
    }
    return NULL;
}

static int elementwise(generator *g, int depth, const target *t) {
    target wanted[3];
    const dense *in[3];
    int n = (int[]){ 1, 2, 2, 3 }[random_below(g, 4)], input[3],
        scalar = t->ndim >= 0 && n > 1 && one_in(g, 4) ? (int)random_below(g, n) : -1;
    operand_targets(g, t, n, wanted);
    for (int k = 0; k < n; k++) {
        int drop = k == scalar;
        for (int a = 0; a < t->ndim && drop; a++) { /* the others must give the shape without it */
            int given = t->shape[a] == 1;
            for (int j = 0; j < n; j++) {
                given |= j != k && wanted[j].ndim == t->ndim && wanted[j].shape[a] == t->shape[a] && !g->named;
            }
            drop = given;
        }
        for (int j = 0, whole = 0; j < n && drop; j++) {
            whole |= j != k && wanted[j].ndim == t->ndim;
            drop = j < n - 1 || whole;
        }
        input[k] = drop ? random_weak_scalar(g) : make(g, depth - 1, &wanted[k]);
    }
    for (int k = 0; k < n; k++) {
        in[k] = VALUE(input[k]);
    }
    const oracle_op *op = choose_op(g, n, in);
    if (!op) {
        return make(g, depth - 1, t);
    }
    dense *out[2] = { 0 };
    oracle_apply(op, in, out);
    ash_array result = { 0 }, second = { 0 };
    switch (n) {
    case 1:
        if (op->call1) {
            result = op->call1(HANDLE(input[0]));
        } else {
            op->call1_2(HANDLE(input[0]), &result, &second);
        }
        break;
    case 2:
        if (op->call2) {
            result = op->call2(HANDLE(input[0]), HANDLE(input[1]));
        } else {
            op->call2_2(HANDLE(input[0]), HANDLE(input[1]), &result, &second);
        }
        break;
    default: result = op->call3(HANDLE(input[0]), HANDLE(input[1]), HANDLE(input[2]));
    }
    const char *a = TEXT(input[0]), *b = n > 1 ? TEXT(input[1]) : "", *c = n > 2 ? TEXT(input[2]) : "";
    int made = generator_add(g, result, out[0], "%s(%s%s%s%s%s)", op->name, a, n > 1 ? ", " : "", b, n > 2 ? ", " : "", c);
    if (out[1]) {
        int other = generator_add(g, second, out[1], "%s.second(%s%s%s)", op->name, a, n > 1 ? ", " : "", b);
        made = one_in(g, 2) ? other : made;
    }
    return g->named ? transposed_to(g, made, t) : made;
}

static int cast(generator *g, int depth, const target *t) {
    int a = make(g, depth - 1, t);
    int exact = dense_is_exact(VALUE(a));
    ash_dtype dtype = (ash_dtype)(exact ? random_below(g, ASH_DTYPE_COUNT) : ASH_FLOAT32 + random_below(g, 4));
    return generator_add(g, ash_cast(HANDLE(a), dtype), oracle_cast(VALUE(a), dtype), "cast(%s, %s)", TEXT(a), ash_dtype_name(dtype));
}

/* ---- Views ---- */

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

static int slice(generator *g, int depth, const target *t) {
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
                insert_axis(&both, both.ndim, 1, source.name[s]);
            }
            int64_t extent = 1 + random_below(g, 4), at = random_below(g, extent);
            char name = free_name(g, &both);
            snprintf(part, sizeof part, "%lld", (long long)(one_in(g, 2) ? at : at - extent));
            append_part(text, sizeof text, by_name ? name : 0, part);
            to[source.ndim] = -1, start[source.ndim] = at, step[source.ndim] = 0;
            insert_axis(&source, source.ndim, extent, name);
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
        insert_axis(&source, source.ndim, extent, t->name[k]);
    }
    int a = make(g, depth - 1, &source);
    return generator_add(g, ash_index(HANDLE(a), text), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "index(%s, \"%s\")", TEXT(a), text);
}

static int transpose(generator *g, int depth, const target *t) {
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
    int a = make(g, depth - 1, &source);
    char text[128] = "", word[16];
    for (int k = 0; k < t->ndim; k++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? ", " : "", axis_text(g, VALUE(a), order[k], word));
    }
    const char *dims = reverse || t->ndim == 0 ? NULL : text;
    return generator_add(g, ash_transpose(HANDLE(a), dims), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "transpose(%s, %s)", TEXT(a), dims ? dims : "NULL");
}

static int broadcast(generator *g, int depth, const target *t) {
    target source = *t;
    while (source.ndim > 0 && !source.name[0] && one_in(g, 2)) {
        remove_axis(&source, 0);
    }
    int added = t->ndim - source.ndim, to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    for (int a = 0; a < source.ndim; a++) {
        source.shape[a] = one_in(g, 2) ? 1 : source.shape[a];
        to[a] = source.shape[a] == t->shape[a + added] ? a + added : -1;
        step[a] = 1;
    }
    int a = make(g, depth - 1, &source);
    return generator_add(g, ash_broadcast_to(HANDLE(a), t->ndim, t->shape),
        oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step), "broadcast_to(%s, %d-D)", TEXT(a), t->ndim);
}

static int rechunk(generator *g, int depth, const target *t) {
    int a = make(g, depth - 1, t), to[ASH_MAX_NDIM];
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

static int squeeze(generator *g, int depth, const target *t) {
    target source = *t;
    int at = (int)random_below(g, t->ndim + 1), to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    insert_axis(&source, at, 1, free_name(g, t));
    int a = make(g, depth - 1, &source);
    for (int k = 0; k < source.ndim; k++) {
        to[k] = k == at ? -1 : k - (k > at);
        step[k] = 1;
    }
    char text[16];
    axis_text(g, VALUE(a), at, text);
    return generator_add(g, ash_squeeze(HANDLE(a), text), oracle_view(VALUE(a), t->ndim, t->shape, t->name, to, start, step),
        "squeeze(%s, %s)", TEXT(a), text);
}

/* ---- Reductions ---- */

static const oracle_reduction *choose_reduction(generator *g, const dense *a, int empty, int group) {
    int strict = !dense_is_exact(a) && !one_in(g, 10);
    for (;;) {
        const oracle_reduction *reduction = &oracle_reductions[random_below(g, oracle_reduction_count)];
        if ((empty && strchr("lhLH", reduction->method)) || (strict && strchr("LHaA", reduction->method)) ||
            (group && !reduction->call_group)) {
            continue;
        }
        return reduction;
    }
}

/* With a mask, and for extremes a number that takes part; -1 if this reduction takes none. */
static int reduce_where(
    generator *g, const oracle_reduction *reduction, int a, const char *dims, const char reduced[], int keepdims, double ddof) {
    int64_t one = 1;
    int extreme = strchr("lh", reduction->method) != NULL, mask = -1;
    target shape = { .ndim = VALUE(a)->ndim };
    memcpy(shape.shape, VALUE(a)->shape, sizeof shape.shape);
    memcpy(shape.name, VALUE(a)->name, sizeof shape.name);
    mask = strchr("LH", reduction->method) ? -1 : make(g, 0, &shape);
    if (mask < 0 || !dense_is_exact(VALUE(mask))) {
        return -1;
    }
    mask = generator_add(g, ash_cast(HANDLE(mask), ASH_BOOL), oracle_cast(VALUE(mask), ASH_BOOL), "cast(%s, bool)", TEXT(mask));
    ash_reduce_options options = { .keepdims = keepdims, .ddof = ddof, .where = HANDLE(mask) };
    if (extreme) {
        options.initial = ash_int(g->context, one);
    }
    return generator_add(g, reduction->call_with(HANDLE(a), dims, &options),
        oracle_reduce_where(reduction, VALUE(a), VALUE(mask), extreme ? &one : NULL, reduced, keepdims, ddof),
        "%s(%s, %s, keepdims %d, ddof %g, where %s)", reduction->name, TEXT(a), dims ? dims : "NULL", keepdims, ddof, TEXT(mask));
}

static int reduce(generator *g, int depth, const target *t) {
    target source = *t;
    char reduced[ASH_MAX_NDIM] = { 0 };
    int keepdims = t->ndim > 0 && one_in(g, 3), any = 0, empty = 0, all = 1;
    if (keepdims) {
        for (int a = 0; a < t->ndim; a++) {
            reduced[a] = t->shape[a] == 1 && one_in(g, 2);
            any |= reduced[a];
            source.shape[a] = reduced[a] ? random_extent(g, &source) : t->shape[a];
        }
    }
    for (int extra = any ? 0 : 1 + (int)random_below(g, 2); extra > 0 && source.ndim < 5; extra--) {
        int at = (int)random_below(g, source.ndim + 1);
        memmove(&reduced[at + 1], &reduced[at], (size_t)(source.ndim - at));
        reduced[at] = 1;
        insert_axis(&source, at, random_extent(g, &source), free_name(g, &source));
        keepdims = 0;
    }
    int a = make(g, depth - 1, &source);
    char text[128] = "", word[16];
    for (int k = 0; k < source.ndim; k++) {
        all = all && reduced[k];
        empty |= reduced[k] && source.shape[k] == 0;
        if (reduced[k]) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "," : "", axis_text(g, VALUE(a), k, word));
        }
    }
    const oracle_reduction *reduction = choose_reduction(g, VALUE(a), empty, 0);
    const char *dims = *text && !(all && one_in(g, 2)) ? text : NULL;
    if (!*text && source.ndim > 0) { /* five dimensions and none to reduce */
        return a;
    }
    double ddof = one_in(g, 3) ? (double)random_below(g, 4) / 2 : 0;
    int masked = one_in(g, 4) && source.ndim > 0 ? reduce_where(g, reduction, a, dims, reduced, keepdims, ddof) : -1;
    if (masked >= 0) {
        return masked;
    }
    ash_array result = keepdims || ddof > 0
        ? reduction->call_with(HANDLE(a), dims, &(ash_reduce_options){ .keepdims = keepdims, .ddof = ddof })
        : reduction->call(HANDLE(a), dims);
    return generator_add(g, result, oracle_reduce(reduction, VALUE(a), reduced, keepdims, ddof, NULL, 0),
        "%s(%s, %s, keepdims %d, ddof %g)", reduction->name, TEXT(a), dims ? dims : "NULL", keepdims, ddof);
}

static int group(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return reduce(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim), present = 1;
    int rename = g->named && one_in(g, 2);
    char reduced[ASH_MAX_NDIM] = { 0 }, word[16];
    reduced[axis] = 1;
    source.shape[axis] = 0;
    source.shape[axis] = random_extent(g, &source);
    source.name[axis] = rename ? free_name(g, t) : t->name[axis];
    int a = make(g, depth - 1, &source);
    int64_t n = source.shape[axis], groups = t->shape[axis], *labels = calloc((size_t)n + 1, sizeof *labels);
    ash_array label_array = random_labels(g, n, groups, one_in(g, 2), rename ? t->name[axis] : 0, labels);
    for (int64_t k = 0; k < groups && present; k++) {
        present = 0;
        for (int64_t j = 0; j < n; j++) {
            present |= labels[j] == k;
        }
    }
    char kind = oracle_kind(VALUE(a)->dtype);
    const oracle_reduction *reduction = choose_reduction(g, VALUE(a), !present && kind != 'f' && kind != 'c', 1);
    double ddof = one_in(g, 3) ? (double)random_below(g, 4) / 2 : 0;
    ash_array result = reduction->call_group(
        HANDLE(a), axis_text(g, VALUE(a), axis, word), label_array, &(ash_reduce_options){ .ddof = ddof, .groups = groups });
    dense *value = oracle_reduce(reduction, VALUE(a), reduced, 0, ddof, labels, groups);
    value->name[axis] = t->name[axis];
    free(labels);
    return generator_add(
        g, result, value, "group_%s(%s, %s, %lld groups, ddof %g)", reduction->name, TEXT(a), word, (long long)groups, ddof);
}

static int take(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return reduce(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim), rename = g->named && one_in(g, 2);
    char word[16];
    source.shape[axis] = 0;
    source.shape[axis] = random_extent(g, &source);
    source.shape[axis] += source.shape[axis] == 0;
    source.name[axis] = rename ? free_name(g, t) : t->name[axis];
    int a = make(g, depth - 1, &source);
    char kind = oracle_kind(VALUE(a)->dtype);
    int64_t n = t->shape[axis], *labels = calloc((size_t)n + 1, sizeof *labels);
    ash_array label_array = random_labels(g, n, source.shape[axis], kind == 'f' || kind == 'c', rename ? t->name[axis] : 0, labels);
    dense *value = oracle_take(VALUE(a), axis, labels, n);
    value->name[axis] = t->name[axis];
    free(labels);
    return generator_add(g, ash_group_take(HANDLE(a), axis_text(g, VALUE(a), axis, word), label_array), value,
        "group_take(%s, %s, %lld labels)", TEXT(a), word, (long long)n);
}

/* ---- Scans ---- */

static int scan(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return reduce(g, depth, t);
    }
    int axis = (int)random_below(g, t->ndim), a = make(g, depth - 1, t);
    char word[16];
    const oracle_scan *kind = &oracle_scans[random_below(g, oracle_scan_count)];
    if (!dense_is_exact(VALUE(a)) && strstr(kind->name, "prod")) { /* bounds of long products are no bounds */
        return a;
    }
    return generator_add(g, kind->call(HANDLE(a), axis_text(g, VALUE(a), axis, word)), oracle_scan_along(kind, VALUE(a), axis),
        "%s(%s, %s)", kind->name, TEXT(a), word);
}

/* ---- Choosing ---- */

/* Something made before that has the wanted shape and names; -1 if nothing has. */
static int again(generator *g, const target *t) {
    for (int tries = 0; tries < 6 && g->count > 0; tries++) {
        int k = (int)random_below(g, g->count);
        const dense *value = VALUE(k);
        int same = value->ndim == t->ndim && !value->weak;
        for (int a = 0; a < t->ndim && same; a++) {
            same = value->shape[a] == t->shape[a] && value->name[a] == t->name[a];
        }
        if (same) {
            return k;
        }
    }
    return -1;
}

static int make(generator *g, int depth, const target *t) {
    typedef int step(generator *, int, const target *);
    static step *const steps[] = { elementwise, elementwise, elementwise, elementwise, elementwise, elementwise, elementwise, elementwise,
        reduce, reduce, reduce, cast, slice, slice, transpose, broadcast, rechunk, squeeze, group, take, scan };
    int shared = one_in(g, 8) ? again(g, t) : -1;
    if (shared >= 0) {
        return shared;
    }
    if (depth == 0 || one_in(g, 8)) {
        return random_leaf(g, t);
    }
    return steps[random_below(g, sizeof steps / sizeof steps[0])](g, depth, t);
}

int random_expression(generator *g, int depth) {
    target t = { 0 };
    for (int n = (int)random_below(g, 5); n > 0; n--) {
        insert_axis(&t, (int)random_below(g, t.ndim + 1), random_extent(g, &t), free_name(g, &t));
    }
    return make(g, depth, &t);
}
