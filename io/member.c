#include "io/member.h"

#include "io/file.h"

#include <ashlar/io.h>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MOST_OPEN = 32, DESCRIPTORS_EACH = 2, SHARE = 4 };

/* The mutex guards the list and the members' fields; files are opened and closed under the lock of the libraries, which is taken first. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static ash_member *newest, *oldest;
static int open_count;
static int64_t openings;

int ash_member_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > MOST_OPEN * DESCRIPTORS_EACH * SHARE)
        return MOST_OPEN;
    int most = (int)limit.rlim_cur / (DESCRIPTORS_EACH * SHARE);
    return most > 1 ? most : 1;
}

void ash_member_hold(void) {
    pthread_mutex_lock(&guard);
}

void ash_member_let(void) {
    pthread_mutex_unlock(&guard);
}

static int64_t modified_of(const struct stat *about) {
    return (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec;
}

void ash_member_note(ash_member *member, const ash_file *file) {
    struct stat about;
    member->size = file->size;
    member->modified = stat(file->path, &about) == 0 ? modified_of(&about) : 0;
}

static void unlink_member(ash_member *member) {
    *(member->newer ? &member->newer->older : &newest) = member->older;
    *(member->older ? &member->older->newer : &oldest) = member->newer;
    member->newer = member->older = NULL;
    open_count--;
}

static void link_member(ash_member *member) {
    member->older = newest;
    *(newest ? &newest->newer : &oldest) = member;
    newest = member;
    open_count++;
}

/* The file if it is open, which then is the one used last. */
static ash_file *use(ash_member *member) {
    pthread_mutex_lock(&guard);
    ash_file *file = member->file;
    if (file) {
        member->users++;
        unlink_member(member);
        link_member(member);
    }
    pthread_mutex_unlock(&guard);
    return file;
}

/* Takes the file of a member that nobody uses out of the list, if there are too many. */
static ash_file *take_idle(int limit) {
    ash_file *file = NULL;
    pthread_mutex_lock(&guard);
    ash_member *member = open_count >= limit ? oldest : NULL;
    while (member && member->users > 0)
        member = member->newer;
    if (member) {
        file = member->file;
        member->file = NULL;
        unlink_member(member);
    }
    pthread_mutex_unlock(&guard);
    return file;
}

static ash_file *open_again(const ash_member *member, const char *function, ash_error_state *error) {
    ash_member found = { .path = member->path };
    ash_file *file = ash_file_open(member->path, function, error);
    if (!file)
        return NULL;
    ash_member_note(&found, file);
    if (found.size == member->size && found.modified == member->modified)
        return file;
    ash_file_release(file);
    ash_fail(error, ASH_ERR_IO, "%s: %s: the file has changed since the dataset was opened", function, member->path);
    return NULL;
}

ash_file *ash_member_take(ash_member *member, const char *function, ash_error_state *error) {
    ash_file *file = use(member);
    if (file)
        return file;
    ash_io_lock();
    file = use(member); /* another thread may have opened it */
    if (!file) {
        for (ash_file *idle; (idle = take_idle(ash_member_limit()));)
            ash_file_release(idle);
        file = open_again(member, function, error);
        pthread_mutex_lock(&guard);
        if (file) {
            member->file = file;
            member->opened = ++openings;
            member->users = 1;
            link_member(member);
        }
        pthread_mutex_unlock(&guard);
    }
    ash_io_unlock();
    return file;
}

void ash_member_give(ash_member *member) {
    pthread_mutex_lock(&guard);
    member->users--;
    pthread_mutex_unlock(&guard);
}

void ash_member_close(ash_member *member) {
    pthread_mutex_lock(&guard);
    ash_file *file = member->file;
    if (file)
        unlink_member(member);
    member->file = NULL;
    pthread_mutex_unlock(&guard);
    ash_file_release(file);
}
