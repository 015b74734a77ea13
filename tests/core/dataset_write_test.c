/* Writing datasets: all that CF ties together comes along, whatever the format. */
#include "netcdf_support.h"

#include <math.h>

enum { TIMES = 6, Y = 4, X = 5, VERTICES = 4, SIZE = TIMES * Y * X };

static ash_context *ctx;

static int begin(void **state) {
    (void)state;
    ctx = context_with(2, NULL);
    return 0;
}

static int end(void **state) {
    (void)state;
    ash_context_free(ctx);
    test_entries(1);
    return 0;
}

static int define(int file, const char *name, nc_type type, int ndim, const int dims[]) {
    int id;
    nc_done(nc_def_var(file, name, type, ndim, dims, &id));
    return id;
}

static void set_text(int file, int id, const char *name, const char *text) {
    nc_done(nc_put_att_text(file, id, name, strlen(text), text));
}

static short packed_at(int k) {
    return (short)(k % 11 == 3 ? -999 : 7 * k);
}

static float plain_at(int k) {
    return k % 13 == 5 ? NC_FILL_FLOAT : 0.5f * (float)k;
}

/* A curved grid with all that hangs on it. */
static void make_file(const char *name, double first) {
    int file, time, y, x, nv, length;
    double times[TIMES], time_bounds[2 * TIMES], lat[Y * X], corner[Y * X * VERTICES], scale = 0.25;
    short packed[SIZE], fill = -999;
    float plain[SIZE];
    for (int k = 0; k < SIZE; k++) {
        packed[k] = packed_at(k);
        plain[k] = plain_at(k);
    }
    for (int k = 0; k < TIMES; k++) {
        times[k] = first + k;
        time_bounds[2 * k] = first + k - 0.5;
        time_bounds[2 * k + 1] = first + k + 0.5;
    }
    for (int k = 0; k < Y * X; k++) {
        lat[k] = 40 + 0.1 * k;
        for (int v = 0; v < VERTICES; v++) {
            corner[VERTICES * k + v] = lat[k] + v;
        }
    }
    nc_done(nc_create(test_path(name), NC_NETCDF4 | NC_CLOBBER, &file));
    nc_done(nc_def_dim(file, "time", NC_UNLIMITED, &time));
    nc_done(nc_def_dim(file, "y", Y, &y));
    nc_done(nc_def_dim(file, "x", X, &x));
    nc_done(nc_def_dim(file, "nv", VERTICES, &nv));
    nc_done(nc_def_dim(file, "bnds", 2, &length));
    int crs = define(file, "crs", NC_CHAR, 0, NULL), t = define(file, "t", NC_SHORT, 3, (int[]){ time, y, x }),
        p = define(file, "p", NC_FLOAT, 3, (int[]){ time, y, x }), when = define(file, "time", NC_DOUBLE, 1, &time),
        when_bounds = define(file, "time_bnds", NC_DOUBLE, 2, (int[]){ time, length }),
        north = define(file, "lat", NC_DOUBLE, 2, (int[]){ y, x }),
        corners = define(file, "lat_corners", NC_DOUBLE, 3, (int[]){ y, x, nv }),
        area = define(file, "area", NC_DOUBLE, 2, (int[]){ y, x }), label = define(file, "label", NC_CHAR, 2, (int[]){ y, nv });
    set_text(file, NC_GLOBAL, "title", "a curved grid");
    set_text(file, crs, "grid_mapping_name", "rotated_latitude_longitude");
    nc_done(nc_def_var_fill(file, t, NC_FILL, &fill));
    nc_done(nc_put_att_double(file, t, "scale_factor", NC_DOUBLE, 1, &scale));
    set_text(file, t, "grid_mapping", "crs: lat");
    set_text(file, t, "coordinates", "lat label");
    set_text(file, t, "cell_measures", "area: area");
    set_text(file, p, "coordinates", "label");
    set_text(file, p, "cell_measures", "area: elsewhere");
    set_text(file, when, "units", "days since 2000-01-01");
    set_text(file, when, "bounds", "time_bnds");
    set_text(file, north, "bounds", "lat_corners");
    nc_done(nc_enddef(file));
    nc_done(nc_put_var_double(file, north, lat));
    nc_done(nc_put_var_double(file, corners, corner));
    nc_done(nc_put_var_double(file, area, lat));
    nc_done(nc_put_vara_double(file, when, (size_t[]){ 0 }, (size_t[]){ TIMES }, times));
    nc_done(nc_put_vara_double(file, when_bounds, (size_t[]){ 0, 0 }, (size_t[]){ TIMES, 2 }, time_bounds));
    nc_done(nc_put_vara_short(file, t, (size_t[]){ 0, 0, 0 }, (size_t[]){ TIMES, Y, X }, packed));
    nc_done(nc_put_vara_float(file, p, (size_t[]){ 0, 0, 0 }, (size_t[]){ TIMES, Y, X }, plain));
    (void)label;
    nc_done(nc_close(file));
}

static void expect_attr(ash_dataset set, const char *owner, const char *name, const char *text) {
    const char *found = ash_dataset_attr(set, owner, name);
    if ((found && text) ? strcmp(found, text) != 0 : found != text) {
        fail_msg("%s:%s is '%s', expected '%s'", owner ? owner : "", name, found ? found : "(none)", text ? text : "(none)");
    }
}

static void expect_equal(ash_dataset a, ash_dataset b, const char *name, const ash_open_options *options) {
    ash_array one = ash_dataset_variable(a, name, options), other = ash_dataset_variable(b, name, options);
    assert_good(one);
    assert_good(other);
    assert_int_equal(ash_array_dtype(one), ash_array_dtype(other));
    void *expected = values_of(one), *found = values_of(other);
    assert_memory_equal(expected, found, (size_t)(ash_size(one) * ash_dtype_size(ash_array_dtype(one))));
    free(expected);
    free(found);
}

static void whole_files(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { .deflate = 2, .shuffle = true }, { .format = "classic" }, { .format = "zarr", .zstd = 1 },
        { .format = "cdf5", .unlimited = "" }, { .unlimited = "" } };
    make_file("in.nc", 10);
    ash_dataset in = ash_dataset_open(ctx, test_path("in.nc"), NULL);
    for (int w = 0; w < 5; w++) {
        char name[16];
        snprintf(name, sizeof name, "out%d", w);
        assert_done(ctx, ash_dataset_write(in, test_path(name), NULL, &ways[w]));
        ash_dataset out = ash_dataset_open(ctx, test_path(name), NULL);
        assert_int_equal(ash_dataset_variable_count(out), 8); /* without the text */
        int zarr = ways[w].format && strcmp(ways[w].format, "zarr") == 0;
        static const char *const names[] = { "t", "p", "time", "time_bnds", "lat", "lat_corners", "area" };
        for (int k = 0; k < 7; k++) {
            if (!(zarr && strcmp(names[k], "p") == 0)) {
                expect_equal(in, out, names[k], &(ash_open_options){ .raw = true });
            }
            expect_equal(in, out, names[k], NULL);
        }
        expect_attr(out, "t", "grid_mapping", "crs: lat");
        expect_attr(out, "t", "coordinates", "lat");
        expect_attr(out, "t", "cell_measures", "area: area");
        expect_attr(out, "p", "coordinates", NULL);
        expect_attr(out, "p", "cell_measures", NULL);
        expect_attr(out, "lat", "bounds", "lat_corners");
        expect_attr(out, "time", "bounds", "time_bnds");
        expect_attr(out, "crs", "grid_mapping_name", "rotated_latitude_longitude");
        expect_attr(out, NULL, "title", "a curved grid");
        assert_string_not_equal(ash_dataset_attr(out, NULL, "history"), "");
        ash_dimension_info time = { 0 };
        for (int64_t d = 0; d < ash_dataset_dimension_count(out); d++) {
            assert_int_equal(ash_dataset_dimension_info(out, d, &time), ASH_OK);
            assert_int_equal(time.unlimited, strcmp(time.name, "time") == 0 && !ways[w].unlimited && !zarr);
        }
    }
}

/* Coordinates that are packed, bounds that say more than they need to, values that are missing by default and have no attributes, variables elsewhere. */
static void make_odd_file(const char *name) {
    int file, x, vertices;
    short packed[X] = { 0, 10, 20, 30, 40 }, fill = -1;
    double half = 0.5, bounds[2 * X];
    float values[X] = { 1, NC_FILL_FLOAT, 3, 4, 5 };
    for (int k = 0; k < 2 * X; k++) {
        bounds[k] = k;
    }
    nc_done(nc_create(test_path(name), NC_NETCDF4 | NC_CLOBBER, &file));
    nc_done(nc_def_dim(file, "x", X, &x));
    nc_done(nc_def_dim(file, "ends", 2, &vertices));
    define(file, "of two words", NC_INT, 1, &x);
    int v = define(file, "v", NC_FLOAT, 1, &x), w = define(file, "w", NC_FLOAT, 1, &x), along = define(file, "x", NC_SHORT, 1, &x),
        cells = define(file, "x_cells", NC_DOUBLE, 2, (int[]){ x, vertices });
    set_text(file, NC_GLOBAL, "external_variables", "volume  area");
    nc_done(nc_def_var_fill(file, along, NC_FILL, &fill));
    nc_done(nc_put_att_double(file, along, "scale_factor", NC_DOUBLE, 1, &half));
    set_text(file, along, "bounds", "x_cells");
    set_text(file, cells, "units", "m");
    set_text(file, w, "cell_measures", "area: area");
    nc_done(nc_enddef(file));
    nc_done(nc_put_var_short(file, along, packed));
    nc_done(nc_put_var_double(file, cells, bounds));
    nc_done(nc_put_var_float(file, v, values));
    nc_done(nc_put_var_float(file, w, values));
    nc_done(nc_close(file));
}

static void as_stored(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { 0 }, { .deflate = 1 }, { .format = "classic" }, { .format = "zarr" } };
    static const char *const names[] = { "v", "w", "x", "x_cells" };
    make_odd_file("in.nc");
    ash_dataset in = ash_dataset_open(ctx, test_path("in.nc"), NULL);
    for (int w = 0; w < 4; w++) {
        assert_done(ctx, ash_dataset_write(in, test_path("out"), NULL, &ways[w]));
        ash_dataset out = ash_dataset_open(ctx, test_path("out"), NULL);
        for (int k = 0; k < 4; k++) {
            expect_equal(in, out, names[k], NULL);
            if (k >= 2 || w < 3) {
                expect_equal(in, out, names[k], &(ash_open_options){ .raw = true });
            }
            ash_variable_info info = { 0 };
            assert_int_equal(ash_dataset_variable_info(out, ash_dataset_variable_find(out, names[k]), &info), ASH_OK);
            assert_string_equal(info.dim[info.ndim - 1], k == 3 ? "ends" : "x");
        }
        expect_attr(out, "x_cells", "units", "m");
        expect_attr(out, "x", "bounds", "x_cells");
        expect_attr(out, "w", "cell_measures", "area: area");
        assert_int_equal(ash_dataset_attr_count(out, "v"), w < 3 ? 0 : 1); /* in Zarr what is missing is NaN, and said to be */
        assert_done(
            ctx, ash_dataset_write(in, test_path("other"), "of two words , w,", &(ash_write_options){ .attributes = "title=alone" }));
        expect_attr(ash_dataset_open(ctx, test_path("other"), NULL), "w", "cell_measures", NULL);
        remove_all(test_path("out"));
    }
}

static void some_variables(void **state) {
    (void)state;
    make_file("in.nc", 10);
    ash_dataset in = ash_dataset_open(ctx, test_path("in.nc"), NULL);
    assert_done(ctx, ash_dataset_write(in, test_path("t.nc"), "t", NULL));
    ash_dataset out = ash_dataset_open(ctx, test_path("t.nc"), NULL);
    assert_int_equal(ash_dataset_variable_count(out), 7); /* all but p and the text */
    assert_int_equal(ash_dataset_variable_find(out, "p"), -1);
    assert_done(
        ctx, ash_dataset_write(in, test_path("p.nc"), " p ", &(ash_write_options){ .encoding = "p: dtype=int16; scale_factor=0.5" }));
    out = ash_dataset_open(ctx, test_path("p.nc"), NULL);
    assert_int_equal(ash_dataset_variable_count(out), 3);
    expect_equal(in, out, "p", NULL);
    ash_variable_info info = { 0 };
    assert_int_equal(ash_dataset_variable_info(out, ash_dataset_variable_find(out, "p"), &info), ASH_OK);
    assert_int_equal(info.dtype, ASH_INT16);
    /* Coordinates that come along are packed, too. */
    assert_done(
        ctx, ash_dataset_write(in, test_path("times.nc"), "p", &(ash_write_options){ .encoding = "time: dtype=int16; add_offset=10" }));
    out = ash_dataset_open(ctx, test_path("times.nc"), NULL);
    assert_int_equal(ash_dataset_variable_info(out, ash_dataset_variable_find(out, "time"), &info), ASH_OK);
    assert_int_equal(info.dtype, ASH_INT16);
    expect_equal(in, out, "time", NULL);
    double none;
    assert_false(ash_dataset_attr_real(out, "time", "_FillValue", &none));
    assert_done(ctx, ash_dataset_write(in, test_path("time.nc"), "time", NULL));
    out = ash_dataset_open(ctx, test_path("time.nc"), NULL);
    assert_int_equal(ash_dataset_variable_count(out), 2);
    expect_equal(in, out, "time_bnds", NULL);
    assert_done(ctx, ash_dataset_write(in, test_path("area.npy"), "area", NULL));
    /* Chunks by name count for the variables that have the dimension. */
    assert_done(ctx, ash_dataset_write(in, test_path("chunks.nc"), NULL, &(ash_write_options){ .chunks = "time=4, x=2" }));
    out = ash_dataset_open(ctx, test_path("chunks.nc"), NULL);
    assert_int_equal(ash_dataset_variable_info(out, ash_dataset_variable_find(out, "t"), &info), ASH_OK);
    assert_memory_equal(info.chunk, ((int64_t[]){ 4, Y, 2 }), 3 * sizeof(int64_t));
    assert_int_equal(ash_dataset_variable_info(out, ash_dataset_variable_find(out, "lat"), &info), ASH_OK);
    assert_memory_equal(info.chunk, ((int64_t[]){ Y, 2 }), 2 * sizeof(int64_t));
    expect_equal(in, out, "t", NULL);
    assert_int_equal(
        ash_dataset_write(in, test_path("chunks.nc"), NULL, &(ash_write_options){ .chunks = "tme=4, x=2" }), ASH_ERR_DIMENSION);
    assert_sentence(ctx, ASH_ERR_DIMENSION, "write: chunks name the dimension 'tme', which no variable has");
}

static void joined(void **state) {
    (void)state;
    make_file("a.nc", 10);
    make_file("b.nc", 16);
    const char *paths[] = { test_path("a.nc"), test_path("b.nc") };
    ash_dataset in = ash_dataset_open_many(ctx, 2, paths, &(ash_dataset_options){ .join = "time" });
    assert_done(ctx, ash_dataset_write(in, test_path("joined.nc"), NULL, &(ash_write_options){ .resume = true }));
    ash_dataset out = ash_dataset_open(ctx, test_path("joined.nc"), NULL);
    expect_equal(in, out, "t", NULL);
    expect_equal(in, out, "time", NULL);
    expect_equal(in, out, "time_bnds", NULL);
    assert_int_equal(ash_extent(ash_dataset_variable(out, "p", NULL), 0), 2 * TIMES);
    /* What is joined along is kept decoded. */
    const char *odd[] = { test_path("c.nc"), test_path("d.nc") };
    make_odd_file("c.nc");
    make_odd_file("d.nc");
    in = ash_dataset_open_many(ctx, 2, odd, &(ash_dataset_options){ .join = "x", .by_position = true });
    double scale;
    assert_false(ash_dataset_attr_real(in, "x", "scale_factor", &scale));
    static const char *const chosen[] = { NULL, "x" };
    for (int k = 0; k < 2; k++) {
        assert_done(ctx, ash_dataset_write(in, test_path("joined.nc"), chosen[k], NULL));
        out = ash_dataset_open(ctx, test_path("joined.nc"), NULL);
        expect_equal(in, out, "x", NULL);
        expect_equal(in, out, "x", &(ash_open_options){ .raw = true });
        expect_equal(in, out, "x_cells", NULL);
    }
}

static void refusals(void **state) {
    (void)state;
    make_file("in.nc", 10);
    ash_dataset in = ash_dataset_open(ctx, test_path("in.nc"), NULL), none = { ctx, 0 };
    int entries = test_entries(0);
    assert_int_not_equal(ash_dataset_write(none, test_path("out.nc"), NULL, NULL), ASH_OK);
    assert_int_equal(ash_dataset_write(in, test_path("out.nc"), "t, areas", NULL), ASH_ERR_NOT_FOUND);
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "has no variable 'areas', nearest is 'area'");
    assert_int_equal(ash_dataset_write(in, test_path("out.nc"), "label", NULL), ASH_ERR_DTYPE);
    assert_sentence(ctx, ASH_ERR_DTYPE, "variable 'label' is text (char), which cannot be written");
    assert_int_equal(ash_dataset_write(in, test_path("out.nc"), "", NULL), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_dataset_write(in, NULL, NULL, NULL), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_dataset_write(in, test_path("out.npy"), "t", NULL), ASH_ERR_ARGUMENT);
    int file, group;
    nc_done(nc_create(test_path("groups.nc"), NC_NETCDF4 | NC_CLOBBER, &file));
    nc_done(nc_def_grp(file, "g", &group));
    define(group, "inner", NC_INT, 0, NULL);
    define(file, "outer", NC_INT, 0, NULL);
    nc_done(nc_close(file));
    in = ash_dataset_open(ctx, test_path("groups.nc"), NULL);
    assert_int_equal(ash_dataset_write(in, test_path("out.nc"), NULL, NULL), ASH_ERR_UNSUPPORTED);
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "variable 'g/inner' lies in a group");
    assert_done(ctx, ash_dataset_write(in, test_path("outer.nc"), "outer", NULL));
    assert_int_equal(test_entries(0), entries + 2);
}

/* Arrays that are computed keep what they name, if that is written too. */
static void computed_arrays(void **state) {
    (void)state;
    make_file("in.nc", 10);
    ash_dataset in = ash_dataset_open(ctx, test_path("in.nc"), NULL);
    ash_array arrays[] = { ash_set_attr(ash_mean(ash_dataset_variable(in, "t", NULL), "time"), "coordinates", "lat lon"),
        ash_dataset_variable(in, "lat", NULL) };
    assert_done(ctx, ash_write_many(ctx, 2, arrays, test_path("mean.nc"), (const char *[]){ "t", "lat" }, NULL));
    ash_dataset out = ash_dataset_open(ctx, test_path("mean.nc"), NULL);
    expect_attr(out, "t", "coordinates", "lat");
    expect_attr(out, "lat", "bounds", NULL);
    expect_attr(out, "t", "cell_measures", NULL);
    expect_attr(out, "t", "grid_mapping", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_files, begin, end),
        cmocka_unit_test_setup_teardown(as_stored, begin, end),
        cmocka_unit_test_setup_teardown(some_variables, begin, end),
        cmocka_unit_test_setup_teardown(joined, begin, end),
        cmocka_unit_test_setup_teardown(refusals, begin, end),
        cmocka_unit_test_setup_teardown(computed_arrays, begin, end),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
