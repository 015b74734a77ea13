#include "run/queue.h"

#include "base/system.h"
#include "run/watch.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PLAN_SHARE = 16,      /* plans that wait have this part of the memory limit, */
    PLAN_MOST = 32 << 20, /* and no more bytes than this: it comes on top of what runs */
    LOOK_MS = 20          /* how often who waits looks at the flags that signal handlers set */
};

/* ---- Waiting ---- */

/* The monotonic time so many seconds from now; what is too far away is a year. */
static struct timespec deadline_after(double seconds) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    seconds = seconds < 3e7 ? seconds : 3e7;
    double whole = floor(seconds);
    at.tv_sec += (time_t)whole;
    at.tv_nsec += (long)((seconds - whole) * 1e9);
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

int ash_queue_until(ash_queue *queue, double seconds, int (*found)(void *user), void *user) {
    struct timespec deadline = deadline_after(seconds > 0 ? seconds : 0);
    int result, late = seconds == 0 || isnan(seconds);
    while (!(result = found(user)) && !late) {
        if (seconds < 0) {
            pthread_cond_wait(&queue->ended, &queue->lock);
        } else {
            late = pthread_cond_timedwait(&queue->ended, &queue->lock, &deadline) == ETIMEDOUT;
        }
    }
    return result ? result : found(user);
}

int ash_queue_lost(const ash_context *context) {
    return context->queue && context->queue->process != getpid();
}

static int is_idle(void *user) {
    return ((ash_queue *)user)->first == NULL;
}

/* ash_cancel() may come from a signal handler, which can set a flag and nothing else: so it is looked at now and then. */
ash_status ash_queue_wait(ash_context *context, const char *function, ash_error_state *error) {
    ash_queue *queue = context->queue;
    if (!queue) {
        return ASH_OK;
    }
    if (ash_queue_lost(context)) {
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "%s: this context computes in the background, in the process that this one was forked from; make a new context here", function);
    }
    pthread_mutex_lock(&queue->lock);
    while (error->status == ASH_OK && !ash_queue_until(queue, LOOK_MS * 1e-3, is_idle, queue)) {
        int cancel = atomic_load(&context->running) ? atomic_load(&context->cancel) : 0; /* else it is that of an earlier run */
        if (cancel == ASH_STOP_NOW) {
            ash_fail(error, ASH_ERR_CANCELLED, "%s: cancelled", function);
        } else if (cancel) {
            ash_fail(error, ASH_ERR_INTERRUPTED, "%s: interrupted before it began", function);
        }
    }
    pthread_mutex_unlock(&queue->lock);
    ash_queue_reap(context);
    return error->status;
}

/* ---- The helper thread ---- */

void ash_queue_end(ash_queue *queue, ash_future *future, ash_future_state state) {
    future->order = ++queue->order;
    atomic_store(&future->state, (int)state);
    pthread_cond_broadcast(&queue->ended);
}

/* Whether the first of the queue is to be run. A request to stop that comes before the flag is cleared is seen by its number, one that comes later by the flag. */
static int begin(ash_context *context, ash_future *future) {
    ash_context *background = atomic_load(&context->background);
    if (ash_future_ended(future)) {
        return 0;
    }
    atomic_store(&background->cancel, 0);
    if (context->queue->ending || future->number <= atomic_load(&context->cancelled)) {
        ash_fail(&future->error, ASH_ERR_CANCELLED, "submit: cancelled");
    }
    for (int k = 0; k < future->ninputs; k++) {
        ash_future_fails(future->input[k], "submit", &future->error);
    }
    if (future->error.status == ASH_OK) {
        atomic_store(&future->state, ASH_FUTURE_RUNNING);
    }
    return future->error.status == ASH_OK;
}

static void run(ash_context *background, ash_future *future) {
    int threads = future->plan->nranks > 1 ? future->plan->nranks : future->plan->num_threads;
    if (ash_watch_begin(background, &future->options, threads, "submit", &future->error) != ASH_OK) {
        return;
    }
    ash_job job = ASH_JOB_OF_ONE;
    ash_run_plan(background, future->plan, future->plan_seconds, NULL, future->openmp, &job, "submit", &future->error);
    future->figures = background->last_run;
    ash_error_clear(background);
    ash_watch_end(background, &future->error);
    if (future->error.status == ASH_OK) { /* what is missing of trace and report; the result is whole */
        memcpy(future->error.text, background->error.text, sizeof future->error.text);
    }
}

/* The first of the queue has run, or will not. */
static void leave(ash_context *context, ash_future *future) {
    ash_queue *queue = context->queue;
    queue->first = future->next;
    queue->last = queue->first ? queue->last : NULL;
    queue->plan_bytes -= future->plan->plan_bytes;
    ash_plan_free(future->plan);
    future->plan = NULL;
    atomic_store(&context->completed, future->number); /* from here on its nodes may go */
    future->next = queue->done;
    queue->done = future;
    if (!ash_future_ended(future)) {
        ash_queue_end(queue, future, ash_future_state_of(future->error.status));
    }
    pthread_cond_broadcast(&queue->ended); /* the queue may be empty now */
}

static void *work(void *user) {
    ash_context *context = user;
    ash_queue *queue = context->queue;
    pthread_mutex_lock(&queue->lock);
    while (queue->first || !queue->ending) {
        ash_future *future = queue->first;
        if (!future) {
            pthread_cond_wait(&queue->submitted, &queue->lock);
            continue;
        }
        if (begin(context, future)) {
            pthread_mutex_unlock(&queue->lock);
            run(atomic_load(&context->background), future);
            pthread_mutex_lock(&queue->lock);
        }
        leave(context, future);
    }
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

/* ---- Beginning and ending ---- */

static void stop(ash_context *context) {
    ash_queue *queue = context->queue;
    if (!ash_queue_lost(context)) {
        pthread_mutex_lock(&queue->lock);
        queue->ending = 1;
        atomic_store(&atomic_load(&context->background)->cancel, ASH_STOP_NOW);
        pthread_cond_broadcast(&queue->submitted);
        pthread_mutex_unlock(&queue->lock);
        if (queue->started) {
            pthread_join(queue->thread, NULL);
        }
    }
    atomic_store(&context->completed, atomic_load(&context->submitted));
}

/* After the nodes. */
static void free_queue(ash_context *context) {
    ash_queue *queue = context->queue;
    ash_context *background = atomic_load(&context->background);
    while (queue->all) {
        ash_future *future = queue->all;
        future->ninputs = 0; /* they go by themselves */
        future->references = 1;
        ash_future_unref(future);
    }
    if (!ash_queue_lost(context)) {
        pthread_cond_destroy(&queue->submitted);
        pthread_cond_destroy(&queue->ended);
        pthread_mutex_destroy(&queue->lock);
        if (background->last_plan) {
            background->free_last_plan(background->last_plan);
        }
    } /* else what the thread had in hand stays as fork() found it, perhaps half freed */
    ash_free(background);
    ash_free(queue);
    context->queue = NULL;
}

ash_queue *ash_queue_of(ash_context *context, ash_error_state *error) {
    if (context->queue) {
        return context->queue;
    }
    ash_queue *queue = ash_calloc(1, sizeof *queue);
    ash_context *background = ash_calloc(1, sizeof *background);
    if (!queue || !background) {
        ash_free(queue);
        ash_free(background);
        ash_fail_memory(error, "submit", sizeof *queue + sizeof *background);
        return NULL;
    }
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->submitted, NULL);
    pthread_cond_init(&queue->ended, &clock);
    pthread_condattr_destroy(&clock);
    queue->process = getpid();
    background->options = context->options;
    background->isa = context->isa;
    context->queue = queue;
    context->queue_stop = stop;
    context->queue_free = free_queue;
    atomic_store(&context->background, background);
    return queue;
}

/* Signals are for the threads of the program, but for those that a thread brings upon itself: blocked, they would end the process without its handler. */
static ash_status start(ash_context *context, ash_error_state *error) {
    static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
    ash_queue *queue = context->queue;
    sigset_t all, before;
    if (queue->started) {
        return ASH_OK;
    }
    sigfillset(&all);
    for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
        sigdelset(&all, own[k]);
    }
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&queue->thread, NULL, work, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    queue->started = !failed;
    return failed ? ash_fail(error, ASH_ERR_MEMORY, "submit: the system gave no thread to compute in the background") : ASH_OK;
}

/* ---- Submitting ---- */

typedef struct room {
    const ash_queue *queue;
    int64_t most;
} room;

static int has_room(void *user) {
    const room *r = user;
    return !r->queue->first || r->queue->plan_bytes <= r->most;
}

ash_status ash_queue_add(ash_future *future, ash_error_state *error) {
    ash_context *context = future->context;
    ash_queue *queue = context->queue;
    int64_t share = context->options.memory_limit / PLAN_SHARE;
    room wanted = { queue, (share < PLAN_MOST ? share : PLAN_MOST) - future->plan->plan_bytes };
    if (start(context, error) != ASH_OK) {
        return error->status;
    }
    pthread_mutex_lock(&queue->lock);
    ash_queue_until(queue, -1, has_room, &wanted);
    future->number = atomic_load(&context->submitted) + 1;
    atomic_store(&context->submitted, future->number);
    queue->plan_bytes += future->plan->plan_bytes;
    if (queue->last) {
        queue->last->next = future;
    } else {
        queue->first = future;
    }
    queue->last = future;
    pthread_cond_signal(&queue->submitted);
    pthread_mutex_unlock(&queue->lock);
    return ASH_OK;
}

void ash_queue_reap(ash_context *context) {
    ash_queue *queue = context->queue;
    pthread_mutex_lock(&queue->lock);
    ash_future *done = queue->done;
    queue->done = NULL;
    pthread_mutex_unlock(&queue->lock);
    while (done) {
        ash_future *next = done->next;
        ash_future_drop_inputs(done);
        ash_future_unref(done);
        done = next;
    }
    ash_free_retired(context);
}

void ash_queue_tidy(ash_context *context) {
    if (context->queue && !ash_queue_lost(context)) {
        ash_queue_reap(context);
    }
}
