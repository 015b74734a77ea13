/* Positions and masks: against NumPy, names, what is read and when, mistakes. Values of all shapes and dtypes are in the random expressions too. */
#include "netcdf_support.h"

#include "indexing_expected.h"

#include <math.h>

static double data[4096];

/* (k * 7) % 23 - 4 in any shape, as the table has it. */
static ash_array array_of(ash_context *ctx, int ndim, const int64_t shape[], const char *dims, const char *chunks) {
    for (int k = 0; k < 4096; k++) {
        data[k] = k * 7 % 23 - 4;
    }
    return ash_from_buffer(ctx, ASH_FLOAT64, ndim, shape, data, &(ash_make_options){ .dims = dims, .chunks = chunks });
}

static void as_numpy_does(void **state) {
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        for (size_t c = 0; c < 2 * (sizeof cases / sizeof *cases); c++) {
            size_t k = c / 2;
            ash_context *ctx = context_with(threads, NULL);
            char chunks[64] = "";
            for (int a = 0; a < cases[k].ndim; a++) {
                snprintf(chunks + strlen(chunks), sizeof chunks - strlen(chunks), "%s%d", a ? "," : "", c % 2 ? 2 : -1);
            }
            ash_array a = array_of(ctx, cases[k].ndim, cases[k].shape, NULL, chunks);
            ash_array other = ash_from_buffer(ctx, ASH_INT64, cases[k].other_ndim, cases[k].other_shape, cases[k].other, NULL);
            other = cases[k].other_kind == 'i' ? other : ash_cast(other, ASH_BOOL);
            a = cases[k].other_kind == 'm' ? other : a;
            ash_array in[] = { a, other };
            ash_array result = ash_apply(ctx, cases[k].op, strchr("ib", cases[k].other_kind) ? 2 : 1, in, cases[k].params);
            assert_good(result);
            int64_t n = ash_size(result);
            int same = ash_ndim(result) == cases[k].result_ndim;
            for (int d = 0; same && d < cases[k].result_ndim; d++) {
                same = ash_extent(result, d) == cases[k].result_shape[d];
            }
            double *values = values_of(ash_cast(result, ASH_FLOAT64));
            for (int64_t e = 0; same && e < n; e++) {
                same = values[e] == cases[k].result[e];
            }
            if (!same) {
                fail_msg("row %d: %s(%s), chunks '%s'", (int)k, cases[k].op, cases[k].params ? cases[k].params : "", chunks);
            }
            free(values);
            ash_context_free(ctx);
        }
    }
}

static void names_and_coordinates(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, 2, (int64_t[]){ 3, 4 }, "y,x", NULL);
    a = ash_set_coord(a, "x", ash_linspace(ctx, 0, 30, 4, NULL));
    const int32_t positions[] = { 3, 0, -2 };
    ash_array p = vector_of(ctx, ASH_INT32, 3, positions, NULL), b = ash_take(a, p, "x");
    assert_string_equal(ash_dim_name(b, 1), "x");
    double *x = values_of(ash_coord(b, "x"));
    assert_true(x[0] == 30 && x[1] == 0 && x[2] == 20);
    free(x);
    b = ash_take(a, ash_set_dims(p, "station"), "x");
    assert_string_equal(ash_dim_name(b, 1), "station");
    assert_false(ash_has_coord(b, "station"));
    b = ash_take(a, ash_reshape(p, "s=3, t=1"), "y=");
    assert_false(ash_ok(b));
    b = ash_take(ash_transpose(a, NULL), ash_reshape(p, "s=3, t=1"), "x");
    assert_good(b);
    assert_string_equal(ash_dim_name(b, 0), "s");
    assert_string_equal(ash_dim_name(b, 1), "t");
    assert_string_equal(ash_dim_name(b, 2), "y");
    ash_array rows = ash_masked_select(a, ash_greater(ash_max(a, "x"), ash_int(ctx, 14)));
    assert_null(ash_dim_name(rows, 0));
    assert_true(ash_has_coord(rows, "x"));
    b = ash_compress(a, ash_greater(ash_coord(a, "x"), ash_int(ctx, 5)), "x");
    assert_int_equal(ash_extent(b, 1), 3);
    assert_true(ash_has_coord(b, "x"));
    ash_array where[2];
    assert_int_equal(ash_nonzero(ash_less(a, ash_int(ctx, 0)), where), 2);
    assert_int_equal(ash_size(where[0]), ash_size(where[1]));
    assert_true(ash_size(where[0]) > 0);
    ash_context_free(ctx);
}

/* ---- Counting ---- */

static int reads, refuses;
static int64_t size_while_computing;

static ash_status read_mask(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    (void)user, (void)ndim;
    reads++;
    if (refuses) {
        snprintf(message, (size_t)message_bytes, "no mask today");
        return ASH_ERR_IO;
    }
    for (int64_t k = 0; k < extent[0]; k++) {
        ((int8_t *)buffer)[k] = (start[0] + k) % 3 == 0;
    }
    return ASH_OK;
}

static void ask_for_size(const ash_progress *progress, void *user) {
    (void)progress;
    assert_int_equal(ash_size(*(ash_array *)user), size_while_computing);
}

static void counted_when_somebody_must_know(void **state) {
    (void)state;
    static ash_array chosen;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .progress = ask_for_size, .progress_user = &chosen });
    ash_array source = ash_from_source(ctx, ASH_INT8, 1, (int64_t[]){ 1000 }, read_mask, NULL, &(ash_source_options){ .chunks = "100" });
    ash_array a = array_of(ctx, 1, (int64_t[]){ 1000 }, "x", "300"), mask = ash_cast(source, ASH_BOOL);
    reads = refuses = 0;
    size_while_computing = -1;
    chosen = ash_masked_select(a, mask);
    assert_good(chosen);
    assert_int_equal(ash_ndim(chosen), 1);
    assert_int_equal(ash_array_dtype(chosen), ASH_FLOAT64);
    ash_array sum = ash_sum(chosen, NULL), mean = ash_mean(chosen, "0");
    assert_good(mean);
    assert_int_equal(reads, 0);
    double expected = 0;
    for (int k = 0; k < 1000; k += 3) {
        expected += data[k];
    }
    assert_true(real_of(sum) == expected); /* the callback asks in vain */
    int once = reads;
    assert_true(once > 0 && once < 20);
    assert_true(fabs(real_of(mean) - expected / 334) < 1e-12);
    assert_int_equal(reads, 2 * once);
    refuses = 1;
    assert_int_equal(ash_size(chosen), -1);
    assert_sentence(ctx, ASH_ERR_IO, "no mask today");
    assert_false(ash_ok(ash_negative(chosen)));
    refuses = 0;
    assert_int_equal(ash_size(chosen), 334);
    size_while_computing = 334;
    once = reads;
    assert_int_equal(ash_extent(chosen, 0), 334);
    assert_int_equal(ash_size(ash_negative(chosen)), 334);
    assert_int_equal(reads, once);
    assert_true(real_of(sum) == real_of(ash_sum(chosen, NULL))); /* same bits after counting */
    assert_true(real_of(ash_min(chosen, NULL)) == -4);
    double *values = values_of(chosen);
    for (int k = 0; k < 334; k++) {
        assert_true(values[k] == data[3 * k]);
    }
    free(values);
    ash_context_free(ctx);
}

static void nothing_and_everything(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = ash_rechunk(array_of(ctx, 2, (int64_t[]){ 40, 50 }, "y,x", NULL), "7, 11");
    ash_array none = ash_masked_select(a, ash_greater(a, ash_int(ctx, 100))), all = ash_masked_select(a, ash_less(a, ash_int(ctx, 100)));
    assert_true(real_of(ash_sum(none, NULL)) == 0);
    assert_true(isnan(real_of(ash_mean(none, NULL))));
    assert_int_equal(ash_size(none), 0);
    assert_int_equal(ash_chunk_count(none, 0), 1);
    free(values_of(none));
    assert_false(ash_ok(ash_min(none, NULL)));
    assert_int_equal(ash_size(all), 2000);
    double *values = values_of(all);
    assert_memory_equal(values, data, 2000 * sizeof *data);
    free(values);
    ash_array holes = ash_where(ash_less(a, ash_int(ctx, 3)), ash_real(ctx, NAN), a); /* NaN is selected, and passed on */
    ash_array some = ash_masked_select(holes, ash_less(a, ash_int(ctx, 5)));
    assert_true(isnan(real_of(ash_sum(some, NULL))));
    assert_true(isnan(real_of(ash_mean(some, NULL))));
    assert_true(real_of(ash_nanmean(some, NULL)) == 3.5 || real_of(ash_nanmean(some, NULL)) > 3);
    assert_true(integer_of(ash_sum(ash_isnan(some), NULL)) > 100);
    ash_context_free(ctx);
}

static void a_mask_may_not_change(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    static _Bool flags[100];
    double out[100];
    memset(flags, 1, 50);
    ash_array chosen = ash_masked_select(array_of(ctx, 1, (int64_t[]){ 100 }, NULL, "30"), vector_of(ctx, ASH_BOOL, 100, flags, NULL));
    assert_int_equal(ash_size(chosen), 50);
    for (int more = 0; more < 2; more++) {
        memset(flags, 0, 100);
        memset(flags, 1, more ? 100 : 40);
        assert_int_equal(ash_compute(chosen, out, 50 * sizeof *out, NULL), ASH_ERR_ARGUMENT);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, "the mask is another one than when its elements were counted");
    }
    memset(flags, 0, 100);
    memset(flags, 1, 50);
    assert_done(ctx, ash_compute(chosen, out, 50 * sizeof *out, NULL));
    ash_context_free(ctx);
}

static void scopes_keep_selections(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, 1, (int64_t[]){ 100 }, NULL, "30");
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array counted = ash_masked_select(a, ash_greater(a, ash_int(ctx, 3))), not_yet = ash_masked_select(a, ash_less(a, ash_int(ctx, 3)));
    int64_t n = ash_size(counted);
    assert_done(ctx, ash_scope_end(ctx, (ash_array[]){ counted, not_yet }, 2));
    assert_int_equal(ash_size(counted), n);
    assert_true(ash_size(not_yet) > 0);
    free(values_of(counted));
    free(values_of(not_yet));
    ash_context_free(ctx);
}

/* ---- Files ---- */

enum { ROWS = 3000, COLUMNS = 500, CHUNK = 20 };

static ash_array stored(ash_context *ctx, const float values[]) {
    int file, dimension[2], variable;
    const size_t chunk[2] = { CHUNK, COLUMNS };
    remove(test_path("a.nc"));
    nc_done(nc_create(test_path("a.nc"), NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "y", ROWS, &dimension[0]));
    nc_done(nc_def_dim(file, "x", COLUMNS, &dimension[1]));
    nc_done(nc_def_var(file, "t", NC_FLOAT, 2, dimension, &variable));
    nc_done(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk));
    nc_done(nc_def_var_deflate(file, variable, 1, 1, 1));
    nc_done(nc_put_var_float(file, variable, values));
    nc_done(nc_close(file));
    return ash_open(ctx, test_path("a.nc"), "t", NULL);
}

static void check_rows(const float found[], const float values[], const int64_t positions[], int64_t n) {
    for (int64_t k = 0; k < n; k++) {
        assert_memory_equal(found + k * COLUMNS, values + positions[k] * COLUMNS, COLUMNS * sizeof *found);
    }
}

/* A permutation reads every chunk once, a few rows only theirs; with little memory it is right all the same. */
static void files_are_read_where_positions_lie(void **state) {
    (void)state;
    static float values[ROWS * COLUMNS], found[ROWS * COLUMNS];
    static int64_t order[ROWS];
    for (int k = 0; k < ROWS * COLUMNS; k++) {
        values[k] = (float)(k * 3 % 1009);
    }
    for (int k = 0; k < ROWS; k++) {
        order[k] = (int64_t)k * 211 % ROWS;
    }
    ash_context *ctx = context_with(2, NULL);
    ash_array t = stored(ctx, values), mixed = ash_take_list(t, ROWS, order, "y");
    assert_done(ctx, ash_compute(mixed, found, sizeof found, NULL));
    check_rows(found, values, order, ROWS);
    assert_int_equal(ash_last_run(ctx).bytes_decoded, sizeof values);
    const int64_t few[] = { 2999, 3, 17, 300, 3 };
    ash_array some = ash_take_list(t, 5, few, "y");
    assert_done(ctx, ash_compute(some, found, 5 * COLUMNS * sizeof *found, NULL));
    check_rows(found, values, few, 5);
    assert_int_equal(ash_last_run(ctx).bytes_decoded, 3 * CHUNK * COLUMNS * sizeof *found);
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &mixed, NULL, &info));
    ash_array summed = ash_sum(mixed, "x"), plain = ash_sum(t, "x");
    double *sums = values_of(ash_cast(plain, ASH_FLOAT64));
    assert_done(ctx, ash_plan_query(ctx, 1, &summed, NULL, &info));
    float out[ROWS];
    assert_done(ctx, ash_compute(summed, out, sizeof out, &(ash_compute_options){ .memory_limit = info.least_limit }));
    for (int k = 0; k < ROWS; k++) {
        assert_true((double)out[k] == sums[order[k]]);
    }
    free(sums);
    /* The mask once for the count, then once more; the values once. */
    ash_array chosen = ash_masked_select(t, ash_greater(t, ash_int(ctx, 1000)));
    int64_t n = ash_size(chosen);
    assert_true(n > 1000);
    float *picked = values_of(chosen);
    assert_int_equal(ash_last_run(ctx).bytes_decoded, sizeof values);
    for (int64_t k = 0, at = 0; k < ROWS * COLUMNS; k++) {
        if (values[k] > 1000) {
            assert_true(picked[at++] == values[k]);
        }
    }
    free(picked);
    ash_context_free(ctx);
}

/* ---- Mistakes ---- */

static void mistakes_are_sentences(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, 2, (int64_t[]){ 3, 4 }, "y,x", NULL), none = { 0 };
    static const int64_t far[] = { 0, 3, 1 }, low[] = { -4 }, huge[] = { INT64_MIN, INT64_MAX };
    static const uint64_t unsigned_huge[] = { UINT64_MAX };
    static const _Bool flags[5] = { 1, 0, 1, 1, 0 };
    ash_array mask = vector_of(ctx, ASH_BOOL, 5, flags, NULL), real = ash_linspace(ctx, 0, 1, 3, NULL);
    const struct {
        ash_array result;
        ash_status status;
        const char *sentence;
    } rows[] = { { ash_take(a, vector_of(ctx, ASH_INT64, 3, far, NULL), "y"), ASH_ERR_INDEX,
                     "take: axis 0 has extent 3, found index 3 (number 1 of them)" },
        { ash_take(a, vector_of(ctx, ASH_INT64, 1, low, NULL), "y"), ASH_ERR_INDEX, "take: axis 0 has extent 3, found index -4" },
        { ash_take(a, vector_of(ctx, ASH_INT64, 2, huge, NULL), NULL), ASH_ERR_INDEX,
            "take: axis 0 has extent 12, found index -9223372036854775808" },
        { ash_take(a, vector_of(ctx, ASH_UINT64, 1, unsigned_huge, NULL), "x"), ASH_ERR_INDEX, "found index 9223372036854775807" },
        { ash_take(a, real, "y"), ASH_ERR_DTYPE, "take: indices must be integers, found float64" },
        { ash_take(a, mask, "y"), ASH_ERR_DTYPE,
            "take: indices must be integers, found bool; ash_compress() and ash_masked_select() take masks" },
        { ash_take(a, none, "y"), ASH_ERR_HANDLE, "take: indices is not an array" },
        { ash_take(a, ash_set_dims(vector_of(ctx, ASH_INT64, 1, far, NULL), "x"), "y"), ASH_ERR_DIMENSION,
            "take: the indices' dimension 'x' is a dimension of a already" },
        { ash_take(a, vector_of(ctx, ASH_INT64, 1, far, NULL), "z"), ASH_ERR_DIMENSION, "take: " },
        { ash_take(a, vector_of(ctx, ASH_INT64, 1, far, NULL), "x,y"), ASH_ERR_DIMENSION, "take: dim must name one dimension" },
        { ash_take_list(a, -1, far, "y"), ASH_ERR_ARGUMENT, "take_list: n must be 0 or more, with as many positions, found -1" },
        { ash_take_list(a, 1, NULL, "y"), ASH_ERR_ARGUMENT, "found 1 and NULL" },
        { ash_take_along_axis(a, vector_of(ctx, ASH_INT64, 1, far, NULL), "y"), ASH_ERR_SHAPE,
            "take_along_axis: a has 2 dimensions, indices have 1" },
        { ash_take_along_axis(a, ash_cast(a, ASH_INT8), NULL), ASH_ERR_ARGUMENT, "take_along_axis: dim must name one dimension" },
        { ash_take_along_axis(a, ash_cast(a, ASH_INT8), "y"), ASH_ERR_INDEX, "take_along_axis: axis 0 has extent 3, found index" },
        { ash_compress(a, mask, "x"), ASH_ERR_SHAPE, "compress: the mask must be 1-D with at most 4 elements, found 1-D with 5" },
        { ash_compress(a, real, "x"), ASH_ERR_DTYPE, "compress: the mask must be bool, found float64" },
        { ash_masked_select(a, a), ASH_ERR_DTYPE, "masked_select: the mask must be bool, found float64" },
        { ash_masked_select(a, mask), ASH_ERR_SHAPE, "masked_select: axis 0 has extent 3 in a, 5 in the mask (must be equal)" },
        { ash_masked_select(mask, ash_isnan(a)), ASH_ERR_SHAPE, "masked_select: the mask has 2 dimensions, a has 1" },
        { ash_masked_select(a, ash_set_dims(ash_isnan(a), "y,z")), ASH_ERR_DIMENSION,
            "masked_select: axis 1 is 'x' in a, 'z' in the mask" },
        { ash_masked_select(none, mask), ASH_ERR_HANDLE, "" },
        { ash_argwhere(ash_real(ctx, 1)), ASH_ERR_SHAPE, "argwhere: a has no dimensions" }, { ash_argwhere(none), ASH_ERR_HANDLE, "" } };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char buffer[8];
        if (rows[k].result.context) {
            assert_int_equal(ash_compute(rows[k].result, buffer, 8, NULL), rows[k].status);
            assert_sentence(ctx, rows[k].status, rows[k].sentence);
        }
        assert_false(ash_ok(rows[k].result));
    }
    assert_int_equal(ash_nonzero(a, NULL), -1);
    assert_int_equal(ash_nonzero(none, &none), -1);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_numpy_does),
        cmocka_unit_test(names_and_coordinates),
        cmocka_unit_test(counted_when_somebody_must_know),
        cmocka_unit_test(nothing_and_everything),
        cmocka_unit_test(a_mask_may_not_change),
        cmocka_unit_test(scopes_keep_selections),
        cmocka_unit_test(files_are_read_where_positions_lie),
        cmocka_unit_test(mistakes_are_sentences),
    };
    return cmocka_run_group_tests_name("indexing", tests, make_test_folder, remove_test_folder);
}
