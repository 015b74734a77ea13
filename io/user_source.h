/* Sources of the user's: files of one variable, whose values a function delivers. */
#ifndef ASH_IO_USER_SOURCE_H
#define ASH_IO_USER_SOURCE_H

#include "io/io.h"

#include <ashlar/source.h>

typedef struct ash_user_source {
    ash_read_box_fn *read_box;
    void *user;
    void (*release)(void *user);
    int thread_safe;
    int64_t scratch_bytes;
    const char *path; /* what errors and plans call it; NULL: a user source */
    int64_t identity; /* tells its values from those of others of the same name; 0: nothing does */
} ash_user_source;

/* A file with the variable `about`, of which name, dtype, ndim, shape and chunk count. NULL when out of memory; release() is not called then. */
ash_file *ash_user_source_open(const ash_user_source *source, const ash_variable *about, const char *function, ash_error_state *error);
const ash_variable *ash_user_source_variable(const ash_file *file);
/* Leaves what the user handed over with him. */
void ash_user_source_disown(ash_file *file);

/* Whether a file is a source that a function delivers. */
int ash_user_source_reads_by(const ash_file *file, ash_read_box_fn *read_box);

#endif
