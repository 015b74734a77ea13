#include "io/temporary_file.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/temporary_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BASE_BYTES_MAX = 200, ATTEMPTS = 100, RESERVE_SLACK = 1 << 19, PROBE_BYTES = 1 << 16, PROBE_MAX = 64 << 20 };

/* The path without symbolic links; NULL with errno set. */
static char *copy_resolved(const char *path) {
    char *resolved = realpath(path, NULL);
    if (!resolved)
        return NULL;
    char *copy = ash_text_copy(resolved, (int64_t)strlen(resolved));
    free(resolved);
    errno = copy ? errno : ENOMEM;
    return copy;
}

static ash_status fail_errno(const char *function, const char *path, ash_error_state *error) {
    int reason = errno;
    if (reason == ENOMEM)
        return ash_fail_memory(error, function, (int64_t)strlen(path));
    return ash_fail(
        error, reason == ENOENT || reason == ENOTDIR ? ASH_ERR_NOT_FOUND : ASH_ERR_IO, "%s: %s: %s", function, path, strerror(reason));
}

/* The absolute folder of a path that need not exist yet. */
static ash_status resolve_folder(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? ash_text_copy(path, slash - path + 1) : ash_text_copy(".", 1);
    if (!folder)
        return ash_fail_memory(error, function, (int64_t)strlen(path));
    file->folder = copy_resolved(folder);
    ash_status status = file->folder ? ASH_OK
        : errno == ENOMEM            ? ash_fail_memory(error, function, (int64_t)strlen(path))
                          : ash_fail(error, ASH_ERR_NOT_FOUND, "%s: %s: its folder %s: %s", function, path, folder, strerror(errno));
    ash_free(folder);
    return status;
}

static char *join(const char *folder, const char *name) {
    int64_t bytes = (int64_t)(strlen(folder) + strlen(name) + 2);
    char *path = ash_malloc(bytes);
    if (path)
        snprintf(path, (size_t)bytes, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    return path;
}

/* A file that is there is followed through symbolic links, so that the link stays and its target is replaced. */
static ash_status resolve_target(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    struct stat about;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (*path == '\0')
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: path is empty, expected the path of a file", function);
    if (stat(path, &about) == 0) {
        if (file->is_folder && !S_ISDIR(about.st_mode))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: is there and no folder, which this format is written to", function, path);
        if (!file->is_folder && S_ISDIR(about.st_mode))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: is a folder, expected the path of a file", function, path);
        if (!file->is_folder && !S_ISREG(about.st_mode))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: is there and not a regular file", function, path);
        file->target = copy_resolved(path);
        return file->target ? resolve_folder(file, file->target, function, error) : fail_errno(function, path, error);
    }
    if (*base == '\0')
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: is a folder, expected the path of a file", function, path);
    ash_status status = resolve_folder(file, path, function, error);
    if (status == ASH_OK && !(file->target = join(file->folder, base)))
        status = ash_fail_memory(error, function, (int64_t)strlen(path));
    return status;
}

/* Part of a file name that leaves room for what is added to it, cut between characters. */
static int base_bytes(const char *base) {
    int bytes = (int)strnlen(base, BASE_BYTES_MAX);
    while (base[bytes] != '\0' && bytes > 0 && ((unsigned char)base[bytes] & 0xC0) == 0x80)
        bytes--;
    return bytes;
}

static int make_empty(ash_temporary_file *file) {
    if (file->is_folder)
        return ash_folder_create(file);
    file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return file->fd >= 0 ? 0 : errno;
}

static ash_status create_beside(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    static int counter;
    const char *base = strrchr(file->target, '/') + 1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        char name[BASE_BYTES_MAX + 40];
        snprintf(name, sizeof name, ".%.*s.%ld-%d.tmp", base_bytes(base), base, (long)getpid(),
            __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
        file->path = join(file->folder, name);
        if (!file->path)
            return ash_fail_memory(error, function, sizeof name);
        int reason = make_empty(file);
        if (reason == 0)
            return ASH_OK;
        ash_free(file->path);
        file->path = NULL;
        errno = reason;
        if (reason != EEXIST)
            break;
    }
    return fail_errno(function, path, error);
}

ash_status ash_temporary_resolve(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    *file = (ash_temporary_file){ .fd = -1, .is_folder = file->is_folder };
    return resolve_target(file, path, function, error);
}

ash_status ash_temporary_create(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    return create_beside(file, path, function, error);
}

ash_status ash_temporary_adopt(ash_temporary_file *file, int fd, const char *path, const char *function, ash_error_state *error) {
    file->path = ash_text_copy(path, (int64_t)strlen(path));
    file->fd = file->path ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    return file->fd >= 0 ? ASH_OK : ash_fail(error, ASH_ERR_MEMORY, "%s: %s: %s", function, path, strerror(file->path ? errno : ENOMEM));
}

void ash_temporary_keep(ash_temporary_file *file) {
    ash_free(file->path);
    file->path = NULL;
}

/* Some file systems do not sync folders and some folders may be written but not read: neither is a failure. */
static int sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int reason = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
    close(fd);
    return reason;
}

static int publish_file(ash_temporary_file *file) {
    off_t size = lseek(file->fd, 0, SEEK_END);
    if (size < 0 || ftruncate(file->fd, size) != 0) /* gives back what was reserved beyond the end */
        return errno;
    return fsync(file->fd) == 0 && rename(file->path, file->target) == 0 ? 0 : errno;
}

int ash_temporary_publish(ash_temporary_file *file) {
    int reason = file->is_folder ? ash_folder_publish(file) : publish_file(file);
    if (reason != 0)
        return reason;
    ash_free(file->path);
    file->path = NULL;
    return sync_folder(file->folder);
}

void ash_temporary_discard(ash_temporary_file *file) {
    if (!file->path) /* published: it is the user's file now */
        return;
    if (file->is_folder)
        ash_folder_remove(file->path);
    else
        unlink(file->path);
    ash_free(file->path);
    file->path = NULL;
    while (!file->is_folder && ftruncate(file->fd, 0) != 0 && errno == EINTR)
        ;
}

int ash_temporary_diagnose(const ash_temporary_file *file, int64_t bytes) {
    static const char zeros[PROBE_BYTES];
    off_t end = lseek(file->fd, 0, SEEK_END);
    if (end < 0)
        return errno;
    for (int64_t done = 0; done <= bytes && done < PROBE_MAX; done += PROBE_BYTES)
        if (pwrite(file->fd, zeros, PROBE_BYTES, end + done) != PROBE_BYTES)
            return errno ? errno : ENOSPC;
    return fsync(file->fd) == 0 ? 0 : errno;
}

int ash_temporary_reserve(const ash_temporary_file *file, int64_t bytes) {
#ifdef FALLOC_FL_KEEP_SIZE
    off_t end = lseek(file->fd, 0, SEEK_END);
    struct rlimit most; /* beyond it the system would not refuse but end the process */
    if (end < 0)
        return errno;
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur != RLIM_INFINITY && (rlim_t)(end + bytes + RESERVE_SLACK) > most.rlim_cur)
        return EFBIG;
    if (fallocate(file->fd, FALLOC_FL_KEEP_SIZE, end, bytes + RESERVE_SLACK) != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return errno;
#else
    (void)file;
    (void)bytes;
#endif
    return 0;
}

void ash_temporary_free(ash_temporary_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    ash_free(file->target);
    ash_free(file->path);
    ash_free(file->folder);
    *file = (ash_temporary_file){ .fd = -1 };
}
