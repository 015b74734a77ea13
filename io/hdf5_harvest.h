/* Where the bytes of an HDF5 dataset are in its file, so that they can be read without the library. */
#ifndef ASH_IO_HDF5_HARVEST_H
#define ASH_IO_HDF5_HARVEST_H

#include "io/stored.h"

#include <hdf5.h>

/* What is done to the chunks of a dataset: its filters. 0 if there are more, or with more parameters, than we keep. */
int ash_hdf5_pipeline(hid_t creation, ash_pipeline *pipeline);
/* Whether the values of a stored type are those of the dtype byte by byte, apart from their order: *swap says if that is the other one. */
int ash_hdf5_is_direct(hid_t type, ash_dtype dtype, int *swap);

/* All of it in one sweep, for ash_stored_free(). NULL if the dataset is not one that ash_stored_read() can read; what `fd` reads there is compared with what HDF5 reads, for
 * a few chunks. `beyond` is the element that fills what lies beyond the stored extents. The caller holds the library scope. */
ash_stored *ash_hdf5_harvest(
    const char *file_path, int fd, int64_t file_size, const char *dataset_path, ash_dtype dtype, const void *beyond);

#endif
