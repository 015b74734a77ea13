/* Reductions of your own: functions over states, run by the library in parallel, chunk by chunk, with bits that do not depend on how. */
#ifndef ASHLAR_CUSTOM_H
#define ASHLAR_CUSTOM_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a reduction does. A cell of the result has a state of `state_bytes`, aligned to 16 bytes, which may be copied as bytes and needs no release.
 * Within a chunk a state gets the elements of its cell in row-major order, some at a time; states of chunks are merged in the order of the chunks, in a
 * tree that follows from the chunks alone. The functions are called from several threads at once, each time for another state; they must not call the
 * library. One that returns another status than ASH_OK stops the run, which fails with that status. */
typedef struct ash_reduction_definition {
    int64_t size;        /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *name;    /* how ash_reduce_custom() and errors call it */
    ash_dtype input;     /* elements are cast to it */
    ash_dtype result;
    int64_t state_bytes; /* 1 to 2^30 */
    void (*init)(void *state, void *user); /* the state of no elements */
    ash_status (*step)(void *state, const void *elements, int64_t n, void *user);
    ash_status (*merge)(void *state, const void *next, void *user); /* `next` stands for elements that follow */
    ash_status (*finish)(void *state, int64_t count, void *result, void *user); /* writes one element; `count` elements went in */
    void *user; /* handed to all of them; must stay valid as long as the context */
} ash_reduction_definition;

/* Makes a reduction known in the context. Errors: a NULL function or name, a dtype that is none, a name that is taken. */
ASH_API ash_status ash_register_reduction(ash_context *context, const ash_reduction_definition *definition);

/* A registered reduction over the dimensions `dims` (NULL: all), which stay with extent 1 if `keepdims`. Lazy. The memory of states is counted before
 * anything runs: a result of n cells has n states a chunk. */
ASH_API ash_array ash_reduce_custom(ash_array a, const char *name, const char *dims, bool keepdims);

#ifdef __cplusplus
}
#endif
#endif
