/* Datasets: what they say of files, files joined and stacked, and files that do not fit. */
#include "netcdf_support.h"

#include <math.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "dataset_expected.h"

enum { LAT = 3, LON = 4 };

static ash_context *ctx;

static int begin(void **state) {
    (void)state;
    ctx = context_with(2, "openmp");
    test_entries(1);
    return 0;
}

static int end(void **state) {
    (void)state;
    ash_context_free(ctx);
    return 0;
}

/* ---- Files ---- */

/* What a file of the tests has; zero is the usual. */
typedef struct recipe {
    const char *units, *calendar; /* of time */
    int days;                     /* records; times are first, first + 1, ... */
    double first, step;
    int lat;              /* other number of latitudes */
    int type, time_type;  /* of `t`, of time */
    double scale, offset; /* packing of `t`, if scale != 0 */
    double fill;          /* _FillValue of `t`, if != 0 */
    int without, classic; /* no `extra`; a classic file */
    int chunk;            /* records to a stored chunk */
    double base;          /* t is base + 100 * (time of day in days since 2000) + place */
} recipe;

/* t at record r, place k, as decoded. */
static double expected_t(const recipe *r, int record, int k) {
    return r->base + 10 * (r->first + record * (r->step != 0 ? r->step : 1)) + k;
}

static void make_file(const char *name, const recipe *r) {
    int file, dims[3], time, bounds, t, fixed, extra, when, lat, vertices, lat_dim = r->lat ? r->lat : LAT;
    const char *units = r->units ? r->units : "days since 2000-01-01";
    nc_type type = r->type ? r->type : NC_FLOAT;
    nc_done(nc_create(test_path(name), r->classic ? NC_CLOBBER : NC_NETCDF4 | NC_CLOBBER, &file));
    nc_done(nc_def_dim(file, "time", NC_UNLIMITED, &dims[0]));
    nc_done(nc_def_dim(file, "lat", (size_t)lat_dim, &dims[1]));
    nc_done(nc_def_dim(file, "lon", LON, &dims[2]));
    nc_done(nc_def_dim(file, "nv", 2, &vertices));
    nc_done(nc_def_var(file, "time", r->time_type ? r->time_type : NC_DOUBLE, 1, dims, &time));
    nc_done(nc_put_att_text(file, time, "units", strlen(units), units));
    nc_done(nc_put_att_text(file, time, "bounds", 9, "time_bnds"));
    if (r->calendar) {
        nc_done(nc_put_att_text(file, time, "calendar", strlen(r->calendar), r->calendar));
    }
    nc_done(nc_def_var(file, "time_bnds", NC_DOUBLE, 2, (int[]){ dims[0], vertices }, &bounds));
    nc_done(nc_def_var(file, "t", type, 3, dims, &t));
    nc_done(nc_put_att_text(file, t, "cell_methods", 10, "time: mean"));
    nc_done(nc_put_att_text(file, t, "units", 1, "K"));
    if (r->scale != 0) {
        nc_done(nc_put_att_double(file, t, "scale_factor", NC_DOUBLE, 1, &r->scale));
        nc_done(nc_put_att_double(file, t, "add_offset", NC_DOUBLE, 1, &r->offset));
    }
    if (r->fill != 0) {
        nc_done(nc_put_att_double(file, t, "_FillValue", type, 1, &r->fill));
    }
    if (r->chunk) {
        nc_done(nc_def_var_chunking(file, t, NC_CHUNKED, (size_t[]){ (size_t)r->chunk, (size_t)lat_dim, 2 }));
        nc_done(nc_def_var_deflate(file, t, 1, 1, 1));
    }
    nc_done(nc_def_var(file, "lat", NC_FLOAT, 1, &dims[1], &lat));
    nc_done(nc_def_var(file, "mask", NC_INT, 2, &dims[1], &fixed));
    if (!r->without) {
        nc_done(nc_def_var(file, "extra", NC_INT, 1, dims, &extra));
    }
    nc_done(nc_def_var(file, "when", NC_INT, 1, dims, &when));
    nc_done(nc_put_att_text(file, when, "units", strlen(units), units));
    if (r->calendar) {
        nc_done(nc_put_att_text(file, when, "calendar", strlen(r->calendar), r->calendar));
    }
    nc_done(nc_put_att_text(file, NC_GLOBAL, "title", 6, "a test"));
    nc_done(nc_enddef(file));
    for (int d = 0; d < r->days; d++) {
        double value = r->first + d * (r->step != 0 ? r->step : 1), row[64 * LON], edges[2] = { value - 0.5, value + 0.5 };
        size_t at[3] = { (size_t)d, 0, 0 }, count[3] = { 1, (size_t)lat_dim, LON };
        for (int k = 0; k < lat_dim * LON; k++) {
            row[k] = expected_t(r, d, k);
            row[k] = r->scale != 0 ? rint((row[k] - r->offset) / r->scale) : row[k];
        }
        if (r->fill != 0) {
            row[1] = r->fill;
        }
        nc_done(nc_put_var1_double(file, time, at, &value));
        nc_done(nc_put_var1_double(file, when, at, &value));
        nc_done(nc_put_vara_double(file, bounds, at, (size_t[]){ 1, 2 }, edges));
        nc_done(nc_put_vara_double(file, t, at, count, row));
        if (!r->without) {
            nc_done(nc_put_var1_int(file, extra, at, &d));
        }
    }
    int places[64 * LON];
    float lats[64];
    for (int k = 0; k < lat_dim * LON; k++) {
        places[k] = k;
        lats[k / LON] = (float)(k / LON);
    }
    nc_done(nc_put_var_float(file, lat, lats));
    nc_done(nc_put_var_int(file, fixed, places));
    nc_done(nc_close(file));
}

static ash_dataset open_files(int n, const char *const names[], const ash_dataset_options *options) {
    const char *paths[16];
    char storage[16][520];
    for (int k = 0; k < n; k++) {
        snprintf(storage[k], sizeof storage[k], "%s", test_path(names[k]));
        paths[k] = storage[k];
    }
    return ash_dataset_open_many(ctx, n, paths, options);
}

static const ash_dataset_options join_time = { .join = "time" };
static const char *const ab[] = { "a.nc", "b.nc" };

/* t of all files, one behind the other. */
static void check_joined(ash_dataset data, int n, const recipe *const recipes[], double tolerance) {
    ash_array t = ash_dataset_variable(data, "t", NULL);
    assert_good(t);
    double *values = values_of(ash_cast(t, ASH_FLOAT64));
    int64_t at = 0;
    for (int k = 0; k < n; k++) {
        for (int d = 0; d < recipes[k]->days; d++) {
            for (int i = 0; i < LAT * LON; i++, at++) {
                double expected = recipes[k]->fill != 0 && i == 1 ? NAN : expected_t(recipes[k], d, i);
                if (!(fabs(values[at] - expected) <= tolerance) && !(isnan(expected) && isnan(values[at]))) {
                    fail_msg("file %d, record %d, place %d: expected %g, found %g", k, d, i, expected, values[at]);
                }
            }
        }
    }
    assert_int_equal(at, ash_size(t));
    free(values);
}

static void check_times(ash_dataset data, int64_t n, const double times[]) {
    ash_array time = ash_coord(ash_dataset_variable(data, "t", NULL), "time");
    assert_good(time);
    assert_int_equal(ash_size(time), n);
    double *values = values_of(ash_cast(time, ASH_FLOAT64)), *bounds = values_of(ash_dataset_variable(data, "time_bnds", NULL));
    for (int64_t k = 0; k < n; k++) {
        assert_true(values[k] == times[k]);
        assert_true(bounds[2 * k] == times[k] - 0.5 && bounds[2 * k + 1] == times[k] + 0.5);
    }
    free(values);
    free(bounds);
}

/* ---- What one file holds ---- */

static void contents(void **state) {
    (void)state;
    make_file("a.nc", &(recipe){ .days = 2, .calendar = "noleap", .chunk = 1 });
    ash_dataset data = ash_dataset_open(ctx, test_path("a.nc"), NULL);
    assert_true(ash_dataset_ok(data));
    assert_int_equal(ash_dataset_status(data), ASH_OK);
    assert_int_equal(ash_dataset_variable_count(data), 7);
    static const struct {
        const char *name, *type;
        ash_variable_role role;
        int ndim;
    } variables[] = { { "time", "float64", ASH_ROLE_COORDINATE, 1 }, { "time_bnds", "float64", ASH_ROLE_BOUNDS, 2 },
        { "t", "float32", ASH_ROLE_DATA, 3 }, { "lat", "float32", ASH_ROLE_COORDINATE, 1 }, { "mask", "int32", ASH_ROLE_DATA, 2 },
        { "extra", "int32", ASH_ROLE_DATA, 1 } };
    for (int k = 0; k < 6; k++) {
        ash_variable_info info = { 0 };
        assert_int_equal(ash_dataset_variable_info(data, k, &info), ASH_OK);
        assert_string_equal(info.name, variables[k].name);
        assert_string_equal(info.type, variables[k].type);
        assert_int_equal(info.role, variables[k].role);
        assert_int_equal(info.ndim, variables[k].ndim);
        assert_int_equal(ash_dataset_variable_find(data, variables[k].name), k);
    }
    ash_variable_info t = { 0 };
    assert_int_equal(ash_dataset_variable_info(data, 2, &t), ASH_OK);
    assert_true(t.shape[0] == 2 && t.shape[1] == LAT && t.shape[2] == LON && t.chunk[0] == 1 && t.chunk[2] == 2 && !t.is_text);
    assert_string_equal(t.dim[2], "lon");
    assert_int_equal(ash_dataset_dimension_count(data), 4);
    ash_dimension_info dim = { 0 };
    assert_int_equal(ash_dataset_dimension_info(data, 0, &dim), ASH_OK);
    assert_true(strcmp(dim.name, "time") == 0 && dim.extent == 2 && dim.unlimited);
    assert_int_equal(ash_dataset_dimension_info(data, 1, &dim), ASH_OK);
    assert_false(dim.unlimited);
    assert_int_equal(ash_dataset_group_count(data), 0);
    assert_int_equal(ash_dataset_file_count(data), 1);
    assert_string_equal(ash_dataset_file(data, 0), test_path("a.nc"));
    assert_int_equal(ash_dataset_attr_count(data, "t"), 2);
    assert_string_equal(ash_dataset_attr_name(data, "t", 0), "cell_methods");
    assert_string_equal(ash_dataset_attr(data, "time", "calendar"), "noleap");
    assert_string_equal(ash_dataset_attr(data, NULL, "title"), "a test");
    assert_null(ash_dataset_attr(data, "nothing", "title"));
    assert_int_equal(ash_dataset_attr_count(data, "nothing"), -1);
    const char *text = ash_dataset_describe(data);
    assert_non_null(text);
    assert_non_null(strstr(text, "time = 2 (unlimited)"));
    assert_non_null(strstr(text, "float32 t(time, lat, lon)  chunks 1, 3, 2\n        t:cell_methods = \"time: mean\""));
    assert_string_equal(ash_attr(ash_dataset_variable(data, "t", NULL), "cell_methods"), "time: mean");
    /* Nothing beyond the last, and of what is no dataset. */
    assert_int_equal(ash_dataset_variable_info(data, 7, &t), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_dataset_dimension_info(data, -1, &dim), ASH_ERR_ARGUMENT);
    assert_null(ash_dataset_file(data, 1));
    ash_dataset none = { 0 };
    assert_int_equal(ash_dataset_variable_count(none), -1);
    assert_false(ash_dataset_ok(none));
    assert_int_equal(ash_array_status(ash_dataset_variable(none, "t", NULL)), ASH_ERR_HANDLE);
    ash_dataset_variable(data, "tt", NULL);
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "no variable 'tt'");
    assert_int_equal(ash_array_status((ash_array){ .context = ctx, .serial = data.serial }), ASH_ERR_HANDLE);
}

/* Groups, texts, types that are no numbers. */
static void groups_and_texts(void **state) {
    (void)state;
    int file, group, inner, station, width, names, labels, curved, flags, type;
    nc_done(nc_create(test_path("groups.nc"), NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "station", 2, &station));
    nc_done(nc_def_dim(file, "width", 5, &width));
    nc_done(nc_def_var(file, "names", NC_CHAR, 2, (int[]){ station, width }, &names));
    nc_done(nc_def_var(file, "station", NC_STRING, 1, &station, &labels));
    nc_done(nc_def_grp(file, "grp", &group));
    nc_done(nc_def_grp(group, "inner", &inner));
    nc_done(nc_put_att_text(group, NC_GLOBAL, "note", 2, "hi"));
    nc_done(nc_def_var(inner, "t", NC_FLOAT, 1, &station, &curved));
    nc_done(nc_put_att_text(inner, curved, "coordinates", 8, "lat2 lon"));
    nc_done(nc_def_var(group, "lat2", NC_FLOAT, 1, &station, &flags));
    nc_done(nc_def_vlen(file, "ragged", NC_INT, &type));
    nc_done(nc_def_var(file, "rag", type, 1, &station, &flags));
    nc_done(nc_put_var_text(file, names, "ab\0..c d  "));
    nc_done(nc_put_var_string(file, labels, (const char *[]){ "Åre", "" }));
    nc_done(nc_close(file));
    ash_dataset data = ash_dataset_open(ctx, test_path("groups.nc"), NULL);
    assert_true(ash_dataset_ok(data));
    assert_int_equal(ash_dataset_group_count(data), 2);
    assert_string_equal(ash_dataset_attr(data, "grp", "note"), "hi");
    ash_variable_info info = { 0 };
    assert_int_equal(ash_dataset_variable_info(data, ash_dataset_variable_find(data, "/grp/lat2"), &info), ASH_OK);
    assert_int_equal(info.role, ASH_ROLE_AUXILIARY);
    assert_int_equal(ash_dataset_variable_info(data, ash_dataset_variable_find(data, "station"), &info), ASH_OK);
    assert_true(info.role == ASH_ROLE_COORDINATE && info.is_text && info.dtype == ASH_DTYPE_COUNT);
    assert_string_equal(info.type, "text (string)");
    assert_int_equal(ash_dataset_variable_info(data, ash_dataset_variable_find(data, "rag"), &info), ASH_OK);
    assert_string_equal(info.type, "the type 'ragged'");
    assert_good(ash_dataset_variable(data, "grp/inner/t", NULL));
    ash_dataset_variable(data, "names", NULL);
    assert_sentence(ctx, ASH_ERR_DTYPE, "variable 'names' is text (char), expected numbers; ash_dataset_text() reads it");
    assert_int_equal(ash_array_status(ash_dataset_variable(data, "rag", NULL)), ASH_ERR_DTYPE);
    int64_t n = 0;
    const char *const *texts;
    assert_done(ctx, ash_dataset_text(data, "names", &n, &texts));
    assert_true(n == 2 && strcmp(texts[0], "ab") == 0 && strcmp(texts[1], "c d") == 0);
    assert_done(ctx, ash_dataset_text(data, "station", &n, &texts));
    assert_true(n == 2 && strcmp(texts[0], "Åre") == 0 && strcmp(texts[1], "") == 0);
    assert_int_equal(ash_dataset_text(data, "grp/lat2", &n, &texts), ASH_ERR_DTYPE);
    assert_sentence(ctx, ASH_ERR_DTYPE, "variable 'grp/lat2' is no text but float32");
    assert_int_equal(ash_dataset_text(data, "none", &n, &texts), ASH_ERR_NOT_FOUND);
    assert_int_equal(ash_dataset_text(data, NULL, &n, &texts), ASH_ERR_ARGUMENT);
    assert_non_null(strstr(ash_dataset_describe(data), "group grp:\n        :note = \"hi\""));
}

/* A dataset ends with its scope; its arrays that are kept live on. */
static void scopes(void **state) {
    (void)state;
    const recipe a = { .days = 2 }, b = { .days = 2, .first = 2 };
    make_file("a.nc", &a);
    make_file("b.nc", &b);
    assert_done(ctx, ash_scope_begin(ctx));
    ash_dataset data = open_files(2, ab, &join_time);
    ash_array t = ash_dataset_variable(data, "t", NULL);
    assert_done(ctx, ash_scope_end(ctx, &t, 1));
    assert_false(ash_dataset_ok(data));
    assert_sentence(ctx, ASH_ERR_HANDLE, "used after the end of its scope");
    ash_array sum = ash_sum(ash_cast(t, ASH_FLOAT64), NULL);
    assert_true(real_of(sum) == 4 * (10 * 1.5 * LAT * LON + 66));
}

/* ---- Files that fit ---- */

static void joined(void **state) {
    (void)state;
    for (int classic = 0; classic < 2; classic++) {
        const recipe a = { .days = 3, .classic = classic }, b = { .days = 1, .first = 3, .classic = classic },
                     c = { .days = 5, .first = 7, .classic = classic };
        const recipe *const all[] = { &a, &b, &c };
        make_file("run_9.nc", &a);
        make_file("run_10.nc", &b);
        make_file("run_11.nc", &c);
        ash_dataset data = ash_dataset_open(ctx, test_path("run_*.nc"), &join_time);
        if (!ash_dataset_ok(data)) {
            fail_msg("%s", ash_error(ctx));
        }
        assert_int_equal(ash_dataset_file_count(data), 3);
        assert_non_null(strstr(ash_dataset_file(data, 1), "run_10.nc"));
        check_joined(data, 3, all, 0);
        check_times(data, 9, (double[]){ 0, 1, 2, 3, 7, 8, 9, 10, 11 });
        ash_array t = ash_dataset_variable(data, "t", &(ash_open_options){ .chunks = "time=2" });
        double *some = values_of(ash_cast(ash_index(t, "7:1:-2, 1, ::3"), ASH_FLOAT64)); /* records 7, 5, 3 */
        static const double times[] = { 10, 8, 3 };
        for (int k = 0; k < 3; k++) {
            assert_true(some[2 * k] == 10 * times[k] + LON && some[2 * k + 1] == 10 * times[k] + LON + 3);
        }
        free(some);
        int32_t *mask = values_of(ash_dataset_variable(data, "mask", NULL));
        assert_int_equal(mask[LAT * LON - 1], LAT * LON - 1);
        free(mask);
        ash_array may = ash_sel(t, "time=2000-01-03:2000-01-08");
        assert_int_equal(ash_extent(may, 0), 3);
        assert_non_null(strstr(ash_dataset_describe(data), "and 2 more (several files)"));
        assert_non_null(strstr(ash_dataset_describe(data), "time = 9 (unlimited)"));
        /* The same by chunks of one file each and of more, whatever the memory. */
        ash_array raw = ash_dataset_variable(data, "extra", &(ash_open_options){ .raw = true });
        assert_int_equal(integer_of(ash_sum(ash_cast(raw, ASH_INT64), NULL)), 3 + 0 + 10);
    }
}

static void sorted(void **state) {
    (void)state;
    const recipe a = { .days = 2, .first = 31, .units = "days since 2000-01-01" },
                 b = { .days = 2, .first = 0, .units = "days since 2000-01-10" };
    make_file("a.nc", &a);
    make_file("b.nc", &b);
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "a.nc has 31 (2000-02-01) to 32 (2000-02-02), and ");
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "b.nc behind it has 9 (2000-01-10) to 10 (2000-01-11); sort puts files in order");
    ash_dataset data = open_files(2, ab, &(ash_dataset_options){ .join = "time", .sort = true });
    assert_true(ash_dataset_ok(data));
    assert_non_null(strstr(ash_dataset_file(data, 0), "b.nc"));
    const recipe *const order[] = { &b, &a };
    check_joined(data, 2, order, 0);
    check_times(data, 4, (double[]){ 0, 1, 22, 23 }); /* in the units of b */
    data = open_files(2, ab, &(ash_dataset_options){ .join = "time", .by_position = true });
    assert_true(ash_dataset_ok(data));
    check_times(data, 4, (double[]){ 31, 32, 9, 10 });
}

static void other_units(void **state) {
    (void)state;
    const recipe a = { .days = 2, .units = "days since 2000-01-01" },
                 b = { .days = 2, .units = "days since 2000-02-01", .calendar = "gregorian" };
    make_file("a.nc", &a);
    make_file("b.nc", &b);
    ash_dataset data = open_files(2, ab, &join_time);
    if (!ash_dataset_ok(data)) {
        fail_msg("%s", ash_error(ctx));
    }
    check_times(data, 4, (double[]){ 0, 1, 31, 32 });
    double *when = values_of(ash_dataset_variable(data, "when", NULL)); /* any variable of times, int or not */
    assert_true(when[0] == 0 && when[1] == 1 && when[2] == 31 && when[3] == 32);
    free(when);
    assert_string_equal(ash_attr(ash_dataset_variable(data, "time", NULL), "units"), "days since 2000-01-01");
    make_file("c.nc", &(recipe){ .days = 2, .time_type = NC_INT, .first = 3 });
    make_file("d.nc", &(recipe){ .days = 1, .time_type = NC_INT, .units = "hours since 2000-01-05", .first = 36 });
    data = open_files(2, (const char *const[]){ "c.nc", "d.nc" }, &join_time);
    if (!ash_dataset_ok(data)) {
        fail_msg("%s", ash_error(ctx));
    }
    ash_array time = ash_dataset_variable(data, "time", NULL);
    assert_int_equal(ash_array_dtype(time), ASH_FLOAT64); /* half a day is no int */
    assert_true(real_of(ash_index(time, "2")) == 5.5);
    data = open_files(2, (const char *const[]){ "a.nc", "c.nc" }, &join_time);
    assert_true(ash_dataset_ok(data));
    ash_context_free(ctx); /* and with it what holds b.nc open */
    ctx = context_with(2, "openmp");
    make_file("b.nc", &(recipe){ .days = 2, .calendar = "360_day", .first = 40 });
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "b.nc: variable 'time' has the calendar '360_day', expected 'standard' as in");
    make_file("b.nc", &(recipe){ .days = 2, .units = "months since 2000-01-01", .first = 40 });
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "has units 'months since 2000-01-01', which cannot be turned into 'days since 2000-01-01'");
    make_file("b.nc", &(recipe){ .days = 2, .units = "moons since 2000-01-01", .first = 40 });
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "moons");
}

/* Each file is decoded by its own attributes. */
static void other_packing(void **state) {
    (void)state;
    const recipe a = { .days = 300, .type = NC_SHORT, .scale = 0.5, .offset = 1000, .fill = -32000 },
                 b = { .days = 2, .first = 300, .type = NC_SHORT, .scale = 0.25, .offset = 2900, .fill = -32000 },
                 c = { .days = 2, .first = 302, .type = NC_SHORT, .scale = 0.5, .offset = 1000, .fill = 77 },
                 d = { .days = 2, .first = 304, .type = NC_SHORT, .scale = 0.5, .offset = 1000, .fill = -32000 };
    static const char *const names[] = { "a.nc", "b.nc", "c.nc", "d.nc" };
    const recipe *const all[] = { &a, &b, &c, &d };
    for (int k = 0; k < 4; k++) {
        make_file(names[k], all[k]);
    }
    ash_dataset data = open_files(4, names, &join_time);
    check_joined(data, 4, all, 0);
    ash_array t = ash_dataset_variable(data, "t", NULL);
    assert_int_equal(ash_array_dtype(t), ASH_FLOAT64);
    assert_false(ash_attr_real(t, "scale_factor", &(double){ 0 }));
    assert_string_equal(ash_attr(t, "units"), "K");
    ash_dataset_variable(data, "t", &(ash_open_options){ .raw = true });
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "b.nc: variable 't' is not stored as in");
    ash_dataset_variable(data, "t", &(ash_open_options){ .valid_range = true });
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "valid_range is not possible");
    /* A file without packing among packed ones, and the other way round. */
    const recipe plain = { .days = 2, .first = 300, .type = NC_SHORT, .fill = -32000 };
    make_file("e.nc", &plain);
    check_joined(open_files(2, (const char *const[]){ "a.nc", "e.nc" }, &join_time), 2, (const recipe *const[]){ &a, &plain }, 0);
    make_file("f.nc", &(recipe){ .days = 2, .type = NC_INT });
    make_file("g.nc", &(recipe){ .days = 2, .first = 2, .type = NC_INT, .scale = 0.5 });
    data = open_files(2, (const char *const[]){ "f.nc", "g.nc" }, &join_time);
    assert_true(ash_dataset_ok(data));
    ash_dataset_variable(data, "t", NULL);
    assert_sentence(ctx, ASH_ERR_DTYPE, "g.nc: variable 't' is packed or has missing values, and in");
    assert_good(ash_dataset_variable(data, "extra", NULL));
}

static void stacked(void **state) {
    (void)state;
    static const char *const names[] = { "a.nc", "b.nc", "c.nc" };
    const recipe member[] = { { .days = 4, .base = 0 }, { .days = 4, .base = 1000 }, { .days = 4, .base = 2000, .chunk = 2 } };
    const recipe *const all[] = { &member[0], &member[1], &member[2] };
    for (int k = 0; k < 3; k++) {
        make_file(names[k], &member[k]);
    }
    ash_dataset data = open_files(3, names, &(ash_dataset_options){ .stack = "member" });
    ash_array t = ash_dataset_variable(data, "t", NULL);
    assert_good(t);
    assert_int_equal(ash_ndim(t), 4);
    assert_string_equal(ash_dim_name(t, 0), "member");
    check_joined(data, 3, all, 0);
    assert_int_equal(ash_ndim(ash_dataset_variable(data, "time", NULL)), 1);
    assert_int_equal(ash_ndim(ash_dataset_variable(data, "mask", NULL)), 3);
    assert_true(ash_has_coord(t, "time"));
    double *spread = values_of(ash_cast(ash_ptp(t, "member"), ASH_FLOAT64));
    assert_true(spread[0] == 2000 && spread[4 * LAT * LON - 1] == 2000);
    free(spread);
    double *one = values_of(ash_cast(ash_index(t, "::2, 1:3, -1, 2"), ASH_FLOAT64));
    assert_true(one[0] == 10 + 10 && one[3] == 2000 + 20 + 10);
    free(one);
    open_files(3, names, &(ash_dataset_options){ .stack = "lat" });
    assert_sentence(ctx, ASH_ERR_DIMENSION, "has a dimension 'lat' already");
}

/* Along another than the first dimension: parts lie between one another. */
static void joined_inside(void **state) {
    (void)state;
    enum { ROWS = 5 };
    static const int widths[] = { 2, 3, 1 };
    static const char *const names[] = { "a.nc", "b.nc", "c.nc" };
    int first = 0;
    for (int k = 0; k < 3; k++) {
        int file, dims[2], x, v;
        int32_t values[ROWS * 3], place[3];
        nc_done(nc_create(test_path(names[k]), NC_NETCDF4, &file));
        nc_done(nc_def_dim(file, "y", ROWS, &dims[0]));
        nc_done(nc_def_dim(file, "x", (size_t)widths[k], &dims[1]));
        nc_done(nc_def_var(file, "x", NC_INT, 1, &dims[1], &x));
        nc_done(nc_def_var(file, "v", NC_INT, 2, dims, &v));
        for (int i = 0; i < widths[k]; i++) {
            place[i] = first + i;
            for (int row = 0; row < ROWS; row++) {
                values[row * widths[k] + i] = 100 * row + first + i;
            }
        }
        nc_done(nc_put_var_int(file, x, place));
        nc_done(nc_put_var_int(file, v, values));
        nc_done(nc_close(file));
        first += widths[k];
    }
    ash_dataset data = open_files(3, names, &(ash_dataset_options){ .join = "x" });
    ash_array v = ash_dataset_variable(data, "v", NULL);
    int32_t *values = values_of(v), *some = values_of(ash_index(v, "4:0:-2, 1::2"));
    for (int k = 0; k < ROWS * 6; k++) {
        assert_int_equal(values[k], 100 * (k / 6) + k % 6);
    }
    for (int k = 0; k < 6; k++) {
        assert_int_equal(some[k], 100 * (4 - k / 3 * 2) + 1 + k % 3 * 2);
    }
    free(values);
    free(some);
}

/* ---- Files that do not fit ---- */

static void misfits(void **state) {
    (void)state;
    static const struct {
        recipe second;
        const char *variable; /* NULL: refused at once */
        ash_status status;
        const char *words;
    } cases[] = {
        { { .days = 2, .first = 1 }, NULL, ASH_ERR_ARGUMENT, "'time' overlaps: " },
        { { .days = 2, .first = 1 }, NULL, ASH_ERR_ARGUMENT, "a.nc has 0 (2000-01-01) to 1 (2000-01-02), and " },
        { { .days = 2, .first = 1 }, NULL, ASH_ERR_ARGUMENT, "b.nc behind it has 1 (2000-01-02) to 2 (2000-01-03)" },
        { { .days = 2, .first = -10 }, NULL, ASH_ERR_ARGUMENT, "'time' is not in order" },
        { { .days = 3, .first = 4, .step = -1 }, NULL, ASH_ERR_ARGUMENT, "b.nc: 4 (2000-01-05) stands before 3 (2000-01-04)" },
        { { .days = 2, .first = 5, .without = 1 }, "extra", ASH_ERR_NOT_FOUND, "b.nc has no variable 'extra', which " },
        { { .days = 2, .first = 5, .lat = 5 }, "t", ASH_ERR_SHAPE,
            "b.nc: variable 't' has shape (2, 5, 4), which does not fit (2, 3, 4) of " },
        { { .days = 2, .first = 5, .type = NC_DOUBLE }, "t", ASH_ERR_DTYPE, "b.nc: variable 't' is float64, expected float32 as in " },
    };
    make_file("a.nc", &(recipe){ .days = 2 });
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_file("b.nc", &cases[i].second);
        ash_dataset data = open_files(2, ab, &join_time);
        assert_int_equal(ash_dataset_ok(data), cases[i].variable != NULL);
        if (cases[i].variable) {
            assert_non_null(strstr(ash_dataset_describe(data), cases[i].words));
            ash_dataset_variable(data, cases[i].variable, NULL);
        }
        assert_sentence(ctx, cases[i].status, cases[i].words);
        if (cases[i].variable) { /* the others are as good as ever */
            assert_good(ash_dataset_variable(data, "time_bnds", NULL));
        } else {
            assert_int_equal(ash_array_status(ash_dataset_variable(data, "t", NULL)), cases[i].status);
        }
    }
    FILE *damaged = fopen(test_path("b.nc"), "w");
    fputs("CDF\1\0\0\0", damaged);
    fclose(damaged);
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_FORMAT, "b.nc");
    remove(test_path("b.nc"));
    assert_false(ash_dataset_ok(open_files(2, ab, &join_time)));
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "b.nc");
}

static void arguments(void **state) {
    (void)state;
    make_file("a.nc", &(recipe){ .days = 2 });
    make_file("b.nc", &(recipe){ .days = 2, .first = 2 });
    ash_dataset_open(ctx, test_path("*.nc"), NULL);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "2 files need join, a dimension along which they follow one another such as 'time', or stack");
    ash_dataset_open(ctx, test_path("c*.nc"), NULL);
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "no file matches");
    ash_dataset_open(ctx, NULL, NULL);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "path is NULL");
    ash_dataset_open_many(ctx, 0, NULL, NULL);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "expected n >= 1 paths");
    ash_dataset_open_many(ctx, 1, (const char *[]){ NULL }, NULL);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "paths[0] is NULL");
    open_files(2, ab, &(ash_dataset_options){ .join = "tine" });
    assert_sentence(ctx, ASH_ERR_DIMENSION, "has the dimension 'tine', the nearest name is 'time'");
    open_files(2, ab, &(ash_dataset_options){ .join = "time", .stack = "member" });
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "are both set");
    open_files(2, ab, &(ash_dataset_options){ .stack = "member", .sort = true });
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "sort needs join");
    assert_int_equal(ash_dataset_status(ash_dataset_open(NULL, "a.nc", NULL)), ASH_ERR_HANDLE);
    assert_true(ash_dataset_ok(open_files(1, ab, &join_time)));
    ash_dataset braces = ash_dataset_open(ctx, test_path("{a,b}.nc"), &join_time);
    assert_int_equal(ash_dataset_file_count(braces), 2);
}

/* Files that are gone, or are others, when their values are read. */
static void changed_between(void **state) {
    (void)state;
    make_file("a.nc", &(recipe){ .days = 2 });
    make_file("b.nc", &(recipe){ .days = 2, .first = 2 });
    ash_array t = ash_dataset_variable(open_files(2, ab, &join_time), "t", NULL);
    assert_good(t);
    remove(test_path("b.nc"));
    double values[4 * LAT * LON];
    assert_int_not_equal(ash_compute(ash_cast(t, ASH_FLOAT64), values, sizeof values, NULL), ASH_OK);
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "b.nc");
    make_file("b.nc", &(recipe){ .days = 3, .first = 2 });
    assert_int_not_equal(ash_compute(ash_cast(t, ASH_FLOAT64), values, sizeof values, NULL), ASH_OK);
    assert_sentence(ctx, ASH_ERR_IO, "b.nc: the file has changed since the dataset was opened");
}

/* ---- Many files ---- */

/* More files than the process may have open, read by several threads, joined by two contexts at once. */
static void a_thousand_files(void **state) {
    (void)state;
    enum { FILES = 1000 };
    struct rlimit before, few;
    for (int k = 0; k < FILES; k++) {
        char name[32];
        snprintf(name, sizeof name, "m_%d.nc", k);
        make_file(name, &(recipe){ .days = 1, .first = k, .classic = k % 10 != 0 });
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    ash_dataset data = ash_dataset_open(ctx, test_path("m_*.nc"), &join_time);
    if (!ash_dataset_ok(data)) {
        fail_msg("%s", ash_error(ctx));
    }
    ash_array t = ash_dataset_variable(data, "t", NULL);
    assert_int_equal(ash_extent(t, 0), FILES);
    double total = real_of(ash_sum(ash_cast(t, ASH_FLOAT64), NULL));
    assert_true(total == LAT * LON * 10.0 * (FILES - 1) * FILES / 2 + 66.0 * FILES);
    ash_array pieces = ash_dataset_variable(data, "t", &(ash_open_options){ .chunks = "time=7, lon=2" });
    assert_true(real_of(ash_sum(ash_cast(pieces, ASH_FLOAT64), NULL)) == total);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* ---- Real files ---- */

static void check_figures(ash_array a, const expected_figures *expected) {
    ash_array wide = ash_cast(a, ASH_FLOAT64);
    assert_true(fabs(real_of(ash_nansum(wide, NULL)) - expected->sum) <= 1e-12 * fabs(expected->sum));
    assert_true(real_of(ash_nanmin(wide, NULL)) == expected->least);
    assert_true(real_of(ash_nanmax(wide, NULL)) == expected->largest);
    assert_int_equal(integer_of(ash_count(wide, NULL)), expected->count);
}

static void as_xarray(void **state) {
    (void)state;
    const char *folder = getenv("ASH_TEST_DATA");
    char path[600];
    if (!folder || !*folder) {
        skip();
    }
    snprintf(path, sizeof path, "%s/nemo_monthly/*.nc", folder);
    assert_false(ash_dataset_ok(ash_dataset_open(ctx, path, &(ash_dataset_options){ .join = "time_counter" })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "'time_counter' overlaps"); /* it is 0 in all of them */
    ash_dataset data = ash_dataset_open(ctx, path, &(ash_dataset_options){ .join = "time_counter", .by_position = true });
    ash_array tos = ash_dataset_variable(data, "tos", NULL), time = ash_dataset_variable(data, "time_centered", NULL);
    assert_good(tos);
    assert_string_equal(ash_attr(tos, "cell_methods"), "time: mean (interval: 2700 s)");
    for (int k = 0; k < 3; k++) {
        char index[16];
        snprintf(index, sizeof index, "%d", k);
        check_figures(ash_index(tos, index), &expected_tos[k]);
        assert_true(real_of(ash_index(time, index)) == expected_time_centered[k]);
    }
    check_figures(ash_dataset_variable(data, "nav_lat", NULL), &expected_nav_lat);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(contents, begin, end),
        cmocka_unit_test_setup_teardown(groups_and_texts, begin, end),
        cmocka_unit_test_setup_teardown(scopes, begin, end),
        cmocka_unit_test_setup_teardown(joined, begin, end),
        cmocka_unit_test_setup_teardown(sorted, begin, end),
        cmocka_unit_test_setup_teardown(other_units, begin, end),
        cmocka_unit_test_setup_teardown(other_packing, begin, end),
        cmocka_unit_test_setup_teardown(stacked, begin, end),
        cmocka_unit_test_setup_teardown(joined_inside, begin, end),
        cmocka_unit_test_setup_teardown(misfits, begin, end),
        cmocka_unit_test_setup_teardown(arguments, begin, end),
        cmocka_unit_test_setup_teardown(changed_between, begin, end),
        cmocka_unit_test_setup_teardown(a_thousand_files, begin, end),
        cmocka_unit_test_setup_teardown(as_xarray, begin, end),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
