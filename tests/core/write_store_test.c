/* Writing Zarr stores, .npy and raw files: read back by Ashlar, by NetCDF-C (NCZarr), and by Python's zarr, Xarray and NumPy where they are installed. */
#include "netcdf_support.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/wait.h>

enum { ROWS = 7, COLUMNS = 5, SIZE = ROWS * COLUMNS };

/* Whether Python says yes: `program` runs in the folder and fails by an assertion. 0 without the modules. */
static int python(const char *modules, const char *program) {
    char command[4096];
    const char *interpreter = "/usr/bin/python3";
    snprintf(command, sizeof command, "%s -c 'import %s' 2>/dev/null", interpreter, modules);
    if (system(command) != 0) {
        print_message("Python has no %s here\n", modules);
        return 0;
    }
    snprintf(command, sizeof command, "cd '%s' && %s -W ignore -c 'import %s\n%s'", test_folder, interpreter, modules, program);
    if (system(command) != 0) {
        fail_msg("Python finds otherwise: %s", program);
    }
    return 1;
}

/* 0, 1, 2, ... with the dimensions y and x. */
static ash_array table(ash_context *ctx, ash_dtype dtype, const char *chunks) {
    ash_array count = ash_add(ash_arange(ctx, 0, SIZE, COLUMNS, &(ash_make_options){ .dims = "y" }),
        ash_arange(ctx, 0, COLUMNS, 1, &(ash_make_options){ .dims = "x" }));
    return ash_rechunk(ash_cast(count, dtype), chunks);
}

static void expect_same(ash_array a, const char *path, const char *name) {
    ash_array b = ash_open(a.context, path, name, NULL);
    assert_good(a);
    assert_good(b);
    assert_string_equal(ash_dtype_name(ash_array_dtype(b)), ash_dtype_name(ash_array_dtype(a)));
    assert_int_equal(ash_ndim(b), ash_ndim(a));
    for (int k = 0; k < ash_ndim(a); k++) {
        assert_int_equal(ash_extent(b, k), ash_extent(a, k));
    }
    void *expected = values_of(a), *found = values_of(b);
    assert_memory_equal(expected, found, (size_t)(ash_size(a) * ash_dtype_size(ash_array_dtype(a))));
    free(expected);
    free(found);
}

static int exists(const char *name) {
    return access(test_path(name), F_OK) == 0;
}

/* ---- Zarr ---- */

static void every_dtype_and_chunking(void **state) {
    (void)state;
    static const char *const chunkings[] = { "-1,-1", "1,1", "2,3", "3,-1", "2+4+1,1+4", "7,2+2+1" };
    static const ash_write_options ways[] = { { 0 }, { .deflate = 4, .shuffle = true }, { .shuffle = true }, { .fletcher32 = true },
        { .zstd = 3, .shuffle = true }, { .deflate = 1, .zstd = -2, .fletcher32 = true, .shuffle = true }, { .unlimited = "y" },
        { .deflate = 1, .resume = true } };
    ash_context *ctx = context_with(3, NULL);
    for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++) {
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            ash_array a = table(ctx, (ash_dtype)dtype, chunkings[((size_t)dtype + w) % (sizeof chunkings / sizeof *chunkings)]);
            assert_done(ctx, ash_write(a, test_path("trip.zarr"), "v", &ways[w]));
            expect_same(a, test_path("trip.zarr"), "v");
            assert_done(ctx, ash_write(a, test_path("trip.zarr.zip"), "v", &ways[w]));
            expect_same(a, test_path("trip.zarr.zip"), "v");
        }
    }
    assert_int_equal(test_entries(1), 2);
    ash_context_free(ctx);
}

static void small_shapes(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array shapes[] = { ash_real(ctx, 2.5), ash_zeros(ctx, ASH_INT32, 1, (int64_t[]){ 0 }, NULL),
        ash_zeros(ctx, ASH_FLOAT32, 3, (int64_t[]){ 2, 0, 3 }, NULL), ash_ones(ctx, ASH_UINT64, 2, (int64_t[]){ 1, 1 }, NULL) };
    for (int k = 0; k < 4; k++) {
        for (int resume = 0; resume < 2; resume++) {
            static const char *const names[] = { "a.zarr", "a.npy", "a.b.zip" };
            for (int f = 0; f < 3; f++) {
                assert_done(ctx, ash_write(shapes[k], test_path(names[f]), "v", &(ash_write_options){ .resume = resume }));
                expect_same(shapes[k], test_path(names[f]), NULL);
            }
            assert_int_equal(test_entries(1), 3);
        }
    }
    ash_context_free(ctx);
}

/* A variable with everything that comes along: coordinates, bounds of them, attributes of all types, missing values, packing. */
static ash_array decorated(ash_context *ctx) {
    static double values[SIZE];
    for (int k = 0; k < SIZE; k++) {
        values[k] = k % 6 == 5 ? NAN : 0.25 * k;
    }
    ash_array a =
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ ROWS, COLUMNS }, values, &(ash_make_options){ .dims = "y,x", .chunks = "3, 2" });
    a = ash_set_coord(a, "y", ash_set_attr(ash_cast(ash_arange(ctx, 10, 10 + ROWS, 1, NULL), ASH_INT16), "units", "degrees_north"));
    a = ash_set_attr(a, "units", "K");
    return ash_set_attr(a, "long_name", "a \"name\"\n\\ with \xC3\xA4 and \xE4");
}

static void as_others_see_it(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array arrays[] = { decorated(ctx), ash_greater(table(ctx, ASH_FLOAT32, "3,2"), ash_real(ctx, 7)),
        ash_cast(decorated(ctx), ASH_COMPLEX64), ash_sum(table(ctx, ASH_INT64, "3,2"), NULL) };
    static const char *const names[] = { "t", "flag", "z", "total" };
    const ash_write_options options = {
        .deflate = 5, .shuffle = true, .encoding = "t: dtype=int16; scale_factor=0.25", .attributes = "title=tést"
    };
    assert_done(ctx, ash_write_many(ctx, 4, arrays, test_path("out.zarr"), names, &options));
    assert_true(exists("out.zarr/.zmetadata") && exists("out.zarr/t/2.2") && exists("out.zarr/total/0"));
    ash_array t = ash_open(ctx, test_path("out.zarr"), "t", NULL);
    assert_string_equal(ash_attr(t, "long_name"), "a \"name\"\n\\ with \xC3\xA4 and \xC3\xA4");
    assert_string_equal(ash_dtype_name(ash_array_dtype(t)), "float64");
    expect_same(arrays[1], test_path("out.zarr"), "flag");
    expect_same(arrays[2], test_path("out.zarr"), "z");
    expect_same(arrays[3], test_path("out.zarr"), "total");
    assert_done(ctx, ash_write_many(ctx, 4, arrays, test_path("out.zarr.zip"), names, &options));
    for (int k = 1; k < 4; k++) {
        expect_same(arrays[k], test_path("out.zarr.zip"), names[k]);
    }
    python("numpy as np, zarr, zipfile",
        "z = zipfile.ZipFile(\"out.zarr.zip\")\n"
        "assert z.testzip() is None and len(set(z.namelist())) == len(z.namelist()) and \"t/2.2\" in z.namelist()\n"
        "assert all(i.compress_type == 0 and i.date_time == (1980, 1, 1, 0, 0, 0) for i in z.infolist())\n"
        "g, f = zarr.open_consolidated(zarr.ZipStore(\"out.zarr.zip\", mode=\"r\")), zarr.open_consolidated(\"out.zarr\", mode=\"r\")\n"
        "assert dict(g[\"t\"].attrs) == dict(f[\"t\"].attrs) and sorted(g) == sorted(f)\n"
        "assert all(np.array_equal(g[n][...], f[n][...], equal_nan=n == \"z\") for n in g)\n");
    python("xarray as xr, zarr",
        "d, e = xr.open_zarr(zarr.ZipStore(\"out.zarr.zip\", mode=\"r\")), xr.open_zarr(\"out.zarr\")\n"
        "assert d.drop_vars(\"flag\").identical(e.drop_vars(\"flag\").assign_attrs(d.attrs))\n");
    python("numpy as np, zarr",
        "g = zarr.open_consolidated(\"out.zarr\", mode=\"r\")\n"
        "assert g.attrs[\"title\"] == \"tést\"\n"
        "t = g[\"t\"]\n"
        "assert t.dtype == np.dtype(\"<i2\") and t.chunks == (3, 2) and t.fill_value == -32767\n"
        "k = np.arange(35).reshape(7, 5)\n"
        "assert (t[:] == np.where(k % 6 == 5, -32767, k)).all()\n"
        "assert g[\"flag\"].dtype == bool and (g[\"flag\"][:] == (k > 7)).all()\n"
        "z = np.where(k % 6 == 5, np.nan, 0.25 * k).astype(np.complex64)\n"
        "assert g[\"z\"].dtype == np.complex64 and np.array_equal(g[\"z\"][:], z, equal_nan=True)\n"
        "assert g[\"total\"][()] == 595 and g[\"total\"].shape == ()\n");
    python("numpy as np, xarray as xr, zarr",
        "d = xr.open_zarr(\"out.zarr\")\n"
        "k = np.arange(35).reshape(7, 5)\n"
        "assert d.t.dims == (\"y\", \"x\") and np.array_equal(d.t.values, np.where(k % 6 == 5, np.nan, 0.25 * k), equal_nan=True)\n"
        "assert d.t.attrs[\"units\"] == \"K\" and (d.y.values == np.arange(10, 17)).all() and d.y.attrs[\"units\"] == \"degrees_north\"\n");
    test_entries(1);
    ash_context_free(ctx);
}

/* More members than 16 bits count, in an archive whose directory is found by its 64-bit form. */
static void many_members(void **state) {
    (void)state;
    enum { MEMBERS = 70000 };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = ash_arange(ctx, 0, MEMBERS, 1, &(ash_make_options){ .dims = "x", .chunks = "1" });
    assert_done(ctx, ash_write(ash_cast(a, ASH_INT32), test_path("many.zip"), "v", NULL));
    expect_same(ash_cast(a, ASH_INT32), test_path("many.zip"), "v");
    python("zipfile",
        "z = zipfile.ZipFile(\"many.zip\")\n"
        "assert len(z.namelist()) == 70005 and z.testzip() is None and z.read(\"v/69999\") == (69999).to_bytes(4, \"little\")\n");
    test_entries(1);
    ash_context_free(ctx);
}

/* What NetCDF-C makes of `v` of a store: 0 right, 1 wrong, 2 it reads no Zarr. */
static int read_by_netcdf_c(const char *url) {
    float values[SIZE];
    int file, var;
    if (nc_open(url, NC_NOWRITE, &file) != NC_NOERR) {
        return 2;
    }
    int right = nc_inq_varid(file, "v", &var) == NC_NOERR && nc_get_var_float(file, var, values) == NC_NOERR;
    for (int k = 0; k < SIZE && right; k++) {
        right = values[k] == (float)k;
    }
    nc_close(file);
    return right ? 0 : 1;
}

/* NetCDF-C reads stores without filters wherever it is; those with them need its plugins. It leaks, so it has a process of its own. */
static void as_netcdf_c_sees_it(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    char url[600];
    int ended;
    assert_done(ctx, ash_write(table(ctx, ASH_FLOAT32, "3,2"), test_path("nc.zarr"), "v", NULL));
    snprintf(url, sizeof url, "file://%s#mode=zarr,file", test_path("nc.zarr"));
    pid_t child = fork();
    if (child == 0) {
        _exit(read_by_netcdf_c(url));
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) != 1);
    if (WEXITSTATUS(ended) == 2) {
        print_message("this NetCDF-C reads no Zarr\n");
    }
    test_entries(1);
    ash_context_free(ctx);
}

/* What is under the name stays until the new store is whole, and goes then. */
static void replacing(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    const char *path = test_path("old.zarr");
    ash_array first = table(ctx, ASH_FLOAT32, "1,1"), second = table(ctx, ASH_INT32, "7,5");
    assert_done(ctx, ash_write(first, path, "one", NULL));
    ash_array bad = ash_add(second, ash_index(ash_open(ctx, path, "one", NULL), "0"));
    assert_int_equal(truncate(test_path("old.zarr/one/0.3"), 1), 0);
    assert_int_not_equal(ash_write(bad, path, "two", NULL), ASH_OK);
    assert_true(exists("old.zarr/one/6.4") && !exists("old.zarr/two"));
    assert_int_equal(test_entries(0), 1);
    assert_done(ctx, ash_write(second, path, "two", NULL));
    assert_false(exists("old.zarr/one"));
    expect_same(second, path, "two");
    expect_same(second, path, "two");
    assert_int_equal(test_entries(1), 1);

    assert_int_equal(mkdir(test_path("mine.zarr"), 0777), 0);
    assert_done(ctx, ash_write(first, test_path("mine.zarr"), "one", NULL)); /* an empty folder */
    test_entries(1);
    assert_int_equal(mkdir(test_path("mine.zarr"), 0777), 0);
    int file = open(test_path("mine.zarr/thesis.txt"), O_WRONLY | O_CREAT, 0666);
    close(file);
    assert_int_equal(ash_write(first, test_path("mine.zarr"), "one", NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "holds other things than a Zarr store; it is not replaced");
    assert_true(exists("mine.zarr/thesis.txt"));
    assert_int_equal(test_entries(1), 1);
    file = open(test_path("file.zarr"), O_WRONLY | O_CREAT, 0666);
    close(file);
    assert_int_equal(ash_write(first, test_path("file.zarr"), "one", NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "is there and no folder");
    assert_int_equal(ash_write(first, test_path("name.zarr"), ".zgroup", NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "'.zgroup' cannot be the name of a Zarr array");
    assert_int_equal(test_entries(1), 1);
    ash_context_free(ctx);
}

static void larger_than_the_limit(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .memory_limit = (int64_t)8 << 20 });
    ash_array a = ash_rechunk(ash_sin(ash_add(ash_arange(ctx, 0, 4000000, 2000, &(ash_make_options){ .dims = "y", .chunks = "100" }),
                                  ash_arange(ctx, 0, 2000, 1, &(ash_make_options){ .dims = "x" }))),
        "100,1000");
    assert_done(ctx, ash_write(a, test_path("big.zarr"), "v", &(ash_write_options){ .deflate = 1 }));
    ash_array back = ash_open(ctx, test_path("big.zarr"), "v", NULL);
    assert_int_equal(integer_of(ash_sum(ash_cast(ash_not_equal(back, a), ASH_INT64), NULL)), 0);
    assert_true(ash_last_run(ctx).peak_bytes <= (int64_t)8 << 20);
    test_entries(1);
    ash_context_free(ctx);
}

/* ---- .npy and raw ---- */

static void npy_and_raw(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { 0 }, { .resume = true } };
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++) {
            for (size_t w = 0; w < 2; w++) {
                ash_array a = table(ctx, (ash_dtype)dtype, "2+4+1,1+4");
                assert_done(ctx, ash_write(a, test_path("v.npy"), "v", &ways[w]));
                expect_same(a, test_path("v.npy"), "v");
                assert_done(ctx, ash_write(a, test_path("v.raw"), "v", &ways[w]));
                FILE *file = fopen(test_path("v.raw"), "rb");
                assert_non_null(file);
                char found[16 * SIZE + 1];
                int64_t bytes = SIZE * ash_dtype_size((ash_dtype)dtype);
                assert_int_equal(fread(found, 1, sizeof found, file), bytes);
                fclose(file);
                void *expected = values_of(a);
                assert_memory_equal(found, expected, (size_t)bytes);
                free(expected);
            }
        }
        assert_int_equal(test_entries(0), 2);
        python("numpy as np",
            "v = np.load(\"v.npy\")\n"
            "assert v.dtype == np.complex128 and (v == np.arange(35).reshape(7, 5)).all() and v.flags.c_contiguous\n");
        test_entries(1);
        ash_context_free(ctx);
    }
}

static void one_array_alone(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array two[] = { table(ctx, ASH_INT8, "7,5"), table(ctx, ASH_INT8, "7,5") };
    assert_int_equal(ash_write_many(ctx, 2, two, test_path("v.npy"), (const char *[]){ "a", "b" }, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "format npy holds one array without dimensions that grow, found 2 arrays");
    assert_int_equal(ash_write(two[0], test_path("v.npy"), "v", &(ash_write_options){ .deflate = 1 }), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_write(two[0], test_path("v.raw"), "v", &(ash_write_options){ .unlimited = "y" }), ASH_ERR_ARGUMENT);
    assert_done(ctx, ash_write(decorated(ctx), test_path("v"), "v", &(ash_write_options){ .format = "npy" }));
    expect_same(decorated(ctx), test_path("v"), "v");
    test_entries(1);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_and_chunking),
        cmocka_unit_test(small_shapes),
        cmocka_unit_test(as_others_see_it),
        cmocka_unit_test(many_members),
        cmocka_unit_test(as_netcdf_c_sees_it),
        cmocka_unit_test(replacing),
        cmocka_unit_test(larger_than_the_limit),
        cmocka_unit_test(npy_and_raw),
        cmocka_unit_test(one_array_alone),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
