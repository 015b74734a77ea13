/* A text that goes to a file while it is made. */
#ifndef ASH_RUN_TEXT_FILE_H
#define ASH_RUN_TEXT_FILE_H

#include "base/error.h"
#include "base/growing.h"

typedef struct ash_text_file {
    int descriptor; /* -1: there is none */
    char *path;
    ash_growing text; /* what is not written yet */
    int failed;       /* errno of what went wrong first; nothing is written any more */
} ash_text_file;

/* Begins the file, which replaces one that is there. `what` is named in errors: "trace". */
ash_status ash_text_file_begin(ash_text_file *file, const char *path, const char *what, const char *function, ash_error_state *error);
/* Writes what has come together, if it is worth a call of the system. */
void ash_text_file_pass(ash_text_file *file);
/* Writes the rest and closes the file. The error says what is missing, if anything is. */
void ash_text_file_end(ash_text_file *file, const char *what, const char *function, ash_error_state *error);

#endif
