/* Many files as one: a variable is put together from parts that are variables of member files. */
#ifndef ASH_IO_JOINED_H
#define ASH_IO_JOINED_H

#include "base/memory.h"
#include "io/member.h"

/* Turns n stored values of a part into values of the joined variable; the memory does not overlap. n is at most ASH_CONVERT_BLOCK. */
typedef void ash_part_convert(const void *rules, int64_t part, int64_t n, const void *stored, void *result);
enum { ASH_CONVERT_BLOCK = 256 };

/* A variable that has parts; the others are those of the first member. */
typedef struct ash_joined_variable {
    const char *path;
    int axis; /* along which its parts lie */
    /* Where parts are not stored alike: what they become. */
    ash_part_convert *convert; /* NULL: they are taken as they are */
    const void *rules;
    ash_dtype dtype;     /* not narrower than what is stored */
    ash_attrs *attrs;    /* a reference of its own */
    const void *values;  /* all of them, where they are known; dtype and attrs say what they are */
    int64_t chunk_bytes; /* of the largest stored chunk in any part, decoded */
} ash_joined_variable;

typedef struct ash_joined {
    int64_t parts;
    ash_member *member;
    int64_t *begin;    /* part k is [begin[k], begin[k + 1]) */
    const char *stack; /* name of the dimension that stacking adds in front; NULL: parts follow one another along one they have */
    int64_t count;
    ash_joined_variable *variable;
    ash_arena arena; /* all of the above, and this too */
} ash_joined;

/* The file that is made of them. Takes `joined` over, on failure too. */
ash_file *ash_joined_open(ash_joined *joined, const char *label, const ash_attrs *attrs, const char *function, ash_error_state *error);
void ash_joined_free(ash_joined *joined);

#endif
