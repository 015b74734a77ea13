/* The header of classic (CDF-1), 64-bit offset (CDF-2) and CDF-5 files. */
#ifndef ASH_IO_CLASSIC_HEADER_H
#define ASH_IO_CLASSIC_HEADER_H

#include "base/attrs.h"
#include "base/error.h"

typedef struct ash_classic_dim {
    char *name;
    int64_t extent; /* as stored: 0 marks the record dimension */
} ash_classic_dim;

typedef struct ash_classic_variable {
    char *name;
    int64_t ndim;
    int32_t *dim; /* indices into the dimensions */
    ash_attrs *attrs;
    int nc_type;
    int record;    /* its first dimension is the record dimension */
    int64_t bytes; /* of the whole variable, or of one record of it, without padding */
    int64_t begin; /* offset of its first byte in the file */
} ash_classic_variable;

typedef struct ash_classic_header {
    int version; /* 1, 2 or 5 */
    int64_t records;
    int64_t record_bytes; /* from one record to the next */
    int64_t dim_count, variable_count;
    ash_classic_dim *dim;
    ash_classic_variable *variable;
    ash_attrs *attrs;
} ash_classic_header;

/* Reads and checks the header of the open file. On failure nothing is left. The error names function and path. */
ash_status ash_classic_header_read(
    int fd, int64_t file_size, const char *path, const char *function, ash_classic_header *header, ash_error_state *error);
void ash_classic_header_free(ash_classic_header *header);

#endif
