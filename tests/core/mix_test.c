/* Numbers and arrays mixed by the macros of mix.h. */
#include "core_test.h"

#include <ashlar/mix.h>

#include <complex.h>

static int evaluated;

static ash_array once(ash_array a) {
    evaluated++;
    return a;
}

static double first(ash_array a) {
    assert_good(a);
    double *values = values_of(ash_cast(a, ASH_FLOAT64)), value = values[0];
    free(values);
    return value;
}

static void numbers_of_every_type(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    float x = 2;
    ash_array a = vector_of(ctx, ASH_FLOAT32, 1, &x, NULL);
    assert_int_equal(ash_array_dtype(ASH_ADD(a, 273.15)), ASH_FLOAT32);
    assert_int_equal(ash_array_dtype(ASH_MUL(2, a)), ASH_FLOAT32);
    assert_int_equal(ash_array_dtype(ASH_MUL(a, 1 + 2 * I)), ASH_COMPLEX64);
    assert_true(first(ASH_SUB(1.5f, a)) == -0.5);
    assert_true(first(ASH_POW(a, 3L)) == 8);
    assert_true(first(ASH_ADD(a, (short)1)) == 3 && first(ASH_ADD((unsigned char)1, a)) == 3 && first(ASH_ADD(a, 1ull)) == 3);
    assert_true(first(ASH_ADD(a, (_Bool)1)) == 3 && first(ASH_ADD(a, 1.0L)) == 3);
    assert_true(first(ASH_LESS(a, 3)) == 1);
    assert_true(first(ASH_CLIP(a, 0, 1)) == 1);
    assert_true(first(ASH_WHERE(ASH_GREATER(a, 1), a, -1)) == 2);
    assert_true(first(ASH_WHERE(1, ASH_ADD(a, 1), 0)) == 3);
    assert_true(first(ASH_MAXIMUM(UINT64_MAX, a)) > 1e19);
    assert_true(first(ASH_ADD(ASH_MUL(once(a), 2), ASH_DIV(once(a), 4))) == 4.5);
    assert_int_equal(evaluated, 2);
    int8_t byte = 5;
    ash_array small = vector_of(ctx, ASH_INT8, 1, &byte, NULL);
    assert_int_equal(ash_array_dtype(ASH_ADD(small, 100)), ASH_INT8);
    assert_false(ash_ok(ASH_ADD(small, 1000)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "add: the integer 1000 does not fit int8");
    ash_context_free(ctx);
}

/* Arithmetic with an integer that does not fit is an error, a comparison has an answer. */
static void comparisons_with_numbers_that_do_not_fit(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    int8_t byte = -5;
    uint64_t large = UINT64_MAX;
    ash_array small = vector_of(ctx, ASH_INT8, 1, &byte, NULL), unsigned_one = vector_of(ctx, ASH_UINT64, 1, &large, NULL);
    assert_true(first(ASH_LESS(small, 128)) == 1 && first(ASH_GREATER(-129, small)) == 0 && first(ASH_EQUAL(small, 251)) == 0);
    assert_true(first(ASH_NOT_EQUAL(small, 1000)) == 1 && first(ASH_LESS_EQUAL(small, -1000)) == 0);
    int64_t near = INT64_MAX, below = -1; /* numbers that float64 does not tell apart */
    uint64_t next = (uint64_t)INT64_MAX + 1;
    ash_array s = vector_of(ctx, ASH_INT64, 1, &near, NULL), u = vector_of(ctx, ASH_UINT64, 1, &next, NULL),
              m = vector_of(ctx, ASH_INT64, 1, &below, NULL);
    assert_true(first(ash_less(s, u)) == 1 && first(ash_equal(s, u)) == 0 && first(ash_greater_equal(s, u)) == 0 &&
        first(ash_not_equal(u, s)) == 1);
    assert_true(first(ash_greater(u, s)) == 1 && first(ash_less_equal(u, s)) == 0 && first(ash_less(m, unsigned_one)) == 1 &&
        first(ash_equal(m, unsigned_one)) == 0 && first(ash_greater(unsigned_one, m)) == 1 && first(ash_less_equal(unsigned_one, m)) == 0);
    ash_array by_xy = ash_ones(ctx, ASH_UINT64, 2, (int64_t[]){ 2, 3 }, &(ash_make_options){ .dims = "x,y" });
    ash_array by_yx = ash_ones(ctx, ASH_INT64, 2, (int64_t[]){ 3, 2 }, &(ash_make_options){ .dims = "y,x" });
    assert_string_equal(ash_dim_name(ash_less(by_xy, by_yx), 0), "x"); /* the first operand's order */
    assert_string_equal(ash_dim_name(ash_equal(by_yx, by_xy), 0), "y");
    assert_true(first(ASH_GREATER(unsigned_one, -1)) == 1 && first(ASH_EQUAL(unsigned_one, -1)) == 0);
    assert_int_equal(ash_array_dtype(ASH_LESS(small, 128)), ASH_BOOL);
    assert_false(ash_ok(ASH_MAXIMUM(small, 128)));
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_type),
        cmocka_unit_test(comparisons_with_numbers_that_do_not_fit),
    };
    return cmocka_run_group_tests_name("mix", tests, NULL, NULL);
}
