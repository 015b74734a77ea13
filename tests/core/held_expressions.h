/* Expressions of which everything is held between two passes, on two grids: what scratch and ranks are tested with. */
#ifndef ASH_HELD_EXPRESSIONS_H
#define ASH_HELD_EXPRESSIONS_H

#include "core_test.h"

enum { ROWS = 600, COLUMNS = 500, ELEMENTS = ROWS * COLUMNS };

static double field[ELEMENTS];

static ash_array rows_of(ash_context *ctx) {
    for (int64_t k = 0; k < ELEMENTS; k++) {
        field[k] = (double)(k * 7919 % 10007);
    }
    return ash_from_buffer(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ ROWS, COLUMNS }, field, &(ash_make_options){ .chunks = "30, -1", .dims = "y,x" });
}

/* ---- What needs more than a task at a time: everything of these is held ---- */

static ash_array transposed(ash_context *ctx) {
    return ash_rechunk(ash_transpose(ash_cumsum(rows_of(ctx), "x"), NULL), "60, 70");
}

static ash_array backwards_and_forwards(ash_context *ctx) {
    ash_array sums = ash_cumsum(rows_of(ctx), "x");
    return ash_sub(ash_rechunk(sums, "-1, 7"), ash_index(sums, "::-1, ::-1"));
}

static ash_array joined(ash_context *ctx) {
    ash_array sums = ash_cumprod(ash_sqrt(rows_of(ctx)), "x");
    return ash_concatenate(2, (ash_array[]){ ash_index(sums, "1::2, :"), ash_index(sums, "::2, ::-1") }, "y");
}

static ash_array product(ash_context *ctx) {
    ash_array a = ash_cumsum(
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ ROWS, COLUMNS }, field, &(ash_make_options){ .chunks = "30, -1" }), "1");
    return ash_matmul(ash_rechunk(a, "90, 110"), ash_transpose(a, NULL));
}

static ash_array far_from_the_mean(ash_context *ctx) {
    ash_array sums = ash_cumsum(rows_of(ctx), "x");
    return ash_sub(sums, ash_mean_with(sums, "y", &(ash_reduce_options){ .keepdims = true }));
}

static ash_array median_of_columns(ash_context *ctx) {
    return ash_median(ash_rechunk(ash_transpose(ash_sin(ash_cumsum(rows_of(ctx), "x")), NULL), "40, -1"), "y");
}

static ash_array twice_on_other_grids(ash_context *ctx) {
    ash_array once = ash_rechunk(ash_cumsum(rows_of(ctx), "x"), "-1, 20");
    return ash_rechunk(ash_cumsum(once, "y"), "25, -1");
}

static const struct {
    const char *name;
    ash_array (*build)(ash_context *ctx);
} expressions[] = {
    { "transposed", transposed },
    { "backwards_and_forwards", backwards_and_forwards },
    { "joined", joined },
    { "product", product },
    { "far_from_the_mean", far_from_the_mean },
    { "median_of_columns", median_of_columns },
    { "twice_on_other_grids", twice_on_other_grids },
};
enum { EXPRESSIONS = sizeof expressions / sizeof *expressions };

static inline int64_t bytes_of(ash_array a) {
    return ash_size(a) * ash_dtype_size(ash_array_dtype(a));
}

#endif
