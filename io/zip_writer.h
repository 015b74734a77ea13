/* Zip archives being written: members are stored as they are, by any number of threads, the directory comes last. */
#ifndef ASH_IO_ZIP_WRITER_H
#define ASH_IO_ZIP_WRITER_H

#include <stdint.h>

typedef struct ash_zip_writer ash_zip_writer;

/* Begins an archive in an empty file, whose descriptor stays the caller's. Room for a directory of so many bytes is made at once; one that has more grows.
 * NULL when out of memory. */
ash_zip_writer *ash_zip_begin(int fd, int64_t directory_bytes);
/* The most bytes of a member beside its own, in the directory and in all of the archive, if its name has so many. */
int64_t ash_zip_entry_bytes(int64_t name_bytes);
int64_t ash_zip_overhead_bytes(int64_t name_bytes);
/* Adds a member. Names are not looked at: none may come twice. Thread-safe. 0 or an errno. */
int ash_zip_put(ash_zip_writer *zip, const char *name, const void *bytes, int64_t n);
/* Writes the directory. 0 or an errno. */
int ash_zip_finish(ash_zip_writer *zip);
void ash_zip_free(ash_zip_writer *zip);

#endif
