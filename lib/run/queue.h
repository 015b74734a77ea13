/* The queue of a context: plans that a helper thread runs in the background, one after another.
 *
 * The thread touches the plan, what its nodes point at, the result, and the background context. It never touches what the context's own thread changes: the list of
 * nodes, their marks, scopes, the recorded error, the last run. Therefore plans are made before, by the context's thread; nodes that leave the
 * context meanwhile are retired (lib/array/retired.c); and futures are freed by the context's thread alone.
 */
#ifndef ASH_RUN_QUEUE_H
#define ASH_RUN_QUEUE_H

#include "run/run.h"

#include <ashlar/future.h>

#include <pthread.h>

struct ash_future {
    ash_context *context;
    int64_t number; /* in the order of submission; 0: it failed before */
    ash_plan *plan; /* until it has run */
    double plan_seconds;
    int openmp;
    ash_compute_options options; /* for the trace and the report, with texts of its own */
    char *trace, *report;
    int ninputs;
    ash_future **input; /* whose results it needs */
    ash_node *like;     /* dimensions, names and attributes of the result; in no list */
    int64_t array;      /* serial of the array that was made of it last */
    void *memory;
    int64_t bytes, memory_bytes;
    /* Until the state says that it has ended, the helper's; then nobody's. The state changes under the queue's lock. */
    atomic_int state;
    int64_t order; /* in which futures ended */
    ash_error_state error;
    ash_plan_info figures;
    /* The context's thread's. */
    int64_t references;         /* the user's, the queue's, those of arrays and of futures that need it */
    ash_future *before, *after; /* all of the context */
    ash_future *next;           /* in the queue, or among those that have run */
};

typedef struct ash_queue {
    pthread_mutex_t lock; /* guards the rest, but for `all` */
    pthread_cond_t submitted, ended;
    pthread_t thread;
    int started;
    pid_t process;
    int ending;
    ash_future *first, *last; /* that wait; the first one may be running */
    ash_future *done;         /* that have run; their references are given back by the context's thread */
    int64_t plan_bytes;       /* of those that wait */
    int64_t order;
    ash_future *all;
} ash_queue;

/* The queue, made when it is asked for. NULL with an error when out of memory. */
ash_queue *ash_queue_of(ash_context *context, ash_error_state *error);
/* Hands over a planned future; waits for room. */
ash_status ash_queue_add(ash_future *future, ash_error_state *error);
/* Waits until all that was submitted has ended; by ash_cancel() and ash_interrupt() of a call under way the wait ends with an error. */
ash_status ash_queue_wait(ash_context *context, const char *function, ash_error_state *error);
/* Gives back what has run needs no more. */
void ash_queue_reap(ash_context *context);
/* The same where there may be no queue, or none of this process's. */
void ash_queue_tidy(ash_context *context);
/* Whether the thread is that of a process this one was forked from. */
int ash_queue_lost(const ash_context *context);
/* Waits until `found` has something to say, at most so many seconds (negative: no end); the last of it. Under the lock. */
int ash_queue_until(ash_queue *queue, double seconds, int (*found)(void *user), void *user);
/* How a future ends whose run, or whose way there, came to this. */
static inline ash_future_state ash_future_state_of(ash_status status) {
    return status == ASH_OK ? ASH_FUTURE_FINISHED : status == ASH_ERR_CANCELLED ? ASH_FUTURE_CANCELLED : ASH_FUTURE_ERROR;
}
/* Ends a future that is not running: its state, its place in the order, and everybody who waits is told. Under the lock. */
void ash_queue_end(ash_queue *queue, ash_future *future, ash_future_state state);

/* future.c. Fails if a target needs the result of a future that has none. */
ash_status ash_futures_ready(ash_context *context, int n, const ash_target targets[], const char *function, ash_error_state *error);
/* Adds to a refusal how much of what is needed persisted arrays and results of futures hold. */
void ash_say_kept(const ash_context *context, ash_error_state *error);
void ash_future_drop_inputs(ash_future *future);
void ash_future_unref(ash_future *future);
static inline int ash_future_ended(const ash_future *future) {
    return atomic_load(&future->state) >= ASH_FUTURE_FINISHED;
}
/* Why what needs `input` cannot run; 0 if it can. */
int ash_future_fails(const ash_future *input, const char *function, ash_error_state *error);

#endif
