/* Attributes by way of NetCDF-C. The caller holds the library scope. */
#ifndef ASH_IO_NETCDF_ATTRS_H
#define ASH_IO_NETCDF_ATTRS_H

#include "io/io.h"

/* Reads those of a variable, or of a group with NC_GLOBAL, without the internal ones and those that are neither text nor numbers. */
ash_status ash_netcdf_attrs_read(int group, int variable, const char *function, ash_attrs **attrs, ash_error_state *error);
/* Writes all but `except` (NULL: all); names that NetCDF keeps for itself are left out. Returns a NetCDF status and names the attribute
 * that failed in *failed. */
int ash_netcdf_attrs_write(int file, int variable, const ash_attrs *attrs, const char *except, const char **failed);

#endif
