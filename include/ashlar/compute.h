/* Computing and explaining. */
#ifndef ASHLAR_COMPUTE_H
#define ASHLAR_COMPUTE_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of one run; zero means the context's value. */
typedef struct ash_compute_options {
    int64_t size;
    int32_t num_threads; /* at most: fewer run where the memory limit has no room for what each needs to read or write */
    int64_t memory_limit;
    /* "serial", "openmp"; or "ranks:N": N ranks in one process and one thread, each within the memory limit, what they need of one
     * another copied: a rehearsal of many processes, for tests. Bits are the same with each */
    const char *executor;
    const char *trace;  /* a file that gets what each task did when, see below; NULL: the context's */
    const char *report; /* a file that gets a page about the run; NULL: the context's */
    const char *passes; /* which passes of the optimiser are on, see below; NULL: ASH_PASSES in the environment, else all */
    /* Chunks are worked through in pieces: of about 1 MiB, so that they stay in a core's cache, or of so many bytes if that is less; of
     * whole stored chunks where memory allows, and smaller where it is short. Their size changes speed and memory, never results */
    int64_t piece_bytes;
} ash_compute_options;

/* Passes of the optimiser never change results, only what they cost; ash_explain() says what each has done. They can be left out to find
 * out what they are good for, and to test that: "-same" is all but one, "none,share" one alone. They are same, casts, demand, fuse,
 * repeat, regrid, reread, keep, worth, stencil, share, link and reduce; lib/plan/passes.h says what they do. */

/* A trace is JSON in Chrome's trace event format, which Perfetto (ui.perfetto.dev), chrome://tracing and Speedscope open: an event for
 * each task on the track of its thread, with operation, group, chunk and bytes, reads and writes of files within it, and memory and
 * spill as counters. A report is one HTML page that needs nothing else: a timeline of the threads, the time of each operation, memory
 * over time beside what was predicted, and the text of ash_explain_last().
 *
 * Both files are begun before the work: one that cannot be made is an error of the call, which then does nothing. One that cannot be
 * written later does not touch the results: the call succeeds, and ash_error(), or ash_future_error(), tells what is missing. A run that
 * fails or is stopped leaves whole files, too. A trace has up to 400 bytes a task; memory for both is bounded (less than 64 KiB a thread,
 * and 1 MiB) and counts against the limit. A file named by an option is replaced by every run; one named by the context's options or the
 * environment is for the first run of the process, later ones get "-2", "-3", ... before the suffix. */

/* Computes the array into the caller's memory, dense, last axis fastest. `bytes` must be exactly ash_size(a) * ash_dtype_size(dtype). Runs,
 * collective. The caller's memory does not count against the limit. On failure its contents are not defined. */
ASH_API ash_status ash_compute(ash_array a, void *buffer, int64_t bytes, const ash_compute_options *options);

/* The same for several arrays of one context at once: what they have in common is read and computed once where that needs no more memory
 * than the limit, and functions of your own that are not pure are called once for all of them. Where the results do not fit the limit
 * together, they are computed one after another. Runs, collective. */
ASH_API ash_status ash_compute_many(ash_context *context, int n, const ash_array arrays[], void *const buffers[], const int64_t bytes[],
    const ash_compute_options *options);

/* Figures of a plan (before) or a run (after). Sizes in bytes. */
typedef struct ash_plan_info {
    int64_t size;
    int64_t nodes;           /* nodes of the expressions that are needed */
    int64_t groups;          /* fused groups, and operations that work by blocks: passes over a grid of chunks */
    int64_t tasks;           /* chunk tasks, merges of partial results included */
    int64_t bytes_read;      /* bytes of stored values delivered by files (before decoding), re-reads included */
    int64_t bytes_written;   /* bytes of values given to files */
    int64_t plan_bytes;      /* the plan itself */
    int64_t reserve_bytes;   /* set aside for threads, for the caches of HDF5 and NetCDF, and of persisted arrays and results of futures */
    int64_t sequential_peak; /* plan, reserve and buffers, tasks one after another: the least this plan needs */
    int64_t peak_bytes;      /* before: a bound on what the run will use, <= memory_limit; after: what it used */
    int64_t least_limit;     /* the least memory limit that works, with what is persisted and what futures hold */
    int64_t memory_limit;    /* the limit in force */
    int32_t num_threads;     /* that run: as many as the limit has room for */
    double seconds;          /* of the run; 0 before */
    double plan_seconds;     /* of making the plan */
    /* Of the run: taken from files as they are stored, what was read again included; where the HDF5 library reads, the bytes of the
     * values it delivered. */
    int64_t stored_bytes_read;
    int64_t bytes_decoded;  /* made of stored chunks by undoing their filters; before: if the cache keeps what pieces share */
    int64_t bytes_spilled;  /* put on scratch because the memory limit had no room for it */
    int64_t bytes_loaded;   /* and taken back, as often as it was */
    int64_t bytes_needed;   /* the least of bytes_read: every stored value that is needed once */
    int64_t decoded_needed; /* the least of bytes_decoded: every stored chunk that is needed once */
    int64_t bytes_moved; /* written into chunk buffers between groups, and read from them: of those that a task uses a part of, the whole */
    int64_t largest_task;      /* what one task takes at once, at most */
    int64_t bytes_transferred; /* moved from rank to rank */
    int64_t reads_repeated;    /* of the run: reads of files that failed and were tried again */
} ash_plan_info;

/* What ash_compute_many() of these arrays would do, in the figures of ash_explain(): makes the plan, computes nothing (but counts what
 * masks select, if that is not known: may run, collective). Zero-fill *info, or set its size: that many bytes are filled (0: the fields
 * of version 0.1). A limit that is too small is not an error here: least_limit says what is needed. */
ASH_API ash_status ash_plan_query(
    ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, ash_plan_info *info);

/* Figures of the context's last run, also of one that failed; all 0 if there was none. Of results that were computed one after another,
 * because they did not fit the limit together, those of all these runs: bytes, tasks and times added up, the largest of the peaks. So do
 * traces, reports and progress cover all of them. Runs in the background have their own: ash_future_run(). */
ASH_API ash_plan_info ash_last_run(const ash_context *context);

#ifdef __cplusplus
}
#endif
#endif
