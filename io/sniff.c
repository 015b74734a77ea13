/* The first look at a path: is there a file, can it be read, what does it start with. */
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"
#include "io/flat_read.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_ENTRIES_MAX = 10000, SHOWN_BYTES = 8 };

/* Names of the folder a path is in; stops quietly when out of memory, since they only help an error sentence. */
static void list_folder(const char *path, ash_name_list *names) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? ash_text_copy(path, slash - path + 1) : ash_text_copy(".", 1);
    DIR *stream = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    while (stream && names->count < FOLDER_ENTRIES_MAX && (entry = readdir(stream)))
        if (entry->d_name[0] != '.' && !ash_name_list_add(names, entry->d_name))
            break;
    if (stream)
        closedir(stream);
    ash_free(folder);
}

/* A file that could not be opened: why, and what it may have been meant to be. */
static ash_status fail_to_open(const char *path, const char *function, int reason, ash_error_state *error) {
    ash_status status = reason == ENOENT || reason == ENOTDIR ? ASH_ERR_NOT_FOUND : ASH_ERR_IO;
    const char *slash = strrchr(path, '/');
    const char *nearest = NULL;
    ash_name_list names = { 0 };
    if (reason == ENOENT) {
        list_folder(path, &names);
        nearest = ash_nearest(slash ? slash + 1 : path, names.count, (const char *const *)names.name);
    }
    if (nearest)
        ash_fail(error, status, "%s: %s: %s, the nearest name in its folder is %s", function, path, strerror(reason), nearest);
    else
        ash_fail(error, status, "%s: %s: %s", function, path, strerror(reason));
    ash_name_list_free(&names);
    return status;
}

ash_status ash_sniff(const char *path, const char *function, int *fd, int64_t *size, unsigned char head[], int64_t capacity, int64_t *n,
    ash_error_state *error) {
    struct stat about;
    *fd = -1;
    *size = *n = 0;
    if (path[0] == '\0')
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: path is empty, expected the path of a file", function);
    if (stat(path, &about) != 0)
        return fail_to_open(path, function, errno, error);
    if (S_ISDIR(about.st_mode))
        return ASH_OK;
    if (!S_ISREG(about.st_mode)) /* opening a pipe would wait for its writer */
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: not a regular file", function, path);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return fail_to_open(path, function, errno, error);
    ash_error_state reason = { 0 };
    *size = about.st_size;
    *n = about.st_size < capacity ? about.st_size : capacity;
    if (ash_read_bytes(*fd, head, *n, 0, NULL, &reason) != ASH_OK) {
        close(*fd);
        *fd = -1;
        return ash_fail(error, ASH_ERR_IO, "%s: %s: %s", function, path, reason.text);
    }
    return ASH_OK;
}

/* Formats people have next to their NetCDF files. */
static const struct {
    const char *start, *name;
    int bytes;
} known[] = {
    { "GRIB", "a GRIB file", 4 },
    { "\x0e\x03\x13\x01", "an HDF4 file", 4 },
    { "\x1f\x8b", "compressed with gzip", 2 },
    { "BZh", "compressed with bzip2", 3 },
    { "\xfd"
      "7zXZ",
        "compressed with xz", 5 },
    { "\x28\xb5\x2f\xfd", "compressed with zstd", 4 },
};

static const char *known_name(const unsigned char *head, int64_t n) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n >= known[i].bytes && memcmp(head, known[i].start, (size_t)known[i].bytes) == 0)
            return known[i].name;
    return NULL;
}

/* Bytes as printable text; `text` has room for 4 characters a byte. */
static void escape(const unsigned char *bytes, int64_t n, char *text) {
    for (int64_t i = 0; i < n; i++)
        text += sprintf(text, isprint(bytes[i]) && bytes[i] != '"' && bytes[i] != '\\' ? "%c" : "\\x%02x", bytes[i]);
    *text = '\0';
}

ash_status ash_fail_unknown_format(
    const char *path, const char *function, int64_t size, const unsigned char *head, int64_t n, ash_error_state *error) {
    char start[4 * SHOWN_BYTES + 1];
    const char *name = known_name(head, n);
    if (n == 0 && size == 0)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: not a NetCDF, HDF5, Zarr or NumPy file (it is empty)", function, path);
    if (name)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: not a NetCDF, HDF5, Zarr or NumPy file (it looks like %s)", function, path, name);
    escape(head, n < SHOWN_BYTES ? n : SHOWN_BYTES, start);
    return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: not a NetCDF, HDF5, Zarr or NumPy file (starts with \"%s\")", function, path, start);
}
