/* Files that are the elements of one array and nothing else, but for bytes before and after: raw binary, and what .npy files are behind their header.
 * Their variable has the name of the file. */
#ifndef ASH_IO_RAW_H
#define ASH_IO_RAW_H

#include "io/file.h"

/* Takes a layout that the caller has checked for its dtype as the driver data of `file`; refuses one that the file is too short for. What the file is
 * missing is told as `reason`. */
ash_status ash_raw_attach(ash_file *file, const ash_raw_layout *layout, const char *function, ash_error_state *error);

/* Rows of a driver. */
void ash_raw_close(ash_file *file);
ash_status ash_raw_list(ash_file *file, ash_name_list *names, ash_error_state *error);
ash_status ash_raw_find(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error);
ash_status ash_raw_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error);

#endif
