/* Where output goes and what lies beside it: names, links, temporary files of runs that were killed, runs that meet at one file. */
#include "netcdf_support.h"

#include <fcntl.h>
#include <hdf5.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

static ash_array ramp(ash_context *ctx, int64_t n, const char *dim) {
    return ash_arange(ctx, 0, n, 1, &(ash_make_options){ .dims = dim, .chunks = "4" });
}

static void expect_ramp(ash_context *ctx, const char *path, int64_t n) {
    ash_array a = ash_open(ctx, path, "v", NULL);
    assert_good(a);
    assert_int_equal(ash_size(a), n);
    int64_t *value = values_of(a);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(value[i], i);
    }
    free(value);
}

/* ---- Temporary files ---- */

/* The name that process `process` gives its temporary file of out.nc. */
static const char *temporary_path(long process, int number) {
    char host[64] = "", name[160];
    gethostname(host, 40);
    snprintf(name, sizeof name, ".out.nc.%s-%ld-%d.tmp", host, process, number);
    return test_path(name);
}

static int make_file(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
    assert_true(fd >= 0 && write(fd, "part", 4) == 4);
    return fd;
}

static int is_there(const char *path) {
    return access(path, F_OK) == 0;
}

static long dead_process(void) {
    int how;
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    return (long)child;
}

static void temporary_files_of_killed_runs_go(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    long dead = dead_process();
    const char *left = temporary_path(dead, 1), *earlier = temporary_path((long)getpid(), 1000), *locked = temporary_path(dead, 2),
               *alive = temporary_path((long)getppid(), 1), *other = test_path(".other.nc.host-1-1.tmp");
    close(make_file(left));
    close(make_file(earlier)); /* of another process that had our id */
    close(make_file(alive));
    close(make_file(other));
    int fd = make_file(locked); /* looks dead from here */
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_done(ctx, ash_write(ramp(ctx, 9, "x"), test_path("out.nc"), "v", NULL));
    assert_false(is_there(left) || is_there(earlier));
    assert_true(is_there(locked) && is_there(alive) && is_there(other));
    close(fd);
    /* One whose values have their places in the journal's second file makes no temporary file of its own. */
    assert_done(ctx, ash_write(ramp(ctx, 9, "x"), test_path("out.nc"), "v", &(ash_write_options){ .resume = true }));
    assert_false(is_there(locked));
    assert_int_equal(test_entries(1), 3);
    ash_context_free(ctx);
}

/* While values are written the temporary file is locked, whatever the format. */
static ash_status look_for_lock(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t n) {
    (void)ndim, (void)start, (void)message, (void)n;
    int *locked = user;
    DIR *folder = opendir(test_folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strstr(entry->d_name, ".tmp")) {
            int fd = openat(dirfd(folder), entry->d_name, O_RDWR);
            *locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
            close(fd);
        }
    }
    closedir(folder);
    memset(buffer, 0, (size_t)extent[0] * sizeof(int64_t));
    return ASH_OK;
}

static void temporary_files_are_locked(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { 0 }, { .deflate = 1 }, { .format = "cdf5" }, { .deflate = 1, .resume = true } };
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        ash_context *ctx = context_with(1, NULL);
        int locked = 0;
        ash_array a = ash_from_source(ctx, ASH_INT64, 1, (int64_t[]){ 8 }, look_for_lock, &locked, NULL);
        assert_done(ctx, ash_write(a, test_path("out.nc"), "v", &ways[k]));
        assert_true(locked);
        ash_context_free(ctx);
    }
    test_entries(1);
}

/* ---- Links ---- */

static int is_link(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

static void links_stay(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    char link[520], first[520];
    snprintf(link, sizeof link, "%s", test_path("link.nc"));
    snprintf(first, sizeof first, "%s", test_path("first.nc"));
    assert_int_equal(symlink("first.nc", link), 0);
    assert_int_equal(symlink("nowhere/../there.nc", first), 0);
    assert_int_equal(mkdir(test_path("nowhere"), 0777), 0);
    for (int k = 0; k < 4; k++) { /* the file is not there the first time */
        assert_done(ctx, ash_write(ramp(ctx, 5 + k, "x"), link, "v", &(ash_write_options){ .resume = k % 2 }));
        assert_true(is_link(link) && is_link(first) && !is_link(test_path("there.nc")));
        expect_ramp(ctx, test_path("there.nc"), 5 + k);
    }
    assert_int_equal(symlink("loop.nc", test_path("loop.nc")), 0);
    assert_int_equal(ash_write(ramp(ctx, 5, "x"), test_path("loop.nc"), "v", NULL), ASH_ERR_IO);
    rmdir(test_path("nowhere"));
    test_entries(1);
    ash_context_free(ctx);
}

/* What is replaced keeps its mode and its owner; what is new has those of new files. */
static void permissions_stay(void **state) {
    (void)state;
    enum { SOMEBODY = 4321 };
    static const char *const names[] = { "kept.nc", "kept.nc3", "kept.zarr", "kept.npy" };
    static const ash_write_options forms[] = { { .history = "" }, { .history = "", .format = "cdf5", .resume = true }, { .history = "" },
        { .history = "" } };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = ash_arange(ctx, 0, 1000, 1, &(ash_make_options){ .dims = "x" });
    mode_t mask = umask(027);
    struct stat about;
    for (int k = 0; k < 4; k++) {
        const char *path = test_path(names[k]);
        int is_folder = strstr(path, ".zarr") != NULL;
        assert_done(ctx, ash_write(a, path, "t", &forms[k]));
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_mode & 07777, is_folder ? 0750 : 0640);
        assert_int_equal(chmod(path, is_folder ? 0775 : 0664), 0);
        int given = chown(path, SOMEBODY, SOMEBODY) == 0; /* as root only */
        assert_done(ctx, ash_write(a, path, "t", &forms[k]));
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_mode & 07777, is_folder ? 0775 : 0664);
        assert_true(!given || (about.st_uid == SOMEBODY && about.st_gid == SOMEBODY));
        if (is_folder) {
            static const char *const inside[] = { "/.zmetadata", "/t", "/t/0" };
            for (int i = 0; i < 3; i++) {
                char inner[600];
                snprintf(inner, sizeof inner, "%s%s", path, inside[i]);
                assert_int_equal(stat(inner, &about), 0);
                assert_int_equal(about.st_mode & 07777, i == 1 ? 0775 : 0664);
                assert_true(!given || about.st_uid == SOMEBODY);
            }
        }
    }
    umask(mask);
    test_entries(1);
    ash_context_free(ctx);
}

/* ---- Names ---- */

/* Variables named as dimensions that they are no coordinates of: HDF5 has them under other names. */
static void names_of_dimensions(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { 0 }, { .deflate = 1, .shuffle = true }, { .unlimited = "x" },
        { .fletcher32 = true, .resume = true } };
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        ash_context *ctx = context_with(2, NULL);
        ash_array a = ash_add(ramp(ctx, 6, "x"), ramp(ctx, 5, "y")), b = ash_add(ramp(ctx, 5, "y"), ramp(ctx, 6, "x"));
        const char *path = test_path("out.nc");
        assert_done(ctx, ash_write_many(ctx, 2, (ash_array[]){ a, b }, path, (const char *[]){ "y", "x" }, &ways[k]));
        for (int v = 0; v < 2; v++) {
            ash_array found = ash_open(ctx, path, v ? "x" : "y", NULL);
            assert_good(found);
            int64_t *there = values_of(found), *expected = values_of(v ? b : a);
            assert_memory_equal(there, expected, 30 * sizeof *there);
            free(there);
            free(expected);
        }
        ash_context_free(ctx);
        assert_int_equal(test_entries(1), 1);
    }
}

static void decomposed_names(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const char *composed = "\xc3\xa9", *decomposed = "e\xcc\x81";
    assert_done(ctx, ash_write(ramp(ctx, 5, "x"), test_path("out.nc"), composed, NULL));
    assert_int_equal(ash_write(ramp(ctx, 5, "x"), test_path("out.nc"), decomposed, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "normal form C");
    assert_int_equal(test_entries(1), 1);
    ash_context_free(ctx);
}

/* A plain HDF5 file with one number, in a group of its own. */
static void make_hdf5(const char *path, const char *group, const char *name) {
    hsize_t extent = 5;
    int32_t values[] = { 1, 2, 3, 4, 5 };
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(1, &extent, NULL);
    hid_t within = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(within, name, H5T_NATIVE_INT32, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Gclose(within);
    H5Sclose(space);
    H5Fclose(file);
}

/* Asked for in one normal form, stored in the other. */
static void names_in_another_normal_form(void **state) {
    (void)state;
    static const char *const forms[] = { "netcdf4", "classic", "cdf5", "zarr" };
    const char *composed = "t\xc3\xa9mp", *decomposed = "te\xcc\x81mp", *other = "t\xc3\xa8mp";
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < 4; k++) {
        ash_write_options options = { .format = forms[k] };
        assert_done(ctx, ash_write(ash_cast(ramp(ctx, 5, "x"), ASH_INT32), test_path("out"), composed, &options));
        assert_good(ash_open(ctx, test_path("out"), composed, NULL));
        ash_array a = ash_open(ctx, test_path("out"), decomposed, NULL);
        assert_good(a);
        assert_int_equal(integer_of(ash_cast(ash_sum(a, NULL), ASH_INT64)), 10);
        assert_good(ash_dataset_variable(ash_dataset_open(ctx, test_path("out"), NULL), decomposed, NULL));
        ash_open(ctx, test_path("out"), other, NULL);
        assert_sentence(ctx, ASH_ERR_NOT_FOUND, "has no variable");
        ash_open(ctx, test_path("out"), "temp\xff", NULL);
        assert_sentence(ctx, ASH_ERR_NOT_FOUND, "has no variable");
        test_entries(1);
    }
    make_hdf5(test_path("out.h5"), decomposed, decomposed);
    char path[64];
    snprintf(path, sizeof path, "%s/%s", composed, composed);
    ash_array a = ash_open(ctx, test_path("out.h5"), path, NULL);
    assert_good(a);
    assert_int_equal(integer_of(ash_cast(ash_sum(a, NULL), ASH_INT64)), 15);
    test_entries(1);
    ash_context_free(ctx);
}

/* A journal whose second file cannot be made, since the name is too long, does not stay. */
static void names_too_long_for_resume(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    char name[256];
    memset(name, 'q', sizeof name);
    name[245] = 0;
    assert_int_equal(ash_write(ramp(ctx, 5, "x"), test_path(name), "v", &(ash_write_options){ .resume = true }), ASH_ERR_IO);
    assert_int_equal(test_entries(0), 0);
    assert_done(ctx, ash_write(ramp(ctx, 5, "x"), test_path(name), "v", NULL));
    assert_int_equal(test_entries(1), 1);
    ash_context_free(ctx);
}

/* ---- What others have set ---- */

/* NetCDF-C has a default format for the whole process. */
static void another_default_format(void **state) {
    (void)state;
    static const char *const formats[] = { "classic", "64bit_offset", "cdf5", "netcdf4" };
    static const int expected[] = { NC_FORMAT_CLASSIC, NC_FORMAT_64BIT_OFFSET, NC_FORMAT_CDF5, NC_FORMAT_NETCDF4 };
    static const int others[] = { NC_FORMAT_NETCDF4, NC_FORMAT_CDF5, NC_FORMAT_CLASSIC };
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < 12; k++) {
        int file, format, still;
        nc_done(nc_set_default_format(others[k / 4], NULL));
        assert_done(ctx,
            ash_write(ash_cast(ramp(ctx, 9, "x"), ASH_INT32), test_path("out.nc"), "v", &(ash_write_options){ .format = formats[k % 4] }));
        nc_done(nc_open(test_path("out.nc"), NC_NOWRITE, &file));
        nc_done(nc_inq_format(file, &format));
        nc_done(nc_close(file));
        assert_int_equal(format, expected[k % 4]);
        nc_done(nc_set_default_format(NC_FORMAT_CLASSIC, &still));
        assert_int_equal(still, others[k / 4]);
    }
    test_entries(1);
    ash_context_free(ctx);
}

/* ---- Runs that meet ---- */

static ash_status append_too(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t n) {
    (void)user, (void)ndim, (void)message, (void)n;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1 });
    ash_status status = ash_append(ramp(ctx, 3, "x"), test_path("out.nc"), "v", "x", NULL);
    ash_context_free(ctx);
    for (int64_t i = 0; i < extent[0]; i++) {
        ((int64_t *)buffer)[i] = start[0] + i;
    }
    return status;
}

/* One of two runs that append to a file at the same time is told so, instead of undoing what the other has done. */
static void appending_twice_at_once(void **state) {
    (void)state;
    static const char *const formats[] = { "netcdf4", "cdf5" };
    for (int k = 0; k < 2; k++) {
        ash_context *ctx = context_with(1, NULL);
        ash_write_options options = { .format = formats[k], .unlimited = "x" };
        assert_done(ctx, ash_write(ramp(ctx, 8, "x"), test_path("out.nc"), "v", &options));
        ash_array a = ash_from_source(ctx, ASH_INT64, 1, (int64_t[]){ 4 }, append_too, NULL, &(ash_source_options){ .dims = "x" });
        assert_int_equal(ash_append(a, test_path("out.nc"), "v", "x", NULL), ASH_ERR_IO);
        assert_sentence(ctx, ASH_ERR_IO, "changed by somebody else");
        assert_int_equal(ash_size(ash_open(ctx, test_path("out.nc"), "v", NULL)), 11);
        assert_int_equal(test_entries(1), 1);
        ash_context_free(ctx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(temporary_files_of_killed_runs_go), cmocka_unit_test(temporary_files_are_locked),
        cmocka_unit_test(links_stay), cmocka_unit_test(permissions_stay), cmocka_unit_test(names_of_dimensions),
        cmocka_unit_test(decomposed_names), cmocka_unit_test(names_in_another_normal_form), cmocka_unit_test(names_too_long_for_resume),
        cmocka_unit_test(another_default_format), cmocka_unit_test(appending_twice_at_once) };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
