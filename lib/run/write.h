/* Writing arrays to a new file: what ash_write() and its relatives have in common. */
#ifndef ASH_RUN_WRITE_H
#define ASH_RUN_WRITE_H

#include "array/context.h"
#include "io/io.h"

#include <ashlar/io.h>

/* Whether there are arrays, names and a path at all. */
ash_status ash_write_check(
    int n, const ash_array arrays[], const char *path, const char *const names[], const char *function, ash_error_state *error);

/* Writes n >= 1 arrays under their names. An array with a variable in `stored` (NULL: none has) holds values as they are stored there: they and the variable's
 * attributes are written as they are. `options` are full ones. */
ash_status ash_write_arrays(ash_context *context, int n, const ash_array arrays[], const ash_variable *const stored[], const char *path,
    const char *const names[], const ash_write_options *options, ash_error_state *error);

/* Describes what ash_write_many() with full `options` would run, without a file. NULL on failure. */
struct ash_description *ash_write_describe(ash_context *context, int n, const ash_array arrays[], const char *path,
    const char *const names[], const ash_write_options *options, const char *function, ash_error_state *error);

#endif
