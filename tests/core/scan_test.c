/* Scans, differences and integrals: dtypes, edges, errors; files are read once; limits. The random expressions compare their values with the
 * definition. */
#include "netcdf_support.h"

#include <math.h>

/* ---- Scans ---- */

static void dtypes_are_numpys(void **state) {
    (void)state;
    static const ash_dtype sum_of[ASH_DTYPE_COUNT] = { ASH_INT64, ASH_INT64, ASH_INT64, ASH_INT64, ASH_INT64, ASH_UINT64, ASH_UINT64,
        ASH_UINT64, ASH_UINT64, ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX64, ASH_COMPLEX128 };
    ash_context *ctx = context_with(1, NULL);
    for (int d = 0; d < ASH_DTYPE_COUNT; d++) {
        for (int64_t n = 0; n < 4; n++) {
            ash_array a = ash_ones(ctx, (ash_dtype)d, 1, &n, &(ash_make_options){ .chunks = "1" });
            ash_array sums[] = { ash_cumsum(a, NULL), ash_cumprod(a, NULL), ash_nancumsum(a, NULL), ash_nancumprod(a, NULL) };
            ash_array extremes[] = { ash_cummax(a, "0"), ash_cummin(a, "-1"), ash_nancummax(a, NULL), ash_nancummin(a, NULL) };
            for (int k = 0; k < 4; k++) {
                double expected[] = { 1, k % 2 ? 1 : 2, k % 2 ? 1 : 3 }, *found;
                assert_good(sums[k]);
                assert_good(extremes[k]);
                assert_int_equal(ash_array_dtype(sums[k]), sum_of[d]);
                assert_int_equal(ash_array_dtype(extremes[k]), d);
                found = values_of(ash_cast(sums[k], ASH_FLOAT64));
                assert_memory_equal(found, expected, n * 8);
                free(found);
                found = values_of(ash_cast(extremes[k], ASH_FLOAT64));
                for (int64_t i = 0; i < n; i++) {
                    assert_true(found[i] == 1);
                }
                free(found);
            }
        }
    }
    ash_context_free(ctx);
}

static void options_and_edges(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    int8_t bytes[] = { 100, 100, 100 };
    ash_array a = vector_of(ctx, ASH_INT8, 3, bytes, "2");
    int64_t *sums = values_of(ash_cumsum(a, NULL));
    assert_true(sums[2] == 300);
    free(sums);
    int8_t *narrow = values_of(ash_cumsum_with(a, NULL, &(ash_scan_options){ .dtype = "int8" })); /* wraps, as NumPy */
    assert_true(narrow[0] == 100 && narrow[1] == -56 && narrow[2] == 44);
    free(narrow);
    double zeros[] = { -0.0, NAN, 1 };
    double *kept = values_of(ash_cumsum(vector_of(ctx, ASH_FLOAT64, 1, zeros, NULL), NULL));
    assert_true(kept[0] == 0 && signbit(kept[0]));
    free(kept);
    double *skipped = values_of(ash_nancumsum(vector_of(ctx, ASH_FLOAT64, 3, zeros, "1"), NULL));
    assert_true(skipped[0] == 0 && skipped[1] == 0 && skipped[2] == 1);
    free(skipped);
    float tenths[1000]; /* float32 is added up in double precision */
    for (int k = 0; k < 1000; k++) {
        tenths[k] = 0.1f;
    }
    float *total = values_of(ash_cumsum(vector_of(ctx, ASH_FLOAT32, 1000, tenths, "300"), NULL));
    assert_true(total[999] == (float)(1000 * (double)0.1f));
    free(total);
    ash_array named = ash_set_attr(ash_set_dims(vector_of(ctx, ASH_FLOAT64, 3, zeros, "1"), "time"), "units", "m");
    assert_string_equal(ash_attr(ash_cumsum(named, "time"), "units"), "m");
    assert_string_equal(ash_dim_name(ash_cummax(named, "time"), 0), "time");
    ash_context_free(ctx);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 4 }, &(ash_make_options){ .dims = "y,x" });
    assert_false(ash_ok(ash_cumsum(a, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "cumsum: dim must name one dimension");
    assert_false(ash_ok(ash_cummax(a, "x,y")));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "cummax: dim must name one dimension");
    assert_false(ash_ok(ash_nancumprod(a, "z")));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "nancumprod");
    assert_false(ash_ok(ash_cumsum(ash_real(ctx, 1), "0")));
    assert_false(ash_ok(ash_cumsum_with(a, "x", &(ash_scan_options){ .dtype = "real" })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "cumsum: dtype");
    assert_false(ash_ok(ash_diff(a, "x", -1)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "diff: n must be 0 or more, found -1");
    assert_false(ash_ok(ash_ediff1d(a)));
    assert_sentence(ctx, ASH_ERR_SHAPE, "ediff1d");
    assert_false(ash_ok(ash_trapezoid(a, ash_arange(ctx, 0, 3, 1, NULL), "x")));
    assert_sentence(ctx, ASH_ERR_SHAPE, "trapezoid: x must have a point for each of the 4 elements of y along axis 1, found 3");
    ash_array line = ash_arange(ctx, 0, 4, 1, NULL), points = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 4 }, NULL);
    assert_false(ash_ok(ash_trapezoid(line, points, "-1")));
    assert_sentence(ctx, ASH_ERR_SHAPE, "trapezoid: x must not have dimensions that y lacks");
    assert_false(ash_ok(ash_cumsum((ash_array){ 0 }, NULL)));
    assert_false(ash_ok(ash_trapezoid_dx((ash_array){ 0 }, 1, NULL)));
    ash_context_free(ctx);
}

/* ---- Differences and integrals ---- */

static void differences(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array squares = ash_square(ash_arange(ctx, 0, 7, 1, &(ash_make_options){ .chunks = "3", .dims = "t" }));
    squares = ash_set_coord(squares, "t", ash_arange(ctx, 10, 17, 1, NULL));
    for (int64_t n = 0; n < 9; n++) {
        ash_array d = ash_diff(squares, "t", n);
        assert_good(d);
        assert_int_equal(ash_size(d), n < 7 ? 7 - n : 0);
        int64_t *values = values_of(d);
        for (int64_t k = 0; k < 7 - n; k++) {
            assert_true(values[k] == (n == 0 ? k * k : n == 1 ? 2 * k + 1 : n == 2 ? 2 : 0));
        }
        free(values);
        if (n == 2) { /* the coordinate of the last of the elements that went into it */
            int64_t *times = values_of(ash_coord(d, "t"));
            assert_true(times[0] == 12 && times[4] == 16);
            free(times);
        }
    }
    uint8_t flags[] = { 1, 1, 0, 1 }, *changes = values_of(ash_ediff1d(vector_of(ctx, ASH_BOOL, 4, flags, "1")));
    assert_true(changes[0] == 0 && changes[1] == 1 && changes[2] == 1);
    free(changes);
    ash_context_free(ctx);
}

static void integrals(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    double x[] = { 0, 1, 3, 4 }, y[2][4] = { { 0, 2, 6, 8 }, { 1, 1, 1, 1 } };
    for (int named = 0; named < 2; named++) {
        ash_make_options options = { .dims = named ? "r,x" : NULL, .chunks = "1,2" };
        ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 2, 4 }, y, &options),
                  points = vector_of(ctx, ASH_FLOAT64, 4, x, "3");
        ash_array across = ash_transpose(a, NULL);
        const char *dim = named ? "x" : "1", *first = named ? "x" : "0";
        double *areas = values_of(ash_trapezoid(a, points, dim)), *turned = values_of(ash_trapezoid(across, points, first));
        assert_true(areas[0] == 16 && areas[1] == 4 && turned[0] == 16 && turned[1] == 4);
        free(areas);
        free(turned);
        areas = values_of(ash_trapezoid_dx(a, 0.5, dim));
        assert_true(areas[0] == 6 && areas[1] == 1.5);
        free(areas);
        areas = values_of(ash_cumulative_trapezoid(a, points, dim));
        assert_true(areas[0] == 1 && areas[1] == 9 && areas[2] == 16 && areas[3] == 1 && areas[4] == 3 && areas[5] == 4);
        free(areas);
    }
    uint8_t large[] = { 255, 255 }; /* integers do not wrap */
    assert_true(real_of(ash_trapezoid_dx(vector_of(ctx, ASH_UINT8, 2, large, NULL), 1, NULL)) == 255);
    assert_true(real_of(ash_trapezoid_dx(vector_of(ctx, ASH_UINT8, 1, large, NULL), 1, NULL)) == 0);
    ash_context_free(ctx);
}

/* ---- Files and limits ---- */

enum { DAYS = 90, CELLS = 40000 }; /* some chunks */

static void files_are_read_once(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array made = ash_sin(ash_add(ash_arange(ctx, 0, DAYS, 1, &(ash_make_options){ .dims = "time" }),
        ash_linspace(ctx, 0, 1, CELLS, &(ash_make_options){ .dims = "cell" })));
    assert_done(ctx, ash_write(made, test_path("s.nc"), "t", NULL));
    ash_array t = ash_open(ctx, test_path("s.nc"), "t", NULL);
    const char *dims[] = { "time", "cell" };
    for (int k = 0; k < 2; k++) {
        ash_array both[] = { ash_cumsum(t, dims[k]), ash_mean(t, "time") };
        double *values[] = { malloc(DAYS * CELLS * 8), malloc(CELLS * 8) };
        int64_t bytes[] = { DAYS * CELLS * 8, CELLS * 8 };
        assert_done(ctx, ash_compute_many(ctx, 2, both, (void *const *)values, bytes, NULL));
        assert_int_equal(ash_last_run(ctx).bytes_read, DAYS * CELLS * 8);
        double *expected = values_of(ash_cumsum(made, dims[k]));
        for (int64_t i = 0; i < DAYS * CELLS; i++) {
            assert_true(fabs(values[0][i] - expected[i]) <= 1e-9);
        }
        ash_plan_info info = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, both, NULL, &info));
        assert_true(info.sequential_peak < bytes[0]); /* not the whole array */
        assert_done(ctx, ash_compute(both[0], values[0], bytes[0], &(ash_compute_options){ .memory_limit = info.least_limit }));
        free(expected);
        free(values[0]);
        free(values[1]);
    }
    ash_context_free(ctx);
}

/* A corner needs the totals of what is before it, and no more. */
static void only_what_is_needed(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array ones = ash_ones(ctx, ASH_INT64, 2, (int64_t[]){ 1000000, 1000000 }, &(ash_make_options){ .chunks = "1000,1000" });
    int64_t *corner = values_of(ash_index(ash_cumsum(ones, "1"), "5, 4990:5010"));
    for (int k = 0; k < 20; k++) {
        assert_true(corner[k] == 4991 + k);
    }
    free(corner);
    ash_context_free(ctx);
}

/* A chunk that is worked through in pieces of whole stored chunks has the same running values, and the same sums, as one in memory. */
static void pieces_keep_the_order(void **state) {
    (void)state;
    enum { STEPS = 24, ROWS = 160, COLUMNS = 70, ELEMENTS = STEPS * ROWS * COLUMNS };
    ash_context *ctx = context_with(1, NULL);
    double *values = malloc(ELEMENTS * sizeof *values);
    for (int64_t k = 0; k < ELEMENTS; k++) {
        values[k] = (double)(k * 7919 % 1009) / 7 * (k % 11 == 0 ? 1e6 : 1);
    }
    ash_array whole = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ STEPS, ROWS, COLUMNS }, values,
        &(ash_make_options){ .dims = "time,lat,lon", .chunks = "-1,-1,-1" });
    assert_done(ctx, ash_write(whole, test_path("pieces.nc"), "t", &(ash_write_options){ .deflate = 1, .chunks = "12,40,70" }));
    ash_array stored = ash_open(ctx, test_path("pieces.nc"), "t", &(ash_open_options){ .chunks = "-1,-1,-1" });
    ash_array found[] = { ash_cumsum(stored, "time"), ash_cumsum(stored, "lat"), ash_cummax(stored, "lat"), ash_sum(stored, "time,lat"),
        ash_std(stored, NULL), ash_sum(stored, "time"), ash_sum(stored, "lat") };
    ash_array expected[] = { ash_cumsum(whole, "time"), ash_cumsum(whole, "lat"), ash_cummax(whole, "lat"), ash_sum(whole, "time,lat"),
        ash_std(whole, NULL), ash_sum(whole, "time"), ash_sum(whole, "lat") };
    for (size_t k = 0; k < sizeof found / sizeof *found; k++) {
        double *a = values_of(found[k]), *b = values_of(expected[k]);
        assert_memory_equal(a, b, (size_t)ash_size(found[k]) * sizeof *a);
        free(a);
        free(b);
    }
    free(values);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dtypes_are_numpys),
        cmocka_unit_test(options_and_edges),
        cmocka_unit_test(mistakes_are_sentences),
        cmocka_unit_test(differences),
        cmocka_unit_test(integrals),
        cmocka_unit_test(files_are_read_once),
        cmocka_unit_test(only_what_is_needed),
        cmocka_unit_test(pieces_keep_the_order),
    };
    return cmocka_run_group_tests_name("scan", tests, make_test_folder, remove_test_folder);
}
