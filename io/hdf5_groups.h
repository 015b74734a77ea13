/* The groups of an HDF5 file. Links may lead from a group into itself; what walks along them must end all the same. The caller holds the library scope. */
#ifndef ASH_IO_HDF5_GROUPS_H
#define ASH_IO_HDF5_GROUPS_H

#include "io/io.h"

#include <hdf5.h>

/* Adds the paths of all datasets, as far as names and groups are not too many; no group is entered from within itself. 0 when out of memory. */
int ash_hdf5_list_datasets(hid_t file, ash_name_list *names);
/* Whether no group can be entered from within itself, and groups are neither nested too deep nor too many, as those of a NetCDF file. */
int ash_hdf5_is_tree(hid_t file);
/* Refuses a file with a group whose names HDF5 would read without end, see io/hdf5_heaps.h. */
ash_status ash_hdf5_check_heaps(const char *path, int fd, const char *function, ash_error_state *error);

#endif
