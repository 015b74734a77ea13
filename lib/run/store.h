/* Runs whose values a function receives, chunk by chunk. */
#ifndef ASH_RUN_STORE_H
#define ASH_RUN_STORE_H

#include "io/user_sink.h"
#include "run/run.h"

/* Computes a value and hands its chunks, each as a whole, to a sink. */
ash_status ash_run_to_sink(ash_context *context, ash_value value, const ash_user_sink *sink, const ash_compute_options *options,
    const char *function, ash_error_state *error);

#endif
