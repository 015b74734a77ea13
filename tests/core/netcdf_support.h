/* A folder of its own for the files of a test, and NetCDF-C to make and check them with. */
#ifndef ASH_NETCDF_SUPPORT_H
#define ASH_NETCDF_SUPPORT_H

#include "core_test.h"

#include <dirent.h>
#include <ftw.h>
#include <netcdf.h>
#include <sys/stat.h>
#include <unistd.h>

static char test_folder[256];

/* Group setup and teardown. */
static inline int make_test_folder(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(test_folder, sizeof test_folder, "%s/ashlar-test-XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp(test_folder) ? 0 : -1;
}

/* Path of a file in the folder; eight at a time in each thread. */
static inline const char *test_path(const char *name) {
    static _Thread_local char paths[8][520];
    static _Thread_local int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", test_folder, name);
    return paths[next];
}

static inline int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

/* Removes a file, or a folder with all in it. */
static inline void remove_all(const char *path) {
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Number of entries in the folder, hidden ones too; removes them if asked to. */
static inline int test_entries(int remove_them) {
    int entries = 0;
    DIR *folder = opendir(test_folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            entries++;
            if (remove_them) {
                remove_all(test_path(entry->d_name));
            }
        }
    }
    closedir(folder);
    return entries;
}

static inline int remove_test_folder(void **state) {
    (void)state;
    test_entries(1);
    return rmdir(test_folder);
}

#define nc_done(call) \
    do { \
        int result_ = (call); \
        if (result_ != NC_NOERR) \
            fail_msg("%s: %s", #call, nc_strerror(result_)); \
    } while (0)

#endif
