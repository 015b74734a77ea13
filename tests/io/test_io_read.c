/* Reading: files made here by NetCDF-C and HDF5, compared with what was put into them; files that are none. */
#include "support.h"

#include "base/memory.h"
#include "io/file.h"

#include <ashlar/io.h>

#include <hdf5.h>
#include <netcdf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- One variable of every type, fixed and with records, in every format ---- */

static const struct {
    nc_type type;
    ash_dtype dtype;
    const char *name;
} types[] = {
    { NC_BYTE, ASH_INT8, "byte" },
    { NC_SHORT, ASH_INT16, "short" },
    { NC_INT, ASH_INT32, "int" },
    { NC_FLOAT, ASH_FLOAT32, "float" },
    { NC_DOUBLE, ASH_FLOAT64, "double" },
    { NC_UBYTE, ASH_UINT8, "ubyte" },
    { NC_USHORT, ASH_UINT16, "ushort" },
    { NC_UINT, ASH_UINT32, "uint" },
    { NC_INT64, ASH_INT64, "int64" },
    { NC_UINT64, ASH_UINT64, "uint64" },
};

enum { CLASSIC_TYPES = 5, ALL_TYPES = 10, RECORDS = 7, ROWS = 9, COLUMNS = 13 };

/* Bytes that are a valid number of the type: floats are made from small integers, since NaN need not survive a conversion bit by bit. */
static void fill_values(nc_type type, int64_t n, void *out, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t r = next_random(&seed);
        if (type == NC_FLOAT)
            ((float *)out)[i] = (float)(int32_t)r / 16;
        else if (type == NC_DOUBLE)
            ((double *)out)[i] = (double)(int64_t)r / 16;
        else if (type == NC_BYTE || type == NC_UBYTE)
            ((uint8_t *)out)[i] = (uint8_t)r;
        else if (type == NC_SHORT || type == NC_USHORT)
            ((uint16_t *)out)[i] = (uint16_t)r;
        else if (type == NC_INT || type == NC_UINT)
            ((uint32_t *)out)[i] = (uint32_t)r;
        else
            ((uint64_t *)out)[i] = r;
    }
}

typedef struct format {
    const char *name;
    int flags, types, chunked, deflate;
} format;

static void make_file(const char *path, const format *as) {
    int file, dim[3], id[2 * ALL_TYPES];
    double values[RECORDS * ROWS * COLUMNS];
    size_t start[3] = { 0 }, count[3] = { RECORDS, ROWS, COLUMNS }, chunk[3] = { 2, 4, 5 };
    nc_must(nc_create(path, NC_CLOBBER | as->flags, &file));
    nc_must(nc_def_dim(file, "time", NC_UNLIMITED, &dim[0]));
    nc_must(nc_def_dim(file, "y", ROWS, &dim[1]));
    nc_must(nc_def_dim(file, "x", COLUMNS, &dim[2]));
    for (int i = 0; i < as->types; i++) {
        char name[32];
        nc_must(nc_def_var(file, types[i].name, types[i].type, 2, dim + 1, &id[i]));
        snprintf(name, sizeof name, "%s_record", types[i].name);
        nc_must(nc_def_var(file, name, types[i].type, 3, dim, &id[as->types + i]));
        if (as->chunked)
            nc_must(nc_def_var_chunking(file, id[as->types + i], NC_CHUNKED, chunk));
        if (as->deflate)
            nc_must(nc_def_var_deflate(file, id[as->types + i], 1, 1, 4));
        fill_values(types[i].type, 3, values, 77);
        nc_must(nc_put_att(file, id[i], "three", types[i].type, 3, values));
    }
    nc_must(nc_put_att_text(file, NC_GLOBAL, "title", 6, "a\0b\0\0"));
    nc_must(nc_put_att_text(file, id[0], "empty", 0, ""));
    nc_must(nc_enddef(file));
    for (int i = 0; i < as->types; i++) {
        fill_values(types[i].type, ROWS * COLUMNS, values, (uint64_t)i);
        nc_must(nc_put_var(file, id[i], values));
        fill_values(types[i].type, RECORDS * ROWS * COLUMNS, values, (uint64_t)i);
        nc_must(nc_put_vara(file, id[as->types + i], start, count, values));
    }
    nc_must(nc_close(file));
}

static void check_variable(ash_file *file, int type, int record, const format *as) {
    char name[32];
    double values[RECORDS * ROWS * COLUMNS], three[3];
    snprintf(name, sizeof name, record ? "%s_record" : "%s", types[type].name);
    const ash_variable *variable = find_variable(file, name);
    assert_int_equal(variable->dtype, types[type].dtype);
    assert_string_equal(variable->name, name);
    assert_int_equal(variable->ndim, 2 + record);
    assert_string_equal(variable->dim[record], "y");
    assert_int_equal(variable->shape[0], record ? RECORDS : ROWS);
    assert_int_equal(variable->chunk[0], record && as->chunked ? 2 : 0);
    assert_int_equal(variable->chunk[variable->ndim - 1], record && as->chunked ? 5 : 0);
    if (record && as->deflate)
        assert_true(ash_file_read_need(file, variable).library + ash_file_read_need(file, variable).scratch > 40 * ash_dtype_size(variable->dtype));
    if (!record) {
        const ash_attr_entry *entry = ash_attrs_find(variable->attrs, "three");
        fill_values(types[type].type, 3, three, 77);
        assert_true(entry && !entry->is_text && entry->count == 3 && entry->dtype == types[type].dtype);
        assert_memory_equal(entry->data, three, (size_t)(3 * ash_dtype_size(entry->dtype)));
    }
    fill_values(types[type].type, element_count(variable->ndim, variable->shape), values, (uint64_t)type);
    check_boxes(file, variable, values, 60, (uint64_t)(1000 + type));
}

static void check_format(const format *as) {
    const char *path = in_folder("types.nc");
    make_file(path, as);
    ash_file *file = open_file(path);
    for (int i = 0; i < as->types; i++) {
        check_variable(file, i, 0, as);
        check_variable(file, i, 1, as);
    }
    const ash_attr_entry *title = ash_attrs_find(ash_file_attrs(file), "title");
    assert_true(title && title->is_text && title->count == 3);
    assert_memory_equal(title->data, "a\0b", 4);
    assert_null(ash_attrs_find(ash_file_attrs(file), "_NCProperties"));
    const ash_attr_entry *empty = ash_attrs_find(find_variable(file, "byte")->attrs, "empty");
    assert_true(empty && empty->is_text && empty->count == 0);
    assert_ptr_equal(find_variable(file, "byte"), find_variable(file, "/byte"));
    ash_file_release(file);
}

static void test_formats(void **state) {
    (void)state;
    static const format formats[] = {
        { "classic", 0, CLASSIC_TYPES, 0, 0 },
        { "64-bit offset", NC_64BIT_OFFSET, CLASSIC_TYPES, 0, 0 },
        { "CDF-5", NC_64BIT_DATA, ALL_TYPES, 0, 0 },
        { "NetCDF-4 chunked", NC_NETCDF4, ALL_TYPES, 1, 0 },
        { "NetCDF-4 compressed", NC_NETCDF4, ALL_TYPES, 1, 1 },
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        check_format(&formats[i]);
}

/* A single record variable of a small type is not padded; scalars; a dimension that repeats. */
static void test_lone_record_variable(void **state) {
    (void)state;
    const char *path = in_folder("lone.nc");
    int file, dim[2], id, scalar;
    int8_t values[5 * 3];
    double pi = 3.5;
    size_t start[2] = { 0 }, count[2] = { 5, 3 };
    fill_values(NC_BYTE, 15, values, 5);
    nc_must(nc_create(path, NC_CLOBBER, &file));
    nc_must(nc_def_dim(file, "t", NC_UNLIMITED, &dim[0]));
    nc_must(nc_def_dim(file, "x", 3, &dim[1]));
    nc_must(nc_def_var(file, "v", NC_BYTE, 2, dim, &id));
    nc_must(nc_def_var(file, "s", NC_DOUBLE, 0, NULL, &scalar));
    nc_must(nc_enddef(file));
    nc_must(nc_put_vara(file, id, start, count, values));
    nc_must(nc_put_var(file, scalar, &pi));
    nc_must(nc_close(file));

    ash_file *opened = open_file(path);
    check_boxes(opened, find_variable(opened, "v"), values, 50, 9);
    check_boxes(opened, find_variable(opened, "s"), &pi, 1, 9);
    ash_file_release(opened);

    /* As a stream: the number of records is left open in the header. */
    int64_t n;
    unsigned char *bytes = read_bytes(path, &n);
    memset(bytes + 4, 0xff, 4);
    write_bytes(in_folder("stream.nc"), bytes, n);
    free(bytes);
    opened = open_file(in_folder("stream.nc"));
    assert_int_equal(find_variable(opened, "v")->shape[0], 5);
    check_boxes(opened, find_variable(opened, "v"), values, 50, 9);
    ash_file_release(opened);
}

/* A file cut at any byte gives right values or a sentence, never a crash. */
static void check_truncated(const char *whole, const char *cut, int step, int types_in) {
    int64_t n;
    free(read_bytes(whole, &n));
    double values[RECORDS * ROWS * COLUMNS], got[RECORDS * ROWS * COLUMNS];
    for (int64_t at = n - 1; at > 0; at -= step) {
        copy_cut(whole, cut, at);
        ash_error_state error = { 0 };
        ash_file *file = ash_file_open(cut, "open", &error);
        if (!file) {
            assert_says(&error, ASH_ERR_FORMAT, "open: ", cut, NULL);
            continue;
        }
        int short_reads = 0;
        for (int i = 0; i < types_in; i++) {
            char name[32];
            snprintf(name, sizeof name, "%s_record", types[i].name);
            const ash_variable *variable = find_variable(file, name);
            int64_t zero[3] = { 0 }, one[3] = { 1, 1, 1 };
            ash_error_state failed = { 0 };
            if (read_box(file, variable, zero, variable->shape, one, got, &failed) != ASH_OK) {
                assert_says(&failed, ASH_ERR_FORMAT, "read: ", cut, name, "cut short: expected at least", "found", NULL);
                short_reads++;
                continue;
            }
            int64_t count = element_count(3, variable->shape);
            fill_values(types[i].type, count, values, (uint64_t)i);
            assert_memory_equal(got, values, (size_t)(count * ash_dtype_size(variable->dtype)));
        }
        assert_true(short_reads > 0);
        ash_file_release(file);
    }
}

static void test_truncated(void **state) {
    (void)state;
    const format classic = { "classic", 0, CLASSIC_TYPES, 0, 0 }, cdf5 = { "CDF-5", NC_64BIT_DATA, ALL_TYPES, 0, 0 };
    const format compressed = { "NetCDF-4", NC_NETCDF4, ALL_TYPES, 1, 1 };
    char whole[512], cut[512];
    strcpy(whole, in_folder("whole.nc"));
    strcpy(cut, in_folder("cut.nc"));
    make_file(whole, &classic);
    check_truncated(whole, cut, 19, CLASSIC_TYPES);
    make_file(whole, &cdf5);
    check_truncated(whole, cut, 151, ALL_TYPES);
    make_file(whole, &compressed);
    check_truncated(whole, cut, 4001, ALL_TYPES);
}

/* Headers with bytes changed at random: values or a sentence. */
static void test_damaged_headers(void **state) {
    (void)state;
    const format formats[] = { { "classic", 0, CLASSIC_TYPES, 0, 0 }, { "CDF-5", NC_64BIT_DATA, ALL_TYPES, 0, 0 } };
    uint64_t random = 4711;
    for (int f = 0; f < 2; f++) {
        int64_t n;
        make_file(in_folder("good.nc"), &formats[f]);
        unsigned char *bytes = read_bytes(in_folder("good.nc"), &n);
        for (int round = 0; round < 600; round++) {
            unsigned char *bad = malloc((size_t)n);
            memcpy(bad, bytes, (size_t)n);
            for (int k = random_below(&random, 3) ? 1 : 4; k > 0; k--)
                bad[4 + random_below(&random, 1200)] =
                    random_below(&random, 2) ? (unsigned char)next_random(&random) : (random_below(&random, 2) ? 0xff : 0);
            write_bytes(in_folder("bad.nc"), bad, n);
            free(bad);
            ash_error_state error = { 0 };
            ash_file *file = ash_file_open(in_folder("bad.nc"), "open", &error);
            assert_true(file || (error.status == ASH_ERR_FORMAT && strstr(error.text, "bad.nc")));
            for (int i = 0; file && i < formats[f].types; i++) {
                char name[32];
                snprintf(name, sizeof name, "%s_record", types[i].name);
                ash_error_state ignored = { 0 };
                const ash_variable *variable = ash_file_variable(file, name, "open", &ignored);
                int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
                char element[16 * 64];
                if (!variable || element_count(variable->ndim, variable->shape) <= 0)
                    continue;
                for (int a = 0; a < variable->ndim; a++) {
                    start[a] = variable->shape[a] - 1;
                    extent[a] = step[a] = 1;
                }
                read_box(file, variable, start, extent, step, element, &ignored);
            }
            ash_file_release(file);
        }
        free(bytes);
    }
}

/* ---- Files that are none ---- */

static void test_not_files(void **state) {
    (void)state;
    mkdir(in_folder("sub"), 0777);
    write_bytes(in_folder("notes.txt"), "root:x:0\n", 9);
    write_bytes(in_folder("odd.bin"), "\x01\"a\\\xff", 5);
    write_bytes(in_folder("empty.nc"), "", 0);
    write_bytes(in_folder("weather.nc"), "GRIB....", 8);
    write_bytes(in_folder("cdf9.nc"), "CDF\x09....", 8);
    write_bytes(in_folder("stub.nc"), "CDF\x01", 4);
    write_bytes(in_folder("stub.h5"), "\x89HDF\r\n\x1a\n", 8);
    refuse_open(in_folder("notes.txt"), ASH_ERR_FORMAT, "notes.txt: not a NetCDF, HDF5, Zarr or NumPy file", "starts with \"root:x:0\"");
    refuse_open(in_folder("odd.bin"), ASH_ERR_FORMAT, "odd.bin", "\"\\x01\\x22a\\x5c\\xff\"");
    refuse_open(in_folder("empty.nc"), ASH_ERR_FORMAT, "empty.nc", "it is empty");
    refuse_open(in_folder("weather.nc"), ASH_ERR_FORMAT, "weather.nc", "GRIB");
    refuse_open(in_folder("cdf9.nc"), ASH_ERR_FORMAT, "cdf9.nc", "\"CDF\\x09");
    refuse_open(in_folder("stub.nc"), ASH_ERR_FORMAT, "stub.nc", "the file ends within the header");
    refuse_open(in_folder("stub.h5"), ASH_ERR_FORMAT, "stub.h5", "damaged HDF5 file");
    refuse_open(in_folder("sub"), ASH_ERR_FORMAT, "sub", "is a folder, and no Zarr store");
    refuse_open(in_folder("note.txt"), ASH_ERR_NOT_FOUND, "No such file or directory", "nearest name in its folder is notes.txt");
    refuse_open(in_folder("nowhere/x.nc"), ASH_ERR_NOT_FOUND, "nowhere/x.nc", "No such file");
    refuse_open(in_folder("notes.txt/x.nc"), ASH_ERR_NOT_FOUND, "notes.txt/x.nc", "Not a directory");
    refuse_open("", ASH_ERR_ARGUMENT, "path is empty", "");
    refuse_open("/dev/null", ASH_ERR_FORMAT, "/dev/null", "not a regular file");
}

static void test_cut_while_open(void **state) {
    (void)state;
    const format compressed = { "NetCDF-4", NC_NETCDF4, ALL_TYPES, 1, 1 };
    make_file(in_folder("shrinks.nc"), &compressed);
    ash_file *file = open_file(in_folder("shrinks.nc"));
    const ash_variable *variable = find_variable(file, "double");
    int64_t zero[2] = { 0 }, one[2] = { 1, 1 };
    double value;
    ash_error_state error = { 0 };
    assert_int_equal(truncate(in_folder("shrinks.nc"), 1000), 0);
    read_box(file, variable, zero, one, one, &value, &error);
    assert_says(&error, ASH_ERR_IO, "read: ", "'double'", "(0, 0)", "when it was opened", NULL);
    ash_file_release(file);
}

/* ---- Groups, names, types ---- */

static void make_groups(const char *path) {
    int file, inner, deeper, lat, lon, lat2, id, flags, text, other, dims[17];
    double lats[4] = { 1, 2, 3, 4 };
    int8_t flag_values[4] = { 0, 1, 1, 0 };
    const char *lines[2] = { "first", "second" };
    nc_must(nc_create(path, NC_CLOBBER | NC_NETCDF4, &file));
    nc_must(nc_def_dim(file, "lat", 4, &lat));
    nc_must(nc_def_dim(file, "lon", 3, &lon));
    nc_must(nc_def_var(file, "lat", NC_DOUBLE, 1, &lat, &id));
    nc_must(nc_put_var(file, id, lats));
    nc_must(nc_put_att_string(file, id, "lines", 2, lines));
    nc_must(nc_def_var(file, "lon", NC_CHAR, 1, &lon, &id));
    nc_must(nc_def_grp(file, "grp1", &inner));
    nc_must(nc_def_grp(inner, "deep", &deeper));
    nc_must(nc_def_var(inner, "T", NC_FLOAT, 2, (int[]){ lat, lon }, &id));
    nc_must(nc_def_dim(deeper, "lat", 4, &lat2));
    nc_must(nc_def_var(deeper, "U", NC_FLOAT, 1, &lat2, &id));
    nc_must(nc_def_var(deeper, "V", NC_FLOAT, 1, &lat, &id));
    nc_must(nc_def_enum(file, NC_BYTE, "flag_t", &flags));
    nc_must(nc_insert_enum(file, flags, "bad", &(int8_t){ 0 }));
    nc_must(nc_insert_enum(file, flags, "good", &(int8_t){ 1 }));
    nc_must(nc_def_var(file, "flags", flags, 1, &lat, &id));
    nc_must(nc_put_var(file, id, flag_values));
    nc_must(nc_def_var(file, "words", NC_STRING, 1, &lat, &text));
    nc_must(nc_def_compound(file, 8, "pair_t", &other));
    nc_must(nc_insert_compound(file, other, "a", 0, NC_INT));
    nc_must(nc_insert_compound(file, other, "b", 4, NC_INT));
    nc_must(nc_def_var(file, "pairs", other, 1, &lat, &id));
    nc_must(nc_def_vlen(file, "ragged_t", NC_INT, &other));
    nc_must(nc_def_var(file, "ragged", other, 1, &lat, &id));
    nc_must(nc_def_opaque(file, 5, "blob_t", &other));
    nc_must(nc_def_var(file, "blobs", other, 1, &lat, &id));
    for (int i = 0; i < 17; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        nc_must(nc_def_dim(file, name, 1, &dims[i]));
    }
    nc_must(nc_def_var(file, "seventeen", NC_INT, 17, dims, &id));
    nc_must(nc_def_var(file, "sixteen", NC_INT, 16, dims, &id));
    nc_must(nc_def_var(file, "d0", NC_INT, 2, (int[]){ dims[0], lat }, &id)); /* the name of a dimension, not its coordinate */
    nc_must(nc_close(file));
}

static void test_groups(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    make_groups(in_folder("groups.nc"));
    ash_file *file = open_file(in_folder("groups.nc"));
    const ash_variable *t = find_variable(file, "grp1/T");
    assert_ptr_equal(t, find_variable(file, "/grp1/T"));
    assert_string_equal(t->name, "T");
    const ash_variable *lat = ash_file_coordinate(file, t, 0, &error);
    assert_ptr_equal(lat, find_variable(file, "lat"));
    assert_null(ash_file_coordinate(file, t, 1, &error));                         /* text */
    assert_null(ash_file_coordinate(file, find_variable(file, "grp1/deep/U"), 0, &error)); /* another dimension of that name */
    assert_ptr_equal(ash_file_coordinate(file, find_variable(file, "grp1/deep/V"), 0, &error), lat);
    must(&error);
    assert_string_equal(ash_attrs_text(lat->attrs, "lines"), "first\nsecond");
    assert_null(ash_attrs_find(lat->attrs, "CLASS"));
    int8_t flags[4] = { 0, 1, 1, 0 };
    assert_int_equal(find_variable(file, "flags")->dtype, ASH_INT8);
    check_boxes(file, find_variable(file, "flags"), flags, 20, 3);
    assert_int_equal(find_variable(file, "sixteen")->ndim, 16);
    assert_int_equal(find_variable(file, "d0")->ndim, 2);

    refuse_variable(file, "T", ASH_ERR_NOT_FOUND, "'T'", "'grp1/T'");
    refuse_variable(file, "grp1/TT", ASH_ERR_NOT_FOUND, "'grp1/TT'", "'grp1/T'");
    refuse_variable(file, "grp2/T", ASH_ERR_NOT_FOUND, "'grp2/T'", "more");
    refuse_variable(file, "grp1", ASH_ERR_NOT_FOUND, "'grp1'", "groups.nc");
    refuse_variable(file, "", ASH_ERR_ARGUMENT, "variable is not named, and the file has 13", "groups.nc");
    refuse_variable(file, "d1", ASH_ERR_NOT_FOUND, "'d1'", "groups.nc"); /* a dimension without a variable */
    refuse_variable(file, "words", ASH_ERR_DTYPE, "'words'", "text (string)");
    refuse_variable(file, "lon", ASH_ERR_DTYPE, "'lon'", "text");
    refuse_variable(file, "pairs", ASH_ERR_DTYPE, "'pairs'", "a compound type");
    refuse_variable(file, "ragged", ASH_ERR_DTYPE, "'ragged'", "vlen");
    refuse_variable(file, "blobs", ASH_ERR_DTYPE, "'blobs'", "opaque");
    refuse_variable(file, "seventeen", ASH_ERR_UNSUPPORTED, "'seventeen'", "17 dimensions");
    ash_file_release(file);
}

/* Unlimited variables that were written less far than the dimension reaches give the fill value there. */
static void test_short_unlimited(void **state) {
    (void)state;
    int file, dim, a, b;
    float values[6] = { 1, 2, 3, 4, 5, 6 }, expected[6] = { 1, 2, -9, -9, -9, -9 }, minus = -9;
    size_t zero = 0, six = 6, two = 2;
    nc_must(nc_create(in_folder("short.nc"), NC_CLOBBER | NC_NETCDF4, &file));
    nc_must(nc_def_dim(file, "t", NC_UNLIMITED, &dim));
    nc_must(nc_def_var(file, "a", NC_FLOAT, 1, &dim, &a));
    nc_must(nc_def_var(file, "b", NC_FLOAT, 1, &dim, &b));
    nc_must(nc_def_var_fill(file, b, NC_FILL, &minus));
    nc_must(nc_put_vara(file, a, &zero, &six, values));
    nc_must(nc_put_vara(file, b, &zero, &two, values));
    nc_must(nc_close(file));
    ash_file *opened = open_file(in_folder("short.nc"));
    assert_int_equal(find_variable(opened, "b")->shape[0], 6);
    check_boxes(opened, find_variable(opened, "a"), values, 30, 1);
    check_boxes(opened, find_variable(opened, "b"), expected, 60, 1);
    ash_file_release(opened);
}

/* Plain HDF5: user block, names with spaces, big-endian, half precision; and a host whose error printing must stay as it is. */
static herr_t host_prints(hid_t stack, void *user) {
    (void)stack;
    ++*(int *)user;
    return 0;
}

/* The row of files that NetCDF-C refuses, reached without the rows before it. */
static void check_hdf5_row(const char *path, const int32_t values[]) {
    ash_error_state error = { 0 };
    ash_file *file = ash_calloc(1, sizeof *file);
    file->references = 1;
    file->fd = -1;
    file->path = ash_text_copy(path, (int64_t)strlen(path));
    file->driver = &ash_hdf5_driver;
    file->driver->open(file, "open", &error);
    must(&error);
    check_boxes(file, find_variable(file, "Data Fields/big values"), values, 60, 2);
    refuse_variable(file, "half", ASH_ERR_DTYPE, "'half'", "float16");
    refuse_variable(
        file, "big values", ASH_ERR_NOT_FOUND, "'big values'", "'Data Fields/big values'; it has Data Fields/big values, half, null");
    ash_file_release(file);
}

static void test_plain_hdf5(void **state) {
    (void)state;
    hsize_t shape[2] = { 6, 5 }, chunk[2] = { 4, 2 };
    int32_t values[30];
    fill_values(NC_INT, 30, values, 8);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE), half = H5Tcopy(H5T_IEEE_F32LE);
    H5Pset_userblock(creation, 1024);
    H5Pset_chunk(layout, 2, chunk);
    H5Pset_deflate(layout, 3);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    hid_t file = H5Fcreate(in_folder("plain.h5"), H5F_ACC_TRUNC, creation, H5P_DEFAULT), space = H5Screate_simple(2, shape, NULL),
          nothing = H5Screate(H5S_NULL);
    hid_t group = H5Gcreate2(file, "Data Fields", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t big = H5Dcreate2(group, "big values", H5T_STD_I32BE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    H5Dwrite(big, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(big);
    H5Dclose(H5Dcreate2(file, "half", half, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "null", H5T_STD_I32LE, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(group);
    H5Sclose(space);
    H5Sclose(nothing);
    H5Tclose(half);
    H5Pclose(layout);
    H5Pclose(creation);
    H5Fclose(file);

    int printed = 0;
    H5E_auto2_t print;
    void *user;
    H5Eset_auto2(H5E_DEFAULT, host_prints, &printed);
    ash_file *opened = open_file(in_folder("plain.h5"));
    const ash_variable *variable = find_variable(opened, "Data Fields/big values");
    assert_string_equal(variable->name, "big values");
    assert_int_equal(variable->dtype, ASH_INT32);
    assert_null(variable->dim[0]);
    assert_int_equal(variable->chunk[1], 2);
    assert_int_equal(variable->no_fill, 1);
    check_boxes(opened, variable, values, 60, 2);
    refuse_variable(opened, "half", ASH_ERR_DTYPE, "'half'", "float16");
    refuse_variable(opened, "null", ASH_ERR_UNSUPPORTED, "'null'", "null dataspace");
    refuse_variable(opened, "big values", ASH_ERR_NOT_FOUND, "'big values'", "'Data Fields/big values'");
    ash_file_release(opened);
    check_hdf5_row(in_folder("plain.h5"), values);
    H5Eget_auto2(H5E_DEFAULT, &print, &user);
    assert_true(print == host_prints && user == &printed);
    assert_int_equal(printed, 0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static void test_bad_boxes(void **state) {
    (void)state;
    const format classic = { "classic", 0, CLASSIC_TYPES, 0, 0 };
    make_file(in_folder("box.nc"), &classic);
    ash_file *file = open_file(in_folder("box.nc"));
    const ash_variable *variable = find_variable(file, "int");
    double out[200];
    static const struct {
        int64_t start, extent, step;
    } bad[] = { { -1, 1, 1 }, { 9, 1, 1 }, { 0, 10, 1 }, { 0, 2, 9 }, { 0, 1, 0 }, { 5, 3, INT64_MAX / 2 }, { INT64_MAX, 1, 1 },
        { 0, -1, 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ash_error_state error = { 0 };
        read_box(
            file, variable, (int64_t[]){ bad[i].start, 0 }, (int64_t[]){ bad[i].extent, 1 }, (int64_t[]){ bad[i].step, 1 }, out, &error);
        assert_says(&error, ASH_ERR_INDEX, "read: ", "'int'", "axis 0 has extent 9", NULL);
    }
    ash_error_state error = { 0 };
    read_box(file, variable, (int64_t[]){ 9, 0 }, (int64_t[]){ 0, 1 }, (int64_t[]){ 1, 1 }, out, &error);
    must(&error);
    ash_file_release(file);
}

/* ---- Several threads at once ---- */

typedef struct reader {
    ash_file *file;
    const ash_variable *variable;
    const double *whole;
    uint64_t random;
    int wrong;
} reader;

static void *read_boxes(void *user) {
    reader *self = user;
    const ash_variable *variable = self->variable;
    int64_t start[3], extent[3], step[3];
    double got[RECORDS * ROWS * COLUMNS], expected[RECORDS * ROWS * COLUMNS];
    for (int i = 0; i < 300; i++) {
        ash_error_state error = { 0 };
        random_box(&self->random, 3, variable->shape, 3, start, extent, step);
        slice(self->whole, 3, variable->shape, 8, start, extent, step, expected);
        self->wrong += read_box(self->file, variable, start, extent, step, got, &error) != ASH_OK;
        self->wrong += memcmp(got, expected, (size_t)(8 * element_count(3, extent))) != 0;
        ash_io_lock(); /* a host may hold it around calls of ours */
        self->wrong += ash_file_variable(self->file, "double", "open", &error) == NULL;
        ash_io_unlock();
    }
    return NULL;
}

static void check_threads(const format *as) {
    double values[RECORDS * ROWS * COLUMNS];
    pthread_t thread[4];
    reader readers[4];
    make_file(in_folder("threads.nc"), as);
    fill_values(NC_DOUBLE, RECORDS * ROWS * COLUMNS, values, 4);
    ash_file *file = open_file(in_folder("threads.nc"));
    for (int i = 0; i < 4; i++) {
        readers[i] = (reader){ ash_file_retain(file), find_variable(file, "double_record"), values, (uint64_t)i, 0 };
        assert_int_equal(pthread_create(&thread[i], NULL, read_boxes, &readers[i]), 0);
    }
    ash_file_release(file);
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(readers[i].wrong, 0);
        ash_file_release(file);
    }
}

static void test_threads(void **state) {
    (void)state;
    check_threads(&(format){ "classic", 0, CLASSIC_TYPES, 0, 0 });
    check_threads(&(format){ "NetCDF-4", NC_NETCDF4, ALL_TYPES, 1, 1 });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_lone_record_variable),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_not_files),
        cmocka_unit_test(test_cut_while_open),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_short_unlimited),
        cmocka_unit_test(test_plain_hdf5),
        cmocka_unit_test(test_bad_boxes),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
