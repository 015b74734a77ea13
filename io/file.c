/* Open files: the loop over the driver table, the variables asked for, and the checks that all drivers share. */
#include "io/file.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/normal_form.h"
#include "io/raw.h"

#include <ashlar/io.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 };

/* Tries the rows that recognise the file; the last one's error counts, as the most general driver comes last. */
static ash_status open_with_driver(ash_file *file, const char *function, const unsigned char *head, int64_t n, ash_error_state *error) {
    ash_error_state last = { 0 };
    for (int i = 0; ash_drivers[i]; i++) {
        if (!ash_drivers[i]->recognise(file->path, head, n))
            continue;
        last = (ash_error_state){ 0 };
        file->driver = ash_drivers[i];
        if (file->driver->open(file, function, &last) == ASH_OK)
            return ASH_OK;
        ash_attrs_release(file->attrs);
        file->attrs = NULL;
        file->driver = NULL;
        if (last.status == ASH_ERR_MEMORY)
            break;
    }
    if (last.status != ASH_OK)
        return ash_fail(error, last.status, "%s", last.text);
    if (file->fd < 0)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: is a folder, and no Zarr store (it has no .zgroup, .zarray or zarr.json)", function,
            file->path);
    return ash_fail_unknown_format(file->path, function, file->size, head, n, error);
}

/* Size and time of modification, which every read is checked against. */
static ash_status note_stamp(ash_file *file, const char *function, ash_error_state *error) {
    struct stat about;
    if (file->fd < 0)
        return ASH_OK;
    if (fstat(file->fd, &about) != 0)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: %s", function, file->path, strerror(errno));
    file->size = about.st_size;
    file->modified = about.st_mtim;
    return ASH_OK;
}

/* Libraries open the path once more: what they have open must be the file that we have. */
static ash_status check_same(const ash_file *file, const char *function, ash_error_state *error) {
    struct stat ours, theirs;
    if (file->fd < 0 ||
        (fstat(file->fd, &ours) == 0 && stat(file->path, &theirs) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino))
        return ASH_OK;
    return ash_fail(error, ASH_ERR_IO, "%s: %s: the file was replaced while it was being opened", function, file->path);
}

/* The path opened, and its first bytes; no driver yet. NULL on failure. */
static ash_file *begin_file(const char *path, const char *function, unsigned char head[HEAD_BYTES], int64_t *n, ash_error_state *error) {
    ash_file *file = ash_calloc(1, sizeof *file);
    if (!file) {
        ash_fail_memory(error, function, sizeof *file);
        return NULL;
    }
    file->references = 1;
    file->fd = -1;
    file->path = ash_text_copy(path, (int64_t)strlen(path));
    ash_status status = file->path ? ASH_OK : ash_fail_memory(error, function, (int64_t)strlen(path) + 1);
    if (status == ASH_OK)
        status = ash_sniff(path, function, &file->fd, &file->size, head, HEAD_BYTES, n, error);
    if (status == ASH_OK)
        status = note_stamp(file, function, error);
    if (status == ASH_OK)
        return file;
    ash_file_release(file);
    return NULL;
}

ash_file *ash_file_open(const char *path, const char *function, ash_error_state *error) {
    unsigned char head[HEAD_BYTES];
    int64_t n;
    ash_file *file = begin_file(path, function, head, &n, error);
    if (!file || (open_with_driver(file, function, head, n, error) == ASH_OK && check_same(file, function, error) == ASH_OK))
        return file;
    ash_file_release(file);
    return NULL;
}

ash_file *ash_file_open_raw(const char *path, const ash_raw_layout *layout, const char *function, ash_error_state *error) {
    unsigned char head[HEAD_BYTES];
    int64_t n;
    ash_file *file = begin_file(path, function, head, &n, error);
    if (!file)
        return NULL;
    ash_status status = file->fd < 0 ? ash_fail(error, ASH_ERR_FORMAT, "%s: %s: is a folder, expected a file", function, path)
                                     : ash_raw_attach(file, layout, function, error);
    if (status == ASH_OK) {
        file->driver = &ash_raw_driver;
        return file;
    }
    ash_file_release(file);
    return NULL;
}

ash_file *ash_file_retain(ash_file *file) {
    __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
    return file;
}

void ash_variable_clear(ash_variable *variable) {
    for (int i = 0; i < ASH_MAX_NDIM; i++)
        ash_free(variable->dim[i]);
    ash_free(variable->name);
    ash_free(variable->type);
    ash_attrs_release(variable->attrs);
    *variable = (ash_variable){ 0 };
}

static void free_entry(ash_file *file, ash_file_entry *entry) {
    if (file->driver->forget)
        file->driver->forget(file, &entry->variable);
    ash_variable_clear(&entry->variable);
    ash_free(entry->path);
    ash_free(entry);
}

void ash_file_release(ash_file *file) {
    if (!file || __atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    while (file->entries) {
        ash_file_entry *entry = file->entries;
        file->entries = entry->next;
        free_entry(file, entry);
    }
    if (file->driver)
        file->driver->close(file);
    if (file->fd >= 0)
        close(file->fd);
    ash_attrs_release(file->attrs);
    ash_free(file->path);
    ash_free(file);
}

const char *ash_file_path(const ash_file *file) {
    return file->path;
}

void ash_file_identity(const ash_file *file, int64_t *size, int64_t *changed) {
    struct stat about = { .st_mtim = file->modified }; /* reads of a file that was changed since are errors */
    if (file->fd < 0 && stat(file->path, &about) != 0)
        about.st_mtim = (struct timespec){ 0 };
    *size = file->size;
    *changed = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    if (file->driver->identity)
        file->driver->identity(file, size, changed);
}

void ash_file_key(const ash_file *file, int64_t key[ASH_FILE_KEY]) {
    struct stat about;
    memset(key, 0, ASH_FILE_KEY * sizeof key[0]);
    key[0] = (intptr_t)file;
    if (file->fd < 0 || file->driver->identity || fstat(file->fd, &about) != 0)
        return;
    key[0] = (intptr_t)file->driver;
    key[1] = (int64_t)about.st_dev;
    key[2] = (int64_t)about.st_ino;
    key[3] = file->size;
    key[4] = (int64_t)file->modified.tv_sec;
    key[5] = (int64_t)file->modified.tv_nsec;
}

const ash_attrs *ash_file_attrs(ash_file *file) {
    return file->attrs;
}

static void prepare(ash_file *file, const ash_variable *variable) {
    ash_file_entry *entry = (ash_file_entry *)(uintptr_t)variable;
    if (!file->driver->prepare || __atomic_load_n(&entry->prepared, __ATOMIC_ACQUIRE))
        return;
    ash_io_lock();
    if (!entry->prepared) {
        file->driver->prepare(file, &entry->variable);
        __atomic_store_n(&entry->prepared, 1, __ATOMIC_RELEASE);
    }
    ash_io_unlock();
}

/* What copying a byte out of the page cache takes, and having it read by a library, under the lock. Drivers that know better say so. */
static const double COPY_NS = 0.2, LIBRARY_NS = 1.5;

ash_read_need ash_file_read_need(ash_file *file, const ash_variable *variable) {
    prepare(file, variable);
    ash_read_need need = variable->need;
    if (need.byte_ns == 0) {
        need.byte_ns = need.library > 0 ? LIBRARY_NS : COPY_NS;
        need.by_runs = variable->ndim > 0 && (need.library == 0 || variable->chunk[0] == 0);
    }
    return need;
}

static ash_file_entry *known_entry(ash_file *file, const char *path) {
    for (ash_file_entry *entry = file->entries; entry; entry = entry->next)
        if (strcmp(entry->path, path) == 0)
            return entry;
    return NULL;
}

static int is_too_large(const ash_variable *variable) {
    int64_t bytes = ash_dtype_size(variable->dtype);
    for (int i = 0; i < variable->ndim; i++)
        if (variable->shape[i] < 0 || (variable->shape[i] > 0 && __builtin_mul_overflow(bytes, variable->shape[i], &bytes)))
            return 1;
    return 0;
}

/* The entry of a path, made by the driver if it is new. The caller holds the lock. ASH_ERR_NOT_FOUND comes without a sentence. */
static ash_status find_entry(ash_file *file, const char *path, const char *function, ash_file_entry **found, ash_error_state *error) {
    *found = known_entry(file, path);
    if (*found)
        return ASH_OK;
    ash_file_entry *entry = ash_calloc(1, sizeof *entry);
    if (!entry)
        return ash_fail_memory(error, function, sizeof *entry);
    entry->path = ash_text_copy(path, (int64_t)strlen(path));
    for (int i = 0; i < ASH_MAX_NDIM; i++)
        entry->variable.dim_id[i] = -1;
    ash_status status = entry->path ? file->driver->find(file, path, function, &entry->variable, error)
                                    : ash_fail_memory(error, function, (int64_t)strlen(path) + 1);
    if (status == ASH_OK && is_too_large(&entry->variable))
        status = ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s' is larger than any memory can be", function, file->path, path);
    if (status != ASH_OK) {
        free_entry(file, entry);
        return status;
    }
    entry->next = file->entries;
    file->entries = entry;
    *found = entry;
    return ASH_OK;
}

static ash_status fail_not_found(ash_file *file, const char *name, const char *function, ash_error_state *error) {
    ash_name_list names = { 0 };
    ash_status status = file->driver->list(file, &names, error);
    if (status == ASH_OK)
        status = ash_fail_no_variable(file->path, name, function, &names, error);
    ash_name_list_free(&names);
    return status;
}

/* The path of the file's only variable, for ash_free(). */
static char *only_variable(ash_file *file, const char *function, ash_error_state *error) {
    ash_name_list names = { 0 };
    char *path = NULL;
    if (file->driver->list(file, &names, error) == ASH_OK) {
        if (names.count != 1)
            ash_fail_no_name(file->path, function, &names, error);
        else if (!(path = ash_text_copy(names.name[0], (int64_t)strlen(names.name[0]))))
            ash_fail_memory(error, function, (int64_t)strlen(names.name[0]));
    }
    ash_name_list_free(&names);
    return path;
}

/* A name that has several normal forms is looked for in the one that the file has. */
static ash_file_entry *find_named(ash_file *file, const char *path, const char *function, ash_error_state *error) {
    ash_file_entry *entry = known_entry(file, path);
    ash_name_list names = { 0 };
    const char *stored = NULL;
    if (!entry && ash_has_normal_forms(path) && file->driver->list(file, &names, error) == ASH_OK)
        stored = ash_same_normal_form(&names, path);
    if (!entry && error->status == ASH_OK && find_entry(file, stored ? stored : path, function, &entry, error) == ASH_ERR_NOT_FOUND &&
        error->status == ASH_OK)
        fail_not_found(file, path, function, error);
    ash_name_list_free(&names);
    return entry;
}

const ash_variable *ash_file_variable(ash_file *file, const char *name, const char *function, ash_error_state *error) {
    const char *path = name + strspn(name, "/");
    ash_io_lock();
    char *only = *path ? NULL : only_variable(file, function, error);
    ash_file_entry *entry = *path || only ? find_named(file, only ? only : path, function, error) : NULL;
    ash_io_unlock();
    ash_free(only);
    return entry ? &entry->variable : NULL;
}

const char *ash_file_variable_path(const ash_variable *variable) {
    return ((const ash_file_entry *)variable)->path;
}

/* Whether `candidate` has the values of one dimension of `variable`. */
static int is_coordinate(const ash_variable *candidate, const ash_variable *variable, int axis) {
    return candidate->ndim == 1 && candidate->dim_id[0] >= 0 && candidate->dim_id[0] == variable->dim_id[axis] &&
        candidate->shape[0] == variable->shape[axis];
}

/* Looks for a name in the group of the variable, then in the enclosing ones. With axis >= 0 it must be the coordinate of that axis. A
 * variable that cannot be used (text, damaged) is not found and no error. */
static const ash_variable *search_groups(ash_file *file, const ash_variable *variable, const char *name, int axis, ash_error_state *error) {
    const char *path = ash_file_variable_path(variable);
    int64_t name_bytes = (int64_t)strlen(name) + 1, group_bytes = (int64_t)strlen(path);
    char *candidate = ash_malloc(group_bytes + name_bytes);
    if (!candidate) {
        ash_fail_memory(error, "open", group_bytes + name_bytes);
        return NULL;
    }
    memcpy(candidate, path, (size_t)group_bytes);
    const ash_variable *found = NULL;
    ash_io_lock();
    while (!found && group_bytes > 0) {
        do
            group_bytes--;
        while (group_bytes > 0 && path[group_bytes - 1] != '/');
        memcpy(candidate + group_bytes, name, (size_t)name_bytes);
        ash_file_entry *entry = NULL;
        ash_error_state ignored = { 0 };
        ash_status status = find_entry(file, candidate, "open", &entry, &ignored);
        if (status == ASH_ERR_MEMORY) {
            ash_fail(error, status, "%s", ignored.text);
            break;
        }
        if (status == ASH_OK && (axis < 0 || is_coordinate(&entry->variable, variable, axis)))
            found = &entry->variable;
    }
    ash_io_unlock();
    ash_free(candidate);
    return found;
}

const ash_variable *ash_file_coordinate(ash_file *file, const ash_variable *variable, int axis, ash_error_state *error) {
    return variable->dim[axis] ? search_groups(file, variable, variable->dim[axis], axis, error) : NULL;
}

const ash_variable *ash_file_sibling(ash_file *file, const ash_variable *variable, const char *name, ash_error_state *error) {
    return search_groups(file, variable, name, -1, error);
}

/* Adds what was read to the reason a driver gave. */
static ash_status fail_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const ash_error_state *reason, ash_error_state *error) {
    char from[160], shape[160];
    if (reason->status == ASH_ERR_MEMORY || file->driver->has_members)
        return ash_fail(error, reason->status, "%s", reason->text);
    return ash_fail(error, reason->status, "read: %s: variable '%s', box of shape %s at %s: %s", file->path,
        ash_file_variable_path(variable), ash_format_shape(variable->ndim, extent, shape, sizeof shape),
        ash_format_shape(variable->ndim, start, from, sizeof from), reason->text);
}

static ash_status check_box(
    const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[], ash_error_state *error) {
    for (int i = 0; i < variable->ndim; i++) {
        int64_t span;
        if (start[i] < 0 || extent[i] < 0 || step[i] < 1 || __builtin_mul_overflow(extent[i] - (extent[i] > 0), step[i], &span) ||
            start[i] > variable->shape[i] || (extent[i] > 0 && span >= variable->shape[i] - start[i]))
            return ash_fail(error, ASH_ERR_INDEX, "axis %d has extent %lld, the box goes beyond it", i, (long long)variable->shape[i]);
    }
    return ASH_OK;
}

/* Size and time of modification are those of when the file was opened. Looked at after a read, which finds changes before and during it; HDF5 reads
 * zeros behind the end of a file that was cut, and addresses of chunks mean nothing in a file that was written anew. */
static ash_status check_unchanged(const ash_file *file, ash_error_state *error) {
    struct stat about;
    if (file->fd < 0)
        return ASH_OK;
    if (fstat(file->fd, &about) != 0)
        return ash_fail(error, ASH_ERR_IO, "%s", strerror(errno));
    if (about.st_size != file->size)
        return ash_fail(error, ASH_ERR_IO, "the file had %lld bytes when it was opened and now has %lld", (long long)file->size,
            (long long)about.st_size);
    if (about.st_mtim.tv_sec != file->modified.tv_sec || about.st_mtim.tv_nsec != file->modified.tv_nsec)
        return ash_fail(error, ASH_ERR_IO, "the file was changed after it was opened");
    return ASH_OK;
}

ash_status ash_file_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    ash_error_state reason = { 0 };
    ash_status status = check_box(variable, start, extent, step, &reason);
    for (int i = 0; status == ASH_OK && i < variable->ndim; i++)
        if (extent[i] == 0)
            return ASH_OK;
    if (status == ASH_OK) {
        prepare(file, variable);
        status = file->driver->read(file, variable, start, extent, step, buffer, scratch, &reason);
        ash_error_state changed = { 0 };
        if (check_unchanged(file, &changed) != ASH_OK) { /* explains whatever else went wrong */
            reason = changed;
            status = changed.status;
        }
    }
    return status == ASH_OK ? ASH_OK : fail_read(file, variable, start, extent, &reason, error);
}
