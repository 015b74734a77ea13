/* Files that are parts of another: any number of them, of which only so many are open at a time in the whole process. */
#ifndef ASH_IO_MEMBER_H
#define ASH_IO_MEMBER_H

#include "io/io.h"

typedef struct ash_member {
    const char *path;
    int64_t size, modified; /* as the file was first found: bytes, nanoseconds */
    /* Those below are kept by the functions. */
    ash_file *file;
    int64_t opened; /* a number of its own for each opening */
    int users;
    struct ash_member *newer, *older; /* open ones in the order of their use */
} ash_member;

/* Notes size and time of change of the file that is open. */
void ash_member_note(ash_member *member, const ash_file *file);
/* The member's file, open until ash_member_give(); the one not used for longest is closed for it. NULL with an error, also if the file is no longer the one
 * that was noted. Thread-safe; may be called with the lock of the libraries held. */
ash_file *ash_member_take(ash_member *member, const char *function, ash_error_state *error);
void ash_member_give(ash_member *member);
/* Closes it; nobody uses it. */
void ash_member_close(ash_member *member);
/* Around fork(): nobody changes the list of those that are open meanwhile. With the lock of the libraries held. */
void ash_member_hold(void);
void ash_member_let(void);
/* How many members may be open: 32, or fewer so that they take no more than a quarter of the descriptors that the process may have. More only where as many
 * threads read at once. */
int ash_member_limit(void);

#endif
