/* Files being written: the table of formats, and what all of them share: a temporary file takes its name when it is whole. */
#include "io/writer.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

static const ash_format *const formats[] = { &ash_format_netcdf4, &ash_format_classic, &ash_format_64bit_offset, &ash_format_cdf5,
    &ash_format_zarr, &ash_format_zarr_zip, &ash_format_npy, &ash_format_raw, NULL };

/* ---- Formats ---- */

static const ash_format *find_by_suffix(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    char suffix[16];
    if (!dot || strlen(dot) >= sizeof suffix - 2)
        return NULL;
    snprintf(suffix, sizeof suffix, " %s ", dot);
    for (int k = 0; formats[k]; k++)
        if (formats[k]->suffixes && strstr(formats[k]->suffixes, suffix))
            return formats[k];
    return NULL;
}

static ash_status fail_format(const char *name, const char *function, ash_error_state *error) {
    char all[256];
    size_t used = 0;
    for (int k = 0; formats[k] && used < sizeof all; k++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", formats[k]->name);
    return ash_fail(error, ASH_ERR_ARGUMENT, "%s: format must be one of %s, found '%s'", function, all, name);
}

const ash_format *ash_format_find(const char *name, const char *path, const char *function, ash_error_state *error) {
    const ash_format *by_suffix = name ? NULL : find_by_suffix(path);
    if (!name)
        return by_suffix ? by_suffix : &ash_format_netcdf4;
    for (int k = 0; formats[k]; k++)
        if (strcmp(formats[k]->name, name) == 0)
            return formats[k];
    fail_format(name, function, error);
    return NULL;
}

int ash_format_filters(const ash_format *format) {
    return format->filters;
}

int ash_format_int64(const ash_format *format) {
    return format->int64;
}

int ash_format_numpy(const ash_format *format) {
    return format->numpy;
}

int ash_format_bare(const ash_format *format) {
    return format->bare;
}

int ash_format_chunked(const ash_format *format) {
    return format->chunked;
}

const char *ash_format_name(const ash_format *format) {
    return format->name;
}

/* ---- What formats use ---- */

unsigned char *ash_write_scratch_buffer(ash_write_scratch *scratch, int k, int64_t bytes) {
    if (scratch->capacity[k] < bytes) {
        ash_free(scratch->buffer[k]);
        scratch->buffer[k] = ash_malloc(bytes);
        scratch->capacity[k] = scratch->buffer[k] ? bytes : 0;
    }
    return scratch->buffer[k];
}

void ash_write_scratch_free(ash_write_scratch *scratch) {
    ash_free(scratch->buffer[0]);
    ash_free(scratch->buffer[1]);
    *scratch = (ash_write_scratch){ 0 };
}

int64_t ash_writer_shape(const ash_writer *writer, int variable, int64_t shape[]) {
    const ash_writer_variable *described = &writer->schema->variable[variable];
    int64_t elements = 1;
    for (int a = 0; a < described->ndim; a++) {
        shape[a] = writer->schema->dim[described->dim[a]].extent;
        elements *= shape[a];
    }
    return elements;
}

void ash_copy_dense(
    int ndim, const int64_t extent[], int64_t size, void *to, const int64_t to_shape[], const void *from, const int64_t from_shape[]) {
    int64_t index[ASH_MAX_NDIM] = { 0 }, row = extent[ndim - 1] * size;
    for (;;) {
        int64_t here = 0, there = 0;
        for (int a = 0; a < ndim; a++) {
            here = here * from_shape[a] + index[a];
            there = there * to_shape[a] + index[a];
        }
        memcpy((char *)to + there * size, (const char *)from + here * size, (size_t)row);
        int a = ndim - 2;
        while (a >= 0 && ++index[a] == extent[a])
            index[a--] = 0;
        if (a < 0)
            return;
    }
}

ash_status ash_fail_errno(int reason, ash_error_state *error) {
    return reason == 0 ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s", strerror(reason));
}

ash_status ash_writer_fail(const ash_writer *writer, int reason, ash_error_state *error) {
    return reason == 0 ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path, strerror(reason));
}

/* ---- A writer ---- */

static void free_writer(ash_writer *writer) {
    ash_temporary_free(&writer->file);
    ash_free(writer->function);
    ash_free(writer->path);
    ash_free(writer);
}

/* What can be resumed stays, if there is anything. */
static void leave_journal(ash_writer *writer) {
    if (!writer->journal)
        return;
    ash_journal_sync(writer->journal);
    int empty = ash_journal_is_empty(writer->journal);
    if (writer->in_place && !empty)
        ash_temporary_keep(&writer->file);
    if (empty)
        ash_journal_remove(writer->journal, 0);
    else
        ash_journal_close(writer->journal);
    writer->journal = NULL;
}

void ash_writer_abort(ash_writer *writer) {
    if (!writer)
        return;
    leave_journal(writer);
    if (writer->file.fd >= 0)
        ash_temporary_discard(&writer->file);
    writer->format->abandon(writer);
    free_writer(writer);
}

/* Values have fixed places in one file, unless some variable has chunks of its own there. */
static int has_fixed_places(const ash_format *format, const ash_writer_schema *schema) {
    int fixed = !format->chunked;
    for (int k = 0; k < schema->nvariables; k++)
        fixed &= !(format->filters && schema->variable[k].chunk[0] > 0);
    return fixed;
}

/* What a journal takes besides. */
static void add_journal(ash_write_need *need, int64_t bytes, int in_place) {
    need->library += bytes;
    if (in_place && need->scratch < ASH_FLAT_WINDOW) /* what is written is read back */
        need->scratch = ASH_FLAT_WINDOW;
}

int ash_format_need(const ash_format *format, const ash_writer_schema *schema, const ash_journal_key *resume, ash_write_need *need) {
    *need = (ash_write_need){ 0 };
    if (format->foresee && !format->foresee(format, schema, need))
        return 0;
    if (resume)
        add_journal(need, ash_journal_need(resume), has_fixed_places(format, schema));
    return 1;
}

/* The empty temporary file, then with all that is declared in it. */
static ash_status begin_new(ash_writer *writer, ash_error_state *error) {
    if (ash_temporary_create(&writer->file, writer->path, writer->function, error) == ASH_OK &&
        writer->format->begin(writer, error) == ASH_OK)
        ash_temporary_hold(&writer->file);
    return error->status;
}

/* A file that cannot be gone on with is begun anew. */
static ash_status begin_in_place(ash_writer *writer, ash_error_state *error) {
    ash_error_state ignored = { 0 };
    if (ash_temporary_adopt(
            &writer->file, ash_journal_data(writer->journal), ash_journal_data_path(writer->journal), writer->function, error) != ASH_OK)
        return error->status;
    if (writer->resumed && writer->format->begin(writer, &ignored) == ASH_OK)
        return ASH_OK;
    if (writer->resumed) {
        writer->format->abandon(writer);
        writer->state = NULL;
        writer->resumed = 0;
        int reason = ash_journal_restart(writer->journal);
        if (reason != 0)
            return ash_writer_fail(writer, reason, error);
    }
    return writer->format->begin(writer, error);
}

static ash_status begin_resumable(ash_writer *writer, const ash_journal_key *key, ash_error_state *error) {
    int found = 0;
    writer->journal = ash_journal_open(writer->file.target, key, writer->function, writer->path, &found, error);
    if (!writer->journal)
        return error->status;
    writer->in_place = has_fixed_places(writer->format, writer->schema);
    writer->resumed = found && writer->in_place;
    if (writer->in_place)
        begin_in_place(writer, error);
    else
        begin_new(writer, error);
    add_journal(&writer->need, ash_journal_need(key), writer->in_place);
    int reason = error->status == ASH_OK && (writer->in_place ? !writer->resumed : !found) ? ash_journal_start(writer->journal) : 0;
    ash_writer_fail(writer, reason, error);
    return error->status;
}

static ash_status begin(ash_writer *writer, const char *path, const ash_journal_key *resume, const char *function, ash_error_state *error) {
    writer->path = ash_text_copy(path, (int64_t)strlen(path));
    writer->function = ash_text_copy(function, (int64_t)strlen(function));
    if (!writer->path || !writer->function)
        return ash_fail_memory(error, function, (int64_t)strlen(path) + 1);
    if (ash_temporary_resolve(&writer->file, path, function, error) != ASH_OK)
        return error->status;
    return resume ? begin_resumable(writer, resume, error) : begin_new(writer, error);
}

ash_writer *ash_writer_start(const ash_format *format, const char *path, const ash_writer_schema *schema, const ash_journal_key *resume,
    const ash_writer_update *update, const char *function, ash_error_state *error) {
    ash_writer *writer = ash_calloc(1, sizeof *writer);
    if (!writer) {
        ash_fail_memory(error, function, sizeof *writer);
        return NULL;
    }
    writer->format = format;
    writer->schema = schema;
    if (update)
        writer->update = *update;
    writer->file.fd = -1;
    writer->file.is_folder = format->folder;
    if (begin(writer, path, resume, function, error) == ASH_OK)
        return writer;
    ash_writer_abort(writer);
    return NULL;
}

ash_writer *ash_writer_begin(const ash_format *format, const char *path, const ash_writer_schema *schema, const ash_journal_key *resume,
    const char *function, ash_error_state *error) {
    return ash_writer_start(format, path, schema, resume, NULL, function, error);
}

ash_writer *ash_writer_change(
    ash_file *file, const ash_writer_schema *schema, const int64_t *const start[], const char *function, ash_error_state *error) {
    const ash_format *change = file->driver->change;
    if (!change || (change->folder && file->fd >= 0)) {
        ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: %s; it can be read, and written anew", function, file->path,
            change ? "zip archives cannot be changed" : "files of its format cannot be changed");
        return NULL;
    }
    const ash_writer_update update = { file, start };
    return ash_writer_start(change, file->path, schema, NULL, &update, function, error);
}

int ash_writer_journals(const ash_writer *writer, int variable) {
    return writer->journal && !writer->in_place && ash_journal_chunks(writer->journal, variable) > 0;
}

int ash_writer_has(const ash_writer *writer, int variable, int64_t chunk) {
    return writer->journal && ash_journal_has(writer->journal, variable, chunk);
}

/* Of a box that has been put, as the file has it. */
static ash_status checksum_of(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], ash_write_scratch *scratch,
    uint32_t *crc, ash_error_state *error) {
    ash_flat_box all;
    void *window = ash_write_scratch_buffer(scratch, 0, ASH_FLAT_WINDOW);
    if (!window)
        return ash_fail_memory(error, writer->function, ASH_FLAT_WINDOW);
    writer->format->place(writer, variable, &all);
    return ash_writer_fail(writer, ash_flat_checksum(writer->file.fd, &all, start, extent, window, crc), error);
}

ash_status ash_writer_chunk_done(ash_writer *writer, int variable, int64_t chunk, const int64_t start[], const int64_t extent[],
    ash_write_scratch *scratch, ash_error_state *error) {
    uint32_t crc;
    if (!writer->journal || !writer->in_place || chunk >= ash_journal_chunks(writer->journal, variable) ||
        ash_journal_has(writer->journal, variable, chunk))
        return ASH_OK;
    if (checksum_of(writer, variable, start, extent, scratch, &crc, error) != ASH_OK)
        return error->status;
    return ash_writer_fail(writer, ash_journal_add(writer->journal, variable, chunk, 0, 0, crc), error);
}

ash_status ash_writer_check_chunk(ash_writer *writer, int variable, int64_t chunk, const int64_t start[], const int64_t extent[],
    ash_write_scratch *scratch, ash_error_state *error) {
    int64_t offset, n;
    uint32_t crc, expected;
    if (!writer->resumed || !ash_writer_has(writer, variable, chunk))
        return ASH_OK;
    if (checksum_of(writer, variable, start, extent, scratch, &crc, error) != ASH_OK)
        return error->status;
    ash_journal_find(writer->journal, variable, chunk, &offset, &n, &expected);
    if (crc != expected)
        ash_journal_forget(writer->journal, variable, chunk);
    return ASH_OK;
}

int ash_writer_chunk(const ash_writer *writer, int variable, int64_t chunk[]) {
    return writer->format->chunk && writer->format->chunk(writer, variable, chunk);
}

ash_write_need ash_writer_need(const ash_writer *writer) {
    return writer->need;
}

/* Adds function, file and variable to the reason a format gave. */
static ash_status fail_put(ash_writer *writer, int variable, const ash_error_state *reason, ash_error_state *error) {
    __atomic_store_n(&writer->failed, 1, __ATOMIC_RELAXED);
    if (reason->status == ASH_ERR_MEMORY)
        return ash_fail(error, reason->status, "%s: %s", writer->function, reason->text);
    return ash_fail(error, reason->status, "%s: %s: variable '%s': %s", writer->function, writer->path,
        writer->schema->variable[variable].name, reason->text);
}

ash_status ash_writer_put(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    ash_error_state reason = { 0 };
    for (int a = 0; a < writer->schema->variable[variable].ndim; a++)
        if (extent[a] == 0)
            return ASH_OK;
    if (writer->format->put(writer, variable, start, extent, data, scratch, &reason) == ASH_OK)
        return ASH_OK;
    return fail_put(writer, variable, &reason, error);
}

ash_status ash_writer_put_all(ash_writer *writer, int variable, const void *data, ash_error_state *error) {
    const ash_writer_variable *described = &writer->schema->variable[variable];
    int64_t shape[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM], start[ASH_MAX_NDIM] = { 0 }, extent[ASH_MAX_NDIM];
    int64_t size = ash_dtype_size(described->dtype), bytes = size;
    int ndim = described->ndim;
    ash_write_scratch scratch = { 0 };
    if (ash_writer_shape(writer, variable, shape) == 0)
        return ASH_OK;
    if (!ash_writer_chunk(writer, variable, chunk)) {
        ash_writer_put(writer, variable, start, shape, data, &scratch, error);
        ash_write_scratch_free(&scratch);
        return error->status;
    }
    for (int a = 0; a < ndim; a++)
        bytes *= chunk[a];
    char *box = ash_malloc(bytes);
    if (!box)
        return ash_fail_memory(error, writer->function, bytes);
    for (int more = 1; more && error->status == ASH_OK;) {
        for (int a = 0; a < ndim; a++)
            extent[a] = shape[a] - start[a] < chunk[a] ? shape[a] - start[a] : chunk[a];
        int64_t at = 0;
        for (int a = 0; a < ndim; a++)
            at = at * shape[a] + start[a];
        ash_copy_dense(ndim, extent, size, box, extent, (const char *)data + at * size, shape);
        ash_writer_put(writer, variable, start, extent, box, &scratch, error);
        more = 0;
        for (int a = ndim - 1; a >= 0 && !more; a--) {
            more = start[a] + chunk[a] < shape[a];
            start[a] = more ? start[a] + chunk[a] : 0;
        }
    }
    ash_free(box);
    ash_write_scratch_free(&scratch);
    return error->status;
}

ash_status ash_writer_commit(ash_writer *writer, ash_error_state *error) {
    ash_error_state reason = { 0 };
    ash_status status = ASH_OK;
    if (writer->failed)
        status = ash_fail(error, ASH_ERR_IO, "%s: %s: not finished, since writing failed before", writer->function, writer->path);
    else if (writer->format->finish && writer->format->finish(writer, &reason) != ASH_OK)
        status = ash_fail(error, reason.status, "%s: %s: %s", writer->function, writer->path, reason.text);
    if (status == ASH_OK && writer->format->changes)
        ash_temporary_discard(&writer->file);
    else if (status == ASH_OK)
        status = ash_writer_fail(writer, ash_temporary_publish(&writer->file), error);
    if (status != ASH_OK) {
        ash_writer_abort(writer);
        return status;
    }
    if (writer->journal)
        ash_journal_remove(writer->journal, writer->in_place);
    else if (!writer->update.file)
        ash_journal_remove_stale(writer->file.target);
    writer->journal = NULL;
    writer->format->abandon(writer);
    free_writer(writer);
    return ASH_OK;
}
