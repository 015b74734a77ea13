#include "io/temporary_file.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/permissions.h"
#include "io/temporary_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BASE_BYTES_MAX = 160, HOST_BYTES_MAX = 40, NAME_BYTES_MAX = 255, LINKS_MAX = 40, ATTEMPTS = 100 };
enum { RESERVE_SLACK = 1 << 19, PROBE_BYTES = 1 << 16, PROBE_MAX = 64 << 20 };

static int counter; /* atomically: of the temporary files that this process has made */

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

/* What a symbolic link says, made relative to the folder the link is relative to; NULL if the path is no link, or with errno ENOMEM. */
static char *read_link(const char *path) {
    char to[PATH_MAX];
    ssize_t bytes = readlink(path, to, sizeof to);
    if (bytes <= 0 || bytes == (ssize_t)sizeof to) {
        errno = EINVAL;
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    int folder = slash && to[0] != '/' ? (int)(slash - path + 1) : 0;
    char *joined = ash_malloc(folder + bytes + 1);
    if (joined)
        snprintf(joined, (size_t)(folder + bytes + 1), "%.*s%.*s", folder, path, (int)bytes, to);
    errno = joined ? 0 : ENOMEM;
    return joined;
}

static ash_status resolve_target(ash_temporary_file *file, const char *path, int links, const char *function, ash_error_state *error);

/* The path of a file that is not there yet. A symbolic link that points nowhere stays, too: the file is made where it points. */
static ash_status resolve_new(ash_temporary_file *file, const char *path, int links, const char *function, ash_error_state *error) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *to = read_link(path);
    if (to) {
        ash_status status = links < LINKS_MAX ? resolve_target(file, to, links + 1, function, error)
                                              : ash_fail(error, ASH_ERR_IO, "%s: %s: %s", function, path, strerror(ELOOP));
        ash_free(to);
        return status;
    }
    ash_status status = errno == ENOMEM ? ASH_ERR_MEMORY : resolve_folder(file, path, function, error);
    if (status == ASH_OK && !(file->target = join(file->folder, base)))
        status = ASH_ERR_MEMORY;
    return status == ASH_ERR_MEMORY ? ash_fail_memory(error, function, (int64_t)strlen(path)) : status;
}

/* A file that is there is followed through symbolic links, so that the link stays and its target is replaced. */
static ash_status resolve_target(ash_temporary_file *file, const char *path, int links, const char *function, ash_error_state *error) {
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
    return resolve_new(file, path, links, function, error);
}

/* ---- Names ---- */

/* Part of a file name that leaves room for what is added to it, cut between characters. */
static int base_bytes(const char *base) {
    int bytes = (int)strnlen(base, BASE_BYTES_MAX);
    while (base[bytes] != '\0' && bytes > 0 && ((unsigned char)base[bytes] & 0xC0) == 0x80)
        bytes--;
    return bytes;
}

/* What the names of all temporary files of a target begin with that are made on this machine: ".NAME.HOST-". */
static void name_prefix(const ash_temporary_file *file, char prefix[NAME_BYTES_MAX + 1]) {
    char host[HOST_BYTES_MAX + 1] = "";
    const char *base = strrchr(file->target, '/') + 1;
    gethostname(host, HOST_BYTES_MAX);
    for (char *c = host; *c; c++)
        *c = *c == '/' ? '_' : *c;
    snprintf(prefix, NAME_BYTES_MAX + 1, ".%.*s.%s-", base_bytes(base), base, host);
}

/* ---- What runs that were killed have left ---- */

/* Whether a name behind its prefix, "PID-N.tmp", is that of a process that has ended. This process may have the id of an earlier one; that one's files
 * have numbers that this one has not given yet, or that it has skipped. */
static int is_left(const char *name) {
    long process = 0;
    int number = 0, end = 0;
    if (sscanf(name, "%ld-%d.tmp%n", &process, &number, &end) != 2 || end == 0 || name[end] != 0 || process <= 0)
        return 0;
    if (process == (long)getpid())
        return number > __atomic_load_n(&counter, __ATOMIC_RELAXED);
    return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* Removes the temporary files of the same target whose runs were killed. Processes in containers have ids of their own and may look dead: a file that is
 * being written is locked as well. */
static void remove_left(const ash_temporary_file *file) {
    char prefix[NAME_BYTES_MAX + 1];
    DIR *folder = opendir(file->folder);
    if (!folder)
        return;
    name_prefix(file, prefix);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !is_left(entry->d_name + strlen(prefix)))
            continue;
        int access = file->is_folder ? O_RDONLY | O_DIRECTORY : O_RDWR;
        int fd = openat(dirfd(folder), entry->d_name, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            if (file->is_folder)
                ash_folder_empty(fd);
            unlinkat(dirfd(folder), entry->d_name, file->is_folder ? AT_REMOVEDIR : 0);
        }
        if (fd >= 0)
            close(fd);
    }
    closedir(folder);
}

/* ---- The file ---- */

ash_status ash_temporary_resolve(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    *file = (ash_temporary_file){ .fd = -1, .is_folder = file->is_folder };
    ash_status status = resolve_target(file, path, 0, function, error);
    if (status == ASH_OK)
        remove_left(file);
    return status;
}

static int make_empty(ash_temporary_file *file) {
    if (file->is_folder)
        return ash_folder_create(file);
    file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, ash_mode_for(file->target, 0666));
    return file->fd >= 0 ? 0 : errno;
}

ash_status ash_temporary_create(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error) {
    char prefix[NAME_BYTES_MAX + 1];
    name_prefix(file, prefix);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        char name[NAME_BYTES_MAX + 40];
        snprintf(name, sizeof name, "%s%ld-%d.tmp", prefix, (long)getpid(), __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
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

void ash_temporary_hold(const ash_temporary_file *file) {
    flock(file->fd, LOCK_EX | LOCK_NB); /* where it fails a library has locked it already, or the file system has no locks */
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
    if (fsync(file->fd) != 0)
        return errno;
    flock(file->fd, LOCK_UN); /* before others see the file: HDF5 refuses to read what is locked */
    return rename(file->path, file->target) == 0 ? 0 : errno;
}

int ash_temporary_publish(ash_temporary_file *file) {
    ash_permissions_keep(file->fd, file->target);
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

int64_t ash_most_file_bytes(void) {
    struct rlimit most;
    return getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < INT64_MAX ? (int64_t)most.rlim_cur : INT64_MAX;
}

int ash_temporary_reserve(const ash_temporary_file *file, int64_t bytes) {
#ifdef FALLOC_FL_KEEP_SIZE
    off_t end = lseek(file->fd, 0, SEEK_END);
    if (end < 0)
        return errno;
    if (end + bytes + RESERVE_SLACK > ash_most_file_bytes())
        return EFBIG;
    if (fallocate(file->fd, FALLOC_FL_KEEP_SIZE, end, bytes + RESERVE_SLACK) != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return errno;
#else
    (void)file;
    (void)bytes;
#endif
    return 0;
}

/* Files without bytes take a place, too; file systems that make places as they need them have none to count. */
int ash_temporary_room(const ash_temporary_file *file, int64_t files, int64_t bytes, int64_t file_bytes) {
    struct statvfs disk;
    if (file_bytes > ash_most_file_bytes())
        return EFBIG;
    if (fstatvfs(file->fd, &disk) != 0 || disk.f_blocks == 0 || disk.f_frsize == 0) /* it cannot tell */
        return 0;
    uint64_t free_blocks = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
    if (disk.f_files > 0 && (uint64_t)files > (geteuid() == 0 ? disk.f_ffree : disk.f_favail))
        return ENOSPC;
    return (uint64_t)bytes / disk.f_frsize > free_blocks ? ENOSPC : 0;
}

void ash_temporary_free(ash_temporary_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    ash_free(file->target);
    ash_free(file->path);
    ash_free(file->folder);
    *file = (ash_temporary_file){ .fd = -1 };
}
