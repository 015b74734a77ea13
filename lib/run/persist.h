/* What ash_persist() keeps on scratch. */
#ifndef ASH_RUN_PERSIST_H
#define ASH_RUN_PERSIST_H

#include "run/run.h"

/* Computes a value onto scratch, chunk by chunk. The file, with one variable, reads it from there; NULL on failure. */
ash_file *ash_persist_scratch(
    ash_context *context, ash_value value, const ash_compute_options *options, const char *function, ash_error_state *error);

/* Whether a file is of that kind. */
int ash_is_persisted_file(const ash_file *file);

/* Fails if any of the values is made from something that ash_release() has given back. */
ash_status ash_check_released(ash_context *context, int n, const ash_target targets[], ash_error_state *error);

#endif
