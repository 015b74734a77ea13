/* Results that stay: computed once, used often. */
#ifndef ASHLAR_PERSIST_H
#define ASHLAR_PERSIST_H

#include <ashlar/compute.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Computes the array now and returns one that has its values, without anything that they were made from: dtype, shape, chunks, names,
 * coordinates and attributes are those of `a`, bits too. Functions of your own are called once for it, and not again when it is used.
 * Waits for what was submitted before. Runs, collective.
 *
 * `where` is "memory" (also NULL) or "scratch". What is in memory counts against the memory limit of everything the context plans later,
 * besides results of futures. What is on scratch is in a file without a name in the folder for scratch (see ash_context_options), whose
 * room is taken before the work; it has a checksum a chunk, and is read by chunks like any file: 12 bytes a chunk count in the plans
 * that read it. One bit that changes there is an error, ASH_ERR_IO, of the run that reads that chunk. Both go when the array's scope or
 * context ends, or by ash_release().
 *
 * Errors, carried by the result: a computation that fails; another `where`; ASH_ERR_LIMIT where memory, what is held already included,
 * does not suffice; ASH_ERR_IO where the disk has no room; ASH_ERR_ARGUMENT for "scratch" in a context whose scratch is "none". */
ASH_API ash_array ash_persist(ash_array a, const char *where);

/* The same with options of the run; NULL: the context's. */
ASH_API ash_array ash_persist_with(ash_array a, const char *where, const ash_compute_options *options);

/* Gives back what ash_persist() holds, when all that was submitted has ended: so what was computing from it still has its values.
 * Collective. Afterwards the array, and arrays made from it, cannot be computed any more: that is an error, ASH_ERR_HANDLE, as is
 * releasing it again, or an array that is not of ash_persist(). In a callback of a run under way nothing can be given back: the same
 * error. */
ASH_API ash_status ash_release(ash_array a);

#ifdef __cplusplus
}
#endif
#endif
