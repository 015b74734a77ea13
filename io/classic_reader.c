/* Driver for classic, 64-bit offset and CDF-5 files: offset arithmetic and pread(), so reads need no lock and run in parallel. */
#include "base/memory.h"
#include "io/byte_order.h"
#include "io/classic_header.h"
#include "io/file.h"
#include "io/types.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { GATHER_BYTES = 16384 };

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

static ash_status classic_find(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error) {
    const ash_classic_header *header = file->driver_data;
    int64_t i = 0;
    while (i < header->variable_count && strcmp(header->variable[i].name, name) != 0)
        i++;
    if (i == header->variable_count)
        return ASH_ERR_NOT_FOUND;
    const ash_classic_variable *stored = &header->variable[i];
    if (stored->nc_type == ASH_NC_CHAR)
        return ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is text (type char), expected numbers", function, file->path, name);
    if (stored->ndim > ASH_MAX_NDIM)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has %lld dimensions, at most %d are supported", function,
            file->path, name, (long long)stored->ndim, ASH_MAX_NDIM);
    out->id = (int)i;
    return fill_variable(header, stored, function, out, error);
}

/* ---- Reading a box ---- */

static ash_status read_bytes(const ash_file *file, void *buffer, int64_t bytes, int64_t offset, ash_error_state *error) {
    while (bytes > 0) {
        ssize_t got = pread(file->fd, buffer, (size_t)(bytes < 1 << 30 ? bytes : 1 << 30), offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ash_fail(error, ASH_ERR_IO, "%s", strerror(errno));
        if (got == 0)
            return ash_fail(error, ASH_ERR_IO, "the file ends at byte %lld", (long long)offset);
        buffer = (char *)buffer + got;
        bytes -= got;
        offset += got;
    }
    return ASH_OK;
}

/* `count` elements of `size` bytes that lie `distance` bytes apart: several to a read when they are near each other. */
static ash_status gather(
    const ash_file *file, char *out, int64_t count, int64_t size, int64_t distance, int64_t offset, ash_error_state *error) {
    char scratch[GATHER_BYTES];
    int64_t together = distance < GATHER_BYTES / 4 ? (GATHER_BYTES - size) / distance + 1 : 1;
    for (int64_t done = 0; done < count; done += together) {
        int64_t n = count - done < together ? count - done : together;
        ash_status status = read_bytes(file, scratch, (n - 1) * distance + size, offset + done * distance, error);
        if (status != ASH_OK)
            return status;
        for (int64_t i = 0; i < n; i++)
            memcpy(out + (done + i) * size, scratch + i * distance, (size_t)size);
    }
    return ASH_OK;
}

/* Where the elements of a box lie: element k of axis a is k * distance[a] bytes behind `offset`. */
typedef struct layout {
    int64_t size, offset, end; /* end: behind the last byte */
    int64_t distance[ASH_MAX_NDIM];
} layout;

/* 0 if the box lies further out than any file reaches. */
static int lay_out(const ash_classic_header *header, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], layout *box) {
    const ash_classic_variable *stored = &header->variable[variable->id];
    int64_t stride = ash_dtype_size(variable->dtype);
    int overflow = 0;
    *box = (layout){ .size = stride, .offset = stored->begin, .end = stride };
    for (int a = variable->ndim - 1; a >= 0; a--) {
        int64_t ahead, behind;
        if (a == 0 && variable->record)
            stride = header->record_bytes;
        overflow |= __builtin_mul_overflow(stride, start[a], &ahead) || __builtin_add_overflow(box->offset, ahead, &box->offset);
        overflow |= extent[a] > 1 && __builtin_mul_overflow(stride, step[a], &box->distance[a]);
        overflow |= __builtin_mul_overflow(box->distance[a], extent[a] - 1, &behind) || __builtin_add_overflow(box->end, behind, &box->end);
        if (a > 0)
            stride *= variable->shape[a]; /* cannot overflow: within the variable's bytes, checked with the header */
    }
    return !overflow && !__builtin_add_overflow(box->end, box->offset, &box->end);
}

static ash_status classic_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_error_state *error) {
    layout box;
    if (!lay_out(file->driver_data, variable, start, extent, step, &box) || box.end > file->size)
        return ash_fail(error, ASH_ERR_FORMAT, "the file is cut short: expected at least %lld bytes, found %lld", (long long)box.end,
            (long long)file->size);

    /* The innermost axes that are dense in the file make one run; the others are counted through. */
    int outer = variable->ndim;
    int64_t run = 1;
    while (outer > 0 && (extent[outer - 1] == 1 || box.distance[outer - 1] == run * box.size))
        run *= extent[--outer];
    int scattered = outer > 0 && run == 1;
    int64_t count = scattered ? extent[--outer] : run;

    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = box.offset;
    char *out = buffer;
    for (;;) {
        ash_status status = scattered ? gather(file, out, count, box.size, box.distance[outer], offset, error)
                                      : read_bytes(file, out, count * box.size, offset, error);
        if (status != ASH_OK)
            return status;
        ash_from_big_endian(out, count, box.size);
        out += count * box.size;
        int a = outer - 1;
        while (a >= 0 && index[a] == extent[a] - 1) {
            offset -= index[a] * box.distance[a];
            index[a--] = 0;
        }
        if (a < 0)
            return ASH_OK;
        index[a]++;
        offset += box.distance[a];
    }
}

const ash_driver ash_classic_driver = {
    .name = "NetCDF classic",
    .recognise = classic_recognise,
    .open = classic_open,
    .close = classic_close,
    .list = classic_list,
    .find = classic_find,
    .read = classic_read,
};
