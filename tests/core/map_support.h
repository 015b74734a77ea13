/* What tests of functions over chunks have in common. */
#ifndef ASH_TEST_MAP_SUPPORT_H
#define ASH_TEST_MAP_SUPPORT_H

#include "core_test.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static inline void register_it(ash_context *ctx, const char *name, ash_status (*function)(const ash_function_call *, void *), void *user) {
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = name, .function = function, .user = user }));
}

/* The element of a block of float64 at up to three indices. */
static inline double *at(const ash_function_block *b, int64_t i, int64_t j, int64_t k) {
    int64_t index[3] = { i, j, k };
    char *p = b->data;
    for (int a = 0; a < b->ndim; a++) {
        p += index[a] * b->stride[a];
    }
    return (double *)(void *)p;
}

/* Loops over a block of at most three dimensions. */
#define EACH(b, i, j, k) \
    for (int64_t i = 0; i < ((b)->ndim > 0 ? (b)->extent[0] : 1); i++) \
        for (int64_t j = 0; j < ((b)->ndim > 1 ? (b)->extent[1] : 1); j++) \
            for (int64_t k = 0; k < ((b)->ndim > 2 ? (b)->extent[2] : 1); k++)

static inline void assert_same(ash_array found, ash_array expected) {
    assert_good(found);
    assert_good(expected);
    assert_int_equal(ash_ndim(found), ash_ndim(expected));
    for (int a = 0; a < ash_ndim(found); a++) {
        assert_int_equal(ash_extent(found, a), ash_extent(expected, a));
    }
    assert_int_equal(ash_array_dtype(found), ash_array_dtype(expected));
    char *x = values_of(found), *y = values_of(expected);
    assert_memory_equal(x, y, (size_t)(ash_size(found) * ash_dtype_size(ash_array_dtype(found))));
    free(x);
    free(y);
}

static inline ash_array field(ash_context *ctx, const char *dims, const char *chunks) {
    static double data[5 * 7];
    for (int k = 0; k < COUNT(data); k++) {
        data[k] = (k * 37 % 35) / 4.0 - 3;
    }
    return ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 5, 7 }, data, &(ash_make_options){ .dims = dims, .chunks = chunks });
}

#endif
