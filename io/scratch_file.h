/* Scratch files: where a run puts chunks that do not fit the memory, until it needs them again. They have no name, so nothing is left whatever happens. */
#ifndef ASH_IO_SCRATCH_FILE_H
#define ASH_IO_SCRATCH_FILE_H

#include "base/error.h"

#include <stdint.h>

typedef struct ash_scratch_file ash_scratch_file;

/* A file of `bytes` in `folder`, whose room is taken from the disk now, and memory for the checksums of `blocks` blocks. NULL on failure: the folder is not there
 * or not writable, the disk is full. */
ash_scratch_file *ash_scratch_file_new(const char *folder, int64_t bytes, int64_t blocks, const char *function, ash_error_state *error);
/* Notes the checksum of a block that is written, and of what is read compares it. Any threads, different blocks. */
void ash_scratch_file_check(ash_scratch_file *file, int64_t block, const void *data, int64_t bytes);
ash_status ash_scratch_file_write(ash_scratch_file *file, int64_t offset, const void *data, int64_t bytes, ash_error_state *error);
ash_status ash_scratch_file_read(ash_scratch_file *file, int64_t block, int64_t offset, void *data, int64_t bytes, ash_error_state *error);
/* A number that follows from the checksums of all blocks. */
int64_t ash_scratch_file_digest(const ash_scratch_file *file, int64_t blocks);
void ash_scratch_file_free(ash_scratch_file *file);

#endif
