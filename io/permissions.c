#include "io/permissions.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MODE_BITS = 07777, SET_ID_BITS = 06000, FILE_BITS = 0666, OWNER_BITS = 0600, GROUP_BITS = 0070, OTHER_BITS = 0007, GROUP_SHIFT = 3 };

mode_t ash_mode_for(const char *target, mode_t otherwise) {
    struct stat about;
    if (stat(target, &about) != 0)
        return otherwise;
    return (about.st_mode & otherwise) | (otherwise & (S_ISDIR(about.st_mode) ? S_IRWXU : OWNER_BITS));
}

/* Only some may give files away, and to some groups. A group that cannot be kept must not pass its rights on to another. */
static mode_t keep_owner(int fd, const struct stat *is, const struct stat *was) {
    mode_t mode = was->st_mode & MODE_BITS;
    int owned = (is->st_uid == was->st_uid && is->st_gid == was->st_gid) || fchown(fd, was->st_uid, was->st_gid) == 0;
    int grouped = owned || is->st_gid == was->st_gid || fchown(fd, (uid_t)-1, was->st_gid) == 0;
    if (!owned && !S_ISDIR(was->st_mode))
        mode &= (mode_t)~SET_ID_BITS;
    if (!grouped)
        mode = (mode & (mode_t)~GROUP_BITS) | (mode & OTHER_BITS) << GROUP_SHIFT;
    return mode;
}

/* All in a folder, which was made with the rights of new files. Takes the descriptor. */
static void keep_inside(int fd, const struct stat *was) {
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int inner = openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (inner < 0)
            continue;
        if (fstat(inner, &about) != 0 || (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))) {
            close(inner);
            continue;
        }
        mode_t mode = keep_owner(inner, &about, was);
        fchmod(inner, S_ISDIR(about.st_mode) ? mode : mode & FILE_BITS);
        if (S_ISDIR(about.st_mode))
            keep_inside(inner, was);
        else
            close(inner);
    }
    closedir(folder);
}

/* A folder that has all that `was` has holds nothing that has less, unless something was put into it since: then it is `again`. */
static void keep(int fd, const struct stat *was, int again) {
    struct stat is;
    if (fstat(fd, &is) != 0)
        return;
    mode_t mode = keep_owner(fd, &is, was);
    int differs = again || (is.st_mode & MODE_BITS) != mode || is.st_uid != was->st_uid || is.st_gid != was->st_gid;
    int own = differs && S_ISDIR(is.st_mode) ? openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (own >= 0)
        keep_inside(own, was);
    fchmod(fd, mode);
}

void ash_permissions_keep(int fd, const char *target) {
    struct stat was;
    if (stat(target, &was) == 0)
        keep(fd, &was, 0);
}

void ash_permissions_follow(int folder, int model) {
    struct stat was;
    if (fstat(model, &was) == 0)
        keep(folder, &was, 1);
}
