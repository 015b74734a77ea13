/* Where HDF5 keeps the storage of a dataset. All return 0 if that cannot be found out, or cannot be true. The caller holds the library scope. */
#ifndef ASH_IO_HDF5_ADDRESSES_H
#define ASH_IO_HDF5_ADDRESSES_H

#include "io/hdf5_recorder.h"
#include "io/stored.h"

/* All chunks by H5Dchunk_iter(), which HDF5 has since 1.14. */
int ash_hdf5_list_chunks(hid_t dataset, int64_t file_size, int64_t chunks, ash_stored *stored);
/* All chunks by noting where HDF5 would read them; the dataset is one of a file opened with the recorder. */
int ash_hdf5_record_chunks(hid_t dataset, ash_recording *recording, int64_t file_size, int64_t chunks, ash_stored *stored);
/* A contiguous dataset is one chunk. One that was never written has no place in the file. */
int ash_hdf5_locate_contiguous(hid_t dataset, hid_t creation, int64_t file_size, ash_stored *stored);
/* The index of the first element of chunk k. */
void ash_hdf5_chunk_offset(const ash_stored *stored, int64_t k, hsize_t offset[]);

#endif
