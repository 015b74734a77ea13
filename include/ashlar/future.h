/* Futures: computing in the background, while the program goes on. */
#ifndef ASHLAR_FUTURE_H
#define ASHLAR_FUTURE_H

#include <ashlar/compute.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is being computed, or was. It belongs to its context and is valid until it is released or the context is freed. */
typedef struct ash_future ash_future;

typedef enum ash_future_state {
    ASH_FUTURE_PENDING, /* waits for its turn */
    ASH_FUTURE_RUNNING,
    ASH_FUTURE_FINISHED, /* the value is there */
    ASH_FUTURE_ERROR,    /* failed: ash_future_error() says why */
    ASH_FUTURE_CANCELLED
} ash_future_state;

/* Computes an array in the background. Runs, collective. For a function of your own that is a delayed call:
 * ash_submit(ash_delayed(context, "inc", ...), NULL). The plan is made before the call returns, the run is left to a thread of the
 * context's, which the first call starts and which ends when the context is freed. What is submitted runs one after another in the order
 * of submission, each with all threads. So do calls that compute at once (ash_compute(), ash_write(), builders that may run): they wait
 * for all that was submitted before. Beside what the run under way uses, the plans that wait may take a sixteenth of the memory limit, at
 * most 32 MiB (submitting more waits for room), and one that is being made what its lists need.
 *
 * The result is memory of the library's, and counts against the memory limit of everything planned later, from here until it is
 * released; what a run may use is fixed here, too.
 *
 * Never NULL, unless `a` is no array of any context or the system gave no memory: what cannot be planned is a future that has failed,
 * and holds no memory for a result; one whose array is the result of a future that was cancelled has been cancelled.
 *
 * Every future is a run of its own. What several have in common is made in each, and a function that is not pure is called once in each:
 * nothing in between is kept when a run ends, or memory would have no bound. What futures shall share, submit by itself and build on its
 * ash_future_array(); that calls functions once.
 *
 * Threads. Like all of a context, ash_submit(), ash_future_array(), ash_future_result() and ash_future_release() are for one thread at a
 * time. The other functions below may be called from any thread at any time while the future is valid. While something runs in the
 * background, the context's own thread may do everything that it may do otherwise: build arrays, explain, begin and end scopes, submit.
 * Progress callbacks, and functions registered, are called by threads of the background run, and must not wait for futures of their own
 * context.
 *
 * ash_cancel() cancels all that was submitted and has not ended, besides the run that a call is waiting for. ash_context_free() does so,
 * too, and returns when nothing runs any more. In the child of fork() nothing runs in the background: what was submitted before does not
 * end there, and waiting for it returns at once; the context can be asked and freed there, but not compute. */
ASH_API ash_future *ash_submit(ash_array a, const ash_compute_options *options);

/* The value as an array, with the dimensions, coordinates, attributes and chunks of the array submitted. Lazy: it does not wait, so the
 * result of one future can be an input of another. Calls that compute from it wait, and fail if the future failed or was cancelled;
 * futures that depend on it then end in the same way, others go on. The array keeps the result, also after the future is released, until
 * the scope ends in which this was called. */
ASH_API ash_array ash_future_array(ash_future *future);

/* Waits, and copies the value, dense, last axis fastest. `bytes` must be exactly its size. Fails as the future failed. */
ASH_API ash_status ash_future_result(ash_future *future, void *buffer, int64_t bytes);

/* How far it is. ASH_FUTURE_ERROR for NULL. */
ASH_API ash_future_state ash_future_status(const ash_future *future);

/* Waits until it has ended, at most so many seconds; a negative number: as long as it takes. The state then: pending or running if the
 * time was too short. */
ASH_API ash_future_state ash_future_wait(ash_future *future, double seconds);

/* Waits until one of n futures of one context has ended and returns its place in the list; of several the one that ended first. NULLs in
 * the list are passed over, so clearing the place that was returned gives them in the order in which they end. -1: the time was too
 * short, there are none, or they are of several contexts. */
ASH_API int ash_future_wait_any(int n, ash_future *const futures[], double seconds);

/* Why it failed or was cancelled, for a function of your own the sentence that it left. Of one that finished: why its trace or report is
 * not whole, see ashlar/compute.h; else "". The text is valid as long as the future. */
ASH_API const char *ash_future_error(const ash_future *future);

/* Asks it to stop, from any thread. What waits is cancelled at once; what runs ends soon, cancelled unless it had just finished. What
 * has ended stays as it is. */
ASH_API void ash_future_cancel(ash_future *future);

/* Figures of its run; all 0 before it has ended, and if it never ran. */
ASH_API ash_plan_info ash_future_run(const ash_future *future);

/* Gives it back, and its memory, unless arrays of it are left. One that has not ended goes on, for what it does and for those that
 * depend on it. NULL is allowed. */
ASH_API void ash_future_release(ash_future *future);

#ifdef __cplusplus
}
#endif
#endif
