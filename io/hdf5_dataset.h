/* What HDF5 itself says about a dataset, and reading one with HDF5 alone. The caller holds the library scope (io/lock.h). */
#ifndef ASH_IO_HDF5_DATASET_H
#define ASH_IO_HDF5_DATASET_H

#include "io/io.h"

#include <hdf5.h>

typedef struct ash_hdf5_about {
    ash_dtype dtype;
    int ndim;
    int64_t shape[ASH_MAX_NDIM];
    int64_t chunk[ASH_MAX_NDIM]; /* all 0: not chunked */
    double fill[1];              /* what a dataset shorter than its NetCDF dimension has beyond its end: 8 bytes, in the dtype */
    int64_t cache;               /* bytes of chunk cache that a read should have: one chunk if it must be decoded, else none */
    int64_t workspace;           /* bytes HDF5 may allocate in a read, that cache included */
    double absent[1];            /* what storage that was never written has: 8 bytes, in the dtype */
    int leaves_absent;           /* HDF5 leaves memory as it is where that is read */
    int unavailable;             /* HDF5 lacks one of the filters */
    int direct;                  /* we can read and decode it ourselves, if the addresses of its chunks can be had */
} ash_hdf5_about;

/* Opens a dataset by path; a negative id if there is none. A dimension without a variable, as NetCDF-4 stores it, is none. */
hid_t ash_hdf5_open_dataset(hid_t file, const char *path);
/* Looks at a dataset. Refuses types that are no numbers, too many dimensions and filters that are not available; `path` and `name` are for
 * the sentences. */
ash_status ash_hdf5_inspect(
    hid_t dataset, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error);
/* Reads a box; what lies beyond the dataset's own extents is filled with `fill`, and what was never written with `absent`, unless that is NULL and
 * HDF5 does it. On failure the reason alone is in `error`. */
ash_status ash_hdf5_read(hid_t dataset, ash_dtype dtype, int ndim, const void *fill, const void *absent, const int64_t start[],
    const int64_t extent[], const int64_t step[], void *buffer, ash_error_state *error);

/* What HDF5 said went wrong in its last call, cut to the innermost cause; into a buffer that is returned. */
const char *ash_hdf5_reason(char *text, int64_t size);

/* Attributes of an object; those HDF5 and NetCDF keep for themselves and those that are neither text nor numbers are left out. */
ash_status ash_hdf5_attrs(hid_t object, const char *function, ash_attrs **attrs, ash_error_state *error);
/* Whether an attribute is one of those that HDF5 and NetCDF-4 keep for themselves. */
int ash_attr_is_internal(const char *name);
/* The type that numbers of a dtype have in memory. */
hid_t ash_hdf5_native_type(ash_dtype dtype);
/* The dtype that numbers of a stored type are delivered in, ASH_DTYPE_COUNT if it has none. */
ash_dtype ash_hdf5_dtype(hid_t type);

#endif
