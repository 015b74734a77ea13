/* Every file of the test data folder: each variable is read and compared with what NetCDF-C says, or HDF5 of files that NetCDF-C does not open, or it
 * is refused in one clear sentence. Files that were derived from others are compared with those. */
#include "support.h"

#include "io/codec.h"
#include "io/hdf5_dataset.h"

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

/* A dataset as HDF5 reads it; one that HDF5 cannot read is left to test_derived(). */
static herr_t check_dataset(hid_t object, const char *name, const H5O_info_t *about, void *user) {
    ash_error_state error = { 0 };
    if (about->type != H5O_TYPE_DATASET)
        return 0;
    const ash_variable *variable = ash_file_variable(user, name, "open", &error);
    if (!variable) {
        assert_true(strncmp(error.text, "open: ", 6) == 0 && strstr(error.text, name));
        refused++;
        return 0;
    }
    hid_t dataset = H5Dopen2(object, name, H5P_DEFAULT);
    int64_t n = element_count(variable->ndim, variable->shape);
    char *expected = malloc((size_t)(n * ash_dtype_size(variable->dtype)) + 1);
    if (H5Dread(dataset, ash_hdf5_native_type(variable->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, expected) >= 0) {
        check_boxes(user, variable, expected, 20, (uint64_t)n);
        values_checked++;
    }
    free(expected);
    H5Dclose(dataset);
    return 0;
}

static void check_by_hdf5(ash_file *file, const char *path) {
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0)
        fail_msg("%s: neither NetCDF-C nor HDF5 open it", path);
    assert_true(H5Ovisit(id, H5_INDEX_NAME, H5_ITER_INC, check_dataset, file) >= 0);
    H5Fclose(id);
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
    if (result == NC_NOERR) {
        check_group(file, id, "");
        nc_close(id);
    } else {
        check_by_hdf5(file, path);
    }
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
        if (entry->d_name[0] == '.' || strstr(entry->d_name, ".zip") || stat(path, &about) != 0) /* archives are not NetCDF-C's by their path */
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

/* All values of a variable, which the caller frees. */
static void *values_in(const char *path, const char *name, int64_t *bytes) {
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM];
    ash_file *file = open_file(path);
    const ash_variable *variable = find_variable(file, name);
    for (int a = 0; a < variable->ndim; a++)
        step[a] = 1;
    *bytes = element_count(variable->ndim, variable->shape) * ash_dtype_size(variable->dtype);
    void *values = malloc((size_t)*bytes + 1);
    ash_error_state error = { 0 };
    read_box(file, variable, start, variable->shape, step, values, &error);
    must(&error);
    ash_file_release(file);
    return values;
}

/* Copies with other layouts and filters, some of which only Ashlar reads, hold what the original does. */
static void test_derived(void **state) {
    (void)state;
    static const struct {
        const char *copy, *original, *name;
        int filter;
    } pairs[] = {
        { "derived/sst_zstd_32015.h5", "coads_climatology.cdf", "SST", 32015 },
        { "derived/sst_filter_masks.h5", "coads_climatology.cdf", "SST", 0 },
        { "derived/coads_sst_cdf5.nc", "coads_climatology.cdf", "SST", 0 },
        { "derived/coads_sst_nc4_zlib_shuffle.nc", "coads_climatology.cdf", "SST", 0 },
        { "derived/ocean_missing_chunks.h5", "ocean_atlas_subset.nc", "TEMP", 0 },
    };
    if (!data_folder())
        skip();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const ash_codec *codec = ash_codec_find(pairs[i].filter);
        if (pairs[i].filter && !codec->decode)
            continue;
        char copy[1024], original[1024];
        int64_t bytes, expected_bytes;
        snprintf(copy, sizeof copy, "%s/%s", data_folder(), pairs[i].copy);
        snprintf(original, sizeof original, "%s/%s", data_folder(), pairs[i].original);
        void *values = values_in(copy, pairs[i].name, &bytes), *expected = values_in(original, pairs[i].name, &expected_bytes);
        assert_int_equal(bytes, expected_bytes);
        if (memcmp(values, expected, (size_t)bytes) != 0)
            fail_msg("%s differs from %s", copy, original);
        free(values);
        free(expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_files), cmocka_unit_test(test_derived) };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
