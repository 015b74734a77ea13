/* Delayed calls: functions of your own as steps of the expression, over values, arrays, chunks of arrays, and each other. */
#ifndef ASHLAR_DELAYED_H
#define ASHLAR_DELAYED_H

#include <ashlar/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of ash_delayed. Zero-fill and set what you need. */
typedef struct ash_delayed_options {
    int64_t size;         /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *dims;     /* names of the result's dimensions; NULL: anonymous */
    const void *argument; /* bytes that the call is given; copied now, and told apart by their values */
    int64_t argument_bytes;
} ash_delayed_options;

/* A call of a registered function (see ash_register()) when its result is needed. Lazy. The inputs, `n` of them, are any arrays of the
 * context: weak scalars (values), arrays, chunks of arrays, other delayed calls. Each is given whole, dense, in the order of the list,
 * with its own dimensions. The function writes the one output, an array of the dtype and shape declared, as one chunk; for bytes of your
 * own declare uint8. So the result is an array like any other: it can be computed, be an input of other delayed calls, be a chunk of an
 * array, and be used with all operations.
 *
 * Calls run as tasks among those of arrays, in parallel as far as their inputs allow, and inputs and results are counted as chunks under
 * the memory limit. What several calls of a run need is made once. A result without elements is never asked for. Without inputs a
 * function is called with none. The first call that fails ends the run, with the function's own text.
 *
 * A function that is not registered as pure is called once a run for each such array, however many need it there. Every run calls it
 * again, also a later one, and one in the background beside: a result that is to be used in several runs is kept by ash_persist(), or
 * submitted by itself and used as ash_future_array(). Errors: a name that is not registered (the nearest is suggested), a dtype that is
 * none, negative extents, an argument of no or too many bytes, inputs of another context. */
ASH_API ash_array ash_delayed(ash_context *context, const char *function, int n, const ash_array inputs[], ash_dtype dtype, int ndim,
    const int64_t shape[], const ash_delayed_options *options);

/* One chunk of an array: "2,0" is chunk 2 along the first dimension and 0 along the second; negative numbers count from the end. Lazy:
 * only what the chunk needs is made. Errors: other than one number for each dimension, a number that is no chunk's. */
ASH_API ash_array ash_chunk(ash_array a, const char *chunk);

/* An array of chunks that are arrays: `chunks[]`, n of them, lists them in the order of a grid of counts[0] x counts[1] x ..., the last
 * dimension fastest. Each becomes one chunk of the result, whatever its own chunks are. Lazy. All have `ndim` dimensions; along a
 * dimension, chunks of one place in the grid have the same extent, above 0 unless it is the only place. The dtype is the one all are
 * promoted to. Names of dimensions are those of the first chunk; there are no coordinates and attributes. */
ASH_API ash_array ash_from_chunks(int n, const ash_array chunks[], int ndim, const int64_t counts[]);

#ifdef __cplusplus
}
#endif
#endif
