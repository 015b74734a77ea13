/* The context's insides, and how the rest of the library makes, finds and fails arrays. */
#ifndef ASH_ARRAY_CONTEXT_H
#define ASH_ARRAY_CONTEXT_H

#include "array/node.h"

#include <ashlar/compute.h>

#include <pthread.h>
#include <stdatomic.h>

/* More than any node has: a larger number is a mistake. */
enum { ASH_MOST_THREADS = 1024 };

struct ash_context {
    ash_context_options options; /* defaults filled in */
    char *trace, *report;        /* what the options point at */
    ash_isa isa;
    ash_error_state error; /* the last recorded */
    ash_node **node;       /* by rising serial */
    int64_t nnodes, node_capacity;
    ash_node **reached; /* by the last walk, see ash_reach(); has room for all nodes */
    int64_t nreached, reached_capacity;
    int64_t next_serial;
    int64_t *scope; /* first serial of each open scope, outermost first */
    int64_t nscopes, scope_capacity;
    int64_t marks; /* last mark given out, see ash_context_mark() */
    int64_t persisted; /* bytes that ash_persist() keeps in memory: no run has them */
    int released;      /* something was given back by ash_release() */
    char *scratch; /* options.scratch points at it */
    char *explain_text;
    struct ash_description *last_plan;              /* of the last run, see lib/run/describe.h; NULL: none */
    void (*free_last_plan)(struct ash_description *); /* by which it is freed */
    ash_plan_info last_run;
    atomic_int cancel; /* 1: set by ash_cancel; 2: by ash_interrupt; cleared when a run begins */
    atomic_int running;
    struct ash_watch *watch;           /* of the run under way; NULL: it is not watched */
    struct ash_registered *registered; /* the user's functions and reductions */
    /* Runs in the background, see lib/run/queue.h: numbered from 1 in the order in which they were submitted, in which they also end. */
    struct ash_queue *queue;                /* NULL: nothing was submitted yet */
    void (*queue_stop)(ash_context *);      /* how its thread is ended */
    void (*queue_free)(ash_context *);      /* and, after the nodes, all futures */
    ash_context *_Atomic background;        /* what such runs know as their context: options, and what runs leave; it has no nodes */
    _Atomic int64_t submitted, completed;   /* all up to this number */
    _Atomic int64_t cancelled;              /* shall end without result */
    int64_t result_bytes;                   /* of memory that futures hold; counts against the limit */
    ash_node *retired;                      /* of ended scopes, until what was submitted before has run; the latest first */
};

/* What of the limit no run has. */
static inline int64_t ash_kept_bytes(const ash_context *context) {
    return context->persisted + context->result_bytes;
}

/* A definition in the list of a context, with its name after it. */
struct ash_registered {
    struct ash_registered *next;
    ash_reduction_definition reduction; /* without `init`: a function */
    ash_function_definition function;   /* without `function`: a reduction */
    pthread_mutex_t lock;               /* of functions that are exclusive */
    char name[];
};

/* Publishes a finished node: gives it a serial and returns the handle of `output`. Frees the node and returns an out-of-memory handle when
 * it cannot. */
ash_array ash_publish(ash_context *context, ash_node *node, int output);

/* Records the error and returns an array that carries it. Frees `node` (the one under construction, may be NULL). */
ash_array ash_publish_error(ash_context *context, ash_node *node, const ash_error_state *error);

/* The value behind a handle, with all its extents. On failure records in `error` why: `function` and `argument` are named unless the array carries an error of
 * its own. */
ash_status ash_resolve(
    ash_context *context, ash_array handle, const char *function, const char *argument, ash_value *value, ash_error_state *error);

/* The same for those who need not know extents: extents that depend on data may not be known yet. */
ash_status ash_resolve_unsettled(
    ash_context *context, ash_array handle, const char *function, const char *argument, ash_value *value, ash_error_state *error);

/* Takes a node that is no longer in the context's list out of the world: at once, or when nothing under way in the background can need it. */
void ash_node_retire(ash_context *context, ash_node *node);
/* Frees retired nodes that no run needs any more. */
void ash_free_retired(ash_context *context);

/* The node of a serial, NULL if there is none. */
ash_node *ash_context_find(const ash_context *context, int64_t serial);

/* Makes `error` the context's recorded one and returns its status. */
ash_status ash_record(ash_context *context, const ash_error_state *error);

/* A fresh mark for one walk over the expression: nodes whose mark differs are not visited yet. */
int64_t ash_context_mark(ash_context *context);

/* Lists everything that `values` are made from, themselves included, in context->reached by rising serial, so inputs come before their
 * users. The list is there until the next such walk; its nodes have the fresh mark that is returned. */
int64_t ash_reach(ash_context *context, int n, const ash_value values[]);
/* The same in steps: the mark, then the nodes to begin at, then the walk. */
int64_t ash_reach_begin(ash_context *context);
void ash_reach_from(ash_context *context, ash_node *node, int64_t mark);
void ash_reach_end(ash_context *context, int64_t mark);

#endif
