/* The one lock around HDF5 and NetCDF-C, neither of which is thread-safe as packaged everywhere. */
#include "io/lock.h"

#include "io/member.h"

#include <netcdf.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_lock(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* A child of fork() has but the thread that called it: what another one holds stays held there, and what it was at in the libraries stays half done. So
 * fork() waits for them. The child's thread is not the owner of a recursive lock that the parent's has taken: it gets a new one. */
static void before_fork(void) {
    pthread_mutex_lock(&lock);
    ash_member_hold();
}

static void in_parent(void) {
    ash_member_let();
    pthread_mutex_unlock(&lock);
}

static void in_child(void) {
    ash_member_let();
    make_lock();
}

static void prepare(void) {
    make_lock();
    pthread_atfork(before_fork, in_parent, in_child);
    /* On file systems without locks (Lustre, NFS, read-only mounts) HDF5 refuses to open a file for reading. It looks at this once,
     * at its first call, so it holds for writing too: there the temporary name is ours alone. A value set by the user is kept. */
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    /* NetCDF-C silences HDF5 for good when it starts. Were that inside a scope, its end would undo it and the host's own calls of
     * NetCDF-C would print. */
    nc_initialize();
}

void ash_io_lock(void) {
    pthread_once(&once, prepare);
    pthread_mutex_lock(&lock);
}

void ash_io_unlock(void) {
    pthread_mutex_unlock(&lock);
}

void ash_library_enter(ash_library_scope *scope) {
    ash_io_lock();
    scope->silenced = H5Eget_auto2(H5E_DEFAULT, &scope->print, &scope->print_data) >= 0;
    if (scope->silenced)
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void ash_library_leave(ash_library_scope *scope) {
    if (scope->silenced)
        H5Eset_auto2(H5E_DEFAULT, scope->print, scope->print_data);
    ash_io_unlock();
}
