/* Appending: what the file cannot hold, or would read as something else, is refused before the file changes; what grows along with the variable. */
#include "netcdf_support.h"

#include <math.h>

enum { TIMES = 3 };

/* A file with a variable v of a type along an unlimited coordinate of another, and attributes of both. */
typedef struct growing_file {
    nc_type values, times;
    const char *calendar, *missing; /* NULL: none */
} growing_file;

static void make_file(const growing_file *about) {
    int file, time, when, v;
    double values[TIMES] = { 0, 1, 2 }, half = 0.5;
    nc_done(nc_create(test_path("grow.nc"), NC_NETCDF4 | NC_CLOBBER, &file));
    nc_done(nc_def_dim(file, "time", NC_UNLIMITED, &time));
    nc_done(nc_def_var(file, "time", about->times, 1, &time, &when));
    nc_done(nc_put_att_text(file, when, "units", 21, "days since 2000-01-01"));
    if (about->calendar) {
        nc_done(nc_put_att_text(file, when, "calendar", strlen(about->calendar), about->calendar));
    }
    nc_done(nc_def_var(file, "v", about->values, 1, &time, &v));
    if (about->values == NC_SHORT) {
        nc_done(nc_put_att_double(file, v, "scale_factor", NC_DOUBLE, 1, &half));
    }
    if (about->missing) {
        nc_done(nc_put_att_short(file, v, about->missing, NC_SHORT, 1, &(short){ -7 }));
    }
    nc_done(nc_enddef(file));
    nc_done(nc_put_vara_double(file, when, (size_t[]){ 0 }, (size_t[]){ TIMES }, values));
    nc_done(nc_put_vara_double(file, v, (size_t[]){ 0 }, (size_t[]){ TIMES }, values));
    nc_done(nc_close(file));
}

/* One value at one time. */
static ash_array value_at(ash_context *ctx, double value, double time, const char *units, const char *calendar) {
    ash_array when = ash_set_attr(ash_full(ctx, ASH_FLOAT64, 1, (int64_t[]){ 1 }, ash_real(ctx, time), NULL), "units", units);
    when = calendar ? ash_set_attr(when, "calendar", calendar) : when;
    ash_array v = ash_set_dims(ash_full(ctx, ASH_FLOAT64, 1, (int64_t[]){ 1 }, ash_real(ctx, value), NULL), "time");
    v = ash_set_coord(v, "time", when);
    assert_good(v);
    return v;
}

static void values_and_times(void **state) {
    (void)state;
    static const char days[] = "days since 2000-01-01";
    static const struct {
        growing_file file;
        double value, time;
        const char *units, *calendar, *words; /* words: NULL, it is appended */
    } cases[] = {
        { { NC_FLOAT, NC_DOUBLE, NULL, NULL }, 1e300, 3, days, NULL, "the value 1e+300 does not fit float32" },
        { { NC_FLOAT, NC_DOUBLE, NULL, NULL }, INFINITY, 3, days, NULL, NULL },
        { { NC_FLOAT, NC_DOUBLE, NULL, NULL }, NAN, 3, days, NULL, NULL },
        { { NC_SHORT, NC_DOUBLE, NULL, NULL }, NAN, 3, days, NULL, "the value nan has no fill value in int16" },
        { { NC_SHORT, NC_DOUBLE, NULL, "missing_value" }, NAN, 3, days, NULL, NULL },
        { { NC_SHORT, NC_DOUBLE, NULL, "_FillValue" }, NAN, 3, days, NULL, NULL },
        { { NC_SHORT, NC_DOUBLE, NULL, "_FillValue" }, -3.5, 3, days, NULL, "becomes the fill value" },
        { { NC_FLOAT, NC_INT, NULL, NULL }, 1, 3, days, NULL, NULL },
        { { NC_FLOAT, NC_INT, NULL, NULL }, 1, 3.5, days, NULL, "coordinate 'time' is int32, which cannot hold the value 3.5" },
        { { NC_FLOAT, NC_BYTE, NULL, NULL }, 1, 128, days, NULL, "coordinate 'time' is int8, which cannot hold the value 128" },
        { { NC_FLOAT, NC_DOUBLE, "360_day", NULL }, 1, 3, days, NULL,
            "(calendar '360_day'), found 'days since 2000-01-01' (calendar 'standard')" },
        { { NC_FLOAT, NC_DOUBLE, NULL, NULL }, 1, 3, "days since 2000-1-1 00:00", "gregorian", NULL },
        { { NC_FLOAT, NC_DOUBLE, NULL, NULL }, 1, 3, "days since 1999-01-01", NULL, "found 'days since 1999-01-01'" },
    };
    ash_context *ctx = context_with(1, NULL);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        make_file(&cases[k].file);
        ash_array a = value_at(ctx, cases[k].value, cases[k].time, cases[k].units, cases[k].calendar);
        ash_status status = ash_append(a, test_path("grow.nc"), "v", "time", NULL);
        if ((status == ASH_OK) != !cases[k].words || (cases[k].words && !strstr(ash_error(ctx), cases[k].words))) {
            fail_msg("case %zu: expected '%s', found '%s'", k, cases[k].words ? cases[k].words : "", ash_error(ctx));
        }
        ash_array v = ash_open(ctx, test_path("grow.nc"), "v", NULL);
        assert_int_equal(ash_size(v), TIMES + (status == ASH_OK));
        if (status == ASH_OK) {
            double last;
            assert_done(ctx, ash_compute(ash_cast(ash_index(v, "-1"), ASH_FLOAT64), &last, sizeof last, NULL));
            assert_true(last == cases[k].value || (isnan(last) && isnan(cases[k].value)));
        }
        assert_int_equal(test_entries(1), 1);
    }
    ash_context_free(ctx);
}

/* v, its times and their bounds, `n` of them from `first` on, in a group of a file or (NULL) at its top. */
static void define_bounded(int file, const char *name, int first, int n) {
    int group = file, dims[2], when, between, v;
    double values[16], bounds[32];
    if (name) {
        nc_done(nc_def_grp(file, name, &group));
    }
    nc_done(nc_def_dim(group, "time", NC_UNLIMITED, &dims[0]));
    nc_done(nc_def_dim(group, "bnds", 2, &dims[1]));
    nc_done(nc_def_var(group, "time", NC_DOUBLE, 1, dims, &when));
    nc_done(nc_def_var(group, "time_bnds", NC_DOUBLE, 2, dims, &between));
    nc_done(nc_def_var(group, "v", NC_DOUBLE, 1, dims, &v));
    nc_done(nc_put_att_text(group, when, "bounds", 9, "time_bnds"));
    for (int k = 0; k < n; k++) {
        values[k] = first + k;
        bounds[2 * k] = first + k - 0.5;
        bounds[2 * k + 1] = first + k + 0.25;
    }
    nc_done(nc_put_vara_double(group, when, (size_t[]){ 0 }, (size_t[]){ (size_t)n }, values));
    nc_done(nc_put_vara_double(group, between, (size_t[]){ 0, 0 }, (size_t[]){ (size_t)n, 2 }, bounds));
    nc_done(nc_put_vara_double(group, v, (size_t[]){ 0 }, (size_t[]){ (size_t)n }, values));
}

static void make_bounded(const char *path, int first, int n) {
    int file;
    nc_done(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file));
    define_bounded(file, NULL, first, n);
    define_bounded(file, "g", first, n);
    nc_done(nc_close(file));
}

static void expect_bounded(ash_context *ctx, const char *path, const char *group, int n) {
    double found[32];
    char name[32];
    snprintf(name, sizeof name, "%stime", group);
    assert_int_equal(ash_size(ash_open(ctx, path, name, NULL)), n);
    assert_done(ctx, ash_compute(ash_open(ctx, path, name, NULL), found, n * (int64_t)sizeof *found, NULL));
    for (int k = 0; k < n; k++) {
        assert_true(found[k] == k);
    }
    snprintf(name, sizeof name, "%stime_bnds", group);
    assert_int_equal(ash_size(ash_open(ctx, path, name, NULL)), 2 * n);
    assert_done(ctx, ash_compute(ash_open(ctx, path, name, NULL), found, 2 * n * (int64_t)sizeof *found, NULL));
    for (int k = 0; k < n; k++) {
        assert_true(found[2 * k] == k - 0.5 && found[2 * k + 1] == k + 0.25);
    }
}

/* The coordinate and its bounds grow in the group of the variable, not in another one that has such names. */
static void bounds_and_groups(void **state) {
    (void)state;
    static const char *const names[] = { "v", "g/v", "time_bnds" };
    make_bounded(test_path("more.nc"), 3, 8);
    for (int k = 0; k < 3; k++) {
        ash_context *ctx = context_with(1, NULL);
        make_bounded(test_path("grow.nc"), 0, 3);
        assert_done(ctx, ash_append(ash_open(ctx, test_path("more.nc"), names[k], NULL), test_path("grow.nc"), names[k], "time", NULL));
        expect_bounded(ctx, test_path("grow.nc"), "", k == 1 ? 3 : 11);
        expect_bounded(ctx, test_path("grow.nc"), "g/", k == 1 ? 11 : 3);
        ash_context_free(ctx);
    }
#ifdef ASH_TEST_ZARR
    ash_context *ctx = context_with(1, NULL);
    make_bounded(test_path("grow.nc"), 0, 3);
    assert_done(ctx, ash_write(ash_open(ctx, test_path("grow.nc"), "v", NULL), test_path("grow.zarr"), "v", NULL));
    assert_done(ctx, ash_append(ash_open(ctx, test_path("more.nc"), "v", NULL), test_path("grow.zarr"), "v", "time", NULL));
    expect_bounded(ctx, test_path("grow.zarr"), "", 11);
    ash_context_free(ctx);
#endif
    test_entries(1);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(values_and_times), cmocka_unit_test(bounds_and_groups) };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
