/* Stored variables as arrays, and as values at once. */
#ifndef ASH_EXPR_OPEN_H
#define ASH_EXPR_OPEN_H

#include "expr/builder.h"

#include <ashlar/io.h>

/* Coordinates are kept in memory outside the limit; one longer than this is left in the file. The most vertices that bounds of a cell come along with. */
enum { ASH_LARGEST_COORDINATE = 4 << 20, ASH_MOST_VERTICES = 8 };

/* A variable of an open file as an array. Consumes the file's reference. */
ash_array ash_open_stored(ash_builder *builder, ash_file *file, const char *name, const ash_open_options *options);

/* All values of a variable as they are stored, in memory of their own. NULL on failure. */
void *ash_read_stored(ash_file *file, const ash_variable *variable, const char *function, ash_error_state *error);
/* All values of a variable, decoded, in memory of their own. Sets dtype and attributes (the caller's reference). NULL on failure. */
void *ash_read_decoded(ash_builder *builder, ash_file *file, const ash_variable *variable, ash_dtype *dtype, ash_attrs **attrs);

#endif
