/* One array alone in a file: .npy, and the bare values. They go to their places in C order, in this machine's byte order. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/flat_write.h"
#include "io/numpy_type.h"
#include "io/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_BYTES_MOST = 640, HEADER_ALIGNMENT = 64, PREFIX_BYTES = 10 };

/* The state of a writer is the box of the whole array. */

/* Gives the file its full size, so that a full disk is told before the work and not after it. */
static int reserve(const ash_writer *writer, int64_t bytes) {
    struct stat about;
    if (fstat(writer->file.fd, &about) != 0)
        return errno;
    if (writer->resumed)
        return about.st_size == bytes ? 0 : EINVAL; /* then it is begun anew */
    int reason = ash_temporary_reserve(&writer->file, bytes);
    return reason == 0 && ftruncate(writer->file.fd, bytes) != 0 ? errno : reason;
}

static ash_status begin(ash_writer *writer, const void *header, int64_t header_bytes, ash_error_state *error) {
    ash_flat_box *all = writer->state = ash_calloc(1, sizeof *all);
    if (!all)
        return ash_fail_memory(error, writer->function, sizeof *all);
    const ash_writer_variable *variable = &writer->schema->variable[0];
    *all = (ash_flat_box){ .ndim = variable->ndim, .element = ash_dtype_size(variable->dtype), .offset = header_bytes };
    ash_writer_shape(writer, 0, all->extent);
    int reason = reserve(writer, header_bytes + ash_flat_dense(all));
    if (reason == 0 && header_bytes > 0 && !writer->resumed)
        reason = ash_write_bytes(writer->file.fd, header, header_bytes, 0);
    return ash_writer_fail(writer, reason, error);
}

static ash_status raw_begin(ash_writer *writer, ash_error_state *error) {
    return begin(writer, NULL, 0, error);
}

/* Version 1 of the format: the dictionary ends with a new line, and the values begin at a multiple of 64 bytes. */
static ash_status npy_begin(ash_writer *writer, ash_error_state *error) {
    char header[HEADER_BYTES_MOST], type[8];
    int64_t shape[ASH_MAX_NDIM];
    const ash_writer_variable *variable = &writer->schema->variable[0];
    ash_writer_shape(writer, 0, shape);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    int used = PREFIX_BYTES;
    used += snprintf(header + used, sizeof header - (size_t)used, "{'descr': '%s', 'fortran_order': False, 'shape': (",
        ash_numpy_type_print(variable->dtype, 0, type));
    for (int a = 0; a < variable->ndim; a++)
        used += snprintf(header + used, sizeof header - (size_t)used, "%s%lld", a ? ", " : "", (long long)shape[a]);
    used += snprintf(header + used, sizeof header - (size_t)used, "%s), }", variable->ndim == 1 ? "," : "");
    int bytes = (used + HEADER_ALIGNMENT) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    memset(header + used, ' ', (size_t)(bytes - used));
    header[bytes - 1] = '\n';
    header[8] = (char)((bytes - PREFIX_BYTES) & 0xFF);
    header[9] = (char)((bytes - PREFIX_BYTES) >> 8);
    return begin(writer, header, bytes, error);
}

static void flat_place(const ash_writer *writer, int variable, ash_flat_box *all) {
    (void)variable;
    *all = *(const ash_flat_box *)writer->state;
}

static ash_status flat_put(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    (void)variable, (void)scratch;
    return ash_fail_errno(ash_flat_put(writer->file.fd, writer->state, start, extent, data, NULL), error);
}

static void flat_abandon(ash_writer *writer) {
    ash_free(writer->state);
}

#define FUNCTIONS .int64 = 1, .numpy = 1, .bare = 1, .place = flat_place, .put = flat_put, .abandon = flat_abandon

const ash_format ash_format_npy = { .name = "npy", .suffixes = " .npy ", .begin = npy_begin, FUNCTIONS };
const ash_format ash_format_raw = { .name = "raw", .suffixes = " .raw .bin ", .begin = raw_begin, FUNCTIONS };
