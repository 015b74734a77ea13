/* What NetCDF-C says a file holds: the parts of the NetCDF-4 driver that read no values but texts. */
#ifndef ASH_IO_NETCDF_CONTENTS_H
#define ASH_IO_NETCDF_CONTENTS_H

#include "io/io.h"

#include <hdf5.h>

enum { ASH_NETCDF_PATH_BYTES = 4096 };

typedef struct ash_netcdf_file {
    int id;
    hid_t hdf5; /* the same file */
} ash_netcdf_file;

typedef struct ash_netcdf_variable {
    int group, id;
} ash_netcdf_variable;

/* Follows the groups of a path. 0 if NetCDF-C shows no such variable. */
int ash_netcdf_locate(int file, const char *path, ash_netcdf_variable *out);
/* Calls `visit` for a group and all groups within it. `path` has ASH_NETCDF_PATH_BYTES, of which `used` name the group ("grp1/"); visitors write names behind
 * that, and return 0 to end the walk, which then returns 0. */
typedef int ash_netcdf_visitor(int group, char *path, int64_t used, void *list);
int ash_netcdf_walk(int group, char *path, int64_t used, ash_netcdf_visitor *visit, void *list);
/* Whether a name is one that NetCDF-C makes up for a dimension that has none. */
int ash_netcdf_is_phony(const char *dim);

/* See ash_driver. */
ash_status ash_netcdf_describe(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error);
ash_status ash_netcdf_dims(ash_file *file, ash_stored_dims *dims, ash_error_state *error);
ash_status ash_netcdf_group_attrs(ash_file *file, const char *path, const char *function, ash_attrs **attrs, ash_error_state *error);
ash_status ash_netcdf_text(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error);

#endif
