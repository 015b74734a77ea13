/* Writing: what is written is what was computed, under any limit and number of threads, and a failure leaves nothing behind. */
#include "netcdf_support.h"

#include <math.h>

enum { ROWS = 7, COLUMNS = 5, SIZE = ROWS * COLUMNS };

/* rows * columns values 0, 1, 2, ... with the dimensions y and x. */
static ash_array counting(ash_context *ctx, int64_t rows, int64_t columns) {
    return ash_add(ash_arange(ctx, 0, rows * columns, columns, &(ash_make_options){ .dims = "y" }),
        ash_arange(ctx, 0, columns, 1, &(ash_make_options){ .dims = "x" }));
}

/* Seven rows of five with an attribute, cut as `chunks` says. */
static ash_array table(ash_context *ctx, ash_dtype dtype, const char *chunks) {
    return ash_set_attr(ash_rechunk(ash_cast(counting(ctx, ROWS, COLUMNS), dtype), chunks), "units", "m");
}

/* Variable `name` of the file holds the array: names, extents and the very bytes. */
static void expect_file(ash_array a, const char *path, const char *name) {
    ash_array b = ash_open(a.context, path, name, NULL);
    assert_good(a);
    assert_good(b);
    ash_dtype dtype = ash_array_dtype(a) == ASH_BOOL ? ASH_INT8 : ash_array_dtype(a);
    assert_string_equal(ash_dtype_name(ash_array_dtype(b)), ash_dtype_name(dtype));
    assert_int_equal(ash_ndim(b), ash_ndim(a));
    for (int k = 0; k < ash_ndim(a); k++) {
        char anonymous[16];
        snprintf(anonymous, sizeof anonymous, "dim_%d", k);
        assert_int_equal(ash_extent(b, k), ash_extent(a, k));
        assert_string_equal(ash_dim_name(b, k), ash_dim_name(a, k) ? ash_dim_name(a, k) : anonymous);
    }
    void *expected = values_of(a), *found = values_of(b);
    assert_memory_equal(expected, found, (size_t)(ash_size(a) * ash_dtype_size(dtype)));
    free(expected);
    free(found);
}

static void expect_round_trip(ash_array a, const ash_write_options *options) {
    assert_good(a);
    assert_done(a.context, ash_write(a, test_path("trip.nc"), "v", options));
    expect_file(a, test_path("trip.nc"), "v");
    assert_int_equal(test_entries(1), 1);
}

/* ---- What NetCDF-C sees ---- */

static int open_file(const char *name) {
    int file;
    nc_done(nc_open(test_path(name), NC_NOWRITE, &file));
    return file;
}

static int variable_in(int file, const char *name) {
    int var;
    nc_done(nc_inq_varid(file, name, &var));
    return var;
}

/* Text of an attribute, "" if there is none; good until the next call. */
static const char *text_in(int file, int var, const char *name) {
    static char text[2000];
    size_t length = 0;
    memset(text, 0, sizeof text);
    if (nc_inq_attlen(file, var, name, &length) == NC_NOERR) {
        assert_true(length < sizeof text);
        nc_done(nc_get_att_text(file, var, name, text));
    }
    return text;
}

/* ---- Round trips ---- */

static void every_dtype_and_chunking(void **state) {
    (void)state;
    static const char *const chunkings[] = { "-1,-1", "1,1", "2,3", "3,-1", "2+4+1,1+4", "7,2+2+1" };
    static const ash_write_options ways[] = { { 0 }, { .deflate = 4, .shuffle = true }, { .shuffle = true }, { .unlimited = "y" },
        { .unlimited = "x", .deflate = 9 } };
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        for (int dtype = ASH_BOOL; dtype <= ASH_FLOAT64; dtype++) {
            for (size_t c = 0; c < sizeof chunkings / sizeof chunkings[0]; c++) {
                expect_round_trip(table(ctx, (ash_dtype)dtype, chunkings[c]), &ways[(size_t)(dtype + threads + (int)c) % 5]);
            }
        }
        for (size_t w = 0; w < 5; w++) {
            expect_round_trip(table(ctx, ASH_FLOAT32, "2+4+1,1+4"), &ways[w]);
        }
        ash_context_free(ctx);
    }
}

static void small_shapes(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    static const int64_t shapes[][3] = { { 0, 0, 0 }, { 1, 1, 1 }, { 0, 3, 2 }, { 0, 4, 1 }, { 1, 5, 1 } };
    expect_round_trip(ash_full(ctx, ASH_FLOAT64, 0, NULL, ash_real(ctx, 2.5), NULL), NULL);
    expect_round_trip(ash_full(ctx, ASH_INT16, 0, NULL, ash_int(ctx, -3), NULL), &(ash_write_options){ .deflate = 5, .shuffle = true });
    expect_round_trip(ash_sum(table(ctx, ASH_FLOAT64, "2,2"), NULL), NULL);
    expect_round_trip(ash_ones(ctx, ASH_INT32, 3, (int64_t[]){ 3, 0, 2 }, NULL), NULL);
    for (int k = 0; k < 5; k++) {
        ash_array a = ash_ones(ctx, ASH_FLOAT32, 3, shapes[k], NULL); /* anonymous */
        expect_round_trip(a, NULL);
        expect_round_trip(a, &(ash_write_options){ .deflate = 1 });
        expect_round_trip(ash_set_dims(a, "t,y,x"), &(ash_write_options){ .unlimited = "t" });
        expect_round_trip(ash_set_dims(a, "t,,x"), NULL);
    }
    ash_context_free(ctx);
}

static void reductions_and_groups(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        ash_array a = ash_mul(table(ctx, ASH_FLOAT64, "2,3"), ash_real(ctx, 0.1)),
                  zones = vector_of(ctx, ASH_INT32, ROWS, (const int32_t[]){ 0, 1, 2, 0, 1, 2, 0 }, "2");
        expect_round_trip(ash_mean(a, "y"), NULL);
        expect_round_trip(ash_max(a, NULL), NULL);
        expect_round_trip(ash_sum(a, "x"), &(ash_write_options){ .deflate = 1 });
        expect_round_trip(ash_sub(a, ash_mean(a, "x,y")), NULL);
        expect_round_trip(ash_group_sum(a, "y", ash_set_dims(zones, "zone")), NULL);
        expect_round_trip(ash_transpose(a, "x,y"), NULL);
        ash_context_free(ctx);
    }
}

/* ---- What the file declares ---- */

static void declarations(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const double heights[ROWS] = { 1, 2, 4, 8, 16, 32, 64 };
    ash_array height = ash_set_attr(vector_of(ctx, ASH_FLOAT64, ROWS, heights, NULL), "units", "km");
    ash_array a = ash_set_attr_real(ash_set_coord(table(ctx, ASH_FLOAT32, "2,2"), "y", height), "level", 3);
    const ash_write_options options = {
        .deflate = 3, .shuffle = true, .unlimited = "y", .attributes = "title=A test = good\nsource=here\n", .history = "made it"
    };
    assert_done(ctx, ash_write(a, test_path("a.nc"), "a", &options));
    int file = open_file("a.nc"), var = variable_in(file, "a"), dim, shuffle, deflate, level, storage;
    size_t chunk[2];
    float fill;
    double values[ROWS], number;
    nc_done(nc_inq_unlimdim(file, &dim));
    assert_int_equal(dim, 0);
    nc_done(nc_inq_var_deflate(file, var, &shuffle, &deflate, &level));
    assert_true(shuffle && deflate && level == 3);
    nc_done(nc_inq_var_chunking(file, var, &storage, chunk));
    assert_true(storage == NC_CHUNKED && chunk[0] == 2 && chunk[1] == 2);
    nc_done(nc_get_att_float(file, var, "_FillValue", &fill));
    assert_true(isnan(fill));
    assert_string_equal(text_in(file, var, "units"), "m");
    nc_done(nc_get_att_double(file, var, "level", &number));
    assert_true(number == 3);
    assert_string_equal(text_in(file, NC_GLOBAL, "title"), "A test = good");
    assert_string_equal(text_in(file, NC_GLOBAL, "source"), "here");
    assert_non_null(strstr(text_in(file, NC_GLOBAL, "history"), ": made it"));
    nc_done(nc_get_var_double(file, variable_in(file, "y"), values));
    assert_memory_equal(values, heights, sizeof heights);
    assert_string_equal(text_in(file, variable_in(file, "y"), "units"), "km");
    nc_done(nc_close(file));
    /* The next file inherits the global attributes, its line of history comes first. */
    ash_array b = ash_open(ctx, test_path("a.nc"), "a", NULL);
    assert_done(ctx, ash_write(ash_mul(b, ash_real(ctx, 2)), test_path("b.nc"), "b", NULL));
    file = open_file("b.nc");
    assert_string_equal(text_in(file, NC_GLOBAL, "title"), "A test = good");
    char history[2000], *second;
    strcpy(history, text_in(file, NC_GLOBAL, "history"));
    second = strchr(history, '\n');
    assert_non_null(second);
    assert_true(strstr(history, "write b") < second && strstr(history, "write b") && strstr(second, "made it"));
    nc_done(nc_close(file));
    assert_done(ctx, ash_write(table(ctx, ASH_BOOL, "2,2"), test_path("b.nc"), "b", &(ash_write_options){ .history = "" }));
    file = open_file("b.nc");
    nc_type type;
    nc_done(nc_inq_vartype(file, variable_in(file, "b"), &type));
    assert_int_equal(type, NC_BYTE);
    assert_string_equal(text_in(file, variable_in(file, "b"), "dtype"), "bool");
    assert_int_equal(nc_inq_attid(file, NC_GLOBAL, "history", &dim), NC_ENOTATT);
    assert_int_equal(nc_inq_attid(file, variable_in(file, "b"), "_FillValue", &dim), NC_ENOTATT);
    nc_done(nc_close(file));
    ash_context_free(ctx);
    assert_int_equal(test_entries(1), 2);
}

/* NaN goes through a file as NaN, whatever the variable's fill. */
static void missing_values_stay_missing(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const float data[4] = { 1, NAN, -0.0f, INFINITY };
    assert_done(ctx, ash_write(vector_of(ctx, ASH_FLOAT32, 4, data, "3"), test_path("nan.nc"), "v", NULL));
    float *found = values_of(ash_open(ctx, test_path("nan.nc"), "v", NULL));
    assert_true(found[0] == 1 && isnan(found[1]) && found[2] == 0 && signbit(found[2]) && isinf(found[3]));
    free(found);
    test_entries(1);
    ash_context_free(ctx);
}

/* ---- Several variables, limits, files that are there ---- */

static void a_shared_pass(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    assert_done(ctx, ash_write(table(ctx, ASH_FLOAT64, "2,5"), test_path("in.nc"), "v", NULL));
    ash_array v = ash_open(ctx, test_path("in.nc"), "v", NULL), twice = ash_mul(v, ash_real(ctx, 2)), mean = ash_mean(v, "y"),
              other = ash_ones(ctx, ASH_INT8, 1, (int64_t[]){ 4 }, NULL);
    const ash_array arrays[] = { twice, mean, other };
    const char *const names[] = { "twice", "mean", "other" };
    assert_done(ctx, ash_write_many(ctx, 2, arrays, test_path("out.nc"), names, NULL));
    assert_int_equal(ash_last_run(ctx).bytes_read, SIZE * 8); /* both from one reading */
    assert_int_equal(ash_last_run(ctx).bytes_written, SIZE * 8 + COLUMNS * 8);
    assert_done(ctx, ash_write_many(ctx, 3, arrays, test_path("out.nc"), names, NULL));
    for (int k = 0; k < 3; k++) {
        expect_file(arrays[k], test_path("out.nc"), names[k]);
    }
    ash_context_free(ctx);
    assert_int_equal(test_entries(1), 2);
}

/* N of "... needs at least 5 MiB (N bytes) ..." */
static int64_t limit_in(const char *sentence) {
    const char *least = strstr(sentence, "at least"), *number = least ? strchr(least, '(') : NULL;
    if (!number) {
        fail_msg("no limit in '%s'", sentence);
    }
    return strtoll(number + 1, NULL, 10);
}

static void larger_than_the_limit(void **state) {
    (void)state;
    enum { N = 6000, M = 1000 };
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_sqrt(ash_rechunk(ash_cast(counting(ctx, N, M), ASH_FLOAT64), "60,-1"));
    const ash_array arrays[] = { a, ash_mean(a, "y") };
    const char *const names[] = { "a", "mean" };
    for (int n = 1; n <= 2; n++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            for (int deflate = 0; deflate <= 1; deflate++) {
                ash_compute_options compute = { .num_threads = threads, .executor = "openmp", .memory_limit = 1 << 20 };
                const ash_write_options options = { .deflate = deflate, .compute = &compute };
                assert_int_equal(ash_write_many(ctx, n, arrays, test_path("a.nc"), names, &options), ASH_ERR_LIMIT);
                assert_sentence(ctx, ASH_ERR_LIMIT, "write");
                assert_int_equal(test_entries(0), 0);
                compute.memory_limit = limit_in(ash_error(ctx));
                assert_true(compute.memory_limit < (int64_t)N * M * 8);
                assert_done(ctx, ash_write_many(ctx, n, arrays, test_path("a.nc"), names, &options));
                if (ash_last_run(ctx).peak_bytes > compute.memory_limit) {
                    fail_msg("%d arrays, %d threads, deflate %d: peak %lld, limit %lld", n, threads, deflate,
                        (long long)ash_last_run(ctx).peak_bytes, (long long)compute.memory_limit);
                }
                for (int k = 0; k < n; k++) {
                    expect_file(arrays[k], test_path("a.nc"), names[k]);
                }
                if (n == 1) { /* several may still fit one after another */
                    compute.memory_limit--;
                    assert_int_equal(ash_write_many(ctx, n, arrays, test_path("b.nc"), names, &options), ASH_ERR_LIMIT);
                }
                assert_int_equal(test_entries(1), 1);
            }
        }
    }
    ash_context_free(ctx);
}

static void over_files_that_are_there(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    const char *path = test_path("v.nc");
    FILE *file = fopen(path, "w");
    fputs("no NetCDF at all", file);
    fclose(file);
    ash_array a = table(ctx, ASH_FLOAT64, "2,3");
    assert_done(ctx, ash_write(a, path, "v", NULL));
    expect_file(a, path, "v");
    /* Over the very file that is read: the array goes on reading what it was opened from. */
    ash_array v = ash_open(ctx, path, "v", NULL), plus = ash_add(v, ash_real(ctx, 1));
    assert_done(ctx, ash_write(plus, path, "v", NULL));
    expect_file(ash_add(a, ash_real(ctx, 1)), path, "v");
    assert_done(ctx, ash_write(ash_sub(v, ash_mean(v, "y")), path, "w", NULL));
    expect_file(ash_sub(a, ash_mean(a, "y")), path, "w");
    ash_context_free(ctx);
    assert_int_equal(test_entries(1), 1);
}

/* A coordinate is a variable like any other when it is written by itself. */
static void a_coordinate_by_itself(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_set_coord(table(ctx, ASH_FLOAT64, "2,3"), "y", ash_linspace(ctx, 0, 1, ROWS, NULL));
    expect_round_trip(ash_coord(a, "y"), NULL);
    ash_context_free(ctx);
}

/* ---- Errors ---- */

static void refusals(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = table(ctx, ASH_FLOAT64, "2,3"), half = ash_index(a, "y=:3"),
              first = ash_set_coord(a, "x", ash_arange(ctx, 0, COLUMNS, 1, NULL)),
              second = ash_set_coord(a, "x", ash_arange(ctx, 1, COLUMNS + 1, 1, NULL));
    const struct {
        ash_array a, b; /* b may be no array */
        const char *path, *name, *second;
        ash_write_options options;
        ash_status status;
        const char *words;
    } rows[] = {
        { .a = ash_cast(a, ASH_COMPLEX64), .status = ASH_ERR_DTYPE, .words = "'v' is complex64" },
        { .a = a, .options = { .unlimited = "time" }, .status = ASH_ERR_DIMENSION, .words = "'time'" },
        { .a = a, .b = a, .second = "v", .status = ASH_ERR_ARGUMENT, .words = "'v'" },
        { .a = a, .b = half, .second = "w", .status = ASH_ERR_SHAPE, .words = "dimension 'y' has extent 3 in 'w', but 7" },
        { .a = first, .b = second, .second = "w", .status = ASH_ERR_DIMENSION, .words = "coordinate of dimension 'x' in 'w'" },
        { .a = first, .name = "x", .status = ASH_ERR_ARGUMENT, .words = "'x'" },
        { .a = a, .name = "group/v", .status = ASH_ERR_ARGUMENT, .words = "'group/v'" },
        { .a = a, .name = "", .status = ASH_ERR_ARGUMENT, .words = "name of variable 0" },
        { .a = a, .options = { .deflate = 10 }, .status = ASH_ERR_ARGUMENT, .words = "deflate must be from 0 to 9, found 10" },
        { .a = a, .options = { .deflate = -1 }, .status = ASH_ERR_ARGUMENT, .words = "found -1" },
        { .a = a, .options = { .attributes = "no equals sign" }, .status = ASH_ERR_ARGUMENT, .words = "name=value" },
        { .a = a, .path = "missing/a.nc", .status = ASH_ERR_NOT_FOUND, .words = "missing" },
        { .a = a, .path = ".", .status = ASH_ERR_ARGUMENT, .words = "is a folder" },
        { .a = a, .options = { .compute = &(ash_compute_options){ .executor = "none" } }, .status = ASH_ERR_ARGUMENT, .words = "executor" },
        { .a = ash_index(a, "y=99"), .status = ASH_ERR_INDEX, .words = "index" },
        { .a = a, .b = ash_index(a, "y=99"), .second = "w", .status = ASH_ERR_INDEX, .words = "index" },
        { .a = { .context = ctx }, .status = ASH_ERR_HANDLE, .words = "write" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const ash_array arrays[] = { rows[k].a, rows[k].b };
        const char *const names[] = { rows[k].name ? rows[k].name : "v", rows[k].second };
        ash_error_clear(ctx);
        ash_status status =
            ash_write_many(ctx, names[1] ? 2 : 1, arrays, test_path(rows[k].path ? rows[k].path : "v.nc"), names, &rows[k].options);
        if (status != rows[k].status) {
            fail_msg("row %d: %s: %s", (int)k, ash_status_text(status), ash_error(ctx));
        }
        assert_sentence(ctx, rows[k].status, rows[k].words);
        assert_int_equal(test_entries(0), 0);
    }
    ash_context_free(ctx);
}

/* A run that fails half way leaves the file there was. */
static void a_failing_input(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = table(ctx, ASH_FLOAT64, "1,5");
    assert_done(ctx, ash_write(a, test_path("in.nc"), "v", &(ash_write_options){ .deflate = 1 }));
    assert_done(ctx, ash_write(a, test_path("out.nc"), "v", NULL));
    FILE *file = fopen(test_path("in.nc"), "r+"); /* spoil the compressed chunks, which stand at the end */
    assert_non_null(file);
    assert_int_equal(fseek(file, -120, SEEK_END), 0);
    for (int k = 0; k < 120; k++) {
        fputc(0x5a, file);
    }
    fclose(file);
    ash_array v = ash_open(ctx, test_path("in.nc"), "v", NULL);
    if (ash_ok(v)) {
        ash_status status = ash_write(ash_add(v, ash_real(ctx, 1)), test_path("out.nc"), "v", NULL);
        assert_true(status == ASH_ERR_IO || status == ASH_ERR_FORMAT);
        assert_sentence(ctx, status, "in.nc");
    }
    assert_int_equal(test_entries(0), 2);
    expect_file(a, test_path("out.nc"), "v");
    ash_context_free(ctx);
    test_entries(1);
}

/* ---- Packing, formats, filters ---- */

static void packing(void **state) {
    (void)state;
    static const float values[] = { 273.15f, 273.154f, 273.155f, 200, 450.8f, 0, 273.16f };
    static const short expected[] = { 0, 0, 0, -7315, 17765, -9, 1 };
    short packed[7];
    float read[7];
    int n[] = { 7 };
    ash_context *ctx = context_with(2, NULL);
    float with_missing[7];
    memcpy(with_missing, values, sizeof values);
    with_missing[5] = NAN;
    ash_array a =
        ash_from_buffer(ctx, ASH_FLOAT32, 1, (int64_t[]){ n[0] }, with_missing, &(ash_make_options){ .dims = "x", .chunks = "3" });
    ash_write_options options = { .encoding = "\n t : dtype=int16; scale_factor=0.01; add_offset=273.15; fill_value=-9\n" };
    static const char *const names[] = { "netcdf4", "classic", "cdf5" };
    for (int f = 0; f < 3; f++) {
        for (int deflate = 0; deflate < (f == 0 ? 2 : 1); deflate++) {
            options.format = names[f];
            options.deflate = deflate;
            assert_done(ctx, ash_write(a, test_path("packed.nc"), "t", &options));
            int file = open_file("packed.nc"), var = variable_in(file, "t");
            nc_type type;
            nc_done(nc_inq_vartype(file, var, &type));
            assert_int_equal(type, NC_SHORT);
            nc_done(nc_get_var_short(file, var, packed));
            for (int k = 0; k < 7; k++) {
                assert_in_range(packed[k] - expected[k] + 1, 0, 2); /* the scale is a float32 */
            }
            nc_done(nc_inq_atttype(file, var, "scale_factor", &type));
            assert_int_equal(type, NC_FLOAT);
            nc_close(file);
            assert_done(ctx, ash_compute(ash_open(ctx, test_path("packed.nc"), "t", NULL), read, sizeof read, NULL));
            for (int k = 0; k < 7; k++) {
                assert_true(k == 5 ? isnan(read[k]) : fabsf(read[k] - values[k]) < 0.0051f);
            }
        }
    }
    test_entries(1);
    ash_context_free(ctx);
}

static void packing_refused(void **state) {
    (void)state;
    static const struct {
        const char *encoding, *words;
    } cases[] = {
        { "t: dtype=int8; scale_factor=0.01", "does not fit int8 with scale_factor 0.01" },
        { "t: dtype=int16; fill_value=5", "becomes the fill value of int16" },
        { "t: dtype=int16; fill_value=5.5", "fill_value 5.5 is no int16" },
        { "t: dtype=int16; scale_factor=0", "scale_factor must be a finite number other than 0" },
        { "t: dtype=int64", "must be an integer of at most 32 bits" },
        { "t: dtype=complex64", "cannot be stored as complex64" },
        { "t: dtype=word", "dtype must be the name of one" },
        { "t: scale=2", "no parameter 'scale'" },
        { "t: scale_factor=two", "scale_factor must be a number, found a text" },
        { "t dtype=int16", "encoding must be lines" },
        { "u: dtype=int16", "a variable that is not written" },
    };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = ash_cast(ash_arange(ctx, 0, 10, 1, NULL), ASH_FLOAT32);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ash_error_clear(ctx);
        assert_int_not_equal(ash_write(a, test_path("out.nc"), "t", &(ash_write_options){ .encoding = cases[k].encoding }), ASH_OK);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, cases[k].words);
        assert_int_equal(test_entries(0), 0);
    }
    ash_context_free(ctx);
}

/* All dtypes in all formats that have them, cut in ways that fit the file's chunks and in ways that do not. */
static void formats(void **state) {
    (void)state;
    static const ash_write_options options[] = { { 0 }, { .deflate = 1 }, { .shuffle = true, .deflate = 9, .fletcher32 = true },
        { .zstd = 3, .shuffle = true }, { .chunks = "3, 2" }, { .chunks = "2, 5", .deflate = 2 }, { .unlimited = "y" },
        { .unlimited = "x", .deflate = 4 }, { .format = "classic" }, { .format = "64bit_offset", .unlimited = "y" }, { .format = "cdf5" },
        { .format = "cdf5", .unlimited = "y" } };
    static const char *const cuts[] = { "7, 5", "2, 2", "3+4, 1+4", "1, 1" };
    ash_context *ctx = context_with(2, NULL);
    for (size_t k = 0; k < sizeof options / sizeof options[0]; k++) {
        for (int dtype = ASH_BOOL; dtype <= ASH_FLOAT64; dtype++) {
            int old = options[k].format && strcmp(options[k].format, "cdf5") != 0;
            if (old && (dtype == ASH_INT64 || (dtype >= ASH_UINT8 && dtype <= ASH_UINT64))) {
                continue;
            }
            for (int c = 0; c < 4; c++) {
                expect_round_trip(table(ctx, (ash_dtype)dtype, cuts[c]), &options[k]);
            }
        }
    }
    assert_int_not_equal(
        ash_write(table(ctx, ASH_INT64, "7, 5"), test_path("out.nc"), "v", &(ash_write_options){ .format = "classic" }), ASH_OK);
    assert_sentence(ctx, ASH_ERR_DTYPE, "variable 'v' is int64, which format classic does not have");
    assert_int_not_equal(
        ash_write(table(ctx, ASH_INT16, "7, 5"), test_path("out.nc"), "v", &(ash_write_options){ .format = "classic", .deflate = 1 }),
        ASH_OK);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "need a format with chunks");
    assert_int_not_equal(
        ash_write(table(ctx, ASH_INT16, "7, 5"), test_path("out.nc"), "v", &(ash_write_options){ .format = "netcdf" }), ASH_OK);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "format must be one of netcdf4");
    assert_int_not_equal(
        ash_write(table(ctx, ASH_INT16, "7, 5"), test_path("out.nc"), "v", &(ash_write_options){ .format = "classic", .unlimited = "x" }),
        ASH_OK);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "wants the unlimited dimension first");
    assert_int_equal(test_entries(0), 0);
    ash_context_free(ctx);
}

/* ---- Files that are there ---- */

static ash_array part_of(ash_array whole, const char *index) {
    ash_array part = ash_index(whole, index);
    assert_good(part);
    return part;
}

static void appending(void **state) {
    (void)state;
    static const ash_write_options options[] = { { .unlimited = "y" }, { .unlimited = "y", .deflate = 3, .shuffle = true },
        { .format = "classic", .unlimited = "y" }, { .format = "cdf5", .unlimited = "y" },
        { .unlimited = "y", .encoding = "v: dtype=int16; scale_factor=0.5; fill_value=-1" } };
    ash_context *ctx = context_with(2, NULL);
    ash_array whole = ash_cast(ash_mul(counting(ctx, ROWS, COLUMNS), ash_real(ctx, 0.5)), ASH_FLOAT32);
    whole = ash_set_coord(whole, "y", ash_mul(ash_arange(ctx, 0, ROWS, 1, NULL), ash_real(ctx, 1.5)));
    whole = ash_set_coord(whole, "x", ash_arange(ctx, 10, 10 + COLUMNS, 1, NULL));
    assert_good(whole);
    const char *path = test_path("grow.nc");
    for (size_t k = 0; k < sizeof options / sizeof options[0]; k++) {
        assert_done(ctx, ash_write(part_of(whole, "y=:3"), path, "v", &options[k]));
        assert_done(ctx, ash_append(part_of(whole, "y=3:4"), path, "v", "y", NULL));
        assert_done(ctx, ash_append(part_of(whole, "y=4:"), path, "v", "y", NULL));
        expect_file(whole, path, "v");
        ash_array y = ash_open(ctx, path, "y", NULL);
        double found[ROWS];
        assert_done(ctx, ash_compute(y, found, sizeof found, NULL));
        assert_true(found[0] == 0 && found[3] == 4.5 && found[ROWS - 1] == 1.5 * (ROWS - 1));

        ash_array changed = ash_cast(ash_full(ctx, ASH_FLOAT32, 2, (int64_t[]){ 2, 3 }, ash_real(ctx, 9.5), NULL), ASH_FLOAT32);
        assert_done(ctx, ash_write_region(changed, path, "v", "2:4, 1:4", NULL));
        float values[SIZE], expected[SIZE];
        assert_done(ctx, ash_compute(whole, expected, sizeof expected, NULL));
        for (int i = 0; i < 6; i++) {
            expected[(2 + i / 3) * COLUMNS + 1 + i % 3] = 9.5f;
        }
        assert_done(ctx, ash_compute(ash_open(ctx, path, "v", NULL), values, sizeof values, NULL));
        assert_memory_equal(values, expected, sizeof values);
        assert_int_equal(test_entries(0), 1);
    }
    test_entries(1);
    ash_context_free(ctx);
}

static void appending_refused(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    const char *path = test_path("grow.nc");
    ash_array whole = table(ctx, ASH_FLOAT32, "7, 5");
    whole = ash_set_coord(whole, "x", ash_arange(ctx, 10, 10 + COLUMNS, 1, NULL));
    assert_done(ctx, ash_write(whole, path, "v", &(ash_write_options){ .unlimited = "y" }));
    struct {
        ash_array a;
        const char *file, *name, *dim, *region, *words;
    } cases[] = {
        { whole, path, "w", "y", NULL, "no variable 'w'" },
        { whole, path, "v", "x", NULL, "is not unlimited and has extent 5; it cannot grow to 10" },
        { part_of(whole, "y=:2, x=:"), path, "v", "z", NULL, "z" },
        { part_of(whole, "x=:4"), path, "v", "y", NULL, "has extent 5, found 4" },
        { ash_set_coord(whole, "x", ash_arange(ctx, 0, COLUMNS, 1, NULL)), path, "v", "y", NULL,
            "the coordinate of dimension 'x' differs" },
        { ash_set_dims(whole, "a,b"), path, "v", "y", NULL, "is 'y', found 'a'" },
        { ash_sum(whole, "x"), path, "v", "y", NULL, "has 2 dimensions, found an array of 1" },
        { ash_cast(whole, ASH_FLOAT64), path, "v", NULL, "5:9, :", "has extent 2 along dimension 0, found 7" },
        { whole, path, "v", NULL, "::2, :", "ranges without steps" },
        { ash_cast(whole, ASH_INT16), path, "v", "y", NULL, "append: variable 'v' is float32 and cannot take int16; cast the array" },
        { whole, "nowhere.nc", "v", "y", NULL, "nowhere.nc" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ash_status status = cases[k].dim ? ash_append(cases[k].a, cases[k].file, cases[k].name, cases[k].dim, NULL)
                                         : ash_write_region(cases[k].a, cases[k].file, cases[k].name, cases[k].region, NULL);
        assert_int_not_equal(status, ASH_OK);
        if (!strstr(ash_error(ctx), cases[k].words)) {
            fail_msg("case %zu: expected '%s', found '%s'", k, cases[k].words, ash_error(ctx));
        }
        assert_int_equal(test_entries(0), 1);
    }
    expect_file(whole, path, "v");
    assert_done(ctx, ash_write(whole, path, "v", NULL));
    assert_int_equal(ash_append(whole, path, "v", "y", NULL), ASH_ERR_DIMENSION);
    assert_sentence(ctx, ASH_ERR_DIMENSION, "'y' of 'v' is not unlimited and has extent 7; it cannot grow to 14");
    test_entries(1);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_and_chunking),
        cmocka_unit_test(small_shapes),
        cmocka_unit_test(reductions_and_groups),
        cmocka_unit_test(declarations),
        cmocka_unit_test(missing_values_stay_missing),
        cmocka_unit_test(a_shared_pass),
        cmocka_unit_test(larger_than_the_limit),
        cmocka_unit_test(over_files_that_are_there),
        cmocka_unit_test(a_coordinate_by_itself),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_failing_input),
        cmocka_unit_test(packing),
        cmocka_unit_test(packing_refused),
        cmocka_unit_test(formats),
        cmocka_unit_test(appending),
        cmocka_unit_test(appending_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
