/* A file, or a folder, that appears under its path only when it is whole. */
#ifndef ASH_IO_TEMPORARY_FILE_H
#define ASH_IO_TEMPORARY_FILE_H

#include "base/error.h"

typedef struct ash_temporary_file {
    char *target; /* where it will appear; symbolic links followed */
    char *path;   /* where it is meanwhile: absolute, in the same folder */
    char *folder;
    int fd;        /* stays open, so that the file can be synced and emptied whatever a library does with it */
    int is_folder; /* set by the owner before anything else: see io/temporary_folder.h */
} ash_temporary_file;

/* Finds out where the file will appear, and removes the temporary files of the same target that runs on this machine left when they were killed. Errors
 * (no such folder, a folder under the path of a file, a file under that of a folder) name function and path. What is set is to be freed in every case. */
ash_status ash_temporary_resolve(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error);
/* Uses a file that is there, open as `fd`, which stays the caller's. */
ash_status ash_temporary_adopt(ash_temporary_file *file, int fd, const char *path, const char *function, ash_error_state *error);
/* Leaves it under its temporary name for good. */
void ash_temporary_keep(ash_temporary_file *file);
/* Makes the empty temporary file. Errors (not writable) name function and path. */
ash_status ash_temporary_create(ash_temporary_file *file, const char *path, const char *function, ash_error_state *error);
/* Locks it, as a sign that somebody is at work, until it is published or freed. HDF5, which locks files too, must not open it from here on. */
void ash_temporary_hold(const ash_temporary_file *file);
/* Gives the file the permissions of the one it replaces, syncs it, renames it and syncs the folder. Returns 0 or an errno; the file is still temporary then. */
int ash_temporary_publish(ash_temporary_file *file);
/* Takes the name and the disk space away: what is written to it from now on goes nowhere. */
void ash_temporary_discard(ash_temporary_file *file);
/* Why writing `bytes` more bytes failed, by trying it: an errno, 0 if it works. Only for a file that will be discarded. */
int ash_temporary_diagnose(const ash_temporary_file *file, int64_t bytes);
/* Makes sure that the disk has room for `bytes` more and some metadata, without changing the file's size; 0 or an errno. File systems that
 * cannot tell say 0. */
int ash_temporary_reserve(const ash_temporary_file *file, int64_t bytes);
/* The same for a folder that is to get `files` more files of `bytes` bytes in all, none longer than `file_bytes`: whether there is room now, which is not kept. */
int ash_temporary_room(const ash_temporary_file *file, int64_t files, int64_t bytes, int64_t file_bytes);
/* Bytes that a file may have: the system does not refuse more but ends the process. */
int64_t ash_most_file_bytes(void);
void ash_temporary_free(ash_temporary_file *file);

#endif
