/* Values under keys such as "SST/0.1": files of a folder, or members of a zip archive. A store does not change while it is open, so any thread may
 * read without a lock. */
#ifndef ASH_IO_STORE_H
#define ASH_IO_STORE_H

#include "io/file.h"
#include "io/stored.h"

#include <time.h>

typedef struct ash_store ash_store;

/* A folder if `fd` is negative, else a zip archive of `size` bytes whose descriptor stays the caller's. Of an archive that holds nothing but a folder
 * the keys are those within it. NULL on failure. */
ash_store *ash_store_open(const char *path, int fd, int64_t size, const char *function, ash_error_state *error);
void ash_store_close(ash_store *store);

/* Whether a text may be part of a key: no empty component, none that climbs. */
int ash_store_is_key(const char *text);
/* Whether some values are deflated by the archive: then all of them say so in place->chunk.mask, see ash_store_find(). */
int ash_store_deflates(const ash_store *store);

/* Where the value of a key is; place->chunk.address is -1 if there is none. *deflated: it must be inflated. On failure the reason alone is in `error`;
 * else close place->fd if place->own. */
ash_status ash_store_find(const ash_store *store, const char *key, ash_chunk_place *place, int *deflated, ash_error_state *error);
/* A value of at most `most` bytes as text with an end, for ash_free(); NULL if there is none. On failure the reason alone is in `error`. */
ash_status ash_store_get(const ash_store *store, const char *key, int64_t most, char **text, int64_t *bytes, ash_error_state *error);
/* Whether a key has a value. */
int ash_store_has(const ash_store *store, const char *key);
/* When a value was changed last; zero for members of an archive, and where there is none. */
struct timespec ash_store_changed(const ash_store *store, const char *key);

/* Adds the folders ("" for the whole) in which `mark` is a key, in order of their names: those found by going down from folders that hold
 * `group_mark`. */
ash_status ash_store_list(const ash_store *store, const char *mark, const char *group_mark, ash_name_list *folders, ash_error_state *error);

#endif
