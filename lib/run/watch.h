/* Watching a run: which task ran when on which thread, what it read and wrote, how much memory was in use. Feeds the trace while the run goes on, and the
 * report after it. Without a watch a run pays one test of a pointer a task. */
#ifndef ASH_RUN_WATCH_H
#define ASH_RUN_WATCH_H

#include "run/run.h"
#include "run/text_file.h"

#include <pthread.h>

enum { ASH_WATCH_EVENTS = 256, ASH_WATCH_ROWS = 200, ASH_WATCH_BINS = 400, ASH_WATCH_LABEL = 64 };
/* Bounds on its memory: a thread's, and the rest. */
enum { ASH_WATCH_THREAD_BYTES = 64 << 10, ASH_WATCH_BYTES = 1 << 20 };

typedef enum ash_watch_kind { ASH_WATCHED_TASK, ASH_WATCHED_READ, ASH_WATCHED_WRITE, ASH_WATCHED_MEMORY } ash_watch_kind;

typedef struct ash_watch_event {
    ash_watch_kind kind;
    uint32_t task;
    int64_t began, ended; /* in nanoseconds since the watch began */
    int64_t in, out; /* TASK: bytes of chunk buffers read and written; READ: of values, and decoded; WRITE: in; MEMORY: live and fixed */
    int64_t bytes_read, bytes_written; /* TASK: of files; MEMORY: of scratch, so far */
} ash_watch_event;

/* A stretch of time of one thread. */
typedef struct ash_watch_bin {
    int64_t busy;
    int64_t longest; /* that one operation took of it */
    int row;         /* which */
} ash_watch_bin;

/* An operation: what all tasks of one kind of work took. */
typedef struct ash_watch_row {
    char label[ASH_WATCH_LABEL];
    int group;
} ash_watch_row;
typedef struct ash_watch_sum {
    int64_t tasks, ns, bytes_in, bytes_out; /* of chunk buffers and files */
} ash_watch_sum;

typedef struct ash_watched_worker {
    int nevents;
    int64_t bytes_read, bytes_written; /* of files, by the task under way */
    int64_t width;                     /* of a bin; doubles as the run gets longer */
    ash_watch_event event[ASH_WATCH_EVENTS];
    ash_watch_bin bin[ASH_WATCH_BINS];
    ash_watch_sum sum[ASH_WATCH_ROWS];
} ash_watched_worker;

typedef struct ash_watch {
    const char *function;
    int64_t began;
    int nworkers;
    ash_watched_worker **worker;
    pthread_mutex_t writing; /* guards `trace` */
    ash_text_file trace, report;
    int64_t events; /* in the trace */
    /* The plan under way, and the operations of all plans so far: the last row is that of all that have none of their own. */
    const ash_plan *plan;
    int first_row, nrows;
    int64_t first_group, first_task, spilled, loaded; /* of the plans before: numbers of groups and tasks, and bytes, go on from there */
    ash_watch_row row[ASH_WATCH_ROWS];
    int64_t trajectory[ASH_WATCH_BINS]; /* most bytes in sequence, per stretch of the plan */
    /* Guarded by the run's lock. */
    int64_t width;
    int64_t live[ASH_WATCH_BINS], predicted[ASH_WATCH_BINS]; /* most bytes, what does not change included; -1: not known */
} ash_watch;

/* Whether a run with these options is watched. */
int ash_watch_wanted(const ash_context *context, const ash_compute_options *options);
/* Begins to watch the runs of a call, and makes its files; context->watch stays NULL if nobody asked for any. */
ash_status ash_watch_begin(
    ash_context *context, const ash_compute_options *options, int num_threads, const char *function, ash_error_state *error);
/* Writes what is left. What goes wrong with that is recorded in the context, not in `error`, which is that of the call. */
void ash_watch_end(ash_context *context, const ash_error_state *error);

/* Hooks. A plan begins to run, and ends. */
void ash_watch_plan(ash_run *run);
void ash_watch_plan_end(ash_run *run);
/* The number of a group among those of all plans. */
int ash_watch_group(const ash_watch *watch, const ash_work *work);
/* A task has run, which began at ash_system_now_ns() = began. */
void ash_watch_task(ash_run *run, ash_worker *worker, uint32_t task, int64_t began);
/* It has read or written a box of a file. Not under the lock. */
void ash_watch_read(ash_run *run, ash_worker *worker, int64_t began, int64_t bytes, int64_t decoded);
void ash_watch_write(ash_run *run, ash_worker *worker, int64_t began, int64_t bytes);
/* How much memory is in use; under the lock. */
void ash_watch_memory(ash_run *run, ash_worker *worker);

/* trace.c */
void ash_trace_begin(ash_watch *watch);
void ash_trace_events(ash_watch *watch, int worker);
void ash_trace_end(ash_watch *watch);
/* report.c */
void ash_report(ash_watch *watch, const ash_context *context, const ash_error_state *error);

#endif
