/* Driver for classic, 64-bit offset and CDF-5 files: offset arithmetic and pread(), so reads need no lock and run in parallel. */
#include "base/memory.h"
#include "io/byte_order.h"
#include "io/classic_header.h"
#include "io/file.h"
#include "io/flat_read.h"
#include "io/types.h"
#include "io/writer.h"

#include <string.h>

static int classic_recognise(const char *path, const unsigned char *head, int64_t n) {
    (void)path;
    return n >= 4 && memcmp(head, "CDF", 3) == 0 && (head[3] == 1 || head[3] == 2 || head[3] == 5);
}

static ash_status classic_open(ash_file *file, const char *function, ash_error_state *error) {
    ash_classic_header *header = ash_calloc(1, sizeof *header);
    if (!header)
        return ash_fail_memory(error, function, sizeof *header);
    ash_status status = ash_classic_header_read(file->fd, file->size, file->path, function, header, error);
    if (status != ASH_OK) {
        ash_free(header);
        return status;
    }
    file->attrs = ash_attrs_retain(header->attrs);
    file->driver_data = header;
    return ASH_OK;
}

static void classic_close(ash_file *file) {
    ash_classic_header_free(file->driver_data);
    ash_free(file->driver_data);
}

static ash_status classic_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    const ash_classic_header *header = file->driver_data;
    for (int64_t i = 0; i < header->variable_count; i++)
        if (!ash_name_list_add(names, header->variable[i].name))
            return ash_fail_memory(error, "open", 64);
    return ASH_OK;
}

static ash_status fill_variable(
    const ash_classic_header *header, const ash_classic_variable *stored, const char *function, ash_variable *out, ash_error_state *error) {
    out->name = ash_text_copy(stored->name, (int64_t)strlen(stored->name));
    if (!out->name)
        return ash_fail_memory(error, function, 64);
    out->dtype = ash_dtype_from_nc(stored->nc_type);
    out->ndim = (int)stored->ndim;
    out->record = stored->record;
    out->need.scratch = ASH_FLAT_WINDOW_BYTES;
    out->attrs = ash_attrs_retain(stored->attrs);
    for (int i = 0; i < out->ndim; i++) {
        const ash_classic_dim *dim = &header->dim[stored->dim[i]];
        out->shape[i] = dim->extent == 0 ? header->records : dim->extent;
        out->dim_id[i] = stored->dim[i];
        out->dim[i] = ash_text_copy(dim->name, (int64_t)strlen(dim->name));
        if (!out->dim[i])
            return ash_fail_memory(error, function, 64);
    }
    return ASH_OK;
}

/* Position of a variable in the header, the number of variables if there is none. */
static int64_t position(const ash_classic_header *header, const char *name) {
    int64_t i = 0;
    while (i < header->variable_count && strcmp(header->variable[i].name, name) != 0)
        i++;
    return i;
}

static ash_status check_rank(const ash_file *file, const ash_classic_variable *stored, const char *function, ash_error_state *error) {
    if (stored->ndim > ASH_MAX_NDIM)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has %lld dimensions, at most %d are supported", function,
            file->path, stored->name, (long long)stored->ndim, ASH_MAX_NDIM);
    return ASH_OK;
}

static ash_status classic_find(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error) {
    const ash_classic_header *header = file->driver_data;
    int64_t i = position(header, name);
    if (i == header->variable_count)
        return ASH_ERR_NOT_FOUND;
    const ash_classic_variable *stored = &header->variable[i];
    if (stored->nc_type == ASH_NC_CHAR)
        return ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is text (type char), expected numbers", function, file->path, name);
    if (check_rank(file, stored, function, error) != ASH_OK)
        return error->status;
    out->id = (int)i;
    return fill_variable(header, stored, function, out, error);
}

static ash_status classic_describe(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error) {
    static const char text[] = "text (char)";
    const ash_classic_header *header = file->driver_data;
    int64_t i = position(header, name);
    if (i == header->variable_count)
        return ASH_ERR_NOT_FOUND;
    const ash_classic_variable *stored = &header->variable[i];
    if (check_rank(file, stored, function, error) != ASH_OK)
        return error->status;
    out->is_text = stored->nc_type == ASH_NC_CHAR;
    out->type = out->is_text ? ash_text_copy(text, sizeof text - 1) : NULL;
    if (out->is_text && !out->type)
        return ash_fail_memory(error, function, sizeof text);
    return fill_variable(header, stored, function, out, error);
}

static ash_status classic_dims(ash_file *file, ash_stored_dims *dims, ash_error_state *error) {
    const ash_classic_header *header = file->driver_data;
    for (int64_t i = 0; i < header->dim_count; i++) {
        int unlimited = header->dim[i].extent == 0;
        if (!ash_stored_dims_add(dims, header->dim[i].name, unlimited ? header->records : header->dim[i].extent, unlimited))
            return ash_fail_memory(error, "dataset_open", 64);
    }
    return ASH_OK;
}

/* ---- Reading a box ---- */

/* Where the elements of a box lie, and the byte behind the last of them. 0 if that is further out than any file reaches. */
static int lay_out(const ash_classic_header *header, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], ash_flat_box *box, int64_t *end) {
    const ash_classic_variable *stored = &header->variable[variable->id];
    int64_t stride = ash_dtype_size(variable->dtype);
    int overflow = 0;
    int64_t memory = stride;
    *box = (ash_flat_box){ .ndim = variable->ndim, .swap = ASH_IS_LITTLE_ENDIAN, .element = stride, .offset = stored->begin };
    *end = stride;
    for (int a = variable->ndim - 1; a >= 0; a--) {
        int64_t ahead, behind;
        if (a == 0 && variable->record)
            stride = header->record_bytes;
        overflow |= __builtin_mul_overflow(stride, start[a], &ahead) || __builtin_add_overflow(box->offset, ahead, &box->offset);
        overflow |= extent[a] > 1 && __builtin_mul_overflow(stride, step[a], &box->distance[a]);
        overflow |= __builtin_mul_overflow(box->distance[a], extent[a] - 1, &behind) || __builtin_add_overflow(*end, behind, end);
        box->extent[a] = extent[a];
        box->stride[a] = memory;
        memory *= extent[a];
        if (a > 0)
            stride *= variable->shape[a]; /* cannot overflow: within the variable's bytes, checked with the header */
    }
    return !overflow && !__builtin_add_overflow(*end, box->offset, end);
}

static ash_status classic_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    ash_flat_box box;
    int64_t end;
    if (!lay_out(file->driver_data, variable, start, extent, step, &box, &end) || end > file->size)
        return ash_fail(error, ASH_ERR_FORMAT, "the file is cut short: expected at least %lld bytes, found %lld", (long long)end,
            (long long)file->size);
    return ash_flat_read(file->fd, &box, buffer, scratch, error);
}

/* ---- Texts ---- */

static ash_status classic_text(ash_file *file, const char *name, const char *function, ash_name_list *texts, ash_error_state *error) {
    const ash_classic_header *header = file->driver_data;
    ash_variable about = { 0 };
    ash_error_state reason = { 0 };
    ash_flat_box box;
    int64_t zero[ASH_MAX_NDIM] = { 0 }, one[ASH_MAX_NDIM], count = 1, end = 0;
    ash_read_scratch scratch = { 0 };
    ash_status status = classic_describe(file, name, function, &about, error);
    if (status == ASH_ERR_NOT_FOUND)
        status = ash_fail(error, status, "%s: %s has no variable '%s'", function, file->path, name);
    if (status == ASH_OK && !about.is_text)
        status = ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is no text", function, file->path, name);
    for (int a = 0; status == ASH_OK && a < about.ndim; a++) {
        one[a] = 1;
        if (about.shape[a] > 0 && count > ASH_TEXT_MOST / about.shape[a])
            status = ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: the text variable '%s' has more than %d characters", function,
                file->path, name, ASH_TEXT_MOST);
        else
            count *= about.shape[a];
    }
    char *characters = status == ASH_OK ? ash_calloc(count + 1, 1) : NULL;
    about.dtype = ASH_INT8;
    about.id = (int)position(header, name);
    if (status == ASH_OK && !characters)
        status = ash_fail_memory(error, function, count + 1);
    if (status == ASH_OK && count > 0 &&
        (!lay_out(header, &about, zero, about.shape, one, &box, &end) || end > file->size ||
            ash_flat_read(file->fd, &box, characters, &scratch, &reason) != ASH_OK))
        status = ash_fail(error, ASH_ERR_IO, "%s: %s: variable '%s' cannot be read: %s", function, file->path, name,
            *reason.text ? reason.text : "the file is cut short");
    int64_t width = status == ASH_OK && about.ndim > 0 ? about.shape[about.ndim - 1] : 1;
    if (status == ASH_OK && !ash_add_rows_of_text(texts, characters, width > 0 ? count / width : 0, width))
        status = ash_fail_memory(error, function, count);
    ash_read_scratch_free(&scratch);
    ash_free(characters);
    ash_variable_clear(&about);
    return status;
}

const ash_driver ash_classic_driver = {
    .name = "NetCDF classic",
    .change = &ash_format_change_netcdf,
    .recognise = classic_recognise,
    .open = classic_open,
    .close = classic_close,
    .list = classic_list,
    .find = classic_find,
    .describe = classic_describe,
    .dims = classic_dims,
    .text = classic_text,
    .read = classic_read,
};
