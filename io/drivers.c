/* The storage formats, in the order in which they are tried. */
#include "io/file.h"

#include <stddef.h>

const ash_driver *const ash_drivers[] = { &ash_classic_driver, /* classic, 64-bit offset, CDF-5: read directly, without a lock */
    &ash_netcdf_driver,                                        /* NetCDF-4 and every HDF5 file that NetCDF-C can open */
    &ash_hdf5_driver,                                          /* the other HDF5 files */
    &ash_zarr_driver,                                          /* folders and zip archives */
    &ash_npy_driver, NULL };
