/* Sinks of the user's: writers without a file, whose boxes a function receives. */
#ifndef ASH_IO_USER_SINK_H
#define ASH_IO_USER_SINK_H

#include "io/io.h"

#include <ashlar/source.h>

typedef struct ash_user_sink {
    ash_write_box_fn *write_box;
    void *user;
    int thread_safe;
    int64_t scratch_bytes;
} ash_user_sink;

/* A writer that must be ended with ash_writer_abort(): there is nothing to commit. NULL when out of memory. */
ash_writer *ash_user_sink_open(const ash_user_sink *sink, const ash_writer_schema *schema, const char *function, ash_error_state *error);

#endif
