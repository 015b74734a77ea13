/* Other shapes of the same elements: names, grids, mistakes, what is read of files. Values of all shapes are in the random expressions. */
#include "netcdf_support.h"

static double data[120];

static ash_array field(ash_context *ctx, const char *chunks) {
    for (int k = 0; k < 120; k++) {
        data[k] = k;
    }
    ash_array a =
        ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ 4, 5, 6 }, data, &(ash_make_options){ .dims = "t,y,x", .chunks = chunks });
    a = ash_set_coord(a, "t", ash_linspace(ctx, 0, 3, 4, NULL));
    return ash_set_attr(ash_set_coord(a, "x", ash_linspace(ctx, 0, 50, 6, NULL)), "units", "K");
}

static void expect(ash_array a, int ndim, const int64_t shape[]) {
    assert_good(a);
    assert_int_equal(ash_ndim(a), ndim);
    for (int k = 0; k < ndim; k++) {
        assert_int_equal(ash_extent(a, k), shape[k]);
    }
    double *found = values_of(a);
    assert_memory_equal(found, data, sizeof data);
    free(found);
}

static void expect_name(ash_array a, int axis, const char *name, int coord) {
    const char *found = ash_dim_name(a, axis);
    char position[8];
    snprintf(position, sizeof position, "%d", axis);
    assert_int_equal(found != NULL, name != NULL);
    assert_true(!name || strcmp(found, name) == 0);
    assert_int_equal(ash_has_coord(a, position), coord);
}

static void names_stay_where_dimensions_do(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = field(ctx, "2,2,4"), b = ash_reshape(a, "4, -1");
    expect(b, 2, (int64_t[]){ 4, 30 });
    expect_name(b, 0, "t", 1);
    expect_name(b, 1, NULL, 0);
    assert_string_equal(ash_attr(b, "units"), "K");
    b = ash_reshape(a, "p=2, q=10, x=6");
    expect(b, 3, (int64_t[]){ 2, 10, 6 });
    expect_name(b, 0, "p", 0);
    expect_name(b, 1, "q", 0);
    expect_name(b, 2, "x", 1);
    b = ash_reshape(a, "time=4, 1, 5, 1, 6");
    expect(b, 5, (int64_t[]){ 4, 1, 5, 1, 6 });
    expect_name(b, 0, "time", 1);
    expect_name(b, 1, NULL, 0);
    expect_name(b, 2, "y", 0);
    expect_name(b, 4, "x", 1);
    expect(ash_reshape(b, "4,5,6"), 3, (int64_t[]){ 4, 5, 6 });
    expect(ash_ravel(a), 1, (int64_t[]){ 120 });
    expect_name(ash_ravel(ash_index(a, "0, 0")), 0, "x", 1);
    expect(ash_reshape(ash_ravel(a), "2,2,2,3,5,1"), 6, (int64_t[]){ 2, 2, 2, 3, 5, 1 });
    b = ash_expand_dims(a, -2, "run");
    expect(b, 4, (int64_t[]){ 4, 5, 1, 6 });
    expect_name(b, 2, "run", 0);
    assert_int_equal(ash_ndim(ash_reshape(ash_real(ctx, 2), "")), 0);
    assert_int_equal(ash_extent(ash_ravel(ash_real(ctx, 2)), 0), 1);
    assert_int_equal(ash_extent(ash_reshape(ash_zeros(ctx, ASH_INT8, 2, (int64_t[]){ 0, 3 }, NULL), "-1, 3, 5"), 0), 0);
    ash_context_free(ctx);
}

/* Chunks hold no more than those of the array, and begin where these do where they can. */
static void chunks_do_not_grow(void **state) {
    (void)state;
    static const char *const chunks[] = { "1,1,1", "2,2,4", "4,5,6", "1+3,5,6", "1,2+3,6", "3,1,6", "2,5,3" };
    static const char *const shapes[] = { "-1", "20,6", "4,30", "2,60", "8,15", "3,8,5", "12,10", "2,2,5,2,3", "4,5,2,3" };
    ash_context *ctx = context_with(2, NULL);
    for (int c = 0; c < 7; c++) {
        for (int s = 0; s < 9; s++) {
            ash_array a = field(ctx, chunks[c]), b = ash_reshape(a, shapes[s]);
            if (largest_chunk(b) > largest_chunk(a)) {
                fail_msg("chunks %s, shape %s: %lld elements in a chunk", chunks[c], shapes[s], (long long)largest_chunk(b));
            }
            double *found = values_of(b);
            assert_memory_equal(found, data, sizeof data);
            free(found);
        }
    }
    ash_array b = ash_ravel(field(ctx, "1+3,5,6"));
    assert_int_equal(ash_chunk_count(b, 0), 2);
    assert_int_equal(ash_chunk_extent(b, 0, 0), 30);
    b = ash_reshape(ash_ravel(field(ctx, "1+3,5,6")), "8,15");
    assert_int_equal(ash_chunk_count(b, 0), 2);
    assert_int_equal(ash_chunk_extent(b, 0, 0), 2);
    ash_context_free(ctx);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    static const struct {
        const char *shape, *sentence;
        ash_status status;
    } rows[] = { { NULL, "reshape: the shape text is NULL", ASH_ERR_ARGUMENT },
        { "7,-1", "reshape: a of shape (4, 5, 6) has 120 elements, which do not fill the shape '7,-1'", ASH_ERR_SHAPE },
        { "", "which do not fill the shape ''", ASH_ERR_SHAPE }, { "0,-1", "do not fill", ASH_ERR_SHAPE },
        { "-1,-1", "reshape: more than one extent is -1 in '-1,-1'", ASH_ERR_SHAPE },
        { "-2,60", "reshape: an extent must be 0 or more, or -1 for the one that follows from the others, found -2", ASH_ERR_SHAPE },
        { "99999999999999999999", "found 99999999999999999999", ASH_ERR_SHAPE }, { "4294967296,4294967296", "do not fill", ASH_ERR_SHAPE },
        { "12,x", "reshape: expected an extent, or name=extent, found 'x' in '12,x'", ASH_ERR_ARGUMENT },
        { "12,,10", "found '' in", ASH_ERR_ARGUMENT }, { "x=20,6", "reshape: the result would have two dimensions 'x'", ASH_ERR_DIMENSION },
        { "a=12,a=10", "reshape: ", ASH_ERR_ARGUMENT }, { "3=12,10", "reshape: ", ASH_ERR_ARGUMENT },
        { "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,120", "reshape: more than 16 dimensions", ASH_ERR_SHAPE } };
    ash_context *ctx = context_with(1, NULL);
    ash_array a = field(ctx, NULL);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        assert_false(ash_ok(ash_reshape(a, rows[k].shape)));
        assert_sentence(ctx, rows[k].status, rows[k].sentence);
    }
    assert_false(ash_ok(ash_expand_dims(a, 4, NULL)));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "expand_dims: axis must be from -4 to 3, and the result have at most 16 dimensions, found 4");
    assert_false(ash_ok(ash_expand_dims(a, 0, "x")));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "expand_dims: a has a dimension 'x' already");
    assert_false(ash_ok(ash_expand_dims(a, 0, "3")));
    assert_false(ash_ok(ash_ravel((ash_array){ 0 })));
    ash_context_free(ctx);
}

enum { ROWS = 512, COLUMNS = 480 };

/* Each stored chunk is decoded once, whatever the shape and however chunks lie, as long as memory allows; a slice reads what it meets. */
static void files_are_read_once(void **state) {
    (void)state;
    static const size_t chunks[][2] = { { 64, COLUMNS }, { 64, 120 }, { ROWS, 50 }, { 8, COLUMNS } };
    static const char *const shapes[] = { "-1", "960, 256", "8,64,-1", "512,60,8", "2,-1" };
    static float values[ROWS * COLUMNS], found[ROWS * COLUMNS];
    for (int k = 0; k < ROWS * COLUMNS; k++) {
        values[k] = (float)k;
    }
    for (int c = 0; c < 4; c++) {
        int file, dimension[2], variable;
        nc_done(nc_create(test_path("a.nc"), NC_NETCDF4, &file));
        nc_done(nc_def_dim(file, "y", ROWS, &dimension[0]));
        nc_done(nc_def_dim(file, "x", COLUMNS, &dimension[1]));
        nc_done(nc_def_var(file, "t", NC_FLOAT, 2, dimension, &variable));
        nc_done(nc_def_var_chunking(file, variable, NC_CHUNKED, chunks[c]));
        nc_done(nc_def_var_deflate(file, variable, 1, 1, 1));
        nc_done(nc_put_var_float(file, variable, values));
        nc_done(nc_close(file));
        int64_t across = (COLUMNS + (int64_t)chunks[c][1] - 1) / (int64_t)chunks[c][1];
        int64_t decoded = ROWS * across * (int64_t)chunks[c][1] * 4;
        for (int s = 0; s < 5; s++) {
            ash_context *ctx = context_with(2, NULL);
            char grid[32];
            snprintf(grid, sizeof grid, "%d,%d", (int)chunks[c][0], (int)chunks[c][1]);
            ash_array t = ash_open(ctx, test_path("a.nc"), "t", &(ash_open_options){ .chunks = grid }), b = ash_reshape(t, shapes[s]);
            assert_done(ctx, ash_compute(b, found, sizeof found, NULL));
            assert_memory_equal(found, values, sizeof found);
            if (ash_last_run(ctx).bytes_decoded != decoded) {
                fail_msg("chunks %s, shape %s: %lld bytes decoded, expected %lld", grid, shapes[s],
                    (long long)ash_last_run(ctx).bytes_decoded, (long long)decoded);
            }
            assert_done(ctx, ash_compute(ash_index(ash_ravel(t), "50:60"), found, 10 * sizeof *found, NULL));
            assert_memory_equal(found, values + 50, 10 * sizeof *found);
            int64_t some = ash_last_run(ctx).bytes_decoded;
            if (chunks[c][0] < ROWS && some > decoded / 2) {
                fail_msg("chunks %s: a slice decodes %lld bytes of %lld", grid, (long long)some, (long long)decoded);
            }
            ash_context_free(ctx);
        }
    }
}

/* Merging axes of an array that is cut along the last one needs a row of chunks, not the array. */
static void memory_stays_small(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array big = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 20000, 20000 }, &(ash_make_options){ .chunks = "200,2000" });
    ash_plan_info info = { 0 };
    ash_array total = ash_sum(ash_ravel(ash_add(big, ash_real(ctx, 1))), NULL);
    assert_done(ctx, ash_plan_query(ctx, 1, &total, NULL, &info));
    if (info.sequential_peak > (int64_t)100 << 20) { /* 3.2 GB in all, 32 MB a row of chunks */
        fail_msg("%lld bytes", (long long)info.sequential_peak);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stay_where_dimensions_do),
        cmocka_unit_test(chunks_do_not_grow),
        cmocka_unit_test(mistakes_are_sentences),
        cmocka_unit_test(files_are_read_once),
        cmocka_unit_test(memory_stays_small),
    };
    return cmocka_run_group_tests_name("reshape", tests, make_test_folder, remove_test_folder);
}
