/* Reductions made of functions over states: medians and quantiles against NumPy, and those that the user registers. */
#include "core_test.h"

#include "quantile_expected.h"

#include <math.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ---- Quantiles ---- */

static void quantiles_are_numpys(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    for (int m = 0; m < COUNT(methods); m++) {
        for (int64_t n = 1; n <= COUNT(numbers); n++) {
            for (int q = 0; q < COUNT(qs); q++) {
                double found = real_of(ash_quantile(vector_of(ctx, ASH_FLOAT64, n, numbers, "3"), NULL, qs[q], methods[m]));
                if (!(fabs(found - quantiles[m][n - 1][q]) <= 1e-14 * (1 + fabs(found)))) {
                    fail_msg(
                        "%s of %d numbers, q %g: expected %.17g, found %.17g", methods[m], (int)n, qs[q], quantiles[m][n - 1][q], found);
                }
            }
        }
    }
    ash_context_free(ctx);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { PLANES = 4, ROWS = 13, COLUMNS = 301 };

/* Medians over every set of axes of a three-dimensional array, against sorting. */
static void medians_over_any_axes(void **state) {
    (void)state;
    static double x[PLANES][ROWS][COLUMNS], sorted[PLANES * ROWS * COLUMNS];
    static const char *const dims[] = { "z", "y", "x", "z,y", "z,x", "y,x", NULL };
    for (int k = 0; k < PLANES * ROWS * COLUMNS; k++) {
        (&x[0][0][0])[k] = (k * 7919 % 1009) / 8.0 - 30;
    }
    x[1][2][3] = NAN;
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        ash_array a = ash_from_buffer(
            ctx, ASH_FLOAT64, 3, (int64_t[]){ PLANES, ROWS, COLUMNS }, x, &(ash_make_options){ .dims = "z,y,x", .chunks = "3,5,100" });
        for (int d = 0; d < COUNT(dims); d++) {
            const char *text = dims[d] ? dims[d] : "z,y,x";
            int over[] = { strchr(text, 'z') != NULL, strchr(text, 'y') != NULL, strchr(text, 'x') != NULL }, cell = 0;
            double *median = values_of(ash_median(a, dims[d])), *skipping = values_of(ash_nanmedian(a, dims[d]));
            for (int z = 0; z < (over[0] ? 1 : PLANES); z++) {
                for (int y = 0; y < (over[1] ? 1 : ROWS); y++) {
                    for (int c = 0; c < (over[2] ? 1 : COLUMNS); c++, cell++) {
                        int n = 0, missing = 0;
                        for (int i = 0; i < PLANES * ROWS * COLUMNS; i++) {
                            int at[] = { i / (ROWS * COLUMNS), i / COLUMNS % ROWS, i % COLUMNS };
                            if ((over[0] || at[0] == z) && (over[1] || at[1] == y) && (over[2] || at[2] == c)) {
                                double value = (&x[0][0][0])[i];
                                missing |= isnan(value);
                                sorted[n] = value;
                                n += !isnan(value);
                            }
                        }
                        qsort(sorted, (size_t)n, sizeof *sorted, ascending);
                        double middle = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
                        assert_true(skipping[cell] == middle);
                        assert_true(missing ? isnan(median[cell]) : median[cell] == middle);
                    }
                }
            }
            free(median);
            free(skipping);
        }
        ash_context_free(ctx);
    }
}

static void dtypes_and_edges(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    int8_t bytes[] = { 1, 4, 2, 3 };
    float reals[] = { 1, 2, NAN };
    ash_array integers = vector_of(ctx, ASH_INT8, 4, bytes, "2"), floats = vector_of(ctx, ASH_FLOAT32, 3, reals, NULL);
    assert_true(real_of(ash_median(integers, NULL)) == 2.5);
    assert_int_equal(ash_array_dtype(ash_median(floats, NULL)), ASH_FLOAT32);
    assert_true(real_of(ash_cast(ash_nanmedian(floats, "0"), ASH_FLOAT64)) == 1.5);
    assert_true(isnan(real_of(ash_median(ash_zeros(ctx, ASH_FLOAT64, 1, (int64_t[]){ 0 }, NULL), NULL))));
    assert_true(isnan(real_of(ash_nanmedian(ash_full(ctx, ASH_FLOAT64, 1, (int64_t[]){ 5 }, ash_real(ctx, NAN), NULL), NULL))));
    assert_true(real_of(ash_median(ash_real(ctx, 4), NULL)) == 4);
    double infinite[] = { INFINITY, 1 }, large_pair[] = { -1e308, 1.5e308 };
    assert_true(real_of(ash_median(vector_of(ctx, ASH_FLOAT64, 2, infinite, NULL), NULL)) == INFINITY);
    assert_true(real_of(ash_quantile(vector_of(ctx, ASH_FLOAT64, 2, infinite, NULL), NULL, 0.75, NULL)) == INFINITY);
    assert_true(fabs(real_of(ash_median(vector_of(ctx, ASH_FLOAT64, 2, large_pair, NULL), NULL)) - 2.5e307) < 1e293);
    assert_int_equal(ash_size(ash_median(ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 0 }, NULL), "0")), 0);
    assert_false(ash_ok(ash_median(ash_cast(integers, ASH_COMPLEX64), NULL)));
    assert_sentence(ctx, ASH_ERR_DTYPE, "median: does not accept complex64");
    assert_false(ash_ok(ash_quantile(integers, NULL, 1.5, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "quantile: q must be from 0 to 1, found 1.5");
    assert_false(ash_ok(ash_quantile(integers, NULL, NAN, NULL)));
    assert_false(ash_ok(ash_nanquantile(integers, NULL, 0.5, "linaer")));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "nanquantile: unknown method 'linaer'; did you mean 'linear'?");
    assert_false(ash_ok(ash_median(integers, "time")));
    ash_array large = ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ (int64_t)1 << 30 }, NULL);
    double value;
    assert_int_equal(ash_compute(ash_median(large, NULL), &value, sizeof value, NULL), ASH_ERR_LIMIT);
    ash_context_free(ctx);
}

/* Several at once are those taken one by one, in a first dimension of their own; kept dimensions are cut where cells are many. */
static void several_quantiles(void **state) {
    (void)state;
    enum { Y = 40, X = 700, T = 300 };
    static const double q[] = { 0.9, 0, 0.5 };
    ash_context *ctx = context_with(2, NULL);
    ash_array n = ash_arange(ctx, 0, T * Y * X, 1, NULL), mixed = ash_remainder(ash_mul(n, ash_int(ctx, 7919)), ash_int(ctx, 10007));
    double *values = values_of(ash_cast(mixed, ASH_FLOAT64));
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ T, Y, X }, values, &(ash_make_options){ .dims = "time,y,x" });
    ash_array all = ash_quantile_with(a, "time", 3, q, NULL),
              kept = ash_nanquantile_with(a, "time,x", 1, q, &(ash_quantile_options){ .keepdims = true, .method = "lower" });
    assert_int_equal(ash_ndim(all), 3);
    assert_string_equal(ash_dim_name(all, 0), "quantile");
    assert_string_equal(ash_dim_name(all, 2), "x");
    assert_true(ash_chunk_count(all, 1) > 1);
    double *found = values_of(all), *coord = values_of(ash_coord(all, "quantile"));
    for (int k = 0; k < 3; k++) {
        double *one = values_of(ash_quantile(a, "time", q[k], "linear"));
        assert_true(coord[k] == q[k]);
        assert_memory_equal(found + k * Y * X, one, Y * X * sizeof *one);
        free(one);
    }
    assert_int_equal(ash_ndim(kept), 4);
    assert_int_equal(ash_extent(kept, 1), 1);
    double *lower = values_of(kept), *percent = values_of(ash_percentile(a, "time,x", 90, "lower"));
    assert_memory_equal(lower, percent, Y * sizeof *lower);
    free(found);
    free(coord);
    free(lower);
    free(percent);
    assert_int_equal(ash_ndim(ash_median_with(a, "time", &(ash_reduce_options){ .keepdims = true })), 3);
    assert_false(ash_ok(ash_median_with(a, "time", &(ash_reduce_options){ .ddof = 1 })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "median: takes the option keepdims only");
    assert_false(ash_ok(ash_quantile_with(a, "time", 0, q, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "quantile: q must have one number or more, found 0");
    assert_false(ash_ok(ash_nanpercentile(a, "time", 101, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "nanpercentile: q must be from 0 to 100, found 101");
    assert_false(ash_ok(ash_quantile_with(ash_set_dims(a, "quantile,y,x"), "x", 3, q, NULL)));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "quantile: the result gets a dimension 'quantile'");
    ash_array none = ash_quantile_with(ash_zeros(ctx, ASH_FLOAT32, 2, (int64_t[]){ 0, 2 }, NULL), "0", 2, q, NULL);
    float *nothing = values_of(none);
    assert_int_equal(ash_size(none), 4);
    assert_true(isnan(nothing[0]) && isnan(nothing[3]));
    free(nothing);
    free(values);
    ash_context_free(ctx);
}

/* Patterns that make a selection slow have the right result in time. */
static void quantiles_of_hostile_orders(void **state) {
    (void)state;
    enum { N = 200000 };
    static double x[N];
    ash_context *ctx = context_with(1, NULL);
    for (int way = 0; way < 4; way++) {
        for (int k = 0; k < N; k++) {
            x[k] = way == 0 ? k : way == 1 ? N - 1 - k : way == 2 ? (k < N / 2 ? 2 * k : 2 * (N - 1 - k) + 1) : (k % 2 ? k : N - k);
        }
        double found = real_of(ash_quantile(vector_of(ctx, ASH_FLOAT64, N, x, "-1"), NULL, 0.5, "lower"));
        int64_t below = 0, upto = 0;
        for (int k = 0; k < N; k++) {
            below += x[k] < found;
            upto += x[k] <= found;
        }
        assert_true(below <= (N - 1) / 2 && upto > (N - 1) / 2);
    }
    ash_context_free(ctx);
}

/* ---- The user's ---- */

/* The longest run of equal elements, which needs the order of elements and both ends of what is merged. */
typedef struct streak {
    int64_t n, best, first, last;
    double first_value, last_value;
} streak;

static int64_t fail_at; /* a step that sees this element fails */

static void streak_init(void *state, void *user) {
    (void)user;
    memset(state, 0, sizeof(streak));
}

static ash_status streak_merge(void *state, const void *next, void *user) {
    streak *a = state;
    const streak *b = next;
    (void)user;
    if (a->n == 0 || b->n == 0) {
        *a = a->n == 0 ? *b : *a;
        return ASH_OK;
    }
    int joined = a->last_value == b->first_value;
    int64_t across = joined ? a->last + b->first : 0;
    a->best = a->best > b->best ? a->best : b->best;
    a->best = a->best > across ? a->best : across;
    a->first = joined && a->first == a->n ? a->n + b->first : a->first;
    a->last = joined && b->last == b->n ? a->last + b->n : b->last;
    a->last_value = b->last_value;
    a->n += b->n;
    return ASH_OK;
}

static ash_status streak_step(void *state, const void *elements, int64_t n, void *user) {
    const double *x = elements;
    for (int64_t k = 0; k < n; k++) {
        if (fail_at > 0 && x[k] == (double)fail_at) {
            return ASH_ERR_ARGUMENT;
        }
        streak one = { 1, 1, 1, 1, x[k], x[k] };
        streak_merge(state, &one, user);
    }
    return ASH_OK;
}

static ash_status streak_finish(void *state, int64_t count, void *result, void *user) {
    const streak *s = state;
    (void)user;
    *(int64_t *)result = s->n == count ? s->best : -1;
    return ASH_OK;
}

static const ash_reduction_definition streak_definition = { .name = "streak",
    .input = ASH_FLOAT64,
    .result = ASH_INT64,
    .state_bytes = sizeof(streak),
    .init = streak_init,
    .step = streak_step,
    .merge = streak_merge,
    .finish = streak_finish };

static int64_t longest(const int32_t *x, int64_t n, int64_t stride) {
    int64_t best = 0, run = 0;
    for (int64_t k = 0; k < n; k++) {
        run = k > 0 && x[k * stride] == x[(k - 1) * stride] ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}

static void registered_reductions(void **state) {
    (void)state;
    enum { R = 40, C = 900 };
    static int32_t x[R][C];
    for (int k = 0; k < R * C; k++) {
        (&x[0][0])[k] = (k / 7 * 31 % 5) * (k % 11 != 0);
    }
    static const char *const chunks[] = { "-1,-1", "7,100", "1,900", "40,1" };
    for (int threads = 1; threads <= 3; threads++) {
        for (int c = 0; c < COUNT(chunks); c++) {
            ash_context *ctx = context_with(threads, NULL);
            ash_array a =
                ash_from_buffer(ctx, ASH_INT32, 2, (int64_t[]){ R, C }, x, &(ash_make_options){ .dims = "y,x", .chunks = chunks[c] });
            assert_done(ctx, ash_register_reduction(ctx, &streak_definition));
            int64_t *rows = values_of(ash_reduce_custom(a, "streak", "x", false)),
                    *columns = values_of(ash_reduce_custom(a, "streak", "y", true));
            for (int k = 0; k < R; k++) {
                assert_true(rows[k] == longest(x[k], C, 1));
            }
            for (int k = 0; k < C; k++) {
                assert_true(columns[k] == longest(&x[0][k], R, C));
            }
            free(rows);
            free(columns);
            ash_context_free(ctx);
        }
    }
    ash_context *ctx = context_with(1, NULL);
    assert_done(ctx, ash_register_reduction(ctx, &streak_definition));
    assert_true(integer_of(ash_reduce_custom(ash_zeros(ctx, ASH_BOOL, 1, (int64_t[]){ 0 }, NULL), "streak", NULL, false)) == 0);
    ash_context_free(ctx);
}

static void failing_functions_stop_the_run(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        int64_t value;
        assert_done(ctx, ash_register_reduction(ctx, &streak_definition));
        ash_array a = ash_reduce_custom(ash_arange(ctx, 0, 100000, 1, &(ash_make_options){ .chunks = "1000" }), "streak", NULL, false);
        fail_at = 54321;
        assert_int_equal(ash_compute(a, &value, sizeof value, NULL), ASH_ERR_ARGUMENT);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, "the reduction 'streak' failed");
        fail_at = 0;
        assert_true(integer_of(a) == 1);
        ash_context_free(ctx);
    }
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_reduction_definition d = streak_definition;
    d.step = NULL;
    assert_int_equal(ash_register_reduction(ctx, &d), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register_reduction: step is not set");
    d = streak_definition;
    d.state_bytes = 0;
    assert_int_equal(ash_register_reduction(ctx, &d), ASH_ERR_ARGUMENT);
    d = streak_definition;
    d.result = (ash_dtype)99;
    assert_int_equal(ash_register_reduction(ctx, &d), ASH_ERR_DTYPE);
    assert_int_equal(ash_register_reduction(ctx, NULL), ASH_ERR_ARGUMENT);
    assert_done(ctx, ash_register_reduction(ctx, &streak_definition));
    assert_int_equal(ash_register_reduction(ctx, &streak_definition), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "there is a reduction 'streak' already");
    ash_array a = ash_arange(ctx, 0, 3, 1, NULL);
    assert_false(ash_ok(ash_reduce_custom(a, "steak", NULL, false)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "reduce_custom: no reduction 'steak' is registered; did you mean 'streak'?");
    assert_false(ash_ok(ash_reduce_custom(a, NULL, NULL, false)));
    assert_false(ash_ok(ash_reduce_custom(a, "streak", "time", false)));
    assert_false(ash_ok(ash_reduce_custom((ash_array){ 0 }, "streak", NULL, false)));
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_numpys),
        cmocka_unit_test(medians_over_any_axes),
        cmocka_unit_test(dtypes_and_edges),
        cmocka_unit_test(several_quantiles),
        cmocka_unit_test(quantiles_of_hostile_orders),
        cmocka_unit_test(registered_reductions),
        cmocka_unit_test(failing_functions_stop_the_run),
        cmocka_unit_test(mistakes_are_sentences),
    };
    return cmocka_run_group_tests_name("custom", tests, NULL, NULL);
}
