#include "io/scratch_file.h"

#include "base/crc32c.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"
#include "io/flat_write.h"
#include "io/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ash_scratch_file {
    char *folder;
    int fd;
    uint32_t *check; /* per block */
};

/* A file without a name; where the file system has no such thing, one whose name is taken away at once. -1 on failure. */
static int open_nameless(const char *folder) {
    int fd = -1;
#ifdef O_TMPFILE
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)) {
        return fd;
    }
#endif
    int64_t length = (int64_t)strlen(folder) + 32;
    char *path = ash_malloc(length);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    snprintf(path, (size_t)length, "%s/ashlar-scratch-XXXXXX", folder);
    fd = mkstemp(path);
    if (fd >= 0) {
        unlink(path);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    ash_free(path);
    return fd;
}

/* Takes the room from the disk, so that a run does not find out when it is half done. File systems that cannot are written to as they are. 0 or an errno. */
static int take_room(int fd, int64_t bytes) {
    int failed = bytes > ash_most_file_bytes() ? EFBIG : bytes > 0 ? posix_fallocate(fd, 0, bytes) : 0;
    return failed == EOPNOTSUPP || failed == EINVAL ? 0 : failed;
}

ash_scratch_file *ash_scratch_file_new(const char *folder, int64_t bytes, int64_t blocks, const char *function, ash_error_state *error) {
    ash_scratch_file *file = ash_calloc(1, sizeof *file);
    if (file) {
        file->fd = -1;
        file->folder = ash_text_copy(folder, (int64_t)strlen(folder));
        file->check = ash_calloc(blocks + 1, sizeof *file->check);
    }
    if (!file || !file->folder || !file->check) {
        ash_fail_memory(error, function, blocks * (int64_t)sizeof *file->check);
        ash_scratch_file_free(file);
        return NULL;
    }
    file->fd = open_nameless(folder);
    int failed = file->fd < 0 ? errno : take_room(file->fd, bytes);
    if (failed) {
        char size[32];
        ash_fail(error, ASH_ERR_IO, "%s: %s of scratch are needed, but the folder '%s' %s: %s; set ASH_SCRATCH to another folder", function,
            ash_format_bytes(bytes, size), folder, file->fd < 0 ? "cannot be written to" : "has no room for it", strerror(failed));
        ash_scratch_file_free(file);
        return NULL;
    }
    return file;
}

void ash_scratch_file_check(ash_scratch_file *file, int64_t block, const void *data, int64_t bytes) {
    file->check[block] = ash_crc32c(0, data, bytes);
}

ash_status ash_scratch_file_write(ash_scratch_file *file, int64_t offset, const void *data, int64_t bytes, ash_error_state *error) {
    int failed = ash_write_bytes(file->fd, data, bytes, offset);
    return failed ? ash_fail(error, ASH_ERR_IO, "writing to scratch in '%s' failed: %s", file->folder, strerror(failed)) : ASH_OK;
}

ash_status ash_scratch_file_read(ash_scratch_file *file, int64_t block, int64_t offset, void *data, int64_t bytes, ash_error_state *error) {
    ash_error_state reason = { 0 };
    if (ash_read_bytes(file->fd, data, bytes, offset, NULL, &reason) != ASH_OK) {
        return ash_fail(error, ASH_ERR_IO, "reading from scratch in '%s' failed: %s", file->folder, reason.text);
    }
    if (ash_crc32c(0, data, bytes) != file->check[block]) {
        return ash_fail(error, ASH_ERR_IO,
            "scratch in '%s' does not hold what was written to it: the disk is faulty, or somebody changed the file", file->folder);
    }
    return ASH_OK;
}

/* FNV-1a. */
int64_t ash_scratch_file_digest(const ash_scratch_file *file, int64_t blocks) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int64_t b = 0; b < blocks; b++) {
        hash = (hash ^ file->check[b]) * UINT64_C(1099511628211);
    }
    return (int64_t)hash;
}

void ash_scratch_file_free(ash_scratch_file *file) {
    if (file && file->fd >= 0) {
        close(file->fd);
    }
    if (file) {
        ash_free(file->folder);
        ash_free(file->check);
    }
    ash_free(file);
}
