/* Contexts: options, status codes, error text, scopes.
 *
 * A context owns everything made from it: arrays, open files, buffers. Freeing the context frees them all, so nobody frees
 * arrays one by one and expressions nest without leaks. A context is used by one thread at a time; several contexts may be
 * used by several threads.
 */
#ifndef ASHLAR_CONTEXT_H
#define ASHLAR_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ASH_API __attribute__((visibility("default")))
#else
#define ASH_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Every status: its name, and the words ash_status_text() gives for it. */
#define ASH_STATUS_LIST(X) \
    X(ASH_OK, "success") \
    X(ASH_ERR_ARGUMENT, "invalid argument") \
    X(ASH_ERR_DTYPE, "the operation does not accept this dtype") \
    X(ASH_ERR_SHAPE, "shapes do not match") \
    X(ASH_ERR_DIMENSION, "no such dimension, or dimensions do not match") \
    X(ASH_ERR_INDEX, "index out of range") \
    X(ASH_ERR_HANDLE, "the array handle is not valid: never made, or its scope has ended") \
    X(ASH_ERR_NOT_FOUND, "no such file, variable or attribute") \
    X(ASH_ERR_FORMAT, "the file is damaged or not of a known format") \
    X(ASH_ERR_UNSUPPORTED, "not supported") \
    X(ASH_ERR_IO, "reading or writing failed") \
    X(ASH_ERR_MEMORY, "the system gave no memory") \
    X(ASH_ERR_LIMIT, "the memory limit is too small for the plan") \
    X(ASH_ERR_CANCELLED, "cancelled") \
    X(ASH_ERR_INTERNAL, "internal error: please report it") \
    X(ASH_ERR_INTERRUPTED, "interrupted: what was done can be gone on with")

typedef enum ash_status {
#define ASH_STATUS_ENUM(name, text) name,
    ASH_STATUS_LIST(ASH_STATUS_ENUM)
#undef ASH_STATUS_ENUM
    ASH_STATUS_COUNT
} ash_status;

typedef struct ash_context ash_context;

/* What a progress callback is told. All figures are of the run under way. */
typedef struct ash_progress {
    int64_t size;
    int64_t tasks_done, tasks_total;
    int64_t bytes_read, bytes_written; /* stored variables: bytes of values delivered by or given to the file, so far */
    int64_t bytes_read_total;          /* what the plan will read */
    int64_t memory_now, memory_limit;  /* what the limit counts */
    double seconds;                    /* since the run began */
    bool finished;                     /* the last call of a run */
    int64_t memory_peak;               /* the most that memory_now has been */
    double tasks_per_second;           /* of the last seconds */
    double bytes_per_second;           /* read and written, of the last seconds */
    double done;                       /* how much of the run, from 0 to 1; negative: not known */
    double seconds_left;               /* estimate; negative: not known */
} ash_progress;

/* Called from the thread that runs the compute or one of its workers, never from two at once, about ten times a second and
 * once at the end. It must not call the library with the same context, except ash_cancel(). */
typedef void ash_progress_fn(const ash_progress *progress, void *user);

/* A ready progress callback: one line on standard error, with what is done, rate, remaining time and memory. On a terminal it is
 * redrawn, and as wide as COLUMNS, or else the terminal, says; what does not fit is left out. Elsewhere, in a log, there is a line every
 * ten seconds and one at the end. `user` is not used. */
ASH_API void ash_progress_bar(const ash_progress *progress, void *user);

/* Options of a context. Zero-fill and set what you need; zero means the default. `size` is sizeof the struct, or 0 for the fields of
 * version 0.1. */
typedef struct ash_context_options {
    int64_t size;
    int32_t num_threads;       /* default: ASH_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs this process may use */
    int64_t memory_limit;      /* bytes; default: ASH_MEMORY_LIMIT, else half of what the cgroup or the machine's free memory allows */
    const char *isa;           /* "baseline", "avx2", "avx512"; default: ASH_ISA, else the best the CPU has */
    const char *executor;      /* "serial" or "openmp"; default: openmp, serial when num_threads is 1 */
    ash_progress_fn *progress; /* default: none, or ash_progress_bar when ASH_PROGRESS is set to 1 */
    void *progress_user;
    const char *scratch; /* folder for chunks that do not fit the memory limit, or "none": then such computations are refused; default: ASH_SCRATCH, else TMPDIR,
                            else /var/tmp. Files there have no names and are gone when a run ends, however it does */
    const char *trace;  /* a trace of every run, see ashlar/compute.h; default: ASH_TRACE, else none */
    const char *report; /* a report of every run; default: ASH_REPORT, else none */
    int32_t read_retries; /* how often a read that fails for a reason that may pass (EIO, ESTALE, a lost connection) is tried again, after 10 ms, 40 ms, ...;
                             default: 2; negative: never. It concerns reads by the library itself, not those by HDF5 and NetCDF-C */
} ash_context_options;

/* A new context. `options` may be NULL. Returns NULL on failure; ash_error(NULL) then says why (per thread). Environment values
 * (ASH_NUM_THREADS, ASH_MEMORY_LIMIT such as "512M" or "2GiB", ASH_SCRATCH, ASH_ISA, ASH_PROGRESS, ASH_TRACE, ASH_REPORT) fill options
 * left at zero; a value that cannot be understood, or an ISA the CPU lacks, is an error. */
ASH_API ash_context *ash_context_new(const ash_context_options *options);

/* Frees the context and every array made from it, closes its files, calls the release callbacks of user memory. NULL is allowed. */
ASH_API void ash_context_free(ash_context *context);

/* The options in force, defaults filled in. Strings live as long as the context. */
ASH_API ash_context_options ash_context_get_options(const ash_context *context);

/* The sentence of the last error recorded in the context: function, argument, what was expected, what was found. "" if there was none.
 * What goes wrong in a run is told with the operation and its group, as ash_explain() names them, and the chunk: "compute: sin in group
 * 0, chunk (3, 0) of 't2m': read: era5.nc: variable 't2m', box of shape (8, 6000) at (24, 0): Input/output error"; of a merge the chunk
 * is that of the result, of a file or a function of the user's the sentence ends in what is known of it. The text stays valid until the
 * next call that uses the context. NULL gives the error of the last failed ash_context_new() in this thread. */
ASH_API const char *ash_error(const ash_context *context);

/* The status that belongs to ash_error(). */
ASH_API ash_status ash_error_status(const ash_context *context);

/* Forgets the recorded error. */
ASH_API void ash_error_clear(ash_context *context);

/* The general words for a status, e.g. "shapes do not match"; a static string. */
ASH_API const char *ash_status_text(ash_status status);

/* Asks the run under way in `context` to stop; it then returns ASH_ERR_CANCELLED. So does a call that waits for what was submitted
 * before, all of which is cancelled, too, see ashlar/future.h. May be called from any thread, from a signal handler and from the progress
 * callback. Without a run under way, and nothing submitted, it does nothing. */
ASH_API void ash_cancel(ash_context *context);

/* Asks the run under way to finish the tasks it is at and then to stop; it returns ASH_ERR_INTERRUPTED. A write with the option `resume`
 * has then kept what is done, and the same call goes on from there. What was submitted goes on; a call that waits for it returns. For a
 * handler of SIGTERM: the library installs none. As ash_cancel() otherwise. */
ASH_API void ash_interrupt(ash_context *context);

/* "0.1.0". */
ASH_API const char *ash_version(void);

#ifdef __cplusplus
}
#endif
#endif
