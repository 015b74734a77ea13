/* Looking up in tables against naive loops, for every real dtype; choosing; errors. */
#include "core_test.h"

#include <math.h>

static uint64_t seed = 12345;

static int64_t below(int64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

/* Small whole numbers, which every dtype holds; now and then NaN where there is one. */
static void fill(ash_dtype dtype, double x[], int64_t n, int with_nan) {
    int floating = dtype == ASH_FLOAT32 || dtype == ASH_FLOAT64, is_signed = dtype >= ASH_INT8 && dtype <= ASH_INT64;
    for (int64_t k = 0; k < n; k++) {
        x[k] = dtype == ASH_BOOL ? (double)below(2) : (double)(below(20) - (is_signed || floating ? 10 : 0));
        x[k] = floating && with_nan && below(10) == 0 ? NAN : x[k];
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return isnan(x) || isnan(y) ? !!isnan(x) - !!isnan(y) : (x > y) - (x < y);
}

static ash_array numbers(ash_context *ctx, ash_dtype dtype, int64_t n, const double *x) {
    return ash_cast(vector_of(ctx, ASH_FLOAT64, n, x, "7"), dtype);
}

static int precedes(double a, double b) {
    return a < b || (!isnan(a) && isnan(b));
}

static void searching(void **state) {
    (void)state;
    for (int round = 0; round < 300; round++) {
        ash_dtype dtype = (ash_dtype)below(ASH_COMPLEX64);
        ash_context *ctx = context_with(1 + (int)below(2), NULL);
        double x[40], table[30];
        int64_t n = 1 + below(40), m = below(30);
        int right = (int)below(2);
        fill(dtype, x, n, 1);
        fill(dtype, table, m, 1);
        qsort(table, (size_t)m, sizeof *table, ascending);
        int64_t *found = values_of(ash_searchsorted(numbers(ctx, dtype, m, table), numbers(ctx, dtype, n, x), right));
        for (int64_t k = 0; k < n; k++) {
            int64_t expected = 0;
            for (int64_t j = 0; j < m; j++) {
                expected += right ? !precedes(x[k], table[j]) : precedes(table[j], x[k]);
            }
            assert_int_equal(found[k], expected);
        }
        free(found);
        uint8_t *there = values_of(ash_isin(numbers(ctx, dtype, n, x), numbers(ctx, dtype, m, table), right));
        for (int64_t k = 0; k < n; k++) {
            int expected = 0;
            for (int64_t j = 0; j < m; j++) {
                expected |= x[k] == table[j];
            }
            assert_int_equal(there[k], expected != right);
        }
        free(there);
        ash_context_free(ctx);
    }
}

static void binning(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x[] = { -1, 0, 0.5, 1, 2.5, 3, 4, NAN }, up[] = { 0, 1, 3 }, down[] = { 3, 1, 0 };
    static const int64_t expected[4][8] = { { 0, 1, 1, 2, 2, 3, 3, 3 }, { 0, 0, 1, 1, 2, 2, 3, 3 }, { 3, 2, 2, 1, 1, 0, 0, 0 },
        { 3, 3, 2, 2, 1, 1, 0, 0 } };
    for (int k = 0; k < 4; k++) {
        ash_array bins = vector_of(ctx, ASH_FLOAT64, 3, k < 2 ? up : down, NULL);
        int64_t *found = values_of(ash_digitize(vector_of(ctx, ASH_FLOAT64, 8, x, "3"), bins, k % 2));
        for (int i = 0; i < 8; i++) {
            if (found[i] != expected[k][i]) {
                fail_msg("digitize %d of %g: expected %d, found %d", k, x[i], (int)expected[k][i], (int)found[i]);
            }
        }
        free(found);
    }
    ash_context_free(ctx);
}

static void interpolating(void **state) { /* values from NumPy's interp */
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    int64_t xp[] = { 0, 1, 3, 4 };
    double fp[] = { 0, 2, -2, 1 }, x[] = { -1, 0, 0.25, 1, 2, 3.5, 4, 5, NAN };
    double expected[] = { 0, 0, 0.5, 2, 0, -0.5, 1, 1, NAN };
    ash_array places = vector_of(ctx, ASH_INT64, 4, xp, "3"), values = vector_of(ctx, ASH_FLOAT64, 4, fp, NULL);
    ash_array points = ash_set_attr(ash_set_dims(vector_of(ctx, ASH_FLOAT64, 9, x, "4"), "depth"), "units", "m");
    ash_array result = ash_interp(points, places, values, NULL);
    assert_string_equal(ash_dim_name(result, 0), "depth");
    double *found = values_of(result),
           *other = values_of(
               ash_interp(points, places, values, &(ash_interp_options){ .has_left = true, .left = -7, .has_right = true, .right = NAN }));
    for (int k = 0; k < 9; k++) {
        assert_true(found[k] == expected[k] || (isnan(found[k]) && isnan(expected[k])));
    }
    assert_true(other[0] == -7 && isnan(other[7]) && other[4] == 0);
    free(found);
    free(other);
    double around[] = { 10, -170, 90 }, height[] = { 1, 2, 5 }, angle[] = { -190, -180, 0, 10, 175, 365, -5 };
    double wrapped[] = { 2.6, 2.3, 1.0555555555555556, 1, 2.45, 1.0277777777777777, 1.0833333333333333 };
    double infinite[] = { -INFINITY, -INFINITY, INFINITY, 5 }, at[] = { 0.5, 2, 3.5 }, seen[] = { -INFINITY, NAN, INFINITY };
    found = values_of(ash_interp(vector_of(ctx, ASH_FLOAT64, 3, at, NULL), places, vector_of(ctx, ASH_FLOAT64, 4, infinite, NULL), NULL));
    for (int k = 0; k < 3; k++) {
        assert_true(found[k] == seen[k] || (isnan(found[k]) && isnan(seen[k])));
    }
    free(found);
    double far[] = { INFINITY, -INFINITY };
    found = values_of(ash_interp(vector_of(ctx, ASH_FLOAT64, 2, far, NULL), places, values, &(ash_interp_options){ .period = 4.5 }));
    assert_true(isnan(found[0]) && isnan(found[1]));
    free(found);
    assert_false(ash_ok(ash_interp(points, vector_of(ctx, ASH_FLOAT64, 2, far, NULL), vector_of(ctx, ASH_FLOAT64, 2, fp, NULL),
        &(ash_interp_options){ .period = 4.5 })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "interp: xp must be finite where there is a period, found inf at 0");
    found = values_of(ash_interp(vector_of(ctx, ASH_FLOAT64, 7, angle, NULL), vector_of(ctx, ASH_FLOAT64, 3, around, NULL),
        vector_of(ctx, ASH_FLOAT64, 3, height, NULL), &(ash_interp_options){ .period = 360 }));
    for (int k = 0; k < 7; k++) {
        assert_true(fabs(found[k] - wrapped[k]) < 1e-12);
    }
    free(found);
    ash_context_free(ctx);
}

/* 300 is not 44, though its last eight bits are. */
static void numbers_the_table_does_not_hold(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    uint8_t bytes[] = { 44, 50 };
    ash_array table = vector_of(ctx, ASH_UINT8, 2, bytes, NULL);
    uint8_t *is_in = values_of(ash_isin(ash_int(ctx, 300), table, false));
    int64_t *above = values_of(ash_searchsorted(table, ash_int(ctx, 300), false)),
            *below_all = values_of(ash_digitize(ash_int(ctx, -1), table, false));
    assert_int_equal(is_in[0], 0);
    assert_int_equal(above[0], 2);
    assert_int_equal(below_all[0], 0);
    free(is_in);
    free(above);
    free(below_all);
    ash_context_free(ctx);
}

/* The dtype does not depend on where among the choices an array stands; numbers have none of their own. */
static void choices_are_promoted_together(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    int16_t whole[] = { 1, 2, 3 };
    float real[] = { 1, 2, 3 };
    uint64_t large[] = { UINT64_MAX, INT64_MAX + UINT64_C(1), 1 };
    ash_array i = vector_of(ctx, ASH_INT16, 3, whole, NULL), u = ash_cast(i, ASH_UINT16), f = vector_of(ctx, ASH_FLOAT32, 3, real, NULL),
              which = vector_of(ctx, ASH_UINT64, 3, large, NULL);
    const ash_array choices[][3] = { { f, ash_int(ctx, 1), ash_real(ctx, 2) }, { ash_int(ctx, 1), ash_real(ctx, 2), f }, { i, u, f },
        { f, i, u } };
    for (int k = 0; k < 4; k++) {
        assert_int_equal(ash_array_dtype(ash_choose(i, 3, choices[k], NULL)), ASH_FLOAT32);
        assert_int_equal(ash_array_dtype(ash_select(2, (ash_array[]){ i, u }, choices[k], choices[k][2])), ASH_FLOAT32);
    }
    assert_int_equal(ash_array_dtype(ash_clip(i, u, f)), ASH_FLOAT32);
    const ash_array tens[] = { ash_int(ctx, 10), ash_int(ctx, 11), ash_int(ctx, 12) };
    static const int64_t clip[] = { 12, 12, 11 }, wrap[] = { 10, 12, 11 };
    int64_t *clipped = values_of(ash_choose(which, 3, tens, "clip")), *wrapped = values_of(ash_choose(which, 3, tens, "wrap"));
    assert_memory_equal(clipped, clip, sizeof clip);
    assert_memory_equal(wrapped, wrap, sizeof wrap);
    free(clipped);
    free(wrapped);
    assert_false(ash_ok(ash_select(1, &i, &i, (ash_array){ 0 })));
    assert_false(ash_ok(ash_choose(i, 2, (ash_array[]){ i, { 0 } }, NULL)));
    ash_context_free(ctx);
}

static void choosing(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    int64_t index[] = { -1, 0, 1, 2, 3, 7 };
    ash_array which = vector_of(ctx, ASH_INT64, 6, index, "4"), choices[] = { ash_int(ctx, 10), ash_int(ctx, 11), ash_real(ctx, 12.5) };
    double *clipped = values_of(ash_choose(which, 3, choices, NULL)), *wrapped = values_of(ash_choose(which, 3, choices, "wrap"));
    static const double clip[] = { 10, 10, 11, 12.5, 12.5, 12.5 }, wrap[] = { 12.5, 10, 11, 12.5, 10, 11 };
    assert_memory_equal(clipped, clip, sizeof clip);
    assert_memory_equal(wrapped, wrap, sizeof wrap);
    free(clipped);
    free(wrapped);
    int64_t *single = values_of(ash_choose(which, 1, choices, NULL));
    assert_true(single[0] == 10 && single[5] == 10);
    free(single);
    ash_array conditions[] = { ash_less(which, ash_int(ctx, 1)), ash_less(which, ash_int(ctx, 3)) };
    int64_t *selected = values_of(ash_select(2, conditions, (ash_array[]){ ash_negative(which), ash_int(ctx, 100) }, which));
    assert_true(selected[0] == 1 && selected[1] == 0 && selected[2] == 100 && selected[3] == 100 && selected[4] == 3 && selected[5] == 7);
    free(selected);
    ash_context_free(ctx);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double table[] = { 1, 3, 2 };
    ash_array unsorted = vector_of(ctx, ASH_FLOAT64, 3, table, NULL), x = ash_arange(ctx, 0, 4, 1, NULL);
    assert_false(ash_ok(ash_searchsorted(unsorted, x, false)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "searchsorted: sorted must be ascending");
    assert_false(ash_ok(ash_digitize(x, unsorted, false)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "digitize: bins must be ascending or descending");
    assert_false(ash_ok(ash_isin(x, ash_ones(ctx, ASH_INT8, 2, (int64_t[]){ 2, 2 }, NULL), false)));
    assert_sentence(ctx, ASH_ERR_SHAPE, "isin: values must have one dimension, found 2");
    assert_false(ash_ok(ash_isin(ash_cast(x, ASH_COMPLEX64), x, false)));
    assert_sentence(ctx, ASH_ERR_DTYPE, "isin: x does not accept complex64");
    assert_false(ash_ok(ash_interp(x, unsorted, unsorted, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "interp: xp must ascend strictly, found 2 at 2 after 3");
    assert_false(ash_ok(ash_interp(x, x, unsorted, NULL)));
    assert_sentence(ctx, ASH_ERR_SHAPE, "interp: xp and fp must have as many elements");
    assert_false(ash_ok(ash_interp(x, x, x, &(ash_interp_options){ .period = -1 })));
    assert_false(ash_ok(ash_choose(ash_real(ctx, 1), 1, &x, NULL)));
    assert_sentence(ctx, ASH_ERR_DTYPE, "choose: index does not accept float64");
    assert_false(ash_ok(ash_choose(x, 1, &x, "raise")));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "choose: mode must be clip or wrap");
    assert_false(ash_ok(ash_choose(x, 0, NULL, NULL)));
    assert_false(ash_ok(ash_select(0, NULL, NULL, x)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "select: n must be 1 or more");
    assert_false(ash_ok(ash_interp((ash_array){ 0 }, x, x, NULL)));
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searching),
        cmocka_unit_test(binning),
        cmocka_unit_test(interpolating),
        cmocka_unit_test(numbers_the_table_does_not_hold),
        cmocka_unit_test(choices_are_promoted_together),
        cmocka_unit_test(choosing),
        cmocka_unit_test(mistakes_are_sentences),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
