/* Every file of the test data folder: each variable is read and compared with what NetCDF-C or HDF5 says, or refused in one clear sentence.
 * */
#include "support.h"

#include <dirent.h>
#include <hdf5.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int values_checked, refused;

static int is_number(int file, nc_type type) {
    nc_type base;
    int kind = 0;
    if (type > NC_MAX_ATOMIC_TYPE)
        return nc_inq_user_type(file, type, NULL, NULL, &base, NULL, &kind) == NC_NOERR && kind == NC_ENUM;
    return type != NC_CHAR && type != NC_STRING;
}

/* A refusal must be right: NetCDF-C cannot read it either, or it is no number, or a type that is refused by name. */
static void check_refusal(int group, int id, nc_type type, const ash_error_state *error, const char *path) {
    assert_true(strncmp(error->text, "open: ", 6) == 0 && strstr(error->text, path));
    refused++;
    if (!is_number(group, type)) {
        assert_says(error, ASH_ERR_DTYPE, "expected", NULL);
        return;
    }
    if (strstr(error->text, "float16"))
        return;
    assert_says(error, ASH_ERR_UNSUPPORTED, "filter", "not available", NULL);
    size_t zero[16] = { 0 };
    double element;
    assert_int_not_equal(nc_get_var1(group, id, zero, &element), NC_NOERR);
}

static void check_variable(ash_file *file, int group, int id, const char *path) {
    nc_type type;
    int ndim, dims[NC_MAX_VAR_DIMS], phony = 0;
    ash_error_state error = { 0 };
    nc_must(nc_inq_var(group, id, NULL, &type, &ndim, dims, NULL));
    const ash_variable *variable = ash_file_variable(file, path, "open", &error);
    if (!variable) {
        check_refusal(group, id, type, &error, path);
        return;
    }
    assert_true(is_number(group, type));
    assert_int_equal(variable->ndim, ndim);
    for (int i = 0; i < ndim; i++) {
        char name[NC_MAX_NAME + 1];
        size_t extent;
        nc_must(nc_inq_dim(group, dims[i], name, &extent));
        assert_int_equal(variable->shape[i], extent);
        phony |= strncmp(name, "phony_dim_", 10) == 0;
        if (variable->dim[i])
            assert_string_equal(variable->dim[i], name);
        else
            assert_int_equal(strncmp(name, "phony_dim_", 10), 0);
    }
    int64_t n = element_count(ndim, variable->shape), size = ash_dtype_size(variable->dtype);
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        step[i] = 1;
    char *expected = malloc((size_t)(n * size) + 1), *got = malloc((size_t)(n * size) + 1);
    int result = n > 0 ? nc_get_var(group, id, expected) : NC_NOERR;
    read_box(file, variable, start, variable->shape, step, got, &error);
    must(&error);
    if (result == NC_ENOFILTER) /* a filter that Ashlar has and the library has not: boxes must agree with the whole */
        memcpy(expected, got, (size_t)(n * size));
    else
        nc_must(result);
    if (memcmp(got, expected, (size_t)(n * size)) != 0)
        fail_msg("%s: values differ", path);
    check_boxes(file, variable, expected, n < 2000000 ? 8 : 2, (uint64_t)n);
    for (int i = 0; i < ndim && !phony; i++)
        ash_file_coordinate(file, variable, i, &error);
    must(&error);
    values_checked++;
    free(expected);
    free(got);
}

static void check_group(ash_file *file, int group, const char *prefix) {
    int count, groups[64];
    char name[NC_MAX_NAME + 1], path[2048];
    nc_must(nc_inq_nvars(group, &count));
    for (int i = 0; i < count; i++) {
        nc_must(nc_inq_varname(group, i, name));
        snprintf(path, sizeof path, "%s%s", prefix, name);
        check_variable(file, group, i, path);
    }
    if (nc_inq_grps(group, &count, groups) != NC_NOERR)
        return;
    for (int i = 0; i < count; i++) {
        nc_must(nc_inq_grpname(groups[i], name));
        snprintf(path, sizeof path, "%s%s/", prefix, name);
        check_group(file, groups[i], path);
    }
}

static void check_file(const char *path) {
    int id;
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    int result = nc_open(path, NC_NOWRITE, &id);
    if (!file) {
        assert_says(&error, ASH_ERR_FORMAT, "open: ", path, NULL);
        assert_int_not_equal(result, NC_NOERR);
        refused++;
        return;
    }
    nc_must(result);
    check_group(file, id, "");
    nc_close(id);
    ash_file_release(file);
}

/* NetCDF-C gives zeros for what a cut file lacks, so this one is only asked for what is there and what is not. */
static void check_truncated_classic(const char *path) {
    static const int64_t start[1] = { 0 }, late[1] = { 2083 }, one[1] = { 1 };
    float lat;
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    must(&error);
    const ash_variable *variable = ash_file_variable(file, "lat", "open", &error);
    must(&error);
    assert_int_equal(variable->shape[0], 2084);
    read_box(file, variable, start, one, one, &lat, &error);
    must(&error);
    assert_true(lat > -90 && lat < 90);
    read_box(file, variable, late, one, one, &lat, &error);
    assert_says(&error, ASH_ERR_FORMAT, "read: ", path, "'lat'", "cut short", "found 100000", NULL);
    ash_file_release(file);
}

static void walk(const char *folder) {
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream));) {
        char path[1024];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            walk(path);
        else if (strcmp(entry->d_name, "truncated_classic.cdf") == 0)
            check_truncated_classic(path);
        else
            check_file(path);
    }
    closedir(stream);
}

static void test_all_files(void **state) {
    (void)state;
    if (!data_folder()) {
        print_message("skipped: no test data folder (set ASH_TEST_DATA)\n");
        skip();
    }
    walk(data_folder());
    print_message("%d variables compared, %d files and variables refused\n", values_checked, refused);
    assert_true(values_checked > 150);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_files) };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
