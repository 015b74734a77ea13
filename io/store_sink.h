/* A store that is being written: values are put under keys such as "SST/0.1" into files of a folder, or into members of a zip archive. What reads it is
 * io/store.h. */
#ifndef ASH_IO_STORE_SINK_H
#define ASH_IO_STORE_SINK_H

#include "io/temporary_file.h"
#include "io/zip_writer.h"

/* What a store will hold, as far as it is known before. */
typedef struct ash_store_contents {
    int64_t values, key_bytes; /* all keys together */
    int64_t bytes;             /* the values whose length is known */
    int64_t value_bytes;       /* the longest of them */
} ash_store_contents;

typedef struct ash_store_sink {
    const ash_temporary_file *file; /* the folder, or the archive */
    ash_zip_writer *zip;            /* NULL: a folder */
    int64_t most_bytes;             /* a file may have; the system ends processes that write more */
} ash_store_sink;

/* Begins to write into an empty folder or file. 0 or an errno; *memory is what the sink takes for itself. */
int ash_store_sink_begin(ash_store_sink *sink, const ash_temporary_file *file, const ash_store_contents *contents, int64_t *memory);
/* Memory that the directory of an archive takes. */
int64_t ash_store_index_bytes(const ash_store_contents *contents);
/* Makes sure that the disk has room for the contents. 0 or an errno. */
int ash_store_sink_reserve(const ash_store_sink *sink, const ash_store_contents *contents);
/* Writes the whole value of a key, which must not have one. Thread-safe. 0 or an errno. */
int ash_store_put(const ash_store_sink *sink, const char *key, const void *bytes, int64_t n);
/* Makes the folders that a key is in, below an open one whose mode and owner they get. 0 or an errno. */
int ash_store_make_folders(int folder, const char *key);
/* When all values are there. 0 or an errno. */
int ash_store_sink_finish(const ash_store_sink *sink);
void ash_store_sink_free(ash_store_sink *sink);

#endif
