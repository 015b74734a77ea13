/* Changing a Zarr store that is there: chunks are made anew beside it, and take their places when all are made and synced. Then, if arrays have grown, their
 * metadata are replaced. Until then readers see nothing, and a run that fails or is killed leaves the store as it was; one that is killed while chunks take
 * their places leaves some new and some old, each of them whole. Those behind the end of an array that has not grown yet are not looked at by anybody. */
#include "io/zarr_update.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/permissions.h"
#include "io/temporary_folder.h"
#include "io/types.h"
#include "io/zarr_describe.h"
#include "io/zarr_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { KEY_BYTES = 4096, LIBRARY_BYTES = 8 << 20 };

/* ---- Beginning ---- */

/* Locks the folder, so that nobody else changes the store before this run has ended. */
static ash_status lock_store(const ash_writer *writer, ash_zarr_update *update, ash_error_state *error) {
    update->folder = open(writer->file.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (update->folder < 0)
        return ash_writer_fail(writer, errno, error);
    if (flock(update->folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: another run is changing this store", writer->function, writer->path);
    return ASH_OK;
}

/* What nobody has written is missing where the array says what that is, and where its dtype can. */
static void choose_missing(ash_zarr_changed *changed) {
    const ash_zarr_array *array = changed->array;
    const double nan[2] = { NAN, NAN };
    const float short_nan[2] = { NAN, NAN };
    char kind = ash_dtype_kind(array->dtype);
    int64_t size = ash_dtype_size(array->dtype);
    memset(changed->missing, 0, sizeof changed->missing);
    if (array->has_fill)
        memcpy(changed->missing, array->fill, sizeof array->fill);
    else if (kind == 'f' || kind == 'c')
        memcpy(changed->missing, size == (kind == 'f' ? 4 : 8) ? (const void *)short_nan : nan, (size_t)size);
    else if (kind != 'b')
        ash_nc_default_fill(array->dtype, changed->missing);
}

ash_status ash_zarr_change_array(
    ash_zarr_update *update, int k, const ash_variable *stored, const char *path, const ash_writer *writer, ash_error_state *error) {
    ash_zarr_changed *changed = &update->changed[k];
    ash_chunking *chunking = &changed->chunking;
    changed->stored = stored;
    changed->array = ash_zarr_array_of(stored, &changed->folder);
    if (changed->array->fortran || changed->array->swap || !ash_pipeline_encodable(&changed->array->pipeline))
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "%s: %s: variable '%s' is stored in the other byte order, in Fortran order, or by a codec that is only read here",
            writer->function, writer->path, path);
    chunking->ndim = stored->ndim;
    chunking->element = ash_dtype_size(stored->dtype);
    chunking->chunk_bytes = changed->array->chunk_bytes;
    chunking->pipeline = changed->array->pipeline;
    memcpy(chunking->shape, stored->shape, sizeof chunking->shape);
    memcpy(chunking->chunk, changed->array->chunk, sizeof chunking->chunk);
    choose_missing(changed);
    memcpy(chunking->fill, changed->missing, sizeof chunking->fill);
    return ASH_OK;
}

/* Encoding a chunk, and what it is put together from. */
static int64_t scratch_of(const ash_zarr_changed *changed) {
    return ash_chunk_scratch_bytes(&changed->chunking) + 2 * changed->chunking.chunk_bytes + changed->stored->need.scratch;
}

static ash_status take_variable(ash_writer *writer, int k, ash_error_state *error) {
    ash_zarr_update *update = writer->state;
    const ash_writer_variable *described = &writer->schema->variable[k];
    ash_zarr_changed *changed = &update->changed[k];
    int64_t shape[ASH_MAX_NDIM];
    const ash_variable *seen = ash_file_variable(writer->update.file, described->name, writer->function, error);
    const ash_variable *stored = seen ? ash_file_variable(update->file, described->name, writer->function, error) : NULL;
    if (!stored || ash_zarr_change_array(update, k, stored, described->name, writer, error) != ASH_OK)
        return error->status;
    if (stored->ndim != seen->ndim || memcmp(stored->shape, seen->shape, (size_t)stored->ndim * sizeof *stored->shape) != 0)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: variable '%s' was changed by somebody else meanwhile; the store stays as it is now",
            writer->function, writer->path, described->name);
    ash_writer_shape(writer, k, shape);
    for (int a = 0; a < stored->ndim; a++) {
        int64_t end = writer->update.start[k][a] + shape[a];
        changed->start[a] = writer->update.start[k][a];
        changed->grows |= end > stored->shape[a];
        changed->chunking.shape[a] = end > stored->shape[a] ? end : stored->shape[a];
    }
    int64_t scratch = scratch_of(changed);
    writer->need.scratch = scratch > writer->need.scratch ? scratch : writer->need.scratch;
    return ASH_OK;
}

/* A full disk is told before the work where chunks have no filters. 0 or an errno. */
static int check_room(const ash_writer *writer) {
    const ash_zarr_update *update = writer->state;
    ash_store_contents all = { 0 };
    for (int k = 0; k < writer->schema->nvariables; k++) {
        const ash_chunking *chunking = &update->changed[k].chunking;
        int64_t shape[ASH_MAX_NDIM], chunks = 1;
        ash_writer_shape(writer, k, shape);
        for (int a = 0; a < chunking->ndim; a++) {
            int64_t start = update->changed[k].start[a], extent = chunking->chunk[a];
            chunks *= shape[a] > 0 ? (start + shape[a] - 1) / extent - start / extent + 1 : 0;
        }
        all.values += chunks;
        all.bytes += chunking->pipeline.count == 0 ? chunks * chunking->chunk_bytes : 0;
    }
    return ash_store_sink_reserve(&update->wait, &all);
}

static ash_status update_begin(ash_writer *writer, ash_error_state *error) {
    ash_zarr_update *update = writer->state = ash_calloc(1, sizeof *update);
    int count = writer->schema->nvariables;
    if (update)
        update->changed = ash_calloc(count + 1, sizeof *update->changed);
    if (!update || !update->changed)
        return ash_fail_memory(error, writer->function, (count + 1) * (int64_t)sizeof *update->changed);
    update->folder = -1;
    update->count = count;
    update->wait = (ash_store_sink){ .file = &writer->file, .most_bytes = ash_most_file_bytes() };
    writer->need.library = LIBRARY_BYTES;
    if (lock_store(writer, update, error) != ASH_OK)
        return error->status;
    update->file = ash_file_open(writer->file.target, writer->function, error);
    if (!update->file)
        return error->status;
    if (ash_zarr_file_version(update->file) != 2)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: stores of Zarr's version 2 can be changed, found version %d", writer->function,
            writer->path, ash_zarr_file_version(update->file));
    for (int k = 0; k < count && error->status == ASH_OK; k++)
        take_variable(writer, k, error);
    if (error->status != ASH_OK || ash_zarr_find_growing(writer, update, error) != ASH_OK)
        return error->status;
    for (int k = count; k < update->count; k++)
        writer->need.library += scratch_of(&update->changed[k]);
    return ash_writer_fail(writer, check_room(writer), error);
}

static int update_chunk(const ash_writer *writer, int k, int64_t chunk[]) {
    const ash_chunking *chunking = &((const ash_zarr_update *)writer->state)->changed[k].chunking;
    memcpy(chunk, chunking->chunk, sizeof chunking->chunk);
    return chunking->ndim > 0;
}

/* ---- Chunks ---- */

/* What two boxes have in common. 0: nothing. */
static int intersect(int ndim, const int64_t a_start[], const int64_t a_extent[], const int64_t b_start[], const int64_t b_extent[],
    int64_t start[], int64_t extent[]) {
    int some = 1;
    for (int a = 0; a < ndim; a++) {
        int64_t a_end = a_start[a] + a_extent[a], b_end = b_start[a] + b_extent[a];
        start[a] = a_start[a] > b_start[a] ? a_start[a] : b_start[a];
        extent[a] = (a_end < b_end ? a_end : b_end) - start[a];
        some &= extent[a] > 0;
    }
    return some;
}

static int64_t elements_of(int ndim, const int64_t extent[]) {
    int64_t elements = 1;
    for (int a = 0; a < ndim; a++)
        elements *= extent[a];
    return elements;
}

/* Copies a part between two dense boxes that have it. */
static void copy_part(int ndim, int64_t size, const int64_t start[], const int64_t extent[], char *to, const int64_t to_start[],
    const int64_t to_extent[], const char *from, const int64_t from_start[], const int64_t from_extent[]) {
    int64_t here = 0, there = 0;
    for (int a = 0; a < ndim; a++) {
        here = here * from_extent[a] + start[a] - from_start[a];
        there = there * to_extent[a] + start[a] - to_start[a];
    }
    if (ndim == 0)
        memcpy(to, from, (size_t)size);
    else
        ash_copy_dense(ndim, extent, size, to + there * size, to_extent, from + here * size, from_extent);
}

/* Fills a chunk, cut to the shape, with what is stored of it and with missing values. */
static ash_status recall(const ash_zarr_update *update, const ash_zarr_changed *changed, const int64_t begin[], const int64_t extent[],
    char *chunk, ash_error_state *error) {
    static const int64_t zero[ASH_MAX_NDIM];
    const ash_variable *stored = changed->stored;
    int64_t start[ASH_MAX_NDIM], common[ASH_MAX_NDIM], one[ASH_MAX_NDIM], size = changed->chunking.element;
    int64_t elements = elements_of(stored->ndim, extent);
    ash_read_scratch scratch = { 0 };
    for (int64_t k = 0; k < elements; k++)
        memcpy(chunk + k * size, changed->missing, (size_t)size);
    if (!intersect(stored->ndim, begin, extent, zero, stored->shape, start, common))
        return ASH_OK;
    for (int a = 0; a < stored->ndim; a++)
        one[a] = 1;
    int64_t bytes = elements_of(stored->ndim, common) * size;
    char *old = ash_malloc(bytes);
    if (!old)
        return ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %lld bytes", (long long)bytes);
    if (ash_file_read(update->file, stored, start, common, one, old, &scratch, error) == ASH_OK)
        copy_part(stored->ndim, size, start, common, chunk, begin, extent, old, start, common);
    ash_read_scratch_free(&scratch);
    ash_free(old);
    return error->status;
}

/* Under the number of its array and its place, without '/' in it. */
static ash_status let_wait(
    const ash_zarr_update *update, int k, const int64_t chunk[], const unsigned char *bytes, int64_t n, ash_error_state *error) {
    char place[ASH_ZARR_PLACE_BYTES], name[sizeof place + 12];
    ash_zarr_place(update->changed[k].chunking.ndim, chunk, place);
    snprintf(name, sizeof name, "%d.%s", k, place);
    return ash_fail_errno(ash_store_put(&update->wait, name, bytes, n), error);
}

ash_status ash_zarr_remake_chunk(const ash_zarr_update *update, int k, const int64_t chunk[], const int64_t start[], const int64_t extent[],
    const void *data, ash_write_scratch *scratch, ash_error_state *error) {
    const ash_zarr_changed *changed = &update->changed[k];
    const ash_chunking *chunking = &changed->chunking;
    int64_t begin[ASH_MAX_NDIM], whole[ASH_MAX_NDIM], from[ASH_MAX_NDIM], part[ASH_MAX_NDIM];
    int ndim = chunking->ndim;
    for (int a = 0; a < ndim; a++) {
        begin[a] = chunk[a] * chunking->chunk[a];
        whole[a] = chunking->shape[a] - begin[a] < chunking->chunk[a] ? chunking->shape[a] - begin[a] : chunking->chunk[a];
    }
    int64_t bytes = elements_of(ndim, whole) * chunking->element, n;
    int some = data && intersect(ndim, begin, whole, start, extent, from, part);
    int all = some && memcmp(part, whole, (size_t)ndim * sizeof *whole) == 0;
    const unsigned char *encoded;
    const char *values = data;
    char *own = NULL;
    if (!all || memcmp(part, extent, (size_t)ndim * sizeof *extent) != 0) { /* else the box is the chunk */
        values = own = ash_malloc(bytes);
        if (!own)
            return ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %lld bytes", (long long)bytes);
        if (!all)
            recall(update, changed, begin, whole, own, error);
        if (some && error->status == ASH_OK)
            copy_part(ndim, chunking->element, from, part, own, begin, whole, data, start, extent);
    }
    if (error->status == ASH_OK && ash_chunk_encode(chunking, whole, values, scratch, &encoded, &n, error) == ASH_OK)
        let_wait(update, k, chunk, encoded, n, error);
    ash_free(own);
    return error->status;
}

/* The chunks that a box touches. Each of them must be put by one call. */
static ash_status update_put(ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    const ash_zarr_update *update = writer->state;
    const ash_zarr_changed *changed = &update->changed[k];
    int64_t at[ASH_MAX_NDIM], first[ASH_MAX_NDIM], last[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM];
    for (int a = 0; a < changed->chunking.ndim; a++) {
        at[a] = changed->start[a] + start[a];
        first[a] = chunk[a] = at[a] / changed->chunking.chunk[a];
        last[a] = (at[a] + extent[a] - 1) / changed->chunking.chunk[a];
    }
    for (int more = 1; more && error->status == ASH_OK;) {
        ash_zarr_remake_chunk(update, k, chunk, at, extent, data, scratch, error);
        more = 0;
        for (int a = changed->chunking.ndim - 1; a >= 0 && !more; a--) {
            more = chunk[a] < last[a];
            chunk[a] = more ? chunk[a] + 1 : first[a];
        }
    }
    return error->status;
}

/* ---- The end ---- */

void ash_zarr_chunk_key(const ash_zarr_changed *changed, const char *place, char key[], int64_t bytes) {
    int64_t used = snprintf(key, (size_t)bytes, "%s", changed->folder);
    snprintf(key + used, (size_t)(bytes - used), "%s", place);
    for (char *c = key + used; *c; c++)
        *c = *c == '.' ? changed->array->separator : *c;
}

/* 0 or an errno. */
static int place_chunk(const ash_writer *writer, const ash_zarr_update *update, const char *name) {
    char key[KEY_BYTES], *place;
    long k = strtol(name, &place, 10);
    if (*place != '.' || k < 0 || k >= update->count)
        return EINVAL; /* none that was put there by us */
    ash_zarr_chunk_key(&update->changed[k], place + 1, key, sizeof key);
    int reason = renameat(writer->file.fd, name, update->folder, key) == 0 ? 0 : errno;
    if (reason == ENOENT && (reason = ash_store_make_folders(update->folder, key)) == 0)
        reason = renameat(writer->file.fd, name, update->folder, key) == 0 ? 0 : errno;
    return reason;
}

/* All chunks that wait; a second time if some were missed because names went away while they were listed. 0 or an errno. */
static int place_chunks(const ash_writer *writer, const ash_zarr_update *update) {
    int reason = 0;
    for (int placed = 1; placed && reason == 0;) {
        DIR *folder = opendir(writer->file.path);
        if (!folder)
            return errno;
        placed = 0;
        for (struct dirent *entry; reason == 0 && (entry = readdir(folder));)
            if (entry->d_name[0] != '.') {
                reason = place_chunk(writer, update, entry->d_name);
                placed = 1;
            }
        closedir(folder);
    }
    return reason;
}

static ash_status update_finish(ash_writer *writer, ash_error_state *error) {
    const ash_zarr_update *update = writer->state;
    if (ash_zarr_grow_others(writer, update, error) != ASH_OK)
        return error->status;
    ash_permissions_follow(writer->file.fd, update->folder);
    int reason = ash_folder_sync(writer->file.fd);
    if (reason == 0)
        reason = place_chunks(writer, update);
    if (reason == 0)
        reason = ash_folder_sync(update->folder);
    return reason == 0 ? ash_zarr_write_shapes(writer, update, error) : ash_fail_errno(reason, error);
}

static void update_abandon(ash_writer *writer) {
    ash_zarr_update *update = writer->state;
    if (!update)
        return;
    ash_file_release(update->file);
    if (update->folder >= 0)
        close(update->folder);
    ash_free(update->changed);
    ash_free(update);
}

const ash_format ash_format_change_zarr = { .name = "update",
    .folder = 1,
    .changes = 1,
    .begin = update_begin,
    .chunk = update_chunk,
    .put = update_put,
    .finish = update_finish,
    .abandon = update_abandon };
