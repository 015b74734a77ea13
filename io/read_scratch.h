/* The memory that a thread keeps between reads. */
#ifndef ASH_IO_READ_SCRATCH_H
#define ASH_IO_READ_SCRATCH_H

#include "io/io.h"

/* Makes *memory at least so large; what was there is lost. */
ash_status ash_scratch_reserve(unsigned char **memory, int64_t *capacity, int64_t bytes, ash_error_state *error);
/* The window for `bytes` bytes of a file, without anything in it. */
ash_status ash_scratch_window(ash_read_scratch *scratch, int64_t bytes, ash_error_state *error);

#endif
