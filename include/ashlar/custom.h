/* Functions and reductions of your own, run by the library in parallel, chunk by chunk, within the memory limit.
 *
 * Both are made known in a context under a name, which stands for them in calls, errors, traces and plans; no two have the same. Their
 * `user` pointer must stay valid until `release` is called with it, once, when the context is freed. Where registering fails, it is not
 * called. */
#ifndef ASHLAR_CUSTOM_H
#define ASHLAR_CUSTOM_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Functions over blocks: for ash_map_blocks(), ash_map_overlap() and ash_delayed() ---- */

/* A block of an array: what a call is given of an input, for reading only, or is to write of an output. The element with the indices
 * i[a] lies at `data` plus the sum of i[a] * stride[a] bytes, 0 <= i[a] < extent[a]; a stride of 0 repeats an input along an axis. Where
 * a halo was asked for, the elements -before[a] <= i[a] < extent[a] + after[a] are there too. Blocks without elements have `data`, too,
 * but nothing there. */
typedef struct ash_function_block {
    ash_dtype dtype;
    int32_t ndim;
    void *data;
    const int64_t *stride; /* in bytes */
    const int64_t *extent;
    const int64_t *before, *after; /* of the halo */
    const int64_t *start;          /* index in the array of the element at `data` */
    const int64_t *shape;          /* of the array; of an input that is repeated, as if it were written out */
} ash_function_block;

typedef struct ash_function_call {
    int64_t size; /* of the struct as the library knows it */
    int32_t ninputs, noutputs;
    const ash_function_block *const *input;  /* input[0] to input[ninputs - 1] */
    const ash_function_block *const *output; /* dense, last axis fastest, not yet written */
    int32_t ndim;                            /* of the grid of chunks; 0 for delayed calls */
    const int64_t *chunk;                    /* which chunk this is, per dimension of the grid */
    const void *argument;                    /* what the builder was given for this array, aligned to 16 bytes */
    int64_t argument_bytes;
    void *scratch;         /* the bytes that were asked for, aligned to 64 bytes, not cleared */
    char *message;         /* room for a sentence, for calls that fail; empty */
    int64_t message_bytes; /* terminator included */
} ash_function_call;

/* A function over blocks. It writes every element of its outputs and returns ASH_OK; or, after a sentence into `message`, another
 * status, which ends the run: the error names the function, where in the array it was, and says the sentence. It runs on threads of the
 * library, several calls at once, and may use the library with contexts of its own, but not with the context that is computing. */
typedef struct ash_function_definition {
    int64_t size;     /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *name; /* how builders, errors, traces and ash_explain() call it */
    ash_status (*function)(const ash_function_call *call, void *user);
    void *user;                  /* handed to every call */
    void (*release)(void *user); /* NULL: nothing to be done */
    int64_t scratch_bytes;       /* handed to every call, and counted against the memory limit; 0 to 2^40 */
    bool pure;                   /* same inputs, same results, and nothing else happens: may be called more than once for a chunk.
                                  * Default: once a chunk and run */
    bool strided;                /* follows the strides of its inputs, which come as they lie in memory. Default: they come dense, last
                                  * axis fastest, halo included, but for the axes along which they are repeated */
    bool exclusive;              /* never two calls at a time */
} ash_function_definition;

/* Makes a function known in the context. Errors: a NULL function or name, negative sizes, a name that is taken. */
ASH_API ash_status ash_register(ash_context *context, const ash_function_definition *definition);

/* ---- Reductions ---- */

/* What a reduction does. A cell of the result has a state of `state_bytes`, aligned to 16 bytes, which may be copied as bytes and needs
 * no release. Within a chunk a state gets the elements of its cell in row-major order, some at a time; states of chunks are merged in
 * the order of the chunks, in a tree that follows from the chunks alone. The functions are called from several threads at once, each
 * time for another state; they must not call the library. One that returns another status than ASH_OK stops the run, which fails with
 * that status. */
typedef struct ash_reduction_definition {
    int64_t size;     /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *name; /* how ash_reduce_custom() and errors call it */
    ash_dtype input;  /* elements are cast to it */
    ash_dtype result;
    int64_t state_bytes;                   /* 1 to 2^30 */
    void (*init)(void *state, void *user); /* the state of no elements */
    ash_status (*step)(void *state, const void *elements, int64_t n, void *user);
    ash_status (*merge)(void *state, const void *next, void *user);             /* `next` stands for elements that follow */
    ash_status (*finish)(void *state, int64_t count, void *result, void *user); /* writes one element; `count` elements went in */
    void *user;                                                                 /* handed to all of them */
    void (*release)(void *user);                                                /* NULL: nothing to be done */
} ash_reduction_definition;

/* Makes a reduction known in the context. Errors: a NULL function or name, a dtype that is none, a name that is taken. */
ASH_API ash_status ash_register_reduction(ash_context *context, const ash_reduction_definition *definition);

/* A registered reduction over the dimensions `dims` (NULL: all), which stay with extent 1 if `keepdims`. Lazy. The memory of states is
 * counted before anything runs: a result of n cells has n states a chunk. */
ASH_API ash_array ash_reduce_custom(ash_array a, const char *name, const char *dims, bool keepdims);

#ifdef __cplusplus
}
#endif
#endif
