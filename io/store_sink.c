#include "io/store_sink.h"

#include "io/flat_write.h"
#include "io/permissions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t ash_store_index_bytes(const ash_store_contents *contents) {
    return contents->values * ash_zip_entry_bytes(0) + contents->key_bytes;
}

int ash_store_sink_begin(ash_store_sink *sink, const ash_temporary_file *file, const ash_store_contents *contents, int64_t *memory) {
    *sink = (ash_store_sink){ .file = file, .most_bytes = ash_most_file_bytes() };
    *memory = 0;
    if (file->is_folder)
        return 0;
    *memory = ash_store_index_bytes(contents);
    sink->zip = ash_zip_begin(file->fd, *memory);
    return sink->zip ? 0 : ENOMEM;
}

int ash_store_sink_reserve(const ash_store_sink *sink, const ash_store_contents *contents) {
    if (!sink->zip)
        return ash_temporary_room(sink->file, contents->values, contents->bytes, contents->value_bytes);
    return ash_temporary_reserve(sink->file, contents->bytes + contents->values * ash_zip_overhead_bytes(0) + 2 * contents->key_bytes);
}

/* ---- Values ---- */

/* A folder that is new in a store. */
static void follow_store(int folder, const char *path) {
    int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    ash_permissions_follow(fd, folder);
    close(fd);
}

int ash_store_make_folders(int folder, const char *key) {
    char path[4096];
    size_t length = strlen(key);
    if (length >= sizeof path)
        return ENAMETOOLONG;
    memcpy(path, key, length + 1);
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(folder, path, 0777) == 0)
            follow_store(folder, path);
        else if (errno != EEXIST)
            return errno;
        *slash = '/';
    }
    return 0;
}

static int open_new(int folder, const char *key) {
    return openat(folder, key, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static int put_file(int folder, const char *key, const void *bytes, int64_t n) {
    int fd = open_new(folder, key);
    int reason = fd < 0 ? errno : 0;
    if (reason == ENOENT && (reason = ash_store_make_folders(folder, key)) == 0) {
        fd = open_new(folder, key);
        reason = fd < 0 ? errno : 0;
    }
    if (reason != 0)
        return reason;
    reason = ash_write_bytes(fd, bytes, n, 0);
    if (close(fd) != 0 && reason == 0 && errno != EINTR)
        reason = errno;
    return reason;
}

int ash_store_put(const ash_store_sink *sink, const char *key, const void *bytes, int64_t n) {
    if (sink->zip)
        return ash_zip_put(sink->zip, key, bytes, n);
    return n > sink->most_bytes ? EFBIG : put_file(sink->file->fd, key, bytes, n);
}

int ash_store_sink_finish(const ash_store_sink *sink) {
    return sink->zip ? ash_zip_finish(sink->zip) : 0;
}

void ash_store_sink_free(ash_store_sink *sink) {
    ash_zip_free(sink->zip);
    sink->zip = NULL;
}
