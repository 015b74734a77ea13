/* A folder that appears under its path only when all in it is there: what io/temporary_file.h does, for stores of many files. */
#ifndef ASH_IO_TEMPORARY_FOLDER_H
#define ASH_IO_TEMPORARY_FOLDER_H

#include "io/temporary_file.h"

/* Makes the empty folder file->path, which file->fd is then open on. 0 or an errno. */
int ash_folder_create(ash_temporary_file *file);
/* Syncs all in it and gives it the name file->target. A folder of that name is replaced in one step where the file system can exchange two names; elsewhere
 * it is renamed aside first, and for that moment there is nothing under the name. 0 or an errno; the folder is still temporary then. */
int ash_folder_publish(ash_temporary_file *file);
/* Syncs all files of the file system that an open folder is on: one call, where many thousand files would take minutes. 0 or an errno. */
int ash_folder_sync(int fd);
/* Removes a folder and all in it, as far as that is possible. */
void ash_folder_remove(const char *path);
/* Removes all in the folder that `fd` is open on, which stays the caller's. */
void ash_folder_empty(int fd);
/* Whether there is nothing in a folder, or no folder. */
int ash_folder_is_empty(const char *path);

#endif
