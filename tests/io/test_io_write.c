/* Writing: files read back by NetCDF-C; failures that must leave nothing behind. */
#include "support.h"

#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const ash_writer_dim dims[] = { { "time", 10, 1 }, { "y", 7, 0 }, { "x", 9, 0 }, { "none", 0, 0 } };

enum { DIMS = 4, TYPES = 11, LAYOUTS = 6, ELEMENTS = 10 * 7 * 9 };

/* A schema must last as long as its writer: those of the last few are kept. */
static ash_writer *begin_writing(
    const char *path, int count, const ash_writer_variable vars[], const ash_attrs *global, ash_error_state *error) {
    static ash_writer_schema schema[8];
    static int next;
    ash_writer_schema *mine = &schema[next++ % 8];
    *mine = (ash_writer_schema){ .ndims = DIMS, .dim = dims, .nvariables = count, .variable = vars, .global = global };
    return ash_writer_begin(ash_format_find("netcdf4", path, "write", error), path, mine, NULL, "write", error);
}

static void put_values(
    ash_writer *writer, int var, const int64_t start[], const int64_t extent[], const void *data, ash_error_state *error) {
    ash_write_scratch scratch = { 0 };
    ash_writer_put(writer, var, start, extent, data, &scratch, error);
    ash_write_scratch_free(&scratch);
}

/* Bytes that are numbers of any dtype without being NaN: no byte above 0x3f. */
static void fill_values(ash_dtype dtype, void *out, uint64_t seed) {
    unsigned char *bytes = out;
    for (int64_t i = 0; i < ELEMENTS * ash_dtype_size(dtype); i++)
        bytes[i] = (unsigned char)random_below(&seed, dtype == ASH_BOOL ? 2 : 64);
}

/* Storage layouts of every dtype: contiguous, plain chunks, deflated, unlimited by default, and the other filters. */
static void define(ash_dtype dtype, int layout, char *name, ash_writer_variable *out) {
    sprintf(name, "%s_%d", ash_dtype_name(dtype), layout);
    *out = (ash_writer_variable){ .name = name, .dtype = dtype, .ndim = layout == 0 ? 2 : 3 };
    for (int i = 0; i < out->ndim; i++) {
        out->dim[i] = layout == 0 ? i + 1 : i;
        out->chunk[i] = layout == 0 || layout == 3 ? 0 : 4;
    }
    out->deflate = layout == 2 || layout == 5 ? 5 : 0;
    out->shuffle = layout == 2 || layout == 4;
    out->zstd = layout == 4 ? 3 : 0;
    out->fletcher32 = layout >= 4;
}

static void put_by_boxes(ash_writer *writer, int var, const ash_writer_variable *variable, const void *values) {
    ash_error_state error = { 0 };
    int64_t size = ash_dtype_size(variable->dtype), shape[3], one[3] = { 1, 1, 1 };
    char part[ELEMENTS * 8];
    for (int i = 0; i < variable->ndim; i++)
        shape[i] = dims[variable->dim[i]].extent;
    for (int64_t from = shape[0] - 1 - (shape[0] - 1) % 3; from >= 0;
         from -= 3) { /* from the end, so that an unlimited dimension grows at once */
        int64_t start[3] = { from, 0, 0 },
                extent[3] = { from + 3 > shape[0] ? shape[0] - from : 3, shape[1], variable->ndim == 3 ? shape[2] : 1 };
        slice(values, variable->ndim, shape, size, start, extent, one, part);
        put_values(writer, var, start, extent, part, &error);
        must(&error);
    }
}

static void check_written(int file, const ash_writer_variable *variable, int layout, uint64_t seed) {
    static const nc_type expected_type[] = { NC_BYTE, NC_BYTE, NC_SHORT, NC_INT, NC_INT64, NC_UBYTE, NC_USHORT, NC_UINT, NC_UINT64,
        NC_FLOAT, NC_DOUBLE };
    int id, ndim, storage, deflate, shuffle, level;
    nc_type type;
    size_t chunk[3];
    char got[ELEMENTS * 8], expected[ELEMENTS * 8];
    nc_must(nc_inq_varid(file, variable->name, &id));
    nc_must(nc_inq_var(file, id, NULL, &type, &ndim, NULL, NULL));
    assert_int_equal(type, expected_type[variable->dtype]);
    assert_int_equal(ndim, variable->ndim);
    nc_must(nc_inq_var_chunking(file, id, &storage, chunk));
    nc_must(nc_inq_var_deflate(file, id, &shuffle, &deflate, &level));
    assert_int_equal(storage, layout == 0 ? NC_CONTIGUOUS : NC_CHUNKED);
    assert_int_equal(deflate ? level : 0, variable->deflate);
    assert_int_equal(shuffle, variable->shuffle);
    if (layout == 1)
        assert_int_equal(chunk[2], 4);
    nc_must(nc_get_var(file, id, got));
    fill_values(variable->dtype, expected, seed);
    int64_t n = layout == 0 ? 63 : ELEMENTS;
    assert_memory_equal(got, expected, (size_t)(n * ash_dtype_size(variable->dtype)));
}

static ash_attrs *make_attrs(int with_fill) {
    ash_attrs *attrs = NULL;
    double fill = -5, pair[2] = { 1.5, 2.5 };
    assert_true(ash_attrs_set_text(&attrs, "units", "K") && ash_attrs_set_text(&attrs, "note", "") &&
        ash_attrs_set(&attrs, "range", 0, ASH_FLOAT64, 2, pair));
    assert_true(ash_attrs_set_text(&attrs, "CLASS", "of no meaning"));
    if (with_fill)
        assert_true(ash_attrs_set(&attrs, "_FillValue", 0, ASH_FLOAT64, 1, &fill));
    return attrs;
}

/* `by_chunks`: every chunk is put whole, and encoded by the one who puts it. */
static void round_trip(int by_chunks) {
    char names[LAYOUTS * TYPES][32], values[ELEMENTS * 8];
    ash_writer_variable vars[LAYOUTS * TYPES];
    ash_error_state error = { 0 };
    ash_attrs *global = make_attrs(0);
    for (int i = 0; i < LAYOUTS * TYPES; i++)
        define((ash_dtype)(i / LAYOUTS), i % LAYOUTS, names[i], &vars[i]);
    write_bytes(in_folder("out.nc"), "old", 3);
    ash_writer *writer = begin_writing(in_folder("out.nc"), LAYOUTS * TYPES, vars, global, &error);
    must(&error);
    assert_true(ash_writer_need(writer).scratch > 0);
    for (int i = 0; i < LAYOUTS * TYPES; i++) {
        fill_values(vars[i].dtype, values, (uint64_t)i);
        if (by_chunks)
            ash_writer_put_all(writer, i, values, &error);
        else
            put_by_boxes(writer, i, &vars[i], values);
        must(&error);
    }
    int64_t n;
    free(read_bytes(in_folder("out.nc"), &n));
    assert_int_equal(n, 3); /* nothing has changed yet */
    ash_writer_commit(writer, &error);
    must(&error);
    ash_attrs_release(global);

    int file, unlimited;
    size_t length;
    nc_must(nc_open(in_folder("out.nc"), NC_NOWRITE, &file));
    for (int i = 0; i < LAYOUTS * TYPES; i++)
        check_written(file, &vars[i], i % LAYOUTS, (uint64_t)i);
    nc_must(nc_inq_unlimdim(file, &unlimited));
    nc_must(nc_inq_dimlen(file, unlimited, &length));
    assert_int_equal(length, 10);
    char units[4] = "";
    double range[2];
    nc_must(nc_get_att_text(file, NC_GLOBAL, "units", units));
    nc_must(nc_get_att_double(file, NC_GLOBAL, "range", range));
    assert_string_equal(units, "K");
    assert_true(range[1] == 2.5);
    nc_close(file);
    assert_int_equal(entries_in_folder(), 1);
}

/* Scalars, empty dimensions and fill values, in all layouts. */
static void test_by_boxes(void **state) {
    (void)state;
    round_trip(0);
}

static void test_by_chunks(void **state) {
    (void)state;
    round_trip(1);
}

/* Formats without chunks: record variables lie between one another, of types whose records are padded. */
static void test_classic(void **state) {
    (void)state;
    static const char *const formats[] = { "classic", "64bit_offset", "cdf5" };
    static const ash_writer_dim of[] = { { "time", 10, 1 }, { "y", 7, 0 }, { "x", 9, 0 } };
    for (int k = 0; k < 3; k++)
        for (int lone = 0; lone < 2; lone++) {
            char names[2 * TYPES][32], values[ELEMENTS * 8], got[ELEMENTS * 8];
            ash_writer_variable vars[2 * TYPES];
            ash_error_state error = { 0 };
            int n = 0;
            for (int t = 0; t < TYPES; t++) {
                int old = t <= ASH_INT32 || t == ASH_FLOAT32 || t == ASH_FLOAT64;
                for (int record = 0; record < 2 && (old || k == 2) && !(lone && (t != ASH_INT16 || !record)); record++) {
                    sprintf(names[n], "%s_%d", ash_dtype_name((ash_dtype)t), record);
                    vars[n] = (ash_writer_variable){
                        .name = names[n], .dtype = (ash_dtype)t, .ndim = 3 - !record, .dim = { !record, 1 + !record, 2 }
                    };
                    n++;
                }
            }
            ash_writer_schema schema = { .ndims = 3, .dim = of, .nvariables = n, .variable = vars };
            ash_writer *writer =
                ash_writer_begin(ash_format_find(formats[k], "x", "write", &error), in_folder("old.nc"), &schema, NULL, "write", &error);
            must(&error);
            for (int i = 0; i < n; i++) {
                fill_values(vars[i].dtype, values, (uint64_t)i);
                put_by_boxes(writer, i, &vars[i], values);
            }
            ash_writer_commit(writer, &error);
            must(&error);
            int file, id, format;
            nc_must(nc_open(in_folder("old.nc"), NC_NOWRITE, &file));
            nc_must(nc_inq_format(file, &format));
            assert_int_equal(format, k == 0 ? NC_FORMAT_CLASSIC : k == 1 ? NC_FORMAT_64BIT_OFFSET : NC_FORMAT_CDF5);
            for (int i = 0; i < n; i++) {
                nc_must(nc_inq_varid(file, names[i], &id));
                nc_must(nc_get_var(file, id, got));
                fill_values(vars[i].dtype, values, (uint64_t)i);
                assert_memory_equal(got, values, (size_t)((vars[i].ndim == 2 ? 63 : ELEMENTS) * ash_dtype_size(vars[i].dtype)));
            }
            nc_must(nc_close(file));
        }
}

static void test_fill_values(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    ash_attrs *attrs = make_attrs(1);
    ash_writer_variable vars[] = {
        { .name = "scalar", .dtype = ASH_INT32, .attrs = attrs },
        { .name = "contiguous", .dtype = ASH_FLOAT32, .ndim = 1, .dim = { 1 }, .attrs = attrs },
        { .name = "chunked", .dtype = ASH_INT16, .ndim = 2, .dim = { 0, 1 }, .chunk = { 4, 4 }, .attrs = attrs, .deflate = 1 },
        { .name = "empty", .dtype = ASH_INT16, .ndim = 2, .dim = { 3, 1 }, .attrs = attrs },
        { .name = "deflated", .dtype = ASH_FLOAT64, .ndim = 1, .dim = { 2 }, .deflate = 9 },
    };
    int64_t zero[3] = { 0 }, seven[1] = { 7 }, nine[1] = { 9 }, two[2] = { 2, 7 }, none[2] = { 0, 7 };
    float floats[7] = { 1, 2, 3, 4, 5, 6, 7 };
    int16_t shorts[14] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
    double doubles[9] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };
    int32_t answer = 42;
    ash_writer *writer = begin_writing(in_folder("fill.nc"), 5, vars, NULL, &error);
    must(&error);
    put_values(writer, 0, NULL, NULL, &answer, &error);
    put_values(writer, 1, zero, seven, floats, &error);
    put_values(writer, 2, zero, two, shorts, &error);
    put_values(writer, 3, zero, none, NULL, &error);
    put_values(writer, 4, zero, nine, doubles, &error);
    ash_writer_commit(writer, &error);
    must(&error);
    ash_attrs_release(attrs);

    int file, id, no_fill;
    int16_t fill, back[70];
    float real_fill, real_back[7];
    nc_must(nc_open(in_folder("fill.nc"), NC_NOWRITE, &file));
    nc_must(nc_inq_varid(file, "chunked", &id));
    nc_must(nc_inq_var_fill(file, id, &no_fill, &fill));
    nc_must(nc_get_var_short(file, id, back));
    assert_int_equal(no_fill, 0);
    assert_int_equal(fill, -5);
    assert_memory_equal(back, shorts, sizeof shorts);
    for (int k = 14; k < 70; k++) /* the unlimited dimension has its length at once */
        assert_int_equal(back[k], -5);
    nc_must(nc_inq_varid(file, "contiguous", &id));
    nc_must(nc_get_att_float(file, id, "_FillValue", &real_fill));
    nc_must(nc_get_var_float(file, id, real_back));
    assert_true(real_fill == -5);
    assert_memory_equal(real_back, floats, sizeof floats);
    nc_must(nc_inq_varid(file, "scalar", &id));
    answer = 0;
    nc_must(nc_get_var_int(file, id, &answer));
    assert_int_equal(answer, 42);
    nc_must(nc_inq_varid(file, "empty", &id));
    nc_close(file);
    unlink(in_folder("fill.nc"));
}

static const ash_writer_variable simple = { .name = "v", .dtype = ASH_FLOAT32, .ndim = 2, .dim = { 1, 2 } };

static void refuse_begin(const char *path, const ash_writer_variable *variable, ash_status status, const char *a, const char *b) {
    ash_error_state error = { 0 };
    assert_null(begin_writing(path, 1, variable, NULL, &error));
    assert_says(&error, status, "write: ", a, b, NULL);
}

static void test_refusals(void **state) {
    (void)state;
    ash_writer_variable wrong = simple;
    int entries = entries_in_folder();
    refuse_begin(in_folder("none/out.nc"), &simple, ASH_ERR_NOT_FOUND, "none/out.nc", "No such file or directory");
    refuse_begin("/proc/out.nc", &simple, ASH_ERR_NOT_FOUND, "/proc/out.nc", "No such file or directory");
    refuse_begin("/dev/null", &simple, ASH_ERR_ARGUMENT, "/dev/null", "not a regular file");
    refuse_begin(in_folder(""), &simple, ASH_ERR_ARGUMENT, "is a folder", "");
    refuse_begin(in_folder("."), &simple, ASH_ERR_ARGUMENT, "is a folder", "");
    refuse_begin("", &simple, ASH_ERR_ARGUMENT, "path is empty", "");
    wrong.dtype = ASH_COMPLEX64;
    refuse_begin(in_folder("out2.nc"), &wrong, ASH_ERR_DTYPE, "'v' is complex64", "");
    wrong = simple;
    wrong.name = "a/b";
    refuse_begin(in_folder("out2.nc"), &wrong, ASH_ERR_ARGUMENT, "variable 'a/b'", "illegal characters");
    write_bytes(in_folder("plain"), "x", 1);
    refuse_begin(in_folder("plain/out.nc"), &simple, ASH_ERR_NOT_FOUND, "plain/out.nc", "Not a directory");
    unlink(in_folder("plain"));
    assert_int_equal(entries_in_folder(), entries);
}

/* Two writers of one path: the last rename wins; a link stays and its target is replaced; giving up leaves nothing. */
static void test_names(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    int64_t zero[2] = { 0 }, all[2] = { 7, 9 };
    float ones[63], twos[63], got[63];
    for (int i = 0; i < 63; i++) {
        ones[i] = 1;
        twos[i] = 2;
    }
    mkdir(in_folder("names"), 0777);
    write_bytes(in_folder("names/real.nc"), "old", 3);
    assert_int_equal(symlink("real.nc", in_folder("names/link.nc")), 0);
    ash_writer *first = begin_writing(in_folder("names/link.nc"), 1, &simple, NULL, &error);
    ash_writer *second = begin_writing(in_folder("names/link.nc"), 1, &simple, NULL, &error);
    ash_writer *third = begin_writing(in_folder("names/link.nc"), 1, &simple, NULL, &error);
    must(&error);
    put_values(first, 0, zero, all, ones, &error);
    put_values(second, 0, zero, all, twos, &error);
    put_values(third, 0, zero, all, ones, &error);
    ash_writer_commit(first, &error);
    ash_writer_commit(second, &error);
    ash_writer_abort(third);
    must(&error);
    struct stat about;
    assert_int_equal(lstat(in_folder("names/link.nc"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    int file;
    nc_must(nc_open(in_folder("names/real.nc"), NC_NOWRITE, &file));
    nc_must(nc_get_var_float(file, 0, got));
    nc_close(file);
    assert_memory_equal(got, twos, sizeof got);

    char longest[300] = "names/";
    memset(longest + 6, 'n', 252);
    strcpy(longest + 6 + 252, ".nc");
    ash_writer_commit(begin_writing(in_folder(longest), 1, &simple, NULL, &error), &error);
    must(&error);
    assert_int_equal(chdir(in_folder("names")), 0);
    ash_writer_commit(begin_writing("relative.nc", 1, &simple, NULL, &error), &error);
    must(&error);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(access(in_folder("names/relative.nc"), R_OK), 0);
    char command[600];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l | grep -qx 4", in_folder("names"));
    assert_int_equal(system(command), 0);
}

/* A disk of 1 MiB: every way to run full gives the system's words and leaves no file and no open id. */
static void run_full(const char *path, int deflate, int64_t boxes) {
    ash_error_state error = { 0 };
    const ash_writer_dim big = { "x", 1 << 22, 0 };
    ash_writer_variable variable = { .name = "v",
        .dtype = ASH_INT32,
        .ndim = 1,
        .dim = { 0 },
        .chunk = { deflate ? 65536 : 0 },
        .deflate = deflate,
        .shuffle = deflate > 0 };
    int32_t *values = malloc(65536 * sizeof *values);
    uint64_t random = 7;
    for (int i = 0; i < 65536; i++)
        values[i] = (int32_t)next_random(&random);
    const ash_writer_schema schema = { .ndims = 1, .dim = &big, .nvariables = 1, .variable = &variable };
    ash_writer *writer = ash_writer_begin(ash_format_find(NULL, path, "write", &error), path, &schema, NULL, "write", &error);
    int failed = writer == NULL;
    for (int64_t k = 0; k < boxes && !failed; k++) {
        put_values(writer, 0, (int64_t[]){ k * 65536 }, (int64_t[]){ 65536 }, values, &error);
        failed = error.status != ASH_OK;
    }
    if (writer && failed)
        ash_writer_abort(writer);
    else if (writer)
        ash_writer_commit(writer, &error);
    assert_says(&error, ASH_ERR_IO, "write: ", path, "No space left on device", NULL);
    assert_int_equal(access(path, F_OK), -1);
    free(values);
}

static void test_full_disk(void **state) {
    (void)state;
    char path[512], command[600];
    mkdir(in_folder("full"), 0777);
    strcpy(path, in_folder("full/out.nc"));
    if (mount("none", in_folder("full"), "tmpfs", 0, "size=1m") != 0) {
        print_message("skipped: a small file system cannot be mounted here (%s)\n", strerror(errno));
        skip();
    }
    ssize_t open_before = H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
    for (int64_t boxes = 3; boxes <= 8; boxes++) {
        if (boxes > 4)
            run_full(path, 0, boxes);
        run_full(path, 1, boxes + 2);
    }
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), open_before);
    snprintf(command, sizeof command, "ls -A '%s' | wc -l | grep -qx 0", in_folder("full"));
    int left = system(command);
    assert_int_equal(umount(in_folder("full")), 0);
    assert_int_equal(left, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_boxes),
        cmocka_unit_test(test_by_chunks),
        cmocka_unit_test(test_classic),
        cmocka_unit_test(test_fill_values),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_full_disk),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
