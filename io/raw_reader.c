#include "base/dtype.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/flat_read.h"
#include "io/raw.h"

#include <string.h>

ash_status ash_raw_attach(ash_file *file, const ash_raw_layout *layout, const char *function, ash_error_state *error) {
    char shape[160];
    int64_t bytes = ash_dtype_size(layout->dtype), empty = 0;
    ash_format_shape(layout->ndim, layout->shape, shape, sizeof shape);
    for (int a = 0; a < layout->ndim; a++) {
        empty |= layout->shape[a] == 0;
        if (layout->shape[a] > 0 && __builtin_mul_overflow(bytes, layout->shape[a], &bytes))
            return ash_fail(
                error, ASH_ERR_FORMAT, "%s: %s: an array of shape %s is larger than any file can be", function, file->path, shape);
    }
    bytes = empty ? 0 : bytes;
    if (layout->offset > file->size || bytes > file->size - layout->offset)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: %s of shape %s has %lld bytes behind the first %lld, but the file has %lld in all",
            function, file->path, ash_dtype_name(layout->dtype), shape, (long long)bytes, (long long)layout->offset, (long long)file->size);
    ash_raw_layout *kept = ash_malloc(sizeof *kept);
    if (!kept)
        return ash_fail_memory(error, function, sizeof *kept);
    *kept = *layout;
    file->driver_data = kept;
    return ASH_OK;
}

void ash_raw_close(ash_file *file) {
    ash_free(file->driver_data);
}

ash_status ash_raw_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    char base[256];
    return ash_name_list_add(names, ash_base_name(file->path, base, sizeof base)) ? ASH_OK : ash_fail_memory(error, "open", sizeof base);
}

/* In Fortran order the last axis is the slowest: boxes that are read at a time are those the file has together, of about this size. */
static void suggest_chunks(const ash_raw_layout *layout, ash_variable *out) {
    enum { TOGETHER_BYTES = 1 << 20 };
    int64_t left = TOGETHER_BYTES / ash_dtype_size(layout->dtype);
    for (int a = 0; a < layout->ndim; a++) {
        int64_t extent = layout->shape[a] > 0 ? layout->shape[a] : 1;
        out->chunk[a] = extent < left ? extent : left;
        left /= out->chunk[a];
    }
}

ash_status ash_raw_find(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error) {
    const ash_raw_layout *layout = file->driver_data;
    char base[256];
    if (strcmp(name, ash_base_name(file->path, base, sizeof base)) != 0)
        return ASH_ERR_NOT_FOUND;
    out->name = ash_text_copy(name, (int64_t)strlen(name));
    if (!out->name)
        return ash_fail_memory(error, function, sizeof base);
    out->dtype = layout->dtype;
    out->ndim = layout->ndim;
    out->no_fill = 1;
    out->need.scratch = ASH_FLAT_WINDOW_BYTES;
    memcpy(out->shape, layout->shape, sizeof layout->shape);
    if (layout->fortran && layout->ndim > 1)
        suggest_chunks(layout, out);
    return ASH_OK;
}

ash_status ash_raw_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_raw_layout *layout = file->driver_data;
    int64_t element = ash_dtype_size(layout->dtype), distance = element, stride = element;
    ash_flat_box box = { .ndim = variable->ndim,
        .swap = layout->swap,
        .pairs = ash_dtype_kind(layout->dtype) == 'c',
        .element = element,
        .offset = layout->offset };
    for (int k = 0; k < variable->ndim; k++) { /* none of this is more than the file's size, which was checked */
        int a = layout->fortran ? k : variable->ndim - 1 - k;
        box.extent[a] = extent[a];
        box.distance[a] = extent[a] > 1 ? distance * step[a] : 0;
        box.offset += start[a] * distance;
        distance *= variable->shape[a];
    }
    for (int a = variable->ndim - 1; a >= 0; a--) {
        box.stride[a] = stride;
        stride *= extent[a];
    }
    return ash_flat_read(file->fd, &box, buffer, scratch, error);
}

/* The bytes of a file may be taken for different arrays. */
static void raw_identity(const ash_file *file, int64_t *size, int64_t *changed) {
    const ash_raw_layout *layout = file->driver_data;
    (void)changed;
    *size = 4 * (*size - layout->offset) + 2 * (layout->fortran != 0) + (layout->swap != 0);
}

const ash_driver ash_raw_driver = {
    .name = "raw binary",
    .close = ash_raw_close,
    .list = ash_raw_list,
    .find = ash_raw_find,
    .identity = raw_identity,
    .read = ash_raw_read,
};
