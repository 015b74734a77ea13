/* The inner nodes of random expressions. Every step makes an array of a wanted shape, from inputs of shapes that give it. */
#include "random_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Elementwise ---- */

/* Shapes of the operands: each is the target with axes left out (leading ones if they have no names) or of extent 1; one has every axis. */
void random_operand_targets(generator *g, const target *t, int n, target operand[]) {
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
                target_remove(&operand[k], a);
            }
        }
        while (k != whole && !g->named && operand[k].ndim > 0 && operand[k].shape[0] == 1 && one_in(g, 2)) {
            target_remove(&operand[k], 0);
        }
        for (int a = operand[k].ndim - 1; k != whole && g->named && a > 0; a--) { /* names meet in any order */
            target before = operand[k];
            int other = (int)random_below(g, a + 1);
            operand[k].shape[a] = before.shape[other], operand[k].name[a] = before.name[other];
            operand[k].shape[other] = before.shape[a], operand[k].name[other] = before.name[a];
        }
    }
}

int random_transposed(generator *g, int a, const target *t) {
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
    random_operand_targets(g, t, n, wanted);
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
        input[k] = drop ? random_weak_scalar(g) : random_make(g, depth - 1, &wanted[k]);
    }
    for (int k = 0; k < n; k++) {
        in[k] = VALUE(input[k]);
    }
    const oracle_op *op = choose_op(g, n, in);
    if (!op) {
        return random_make(g, depth - 1, t);
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
    return g->named ? random_transposed(g, made, t) : made;
}

static int cast(generator *g, int depth, const target *t) {
    int a = random_make(g, depth - 1, t);
    int exact = dense_is_exact(VALUE(a));
    ash_dtype dtype = (ash_dtype)(exact ? random_below(g, ASH_DTYPE_COUNT) : ASH_FLOAT32 + random_below(g, 4));
    return generator_add(g, ash_cast(HANDLE(a), dtype), oracle_cast(VALUE(a), dtype), "cast(%s, %s)", TEXT(a), ash_dtype_name(dtype));
}

/* ---- Choosing a step ---- */

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

int random_make(generator *g, int depth, const target *t) {
    static random_step *const steps[] = { elementwise, elementwise, elementwise, elementwise, elementwise, elementwise, elementwise,
        elementwise, elementwise, elementwise, elementwise, elementwise, random_reduce, random_reduce, random_reduce, random_reduce,
        random_reduce, cast, random_slice, random_slice, random_transpose, random_broadcast, random_rechunk, random_squeeze, random_group,
        random_take, random_scan, random_difference, random_trapezoid, random_average, random_quantile, random_quantile, random_custom,
        random_search, random_isin, random_interp, random_select, random_choose, random_concatenate, random_stack, random_matmul,
        random_tensordot, random_pad, random_pad, random_map, random_halo, random_overlap, random_from_chunks, random_reshape,
        random_reshape, random_gather, random_along_axis, random_compress, random_masked, random_counted };
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
        target_insert(&t, (int)random_below(g, t.ndim + 1), random_extent(g, &t), random_free_name(g, &t));
    }
    return random_make(g, depth, &t);
}
