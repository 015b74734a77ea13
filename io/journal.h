/* The journal of a file being written: which chunks of which variables are done, so that a run that was killed can go on.
 *
 * Beside the target lie .NAME.resume, the journal, and .NAME.resume.data, what was made so far: chunks one behind the other, or the file itself where its
 * values have fixed places. The journal begins with what it is of; a record is added for each chunk once its bytes are on the disk. A run that finds a
 * journal of another expression, other inputs or another version begins anew. */
#ifndef ASH_IO_JOURNAL_H
#define ASH_IO_JOURNAL_H

#include "io/io.h"

typedef struct ash_journal ash_journal;

/* Opens the journal beside the absolute path `target`, or makes one, and locks it: a second run is refused. *found says whether it holds records
 * that are of use. Errors in whole sentences. */
ash_journal *ash_journal_open(
    const char *target, const ash_journal_key *key, const char *function, const char *path, int *found, ash_error_state *error);
/* The file beside it. Open for reading and writing; emptied if the journal was of no use. */
int ash_journal_data(const ash_journal *journal);
const char *ash_journal_data_path(const ash_journal *journal);
/* Forgets all records, and what is in the other file. 0 or an errno. */
int ash_journal_restart(ash_journal *journal);
/* Writes what the journal is of, once the other file is as it must be for records to make sense. 0 or an errno. */
int ash_journal_start(ash_journal *journal);

int64_t ash_journal_chunks(const ash_journal *journal, int variable); /* chunks of a variable that are recorded, 0: none are */
int64_t ash_journal_need(const ash_journal_key *key);                 /* bytes of memory that one takes */
int ash_journal_is_empty(const ash_journal *journal);                 /* whether there is no record */
int ash_journal_has(const ash_journal *journal, int variable, int64_t chunk);
/* Appends bytes to the other file. Thread-safe. 0 or an errno. */
int ash_journal_append(ash_journal *journal, const void *bytes, int64_t n, int64_t *offset);
/* Records that a chunk is done: n bytes at an offset of the other file, or 0 where places are fixed, and the CRC-32C of its bytes. Thread-safe; what is recorded is durable after
 * the next ash_journal_sync(), which happens now and then. 0 or an errno. */
int ash_journal_add(ash_journal *journal, int variable, int64_t chunk, int64_t offset, int64_t n, uint32_t crc);
int ash_journal_sync(ash_journal *journal);
/* Takes it back: the chunk is made again, and recorded again. */
void ash_journal_forget(ash_journal *journal, int variable, int64_t chunk);
/* Where the bytes of a chunk are, and what they must be. */
void ash_journal_find(const ash_journal *journal, int variable, int64_t chunk, int64_t *offset, int64_t *n, uint32_t *crc);

/* Closes it; both files stay. */
void ash_journal_close(ash_journal *journal);
/* Removes the journal, and the other file unless `keep_data`, which has another name by then. */
void ash_journal_remove(ash_journal *journal, int keep_data);
/* Removes the journal beside a target that has been written without it, and its other file, unless a run holds them: nobody can go on from there to anything that
 * is wanted still. */
void ash_journal_remove_stale(const char *target);

#endif
