/* Zstandard for HDF5 itself, which has no filter for it unless a plugin is installed. */
#ifndef ASH_IO_HDF5_ZSTD_H
#define ASH_IO_HDF5_ZSTD_H

/* Registers the filter if HDF5 knows none of its number. The caller holds the library scope. */
void ash_hdf5_offer_zstd(void);

#endif
