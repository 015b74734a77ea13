/* Classic, 64-bit offset and CDF-5 files made by NetCDF-C: every type with and without records, in rows of every odd length, alone and between other
 * variables; long records and few; headers that lie. Compared with what NetCDF-C reads. */
#include "support.h"

#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int flags, types;
} versions[] = { { "CDF-1", 0, 5 }, { "CDF-2", NC_64BIT_OFFSET, 5 }, { "CDF-5", NC_64BIT_DATA, 10 } };
enum { VERSIONS = 3 };

static const nc_type types[] = { NC_BYTE, NC_SHORT, NC_INT, NC_FLOAT, NC_DOUBLE, NC_UBYTE, NC_USHORT, NC_UINT, NC_INT64, NC_UINT64 };
static const int64_t sizes[] = { 1, 2, 4, 4, 8, 1, 2, 4, 8, 8 };

/* Bytes that are a finite number of any type. */
static void fill(void *values, int64_t bytes, uint64_t seed) {
    for (int64_t i = 0; i < bytes; i++)
        ((unsigned char *)values)[i] = (unsigned char)(next_random(&seed) & 0x3f);
}

static void define(int file, const char *name, nc_type type, int ndim, const int dims[], int *id) {
    nc_must(nc_def_var(file, name, type, ndim, dims, id));
}

static void put(int file, int id, int type, int64_t records, int64_t rest) {
    void *values = malloc((size_t)(records * rest * 8) + 1);
    size_t start[3] = { 0 }, count[3] = { (size_t)records };
    int ndim, dims[3];
    fill(values, records * rest * sizes[type], (uint64_t)(100 * id + type));
    nc_must(nc_inq_var(file, id, NULL, NULL, &ndim, dims, NULL));
    for (int a = 0; a < ndim; a++) {
        size_t extent;
        nc_must(nc_inq_dimlen(file, dims[a], &extent));
        count[a] = a == 0 && records > 0 ? (size_t)records : extent;
    }
    if (records > 0)
        nc_must(nc_put_vara(file, id, start, count, values));
    free(values);
}

/* Every variable that holds numbers, as NetCDF-C reads it. */
static void check_file(const char *path, int rounds) {
    int file, count;
    nc_must(nc_open(path, NC_NOWRITE, &file));
    nc_must(nc_inq_nvars(file, &count));
    ash_file *opened = open_file(path);
    for (int id = 0; id < count; id++) {
        char name[NC_MAX_NAME + 1];
        nc_type type;
        nc_must(nc_inq_varname(file, id, name));
        nc_must(nc_inq_vartype(file, id, &type));
        if (type == NC_CHAR)
            continue;
        const ash_variable *variable = find_variable(opened, name);
        void *expected = malloc((size_t)(element_count(variable->ndim, variable->shape) * 8) + 1);
        nc_must(nc_get_var(file, id, expected));
        check_boxes(opened, variable, expected, rounds, (uint64_t)id);
        free(expected);
    }
    ash_file_release(opened);
    nc_must(nc_close(file));
}

/* ---- One record variable, whose rows are not padded; a second one, and then they are ---- */

static void check_rows(int version, int type, int row, int others, int64_t records) {
    int file, dims[2], id, other[2];
    nc_must(nc_create(in_folder("rows.nc"), NC_CLOBBER | versions[version].flags, &file));
    nc_must(nc_def_dim(file, "t", NC_UNLIMITED, &dims[0]));
    nc_must(nc_def_dim(file, "x", (size_t)row, &dims[1]));
    if (others > 1)
        define(file, "before", NC_CHAR, 2, dims, &other[1]);
    define(file, "fixed", types[type], 1, dims + 1, &other[0]);
    define(file, "v", types[type], 2, dims, &id);
    if (others > 0)
        define(file, "after", NC_BYTE, 1, dims, &other[0]);
    nc_must(nc_enddef(file));
    put(file, id, type, records, row);
    nc_must(nc_close(file));
    check_file(in_folder("rows.nc"), 20);
}

static void test_rows(void **state) {
    (void)state;
    for (int version = 0; version < VERSIONS; version++)
        for (int type = 0; type < versions[version].types; type++)
            for (int row = 1; row <= 5; row++)
                for (int others = 0; others < 3; others++)
                    check_rows(version, type, row, others, row * 7 % 11);
}

/* ---- All types together, with and without records, in one to three dimensions ---- */

static void check_mixture(int version, int64_t records, int rows, int columns, int rounds) {
    int file, dims[3], id[30], n = 0;
    nc_must(nc_create(in_folder("mixture.nc"), NC_CLOBBER | versions[version].flags, &file));
    nc_must(nc_def_dim(file, "t", NC_UNLIMITED, &dims[0]));
    nc_must(nc_def_dim(file, "y", (size_t)rows, &dims[1]));
    nc_must(nc_def_dim(file, "x", (size_t)columns, &dims[2]));
    for (int type = 0; type < versions[version].types; type++) {
        char name[3][16];
        for (int k = 0; k < 3; k++)
            snprintf(name[k], sizeof name[k], "v%d_%d", type, k);
        define(file, name[0], types[type], 1, dims, &id[n++]);
        define(file, name[1], types[type], 2, dims + 1, &id[n++]);
        define(file, name[2], types[type], 3, dims, &id[n++]);
    }
    nc_must(nc_enddef(file));
    for (int i = 0; i < n; i++)
        put(file, id[i], i / 3, i % 3 == 1 ? rows : records, i % 3 == 0 ? 1 : i % 3 == 1 ? columns : (int64_t)rows * columns);
    nc_must(nc_close(file));
    check_file(in_folder("mixture.nc"), rounds);
}

static void test_mixtures(void **state) {
    (void)state;
    for (int version = 0; version < VERSIONS; version++) {
        check_mixture(version, 0, 3, 5, 4);
        check_mixture(version, 1, 3, 5, 20);
        check_mixture(version, 23, 3, 5, 60);
        check_mixture(version, 3000, 1, 3, 6);  /* more than a window of small records */
        check_mixture(version, 40, 30, 41, 10); /* gaps on both sides of what is read with */
        check_mixture(version, 3, 120, 301, 4); /* runs that are read by themselves */
    }
}

/* ---- Headers that lie ---- */

static void put_big_endian(unsigned char *at, int bytes, uint64_t number) {
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
}

/* More records than the file has: those that are there can be read, the others are an error. */
static void test_too_many_records(void **state) {
    (void)state;
    for (int version = 0; version < VERSIONS; version++) {
        static const uint64_t lies[] = { 12, 1000000, INT32_MAX, INT64_MAX };
        for (int i = 0; i < (version == 2 ? 4 : 3); i++) {
            int64_t n, zero[2] = { 0 }, last[2] = { (int64_t)lies[i] - 1, 0 }, here[2] = { 11, 5 }, one[2] = { 1, 1 };
            int32_t got[55];
            ash_error_state error = { 0 }, refused = { 0 };
            check_rows(version, 2, 5, 1, 11);
            unsigned char *bytes = read_bytes(in_folder("rows.nc"), &n);
            put_big_endian(bytes + 4, version == 2 ? 8 : 4, lies[i]);
            write_bytes(in_folder("lies.nc"), bytes, n);
            free(bytes);
            ash_file *file = open_file(in_folder("lies.nc"));
            const ash_variable *variable = ash_file_variable(file, "v", "open", &refused);
            if (lies[i] == INT64_MAX) {
                assert_says(&refused, ASH_ERR_FORMAT, "open: ", "lies.nc", "'v'", "larger than any memory", NULL);
            } else {
                read_box(file, variable, zero, here, one, got, &error);
                must(&error);
                read_box(file, variable, last, one, one, got, &error);
                assert_says(&error, ASH_ERR_FORMAT, "read: ", "'v'", "cut short", NULL);
            }
            ash_file_release(file);
        }
    }
}

/* Any byte of the header may be any other: an error, or numbers from within the file. */
static void test_any_header(void **state) {
    (void)state;
    uint64_t random = 3;
    for (int version = 0; version < VERSIONS; version++) {
        int64_t n;
        check_mixture(version, 4, 3, 5, 1);
        unsigned char *bytes = read_bytes(in_folder("mixture.nc"), &n);
        for (int round = 0; round < 1500; round++) {
            int64_t at = 4 + random_below(&random, (n < 2000 ? n : 2000) - 4);
            unsigned char was = bytes[at];
            bytes[at] = (unsigned char)(round % 3 == 0 ? 0xff : round % 3 == 1 ? 0 : next_random(&random));
            write_bytes(in_folder("any.nc"), bytes, n);
            bytes[at] = was;
            ash_error_state error = { 0 }, ignored = { 0 };
            ash_file *file = ash_file_open(in_folder("any.nc"), "open", &error);
            const ash_variable *variable = file ? ash_file_variable(file, "v4_2", "open", &error) : NULL;
            if (variable && variable->ndim == 3) {
                int64_t first[3] = { 0 }, last[3], one[3] = { 1, 1, 1 };
                double got;
                for (int a = 0; a < 3; a++)
                    last[a] = variable->shape[a] - 1;
                read_box(file, variable, first, one, one, &got, &ignored);
                read_box(file, variable, last, one, one, &got, &ignored);
            }
            assert_true(variable || strstr(error.text, "any.nc"));
            ash_file_release(file);
        }
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_mixtures),
        cmocka_unit_test(test_too_many_records),
        cmocka_unit_test(test_any_header),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
