/* A run: a plan being executed. */
#ifndef ASH_RUN_H
#define ASH_RUN_H

#include "base/growing.h"
#include "io/scratch_file.h"
#include "plan/plan.h"
#include "run/pool.h"

#include <sched.h>
#include <stdatomic.h>

/* Where an operand's elements are for one piece: pointer to the element at the piece's first index and bytes per step along each iteration
 * axis. */
typedef enum ash_access {
    ASH_ACCESS_CONSTANT,
    ASH_ACCESS_DIRECT,
    ASH_ACCESS_UNIFORM,
    ASH_ACCESS_STRIDED,
    ASH_ACCESS_ROWS,
    ASH_ACCESS_RAMP
} ash_access;
typedef struct ash_binding {
    const char *base;
    int64_t stride[ASH_MAX_NDIM];
    const char **row;  /* one pointer per index along the operand's table axis (NULL: missing), instead of base */
    ash_access access; /* within a run */
    int64_t run_stride;
    const char *pointer; /* first element of the run under way */
    const char *filled;  /* UNIFORM: what the register holds copies of */
    int64_t filled_count;
    void *scratch[3];
    int64_t scratch_bytes[3];
    int nscratch;
} ash_binding;

/* Where a sink's elements go for one piece. */
typedef struct ash_destination {
    char *base;
    int64_t stride[ASH_MAX_NDIM];
    int contiguous; /* within a run */
    char *pointer;
    void *scratch; /* FILE: the piece, or the chunk, on its way to the writer */
    int64_t scratch_bytes;
    ash_box box; /* what of the variable it is */
} ash_destination;

enum { ASH_STACK = 48 };

/* A fold at work on one chunk. */
typedef struct ash_folding {
    uint32_t first_buffer;       /* of its partial results */
    void *field[ASH_MAX_FIELDS]; /* of the only one, if there are no groups */
    int64_t nstates;
    int64_t current;                    /* groups: which partial result was used last */
    int64_t cell_stride[ASH_MAX_NDIM];  /* cells per step along an iteration axis (group axis: per group) */
    int64_t count_stride[ASH_MAX_NDIM]; /* elements of a cell that come before, per step along a reduced axis */
    /* Runs: the stack of partial leaves of the run under way, cells of each field. */
    int depth;
    int64_t leaves;
    char stack[ASH_MAX_FIELDS][ASH_STACK][16];
    int64_t stack_count[ASH_STACK];
    ash_error_state *error; /* of the worker */
} ash_folding;

/* What one thread works with; made once a run. */
typedef struct ash_worker {
    void *registers_memory;
    char *registers;
    const ash_stage *constants_of; /* the stage whose constants are in the registers */
    void **slot;                   /* block pointer of every slot */
    ash_binding *binding;
    ash_block *block;             /* of the step under way */
    ash_destination *destination; /* per sink */
    ash_folding *folding;         /* per sink */
    uint32_t *sink_buffer;        /* per sink: first buffer of the task under way */
    int *slot_sink;               /* per slot: sink that receives the result in place, -1 */
    ash_read_scratch reading;
    ash_write_scratch writing;
    char *tile;                /* on its way from or to scratch */
    char *scan_state;          /* running values of the scans of the task under way */
    int rank;                  /* that the task under way belongs to */
    uint32_t task, next_input; /* under way; see ash_run_input() */
    ash_error_state error;
} ash_worker;

enum { ASH_BATCH = 64, ASH_READY_LEVELS = 6 };

/* For progress: rates, and what they were made of. */
typedef struct ash_rates {
    double seconds, bytes, tasks; /* at the last report */
    double bytes_per_second, tasks_per_second;
} ash_rates;

/* What a rank has at a time: its memory, and which of its tasks are ready. */
typedef struct ash_rank_run {
    ash_pool pool;
    uint64_t *ready[ASH_READY_LEVELS];
    int ready_levels;
    uint32_t frontier;          /* first of its tasks that has not started */
    int64_t limit, live, early; /* of buffers and scratch */
} ash_rank_run;

/* The runs of a call: one, or, where its results do not fit the limit together, one for each of them, in their order. */
typedef struct ash_job {
    int parts, part;                       /* how many there are, and which is under way */
    int64_t tasks_total, bytes_read_total; /* of several */
    ash_plan_info whole;                   /* the plan of all of it that was refused; size 0: there is none */
    ash_plan_info done;                    /* what the runs that have ended come to */
    /* Progress. */
    int64_t began; /* the first run */
    _Atomic int64_t last_progress;
    atomic_flag reporting;
    ash_rates rates; /* guarded by `reporting` */
} ash_job;

#define ASH_JOB_OF_ONE \
    { .parts = 1, .reporting = ATOMIC_FLAG_INIT }

typedef struct ash_run {
    ash_context *context;
    ash_job *job;
    const ash_plan *plan;
    ash_writer *writer;
    const char *function;
    struct ash_watch *watch; /* NULL: the run is not watched */
    /* Guarded by the lock. */
    atomic_flag lock;
    void **buffer;            /* per buffer: its memory */
    uint32_t *consumers_left; /* per buffer */
    uint64_t *early_bit;      /* per buffer: allocated by a task that ran before its turn */
    uint32_t *inputs_left;    /* per task; ASH_STARTED once it has started */
    ash_rank_run *rank;       /* one, or as many as share the plan */
    uint32_t finished;
    int nworkers;
    ash_worker *worker;
    int *idle_worker, nidle;
    ash_chunk_cache *cache;    /* of decoded chunks; NULL: none */
    ash_scratch_file *scratch; /* NULL: nothing is spilled */
    int64_t bytes_read, bytes_written, spilled_bytes, loaded_bytes, transferred_bytes;
    int64_t *variable_bytes; /* read, per plan->read */
    ash_error_state error;
    atomic_int stop; /* 0, or one of the reasons below */
    int64_t began;
} ash_run;

#define ASH_STARTED UINT32_MAX

/* Why a run takes no more tasks: those under way are left where they are, or finished. */
enum { ASH_STOP_NOW = 1, ASH_STOP_AFTER = 2 };

static inline void ash_run_lock(ash_run *run) {
    for (int spins = 0; atomic_flag_test_and_set_explicit(&run->lock, memory_order_acquire); spins++) {
        if (spins > 1000) { /* the holder is not running: more threads than CPUs */
            sched_yield();
            continue;
        }
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

static inline void ash_run_unlock(ash_run *run) {
    atomic_flag_clear_explicit(&run->lock, memory_order_release);
}

/* schedule.c: which task next, within the memory. All but begin and end need the lock. */
int ash_schedule_begin(ash_run *run);
void ash_schedule_end(ash_run *run);
int ash_schedule_take(ash_run *run, int rank,
    uint32_t batch[ASH_BATCH]); /* admits up to a batch of tasks and allocates their buffers; 0 when none can start now */
void ash_schedule_finish(ash_run *run, uint32_t task);
int ash_schedule_more(const ash_run *run, int rank); /* whether another worker might find a task */

/* task.c and below: the only code that touches chunk data. */
ash_status ash_run_task(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_stage(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_blocks(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_merge(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_spill(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_load(ash_run *run, ash_worker *worker, uint32_t task);
ash_status ash_run_transfer(ash_run *run, ash_worker *worker, uint32_t task);
/* The input of the task under way that is a held chunk, by its buffer as enumerated: it may be a copy, or on scratch, where it has no memory and is read by
 * boxes: into memory in which the first element of the box is at `memory`. */
uint32_t ash_run_input(const ash_run *run, ash_worker *worker, uint32_t buffer);
ash_status ash_run_read_box(ash_run *run, ash_worker *worker, uint32_t input, const ash_box *box, char *memory, const int64_t stride[]);
/* Scratch for a task; counted in its work bytes. */
void *ash_run_scratch(ash_run *run, int64_t bytes, ash_worker *worker);
void ash_run_scratch_give(ash_run *run, void *memory, int64_t bytes, ash_worker *worker);

/* bind.c: operands of a piece. */
ash_status ash_bind(
    ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_operand *operand, const ash_box *piece, ash_binding *binding);
void ash_unbind(ash_run *run, ash_worker *worker, ash_binding *binding);
/* loop.c: one piece. */
void ash_loop_piece(ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_box *chunk, const ash_box *piece);
/* folding.c: folding blocks into partial results. */
void ash_folding_begin(ash_run *run, const ash_stage *stage, const ash_sink *sink, ash_folding *folding, const ash_box *box, int64_t chunk,
    uint32_t first_buffer);
/* A block of n elements at `position` of a run of `run_length`, or of `rows` such runs, which are `stride` bytes apart and follow one another along a
 * reduced axis. */
void ash_folding_block(ash_run *run, const ash_sink *sink, ash_folding *folding, const ash_box *chunk, const int64_t index[],
    int64_t position, int64_t n, int64_t run_length, const void *x, int64_t rows, int64_t stride);
/* general.c: folds made of functions over states; `error` is set when one fails, and nothing is called afterwards. */
void ash_general_init(const ash_fold *fold, int64_t cells, char *state);
void ash_general_run(const ash_fold *fold, char *state, const void *x, int64_t n, ash_error_state *error);
void ash_general_rows(const ash_fold *fold, char *state, const char *x, int64_t n, ash_error_state *error);
void ash_general_merge(const ash_fold *fold, int64_t cells, char *into, const char *from, ash_error_state *error);
void ash_general_finish(const ash_fold *fold, int64_t cells, char *state, int64_t count, char *out, ash_error_state *error);
/* The parts of a partial result for box `out` of the result; returns its number of cells. */
int64_t ash_state_parts(const ash_fold *fold, const ash_box *out, char *state, int64_t **counts, void *field[]);

/* Executors: run the plan to its end or first error. */
void ash_execute_serial(ash_run *run);
void ash_execute_openmp(ash_run *run, int num_threads);
/* The plan's ranks side by side in one thread, in an order that is as odd as it can be: for tests. */
void ash_execute_ranks(ash_run *run);
/* Whether OpenMP had threads for this thread that a fork has left behind in the parent: a parallel region would wait for them for ever. */
int ash_openmp_lost(void);
/* Sets how many threads parallel regions that other libraries begin in this thread have; returns how many they had. */
int ash_openmp_width(int num_threads);
/* parts.c: the plans of results that are run one after another, each made as the run will make it; `visit` returns 0 when out of memory. Fails, for the neediest,
 * if any does not fit by itself. */
typedef int ash_part_visitor(void *user, const ash_plan *plan);
ash_status ash_plan_parts(ash_context *context, const ash_plan_request *request, const char *function, ash_part_visitor *visit, void *user,
    ash_error_state *error);
/* progress.c */
void ash_run_progress(ash_run *run, int finished);

/* explain.c: a plan for arrays without a destination. A limit that is too small still gives a plan to talk about. NULL on failure. */
ash_plan *ash_plan_for(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, const char *function,
    ash_error_state *error);
/* Makes a text the context's, for the user; NULL with the error recorded if there is none. */
const char *ash_keep_text(ash_context *context, ash_growing *text, const char *function, ash_error_state *error);
/* compute.c: runs the plan of a part of a job and keeps its figures, of an error in `error` those of the plan alone; or makes it first. */
ash_status ash_run_plan(ash_context *context, const ash_plan *plan, double plan_seconds, ash_writer *writer, int openmp, ash_job *job,
    const char *function, ash_error_state *error);
ash_status ash_run_targets(ash_context *context, int n, const ash_target targets[], ash_writer *writer, const ash_compute_options *options,
    const char *function, ash_error_state *error);
/* Of what is written, `need` is what the writer takes besides the values; NULL: nothing. */
ash_status ash_run_request(ash_context *context, int n, const ash_target targets[], const ash_write_need *need,
    const ash_compute_options *options, const char *function, ash_plan_request *request, int *openmp, ash_error_state *error);

#endif
