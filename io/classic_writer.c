/* Classic, 64-bit offset and CDF-5: NetCDF-C defines the file, its header says where values go, and threads write them there. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/byte_order.h"
#include "io/classic_header.h"
#include "io/flat_write.h"
#include "io/netcdf_define.h"

#include <errno.h>
#include <netcdf.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number of records stands behind the first four bytes, big-endian. */
static int write_records(int fd, int64_t records, int version) {
    unsigned char field[8];
    int bytes = version == 5 ? 8 : 4;
    for (int b = 0; b < bytes; b++)
        field[b] = (unsigned char)((uint64_t)records >> 8 * (bytes - 1 - b));
    return ash_write_bytes(fd, field, bytes, 4);
}

/* Where the last value of the file ends. */
static int64_t end_of(const ash_classic_header *header) {
    int64_t end = 0;
    for (int64_t k = 0; k < header->variable_count; k++) {
        const ash_classic_variable *variable = &header->variable[k];
        int64_t padded = (variable->bytes + 3) / 4 * 4, last = variable->begin + padded;
        if (variable->record) /* a record variable that is alone has no padding */
            last = variable->begin + (header->records - 1) * header->record_bytes +
                (padded < header->record_bytes ? padded : header->record_bytes);
        end = (!variable->record || header->records > 0) && last > end ? last : end;
    }
    return end;
}

static int64_t count_records(const ash_writer *writer) {
    for (int k = 0; k < writer->schema->ndims; k++)
        if (writer->schema->dim[k].unlimited)
            return writer->schema->dim[k].extent;
    return 0;
}

/* Where the first value of the file begins. */
static int64_t begin_of(const ash_classic_header *header, int64_t end) {
    for (int64_t k = 0; k < header->variable_count; k++)
        end = header->variable[k].begin < end ? header->variable[k].begin : end;
    return end;
}

/* Gives the file its full size, so that a full disk is told before the work and not after it. */
static int reserve(ash_writer *writer, ash_classic_header *header) {
    int fd = writer->file.fd;
    struct stat about;
    header->records = count_records(writer);
    int reason = header->records > 0 ? write_records(fd, header->records, header->version) : 0;
    int64_t end = end_of(header);
    /* NetCDF-C has given it a size, but no room on the disk. */
    if (reason == 0 && !writer->resumed && end > 0 && ftruncate(fd, begin_of(header, end)) != 0)
        reason = errno;
    if (reason == 0 && fstat(fd, &about) != 0)
        reason = errno;
    if (reason == 0 && end > about.st_size) {
        reason = ash_temporary_reserve(&writer->file, end - about.st_size);
        if (reason == 0 && ftruncate(fd, end) != 0)
            reason = errno;
    }
    return reason;
}

static int foresee(const ash_format *format, const ash_writer_schema *schema, ash_write_need *need) {
    (void)format, (void)schema;
    need->scratch = ASH_FLAT_WINDOW;
    return 1;
}

static ash_status begin(ash_writer *writer, int mode, ash_error_state *error) {
    struct stat about;
    ash_classic_header *header = ash_calloc(1, sizeof *header);
    writer->state = header;
    if (!header)
        return ash_fail_memory(error, writer->function, sizeof *header);
    if (!writer->resumed && ash_netcdf_define(writer, mode, error) != ASH_OK)
        return error->status;
    if (fstat(writer->file.fd, &about) != 0)
        return ash_writer_fail(writer, errno, error);
    if (ash_classic_header_read(writer->file.fd, about.st_size, writer->path, writer->function, header, error) != ASH_OK)
        return error->status;
    foresee(writer->format, writer->schema, &writer->need);
    return ash_writer_fail(writer, reserve(writer, header), error);
}

static ash_status classic_begin(ash_writer *writer, ash_error_state *error) {
    return begin(writer, 0, error);
}

static ash_status offset64_begin(ash_writer *writer, ash_error_state *error) {
    return begin(writer, NC_64BIT_OFFSET, error);
}

static ash_status cdf5_begin(ash_writer *writer, ash_error_state *error) {
    return begin(writer, NC_64BIT_DATA, error);
}

static void classic_place(const ash_writer *writer, int k, ash_flat_box *all) {
    const ash_classic_header *header = writer->state;
    const ash_classic_variable *variable = &header->variable[k];
    *all = (ash_flat_box){ .ndim = (int)variable->ndim,
        .swap = ASH_IS_LITTLE_ENDIAN,
        .element = ash_dtype_size(writer->schema->variable[k].dtype),
        .offset = variable->begin };
    ash_writer_shape(writer, k, all->extent);
    ash_flat_dense(all);
    if (variable->record)
        all->distance[0] = header->record_bytes;
}

static ash_status classic_put(ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    ash_flat_box all;
    void *window = ash_write_scratch_buffer(scratch, 0, ASH_FLAT_WINDOW);
    if (!window)
        return ash_fail_memory(error, writer->function, ASH_FLAT_WINDOW);
    classic_place(writer, k, &all);
    return ash_fail_errno(ash_flat_put(writer->file.fd, &all, start, extent, data, window), error);
}

static void classic_abandon(ash_writer *writer) {
    if (writer->state)
        ash_classic_header_free(writer->state);
    ash_free(writer->state);
}

#define FUNCTIONS .foresee = foresee, .place = classic_place, .put = classic_put, .abandon = classic_abandon

const ash_format ash_format_classic = { .name = "classic", .begin = classic_begin, FUNCTIONS };
const ash_format ash_format_64bit_offset = { .name = "64bit_offset", .begin = offset64_begin, FUNCTIONS };
const ash_format ash_format_cdf5 = { .name = "cdf5", .int64 = 1, .begin = cdf5_begin, FUNCTIONS };
