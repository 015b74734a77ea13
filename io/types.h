/* Numbered types of NetCDF. The classic format stores the same numbers that NetCDF-C's interface has. */
#ifndef ASH_IO_TYPES_H
#define ASH_IO_TYPES_H

#include <ashlar/array.h>

enum { ASH_NC_CHAR = 2 };

/* ASH_DTYPE_COUNT if the type is no number. */
ash_dtype ash_dtype_from_nc(int nc_type);
/* 0 if NetCDF has no such type; bool is stored as byte. */
int ash_nc_from_dtype(ash_dtype dtype);
/* "char", "string", ...; NULL for a type that is not built in. */
const char *ash_nc_type_name(int nc_type);
/* Bytes of an element in a classic file, 0 for a type it cannot have. */
int64_t ash_nc_type_size(int nc_type);
/* NetCDF's default fill value of a number type, in that dtype. */
void ash_nc_default_fill(ash_dtype dtype, void *value);

#endif
