/* Dimensions, variables and attributes of a file of any of NetCDF's formats, defined by NetCDF-C. */
#ifndef ASH_IO_NETCDF_DEFINE_H
#define ASH_IO_NETCDF_DEFINE_H

#include "io/writer.h"

/* Writes the definitions into the temporary file and closes it; `mode` is NC_NETCDF4 or one of NetCDF-3's. Variables have no values then, and nothing is
 * filled. The error is a whole sentence. */
ash_status ash_netcdf_define(ash_writer *writer, int mode, ash_error_state *error);

/* How a variable of a NetCDF-4 file is stored: 0 contiguous, 1 in chunks of these extents. */
int ash_netcdf_chunk(const ash_writer_schema *schema, const ash_writer_variable *variable, int64_t chunk[]);

#endif
