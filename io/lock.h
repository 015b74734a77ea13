/* What surrounds every call into HDF5 and NetCDF-C. */
#ifndef ASH_IO_LOCK_H
#define ASH_IO_LOCK_H

#include <ashlar/io.h>

#include <hdf5.h>

/* The host's settings that are put aside while we are inside the libraries. */
typedef struct ash_library_scope {
    H5E_auto2_t print;
    void *print_data;
    int silenced;
} ash_library_scope;

/* Takes the lock and stops HDF5 from printing its errors; leaving restores what the host had set. Nests. */
void ash_library_enter(ash_library_scope *scope);
void ash_library_leave(ash_library_scope *scope);

#endif
