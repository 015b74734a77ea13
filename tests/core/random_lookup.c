/* Looking up in tables and choosing between arrays, in random expressions. */
#include "random_steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Tables ---- */

/* An array of a real dtype. */
static int real_input(generator *g, int depth, const target *t) {
    int a = random_make(g, depth, t);
    if (oracle_kind(VALUE(a)->dtype) != 'c') {
        return a;
    }
    ash_dtype real = VALUE(a)->dtype == ASH_COMPLEX64 ? ASH_FLOAT32 : ASH_FLOAT64;
    return generator_add(g, ash_real_part(HANDLE(a)), oracle_cast(VALUE(a), real), "real_part(%s)", TEXT(a));
}

static dense *new_table(generator *g, ash_dtype dtype, int64_t n) {
    return dense_new(dtype, 1, &n, (char[]){ g->named ? 't' : 0 });
}

static dense *random_table(generator *g) {
    dense *table = new_table(g, (ash_dtype)random_below(g, ASH_COMPLEX64), random_below(g, one_in(g, 4) ? 60 : 7));
    int wild = one_in(g, 3);
    for (int64_t k = 0; k < table->size; k++) {
        table->cell[k] = random_cell(g, table->dtype, wild);
    }
    return table;
}

/* By insertion; `down`: the largest first, and no NaN. */
static void sort_table(dense *table, int down) {
    for (int64_t k = 0; k < table->size; k++) {
        cell moved = table->cell[k];
        int64_t j = k;
        if (down && isnan(moved.re)) {
            moved.re = 0;
        }
        for (; j > 0 && oracle_order(table->dtype, table->cell[j - 1], moved) == (down ? -1 : 1); j--) {
            table->cell[j] = table->cell[j - 1];
        }
        table->cell[j] = moved;
    }
}

int random_search(generator *g, int depth, const target *t) {
    int x = real_input(g, depth - 1, t), digitize = one_in(g, 2), right = one_in(g, 2), down = digitize && one_in(g, 2);
    dense *sorted = random_table(g);
    sort_table(sorted, down);
    int table = random_buffer_of(g, sorted), level = 1;
    for (int64_t k = 1; k < sorted->size; k++) {
        level = level && oracle_order(sorted->dtype, sorted->cell[k - 1], sorted->cell[k]) == 0;
    }
    down = down && !level; /* bins that are all equal count as ascending */
    if (digitize) {        /* the closed end of a bin is the one before it, unless `right`; descending, the other way round */
        return generator_add(g, ash_digitize(HANDLE(x), HANDLE(table), right),
            oracle_search(VALUE(table), VALUE(x), down ? right : !right, down), "digitize(%s, %s%s, right %d)", TEXT(x), TEXT(table),
            down ? " down" : "", right);
    }
    return generator_add(g, ash_searchsorted(HANDLE(table), HANDLE(x), right), oracle_search(VALUE(table), VALUE(x), right, 0),
        "searchsorted(%s, %s, right %d)", TEXT(table), TEXT(x), right);
}

int random_isin(generator *g, int depth, const target *t) {
    int x = real_input(g, depth - 1, t), invert = one_in(g, 2), values = random_buffer_of(g, random_table(g));
    return generator_add(g, ash_isin(HANDLE(x), HANDLE(values), invert), oracle_isin(VALUE(x), VALUE(values), invert),
        "isin(%s, %s, invert %d)", TEXT(x), TEXT(values), invert);
}

/* Places that ascend by eighths of a number or by whole ones, less than 16 from the first to the last. */
static dense *random_places(generator *g, int64_t n) {
    static const ash_dtype dtypes[] = { ASH_FLOAT32, ASH_FLOAT64, ASH_INT8, ASH_INT64 };
    dense *places = new_table(g, dtypes[random_below(g, 4)], n);
    int whole = oracle_kind(places->dtype) == 'i';
    int64_t at = random_below(g, 160) - 80;
    for (int64_t k = 0; k < n; k++, at += 1 + random_below(g, 15)) {
        places->cell[k] = whole ? (cell){ .i = at / 8 + k } : (cell){ .re = (long double)at / 8 };
    }
    return places;
}

int random_interp(generator *g, int depth, const target *t) {
    int64_t n = 1 + random_below(g, 6);
    dense *values = new_table(g, (ash_dtype)random_below(g, ASH_COMPLEX64), n);
    ash_interp_options options = { .has_left = one_in(g, 3), .has_right = one_in(g, 3), .left = -1000, .right = 0.1 };
    int x = real_input(g, depth - 1, t), wild = one_in(g, 8), places = random_buffer_of(g, random_places(g, n));
    options.period = one_in(g, 3) ? 32 : 0;
    for (int64_t k = 0; k < n; k++) {
        values->cell[k] = random_cell(g, values->dtype, wild);
    }
    int heights = random_buffer_of(g, values), plain = options.period == 0 && !options.has_left && !options.has_right && one_in(g, 2);
    return generator_add(g, ash_interp(HANDLE(x), HANDLE(places), HANDLE(heights), plain ? NULL : &options),
        oracle_interp(VALUE(x), VALUE(places), VALUE(heights), &options), "interp(%s, %s, %s, left %d, right %d, period %g)", TEXT(x),
        TEXT(places), TEXT(heights), options.has_left, options.has_right, options.period);
}

/* ---- Choosing ---- */

enum { MOST_CHOICES = 3, MOST_OPERANDS = 2 * MOST_CHOICES + 1 };

/* Operands that are broadcast to the target: some axes have extent 1, anonymous leading ones are left out; one operand is whole. From
 * number `choices` on they may be weak numbers, but not all of them. */
static void random_operands(generator *g, int depth, const target *t, int n, int choices, int operand[]) {
    int whole = (int)random_below(g, n), strong = whole >= choices;
    for (int k = 0; k < n; k++) {
        target some = *t;
        for (int a = 0; a < t->ndim && k != whole; a++) {
            some.shape[a] = one_in(g, 4) ? 1 : t->shape[a];
        }
        while (k != whole && !g->named && some.ndim > 0 && one_in(g, 4)) {
            target_remove(&some, 0);
        }
        if (k >= choices && k != whole && (strong || k < n - 1) && one_in(g, 5)) {
            operand[k] = random_weak_scalar(g);
        } else {
            operand[k] = random_make(g, depth - 1, &some);
            strong |= k >= choices && !VALUE(operand[k])->weak;
        }
    }
}

static void look_at(const generator *g, int n, const int operand[], ash_array handles[], const dense *values[]) {
    for (int k = 0; k < n; k++) {
        handles[k] = HANDLE(operand[k]);
        values[k] = VALUE(operand[k]);
    }
}

int random_select(generator *g, int depth, const target *t) {
    int n = 1 + (int)random_below(g, MOST_CHOICES), operand[MOST_OPERANDS];
    ash_array handles[MOST_OPERANDS];
    const dense *values[MOST_OPERANDS];
    random_operands(g, depth, t, 2 * n + 1, n, operand);
    look_at(g, 2 * n + 1, operand, handles, values);
    return generator_add(g, ash_select(n, handles, handles + n, handles[2 * n]), oracle_select(n, values), "select(%d: %s; %s; %s)", n,
        TEXT(operand[0]), TEXT(operand[n]), TEXT(operand[2 * n]));
}

int random_choose(generator *g, int depth, const target *t) {
    int n = 1 + (int)random_below(g, MOST_CHOICES), operand[MOST_OPERANDS], wrap = one_in(g, 2);
    ash_array handles[MOST_OPERANDS];
    const dense *values[MOST_OPERANDS];
    random_operands(g, depth, t, n + 1, 1, operand);
    ash_dtype dtype = (ash_dtype)random_below(g, ASH_FLOAT32);
    target whole = target_of(VALUE(operand[0]));
    int index = dense_is_exact(VALUE(operand[0])) ? operand[0] : random_leaf(g, &whole);
    operand[0] = generator_add(
        g, ash_cast(HANDLE(index), dtype), oracle_cast(VALUE(index), dtype), "cast(%s, %s)", TEXT(index), ash_dtype_name(dtype));
    look_at(g, n + 1, operand, handles, values);
    return generator_add(g,
        ash_choose(handles[0], n, handles + 1,
            wrap               ? "wrap"
                : one_in(g, 2) ? "clip"
                               : NULL),
        oracle_choose(n, values, wrap), "choose(%s, %d: %s, %s)", TEXT(operand[0]), n, TEXT(operand[1]), wrap ? "wrap" : "clip");
}
