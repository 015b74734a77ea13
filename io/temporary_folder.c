#include "io/temporary_folder.h"

#include "base/memory.h"
#include "io/permissions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ash_folder_create(ash_temporary_file *file) {
    if (mkdir(file->path, ash_mode_for(file->target, 0777)) != 0)
        return errno;
    file->fd = open(file->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int reason = file->fd >= 0 ? 0 : errno;
    if (reason != 0)
        rmdir(file->path);
    return reason;
}

/* ---- What is in a folder ---- */

static int is_dot(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Takes the descriptor. */
static void empty_folder(int fd) {
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (is_dot(entry->d_name) || unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        int inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0)
            continue;
        empty_folder(inner);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

void ash_folder_empty(int fd) {
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own >= 0)
        empty_folder(own);
}

void ash_folder_remove(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty_folder(fd);
    rmdir(path);
}

int ash_folder_is_empty(const char *path) {
    DIR *folder = opendir(path);
    int entries = 0;
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry && entries == 0; entry = readdir(folder))
        entries += !is_dot(entry->d_name);
    if (folder)
        closedir(folder);
    return entries == 0;
}

/* ---- Taking the name ---- */

int ash_folder_sync(int fd) {
#ifdef __linux__
    return syncfs(fd) == 0 ? 0 : errno;
#else
    sync();
    return fsync(fd) == 0 ? 0 : errno;
#endif
}

/* The old folder is left under the temporary name. 0 or an errno. */
static int exchange(const ash_temporary_file *file) {
#ifdef RENAME_EXCHANGE
    if (renameat2(AT_FDCWD, file->path, AT_FDCWD, file->target, RENAME_EXCHANGE) == 0)
        return 0;
    return errno;
#else
    (void)file;
    return ENOSYS;
#endif
}

/* Where two names cannot be exchanged. 0 or an errno. */
static int replace(const ash_temporary_file *file) {
    int64_t bytes = (int64_t)strlen(file->path) + 5;
    char *aside = ash_malloc(bytes);
    if (!aside)
        return ENOMEM;
    snprintf(aside, (size_t)bytes, "%s.old", file->path);
    int reason = rename(file->target, aside) == 0 ? 0 : errno;
    if (reason == 0 && rename(file->path, file->target) != 0) {
        reason = errno;
        if (rename(aside, file->target) != 0)
            reason = errno; /* then the old store stays under its temporary name */
    } else if (reason == 0) {
        ash_folder_remove(aside);
    }
    ash_free(aside);
    return reason;
}

int ash_folder_publish(ash_temporary_file *file) {
    int reason = ash_folder_sync(file->fd);
    if (reason != 0 || rename(file->path, file->target) == 0) /* nothing was there, or an empty folder */
        return reason;
    if (errno != EEXIST && errno != ENOTEMPTY)
        return errno;
    reason = exchange(file);
    if (reason == 0)
        ash_folder_remove(file->path);
    else if (reason == EINVAL || reason == ENOSYS)
        reason = replace(file);
    return reason;
}
