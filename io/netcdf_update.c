/* Changing a file that is there: a copy of it is changed by NetCDF-C, and takes its name when it is whole. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/flat_write.h"
#include "io/lock.h"
#include "io/netcdf_contents.h"
#include "io/types.h"
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <netcdf.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIBRARY_BYTES = 8 << 20, COPY_BYTES = 1 << 20 };

typedef struct updated_variable {
    ash_netcdf_variable at;
    const int64_t *start; /* where element 0 of each axis goes */
} updated_variable;

typedef struct update_state {
    int file, is_open;
    char *path;         /* of the copy: the writer forgets it when it gives up */
    struct stat copied; /* the file that was copied */
    int folder;         /* locked while the copy takes its name; -1 */
    updated_variable *variable;
} update_state;

/* ---- The copy ---- */

/* By the system, which shares blocks where the file system can; else through memory. */
static int copy_bytes(int from, int to, int64_t bytes) {
    int64_t done = 0;
    for (loff_t in = 0, out = 0; done < bytes;) {
        ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(bytes - done), 0);
        if (n <= 0)
            break;
        done += n;
    }
    char *buffer = done < bytes ? ash_malloc(COPY_BYTES) : NULL;
    int reason = done < bytes && !buffer ? ENOMEM : 0;
    while (done < bytes && reason == 0) {
        ssize_t n = pread(from, buffer, COPY_BYTES, done);
        if (n == 0 || (n < 0 && errno != EINTR))
            reason = n < 0 ? errno : EIO;
        else if (n > 0 && (reason = ash_write_bytes(to, buffer, n, done)) == 0)
            done += n;
    }
    ash_free(buffer);
    return reason;
}

/* The places of what is written come from the file as the caller has opened it. */
static int is_as_seen(const ash_file *file, const struct stat *is) {
    struct stat was;
    return fstat(file->fd, &was) == 0 && was.st_dev == is->st_dev && was.st_ino == is->st_ino && file->size == is->st_size &&
        file->modified.tv_sec == is->st_mtim.tv_sec && file->modified.tv_nsec == is->st_mtim.tv_nsec;
}

static ash_status copy_target(ash_writer *writer, ash_error_state *error) {
    struct stat *about = &((update_state *)writer->state)->copied;
    int from = open(writer->file.target, O_RDONLY | O_CLOEXEC), reason = from < 0 ? errno : 0;
    if (reason == 0 && fstat(from, about) != 0)
        reason = errno;
    if (reason == 0 && !is_as_seen(writer->update.file, about)) {
        close(from);
        return ash_fail(error, ASH_ERR_IO, "%s: %s: the file was changed by somebody else meanwhile; it stays as it is now",
            writer->function, writer->path);
    }
    if (reason == 0)
        reason = copy_bytes(from, writer->file.fd, about->st_size);
    if (from >= 0)
        close(from);
    return reason == 0 ? ASH_OK
                       : ash_fail(error, reason == ENOENT ? ASH_ERR_NOT_FOUND : ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path,
                             strerror(reason));
}

/* Of two runs that change a file at the same time the second would undo what the first has done. */
static ash_status check_unchanged(const ash_writer *writer, ash_error_state *error) {
    update_state *state = writer->state;
    const struct stat *was = &state->copied;
    struct stat is;
    state->folder = open(writer->file.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (state->folder >= 0 && flock(state->folder, LOCK_EX) != 0 && errno == EINTR)
        ;
    if (stat(writer->file.target, &is) == 0 && is.st_dev == was->st_dev && is.st_ino == was->st_ino && is.st_size == was->st_size &&
        is.st_mtim.tv_sec == was->st_mtim.tv_sec && is.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
        return ASH_OK;
    return ash_fail(error, ASH_ERR_IO, "the file was changed by somebody else meanwhile; it stays as it is now");
}

/* ---- Variables ---- */

/* Axes that grow must be unlimited. */
static ash_status check_growth(ash_writer *writer, int k, ash_error_state *error) {
    const update_state *state = writer->state;
    const updated_variable *variable = &state->variable[k];
    int ndim = 0, dims[NC_MAX_VAR_DIMS], nunlimited = 0, unlimited[NC_MAX_DIMS];
    int64_t shape[ASH_MAX_NDIM];
    ash_writer_shape(writer, k, shape);
    nc_inq_varndims(variable->at.group, variable->at.id, &ndim);
    if (ndim != writer->schema->variable[k].ndim || nc_inq_vardimid(variable->at.group, variable->at.id, dims) != NC_NOERR)
        return ash_fail(error, ASH_ERR_SHAPE, "%s: %s: variable '%s' has %d dimensions, found %d", writer->function, writer->path,
            writer->schema->variable[k].name, ndim, writer->schema->variable[k].ndim);
    for (int a = 0; a < ndim; a++) {
        char name[NC_MAX_NAME + 1] = "";
        size_t extent = 0;
        int grows = 0;
        nc_inq_dim(variable->at.group, dims[a], name, &extent);
        if (variable->start[a] + shape[a] <= (int64_t)extent)
            continue;
        for (int group = variable->at.group, more = 1; more && !grows; more = nc_inq_grp_parent(group, &group) == NC_NOERR) {
            if (nc_inq_unlimdims(group, &nunlimited, unlimited) != NC_NOERR)
                nunlimited = 0;
            for (int u = 0; u < nunlimited; u++)
                grows |= unlimited[u] == dims[a];
        }
        if (!grows)
            return ash_fail(error, ASH_ERR_DIMENSION,
                "%s: %s: dimension '%s' of '%s' is not unlimited and has extent %zu; it cannot grow to %lld", writer->function,
                writer->path, name, writer->schema->variable[k].name, extent, (long long)(variable->start[a] + shape[a]));
    }
    return ASH_OK;
}

static ash_status open_copy(ash_writer *writer, ash_error_state *error) {
    update_state *state = writer->state;
    ash_library_scope scope;
    ash_library_enter(&scope);
    int result = nc_open(writer->file.path, NC_WRITE, &state->file), k = 0;
    state->is_open = result == NC_NOERR;
    for (; result == NC_NOERR && error->status == ASH_OK && k < writer->schema->nvariables; k++) {
        updated_variable *variable = &state->variable[k];
        variable->start = writer->update.start[k];
        result = ash_netcdf_locate(state->file, writer->schema->variable[k].name, &variable->at) ? NC_NOERR : NC_ENOTVAR;
        if (result == NC_NOERR)
            check_growth(writer, k, error);
    }
    ash_library_leave(&scope);
    if (result != NC_NOERR && error->status == ASH_OK)
        ash_fail(error, ASH_ERR_FORMAT, "%s: %s: %s%s%s", writer->function, writer->path,
            state->is_open ? writer->schema->variable[k - 1].name : "", state->is_open ? ": " : "", nc_strerror(result));
    return error->status;
}

/* A chunk of each variable in NetCDF-C's caches. */
static int64_t cached_bytes(const ash_writer *writer) {
    int64_t all = 0;
    for (int k = 0; k < writer->schema->nvariables; k++) {
        ash_error_state ignored = { 0 };
        const ash_variable *stored = ash_file_variable(writer->update.file, writer->schema->variable[k].name, writer->function, &ignored);
        int64_t bytes = stored && stored->ndim > 0 && stored->chunk[0] > 0 ? ash_dtype_size(stored->dtype) : 0;
        for (int a = 0; bytes > 0 && a < stored->ndim; a++)
            bytes *= stored->chunk[a] > 0 ? stored->chunk[a] : 1;
        all += bytes;
    }
    return all;
}

static ash_status update_begin(ash_writer *writer, ash_error_state *error) {
    int count = writer->schema->nvariables;
    update_state *state = ash_calloc(1, sizeof *state);
    writer->state = state;
    if (state)
        state->variable = ash_calloc(count + 1, sizeof *state->variable);
    if (!state || !state->variable)
        return ash_fail_memory(error, writer->function, (count + 1) * (int64_t)sizeof *state->variable);
    state->folder = -1;
    state->path = ash_text_copy(writer->file.path, (int64_t)strlen(writer->file.path));
    if (!state->path)
        return ash_fail_memory(error, writer->function, (int64_t)strlen(writer->file.path));
    writer->need.library = LIBRARY_BYTES + 4 * cached_bytes(writer);
    if (copy_target(writer, error) != ASH_OK)
        return error->status;
    return open_copy(writer, error);
}

static ash_status update_put(ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    const updated_variable *variable = &((update_state *)writer->state)->variable[k];
    int ndim = writer->schema->variable[k].ndim;
    size_t from[ASH_MAX_NDIM + 1] = { 0 }, count[ASH_MAX_NDIM + 1] = { 1 };
    int64_t bytes = ash_dtype_size(writer->schema->variable[k].dtype);
    (void)scratch;
    for (int a = 0; a < ndim; a++) {
        from[a] = (size_t)(variable->start[a] + start[a]);
        count[a] = (size_t)extent[a];
        bytes *= extent[a];
    }
    ash_library_scope scope;
    ash_library_enter(&scope);
    int reason = ash_temporary_reserve(&writer->file, bytes);
    int result = reason == 0 ? nc_put_vara(variable->at.group, variable->at.id, from, count, data) : NC_NOERR;
    ash_library_leave(&scope);
    if (reason == 0 && result != NC_NOERR)
        reason = ash_temporary_diagnose(&writer->file, bytes);
    if (reason != 0)
        return ash_fail_errno(reason, error);
    return result == NC_NOERR ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s", nc_strerror(result));
}

/* HDF5 closes a file only after it has written out what it holds; where that fails, on a full disk, its ids leak and it complains at exit. So its
 * descriptor is pointed at memory first. */
static void divert_to_memory(const update_state *state) {
#ifdef MFD_CLOEXEC
    hid_t ids[256];
    ssize_t n = H5Fget_obj_ids((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE, 256, ids);
    for (ssize_t k = 0; k < n; k++) {
        char name[PATH_MAX];
        void *handle = NULL;
        if (H5Fget_name(ids[k], name, sizeof name) <= 0 || strcmp(name, state->path) != 0 ||
            H5Fget_vfd_handle(ids[k], H5P_DEFAULT, &handle) < 0 || !handle)
            continue;
        int memory = memfd_create("ashlar", MFD_CLOEXEC);
        if (memory >= 0) {
            dup2(memory, *(int *)handle);
            close(memory);
        }
    }
#else
    (void)state;
#endif
}

static int close_copy(update_state *state) {
    ash_library_scope scope;
    ash_library_enter(&scope);
    int result = state->is_open ? nc_close(state->file) : NC_NOERR;
    state->is_open = 0;
    ash_library_leave(&scope);
    return result;
}

static ash_status update_finish(ash_writer *writer, ash_error_state *error) {
    int result = close_copy(writer->state);
    return result == NC_NOERR ? check_unchanged(writer, error) : ash_fail(error, ASH_ERR_IO, "%s", nc_strerror(result));
}

static void update_abandon(ash_writer *writer) {
    update_state *state = writer->state;
    if (!state)
        return;
    if (state->is_open) {
        ash_library_scope scope;
        ash_library_enter(&scope);
        divert_to_memory(state);
        ash_library_leave(&scope);
    }
    close_copy(state);
    if (state->folder >= 0)
        close(state->folder);
    ash_free(state->variable);
    ash_free(state->path);
    ash_free(state);
}

const ash_format ash_format_change_netcdf = {
    .name = "update", .begin = update_begin, .put = update_put, .finish = update_finish, .abandon = update_abandon
};
