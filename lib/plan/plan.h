/* The plan: what a run will do, in which order, with how much memory.
 *
 *   values asked for  --lower-->  stages (fused groups)  --enumerate-->  tasks in order  --profile-->  memory of every task
 *
 * A *stage* is one pass over a grid of chunks, see stage.h. A *task* is one chunk of a stage, or one merge of partial results. A
 * *buffer* is what a task leaves for later tasks. Everything here is a pure function of the expression, the limit and the number of
 * threads.
 */
#ifndef ASH_PLAN_H
#define ASH_PLAN_H

#include "plan/passes.h"
#include "plan/stage.h"

/* Kinds of work. What tasks of a kind are, in the plan, is in lib/plan/work.c; how they are run, in lib/run/task.c. */
typedef enum ash_work_kind {
    ASH_WORK_STAGE,    /* a chunk of a stage; item: the chunk */
    ASH_WORK_BLOCKS,   /* a step of a chunk of a node that works by blocks; item: chunk * steps + step */
    ASH_WORK_SPILL,    /* a chunk goes to scratch; item: its place, in plan->spill */
    ASH_WORK_LOAD,     /* and comes back */
    ASH_WORK_TRANSFER, /* what a task needs of another rank comes to its rank; item: into plan->transfer */
    ASH_WORK_MERGE,    /* partial results become one; item: 2 * chunk of the result + (1: the last one, which finishes) */
    ASH_WORK_KINDS
} ash_work_kind;

typedef struct ash_work {
    ash_work_kind kind;
    union {
        ash_stage *stage;
        ash_fold *fold;
        ash_blocks *blocks;
    } of;
    ash_sparse task; /* while tasks are enumerated: per item; merges follow from others and are not asked for */
} ash_work;

typedef struct ash_task {
    int64_t item;
    uint32_t work; /* into plan->work */
    uint32_t rank;
    uint32_t input_begin;  /* into plan->input */
    uint32_t buffer_begin; /* its own buffers are [buffer_begin, next task's) */
} ash_task;

/* Where a buffer is on scratch. */
typedef struct ash_spill_place {
    int64_t offset, bytes;
    int64_t check;        /* the number of its first checksum; it has one a tile */
    const ash_held *held; /* in tiles: what it is a chunk of; NULL: as it is */
    int64_t chunk;
    uint32_t token; /* that tells that it is there */
} ash_spill_place;

/* What a transfer moves: a buffer, or a box of one. */
typedef struct ash_transfer {
    const ash_held *held; /* that the buffer is a chunk of; NULL: it is a partial result */
    int64_t chunk;
    int part; /* not all of it */
    ash_box box;
} ash_transfer;

/* What a buffer is, in plans in which some are copies of others. */
typedef struct ash_copy {
    uint32_t origin; /* the buffer as tasks were enumerated; see ash_run_input() */
    uint32_t part;   /* the transfer that moved a box of it, ASH_NO_ID: it is whole */
    uint32_t rank;   /* that has it */
} ash_copy;

/* Bytes of a tile, at most. */
enum { ASH_TILE_BYTES = 256 << 10 };

/* What tasks read of a stored variable. */
typedef struct ash_plan_read {
    const ash_node *node; /* one that is the variable */
    int passes;           /* groups that read it */
    int64_t bytes;        /* of values that tasks ask for */
    int64_t needed;       /* each value that is needed counted once */
    double part_chunks;   /* stored chunks that steps of blocks meet */
} ash_plan_read;

/* What pieces hold whole: nothing, stored chunks, or these and the tiles of what may lie on scratch. */
typedef enum ash_whole { ASH_WHOLE_NOTHING, ASH_WHOLE_CHUNKS, ASH_WHOLE_TILES } ash_whole;

/* The most of each that a task uses: threads have room for it. */
typedef struct ash_plan_most {
    int registers, slots, operands, sinks, parts;
} ash_plan_most;

typedef struct ash_plan {
    ash_arena arena;
    ash_isa isa;
    int64_t nodes;
    int64_t visit; /* the walk under way, see lower.c */
    int nstages, nspaces, nblocks, nfolds, nheld, nwork, stage_capacity, space_capacity, fold_capacity, work_capacity;
    ash_stage **stage;
    ash_stage **space; /* of blocks, see there */
    ash_fold **fold;
    ash_work *work;
    ash_held *helds, **held; /* all, the last one first; and in the order of their nodes */
    int held_capacity;
    int ntargets;
    ash_target *target;
    int64_t task_capacity, buffer_capacity, input_capacity, copy_capacity, spill_capacity;
    uint32_t ntasks, nbuffers, ninputs; /* tasks stand in the order of their priority; one entry past the end closes the lists */
    ash_task *task;
    uint32_t *input;          /* buffer ids that tasks read */
    uint64_t *by_box;         /* bits: inputs that are read as boxes, which can also be read from scratch */
    uint32_t *buffer_units;   /* size of each buffer in ASH_UNIT bytes */
    uint32_t *consumer_begin; /* per buffer, into consumer */
    uint32_t *consumer;       /* task ids */
    int64_t consumer_begin_bytes, consumer_bytes;
    ash_copy *copy;         /* per buffer; NULL: none is a copy */
    ash_spill_place *spill; /* chunks on scratch */
    int64_t nspills, nchecks, spilled_bytes, loaded_bytes;
    int64_t by_box_capacity;
    ash_transfer *transfer;
    int64_t ntransfers, transfer_capacity, transfer_bytes;
    int nranks, transfer_work, spill_work, load_work;
    int may_spill, tiles; /* tiles are chosen */
    ash_arena tile_arena;
    int64_t *suffix_peak;                             /* per task: the most that it or any later one of its rank needs in sequence */
    int64_t buffers_peak;                             /* the most that any rank needs for buffers and scratch, its tasks in sequence */
    int64_t small_peak;                               /* and for small buffers alone */
    int64_t room_bytes;                               /* that these have beyond ASH_ROOM_BYTES; part of peak_bytes only */
    int64_t list_bytes;                               /* of the lists made while planning */
    int incomplete;                                   /* planning stopped: no memory, */
    int too_many;                                     /* or because its own lists passed the limit */
    int64_t too_large;                                /* or because a buffer would have so many bytes, more than can be counted */
    int64_t node_bytes;                               /* of the nodes of the expression */
    int64_t peak_bytes;                               /* what the run keeps to: a bound on what it uses, at most the limit */
    int64_t plan_bytes, reserve_bytes, arena_counted; /* the last: of the plan's arena, in the first */
    ash_plan_most most;
    int64_t workspace_bytes; /* of a thread */
    int64_t least_bytes;     /* limit of the smallest plan there is */
    int least_known;         /* and is final */
    uint32_t neediest;       /* the task that needs it, ASH_NO_ID: see suffix_peak */
    int64_t piece_most;      /* what the user wants them to be at most; 0: what is best */
    int64_t piece_target;    /* what the pieces were chosen for */
    ash_whole piece_whole;
    int64_t bytes_read, bytes_written;
    int nreads, read_capacity;
    ash_plan_read *read;
    int64_t largest_task;        /* bytes that one task takes at once, at most */
    int64_t io_bytes;            /* workspace of the storage libraries, lists of stored chunks */
    int64_t cache_bytes;         /* for decoded chunks that several pieces need */
    double needed_times;         /* how often pieces need a stored chunk that is to be decoded, in the worst stage */
    double page_times;           /* how often pieces come to a page of a file whose values are not decoded, in the worst stage */
    double shared_bytes;         /* decoded, of the stored chunks that one chunk of such a stage needs */
    int one_by_one;              /* results are placed one after another instead of side by side */
    int regrids;                 /* values are held only because they are put on a new grid */
    int keep;                    /* what ash_plan_choose_kept() has marked is held */
    int absorb;                  /* new grids over files are read as they are asked for, instead of held */
    uint32_t passes_off;         /* bits of ash_pass */
    int64_t changed[ASH_PASSES]; /* what each has done, see there */
    int num_threads;
    int64_t limit;
} ash_plan;

static inline int ash_plan_pass(const ash_plan *plan, ash_pass pass) {
    return !(plan->passes_off >> pass & 1);
}

/* Buffers are multiples of a unit. Small ones have room of their own (see lib/run/pool.h): some of it is part of the reserve, and where the limit allows there is more,
 * see fit.c. */
enum { ASH_BINDING_BYTES = 512, ASH_UNIT = 64, ASH_SMALL_BYTES = 14 << 10, ASH_ROOM_BYTES = 64 << 10 };

/* Tasks larger than this gain nothing: chunks are worked through in pieces of at most so many bytes, and the user is told of results
 * whose chunks are larger. */
enum { ASH_TASK_TARGET = 64 << 20 };

/* Options of planning. */
typedef struct ash_plan_request {
    int ntargets;
    const ash_target *target;
    int64_t limit; /* of everything: plan, reserve, buffers */
    int num_threads;
    int nranks;            /* that share the work, each within the limit; 0: one */
    uint32_t passes_off;   /* bits of ash_pass */
    int64_t piece_bytes;   /* what pieces are at most; 0: what is best */
    int may_spill;         /* there is a folder for scratch */
    int exact;             /* least_bytes is asked for, so that no plan with less is overlooked */
    int64_t kept_bytes;    /* that no run can have: of persisted arrays and results of futures */
    int64_t io_bytes;      /* workspace of the writer */
    int64_t scratch_bytes; /* and of each thread that writes */
} ash_plan_request;

/* Makes the plan. ASH_ERR_LIMIT with a sentence when the limit is too small; *plan is then still set (for its figures) and must be freed.
 * NULL on any other failure. */
ash_status ash_plan_make(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **plan, ash_error_state *error);
/* Whether targets may be computed one after another: not if several need what a function makes that may be called once a run only. */
int ash_plan_can_part(ash_context *context, const ash_plan_request *request);
/* The least limit with which every target works by itself: results that do not fit together are computed one after another. The error,
 * if any, is that of the neediest. */
int64_t ash_plan_least_alone(ash_context *context, const ash_plan_request *request, const char *function, ash_error_state *error);
void ash_plan_free(ash_plan *plan);
void ash_plan_figures(const ash_plan *plan, ash_plan_info *info);
/* What the whole needs in sequence, and at the very least. */
int64_t ash_plan_base_bytes(const ash_plan *plan);
int64_t ash_plan_sequential_peak(const ash_plan *plan);

/* ---- Between the parts of planning ---- */

/* A growing array in the plan's arena; 0 when out of memory. */
int ash_plan_reserve(ash_plan *plan, void **list, int count, int *capacity, int64_t size);

/* same.c: sets `same` and `from` of all nodes that are reached; 0 when out of memory. Then leaves those in context->reached that the values asked for are made
 * from, by these: the nodes of the plan, which what follows walks over. */
int ash_plan_find_same(ash_plan *plan, const ash_context *context);
void ash_plan_reach(const ash_plan *plan, ash_context *context);
/* The value that stands for another in the plan, and the one that a node has as its input there. */
static inline ash_value ash_plan_same(ash_value value) {
    return (ash_value){ value.node->same.node, value.node->noutputs > 1 ? value.output : value.node->same.output };
}
static inline ash_value ash_plan_input(const ash_node *node, int k) {
    return node->from.node ? node->from : ash_plan_same(node->input[k]);
}
/* What is below operations of one input that are not held: chains of views may be long, and have nothing to visit. */
static inline ash_value ash_plan_below_chain(ash_value value) {
    while (!value.node->held && value.node->ninputs == 1) {
        value = ash_plan_input(value.node, 0);
    }
    return value;
}
/* hold.c: sets weight, held and stored of a node whose inputs have been weighed, and marks inputs that must be held. */
void ash_plan_weigh(ash_plan *plan, ash_node *node);
/* demand.c: sets `need` of all nodes of the plan, in the arena; 0 when out of memory. Then cuts an axis of a held value down to what is needed. */
int ash_plan_find_needs(const ash_plan *plan, const ash_context *context, ash_arena *arena);
void ash_plan_clip(const ash_node *node, int axis, ash_grid_axis *out);
/* link.c: per item, in the order in which they are lowered, a number that linked ones share. NULL when out of memory; freed by the caller. */
int *ash_plan_link(ash_plan *plan, ash_context *context);
/* depends.c: whether a stage reads something that a value is computed from; whether the value has to wait for the stage, which must not make it then; and the stage
 * that makes what the value is computed from, all of it seen place by place, so that the value can be computed along with it. `below`: the value is held, what is
 * meant is below it. */
int ash_stage_shares_source(ash_plan *plan, ash_context *context, const ash_stage *stage, ash_value value, int below);
int ash_value_depends(ash_plan *plan, ash_context *context, ash_value value, int below, const ash_stage *stage);
ash_stage *ash_plan_maker_of(ash_plan *plan, ash_context *context, ash_value value, int below);
/* Stages and, after them, the spaces of blocks: all that has operands. */
static inline const ash_stage *ash_plan_space(const ash_plan *plan, int k) {
    return k < plan->nstages ? plan->stage[k] : plan->space[k - plan->nstages];
}
/* blocks.c: nodes that work by blocks. */
ash_blocks *ash_blocks_new(ash_plan *plan, const ash_node *node, ash_held *held[]); /* NULL when out of memory */
/* What is made at a step, whose boxes are put into `box`; and the k-th part it needs. */
ash_blocks_step ash_blocks_step_of(const ash_blocks *blocks, int64_t item, ash_box box[]);
int ash_blocks_part(const ash_blocks *blocks, int64_t item, int k, ash_part *part);
int ash_blocks_in_place(const ash_blocks *blocks, const ash_part *part); /* whether a part is used where it lies in a held chunk */
int64_t ash_blocks_scratch(const ash_blocks *blocks, int64_t item);      /* of a step, */
int64_t ash_blocks_own_scratch(const ash_blocks *blocks, const ash_blocks_step *at); /* and that without its parts */
/* Whether any of them calls BLAS, and what that keeps for each thread. */
int ash_plan_blas(const ash_plan *plan, int64_t *thread_bytes);
/* lower.c, emit.c: stages from values. */
ash_status ash_plan_lower(ash_plan *plan, ash_context *context, const char *function, ash_error_state *error);
int ash_emit(ash_plan *plan, ash_stage *stage, ash_value value,
    int *slot); /* adds what computes `value` over the stage's grid; 0 when out of memory */
/* The k-th value that a stage has in a slot, as it was emitted; 0: there are no more. */
typedef struct ash_emitted {
    ash_node *node;
    int slot;
    const ash_map *map; /* per axis of the value */
} ash_emitted;
int ash_stage_emitted(const ash_stage *stage, int k, ash_emitted *out);
int ash_stage_finish(ash_plan *plan, ash_stage *stage); /* registers.c: finds stencils, assigns registers, chooses the length of blocks */
ash_held *ash_plan_held(const ash_plan *plan, ash_value value);
ash_block_kernel *ash_node_kernel(ash_isa isa, const ash_node *node);
/* fold.c: the geometry of reductions. */
int ash_plan_kept_axis(const ash_node *node, int axis); /* the axis of the result that an axis of the input becomes, -1 if it is reduced */
int ash_fold_init(ash_plan *plan, ash_fold *fold);
int64_t ash_fold_leaves(const ash_fold *fold, int64_t out_chunk);                   /* partial results that make a chunk of the result */
int64_t ash_fold_leaf_chunk(const ash_fold *fold, int64_t out_chunk, int64_t leaf); /* the stage's chunk of a leaf */
int64_t ash_fold_out_chunks(const ash_fold *fold, int64_t chunk); /* chunks of the result that a stage's chunk contributes to */
int64_t ash_fold_out_chunk(
    const ash_fold *fold, int64_t chunk, int64_t k, int64_t *leaf); /* the k-th of them, and which leaf it is there */
int64_t ash_fold_cells(const ash_fold *fold, int64_t out_chunk);
int64_t ash_fold_groups_in(const ash_fold *fold, int64_t out_chunk); /* 1 if not grouped */
int64_t ash_fold_state_bytes(const ash_fold *fold, int64_t out_chunk);
/* rows.c: rows of a stored operand that are taken by a list. */
typedef struct ash_row {
    int64_t index, place; /* in the file; in the list */
} ash_row;
/* How many are read at once, with what lies between them: those of a stored chunk, or so many where there are none. */
int64_t ash_rows_together(const ash_operand *operand);
/* Those of [start, end) that are there, by rising index; returns how many. */
int64_t ash_rows_list(const ash_map *map, int64_t start, int64_t end, ash_row rows[]);
/* How many of the first ones of such a list are read at once. */
int64_t ash_rows_at_once(const ash_operand *operand, const ash_row rows[], int64_t count);
/* geometry.c: chunks, boxes and sizes. */
int64_t ash_round_bytes(int64_t bytes); /* size of the pool's class that holds `bytes` */
int64_t ash_operand_piece_bytes(
    const ash_operand *operand, const ash_stage *stage, const int64_t piece[]); /* bound on scratch for one piece */
/* stencil.c: finds those of a stage, 0 when out of memory; and settles, when its pieces are chosen, which are used. */
int ash_stage_find_stencils(ash_plan *plan, ash_stage *stage);
void ash_stage_settle_stencils(ash_stage *stage);
/* Bound on the scratch that reading an operand of a stencil takes for a piece; `own`: if it is read by itself. */
int64_t ash_stencil_piece_bytes(const ash_operand *operand, const ash_stage *stage, const int64_t piece[], int64_t own);
/* The stencil by which an operand is read with others; NULL: it is read by itself. And whether it is another one that reads. */
static inline const ash_stencil *ash_operand_stencil(const ash_operand *operand) {
    return operand->stencil && operand->stencil->used ? operand->stencil : NULL;
}
static inline int ash_operand_looks_on(const ash_stage *stage, const ash_operand *operand) {
    return ash_operand_stencil(operand) && operand != &stage->operand[operand->stencil->first];
}
/* What is read of a stored operand for a box: each step-th index from `low` on. 0 if nothing is, see ash_operand_box(). */
int ash_operand_read_box(const ash_operand *operand, const ash_box *box, int64_t low[], int64_t extent[], int64_t step[]);
/* Whether any axis of an operand follows an axis of the stage; if not, it is repeated along it. */
int ash_maps_follow(const ash_map map[], int ndim, int axis);
/* Whether what a box needs of a held operand, from `low` on, lies in one of its chunks, table axis aside. */
int ash_operand_in_chunk(const ash_operand *operand, const int64_t low[], const int64_t span[]);
/* Where the box of the operand lies that a box of the stage needs. 0 if it needs none: all rows are missing, or the box is empty. */
int ash_operand_box(const ash_operand *operand, const ash_box *box, int64_t low[], int64_t span[]);
/* Whether an operand is bound for each piece of a chunk: because it needs something else, or what it needs lies otherwise. */
int ash_operand_varies(const ash_stage *stage, const ash_operand *operand);
int64_t ash_stage_work(const ash_stage *stage, const int64_t piece[]);
/* Pieces that need about `target_bytes` of scratch. What they hold whole, they do even where it is larger. */
void ash_stage_choose_piece(ash_stage *stage, int64_t target_bytes, ash_whole whole);
/* The extent of the piece that begins at `start` of a chunk that ends at `end`. */
static inline int64_t ash_piece_extent(const ash_stage *stage, int axis, int64_t start, int64_t end) {
    int64_t over = (start - stage->cut[axis]) % stage->unit[axis];
    over += over < 0 ? stage->unit[axis] : 0;
    int64_t extent = stage->piece[axis] - over;
    return extent < end - start ? extent : end - start;
}
int64_t ash_piece_count(const ash_stage *stage, int axis, int64_t start, int64_t end);
/* tiles.c: sets `tile` of held values that are read by boxes. 0 when out of memory. */
int ash_plan_choose_tiles(ash_plan *plan);
/* The tiles that a box meets, and how many a chunk has. */
void ash_held_tiles(const ash_held *held, const ash_box *box, int64_t low[], int64_t high[]);
/* Elements of those that an operand reads of a chunk for a box of the stage, piece by piece or at once. */
int64_t ash_operand_tile_elements(
    const ash_stage *stage, const ash_operand *operand, const ash_box *box, const ash_box *chunk, int in_pieces);
/* The extent of the tiles along an axis, where they begin at multiples of it; 0: they do not. */
int64_t ash_tile_step(const ash_grid_axis *tile);
int64_t ash_held_chunk_tiles(const ash_held *held, int64_t chunk);
static inline int ash_input_by_box(const ash_plan *plan, uint32_t input) {
    return plan->by_box[input / 64] >> (input % 64) & 1;
}
/* sharing.c: sets needed_times, page_times and shared_bytes. */
void ash_plan_count_needs(ash_plan *plan);
/* Stored chunks that a file operand needs. */
typedef struct ash_chunks_needed {
    double all;    /* by all pieces, counted again for each */
    double cached; /* the same, but once for pieces that are neighbours: with a cache that is large enough for them */
    double different;
} ash_chunks_needed;
ash_chunks_needed ash_operand_chunks(const ash_stage *stage, const ash_operand *operand);
int64_t ash_held_chunk_bytes(const ash_held *held, int64_t chunk);
/* Where the index that a map follows begins in a box of the stage, and how many values it takes; a map that follows none has one. */
static inline int64_t ash_map_begin(const ash_map *map, const ash_box *box) {
    return map->axis < 0 ? 0 : box->start[map->axis];
}
static inline int64_t ash_map_count(const ash_map *map, const ash_box *box) {
    return map->axis < 0 ? 1 : box->extent[map->axis];
}
/* How far apart the indices are that a map takes one after another; 1 where they follow no rule, or there is one only. */
static inline int64_t ash_map_stride(const ash_map *map) {
    int64_t step = map->table || map->axis < 0 || map->step == 0 ? 1 : map->step;
    return step < 0 ? -step : step;
}
/* The range of an operand's axis that a box of the stage needs: lowest index and span. 0 if every entry is missing, or the box is empty. */
int ash_map_range(const ash_map *map, const ash_box *box, int64_t *low, int64_t *span);
/* Whether a box of the stage needs any row in one chunk along the table axis of a held operand: rows between the lowest and the highest may
 * be unused. */
int ash_operand_wants_rows(const ash_operand *operand, const ash_box *box, int64_t table_chunk);
/* enumerate.c, profile.c */
int ash_plan_enumerate(ash_plan *plan);
int ash_plan_profile(ash_plan *plan);
/* The most that tasks need in sequence, in each of n stretches of equal length of their order; 0 when out of memory. */
int ash_plan_trajectory(const ash_plan *plan, int n, int64_t most[]);
/* reads.c: the variables that are read, and what is read of them and written; 0 when out of memory. */
int ash_plan_list_reads(ash_plan *plan);
int ash_plan_count_bytes(ash_plan *plan);
/* Bytes of stored chunks of a variable that are decoded, at most, and if each that is needed were decoded once. After pieces and cache
 * are chosen. */
int64_t ash_plan_decoded(const ash_plan *plan, int read, int64_t *once);
/* Bytes of held values that tasks write and read again. */
int64_t ash_plan_moved(const ash_plan *plan);
int64_t ash_task_moved(const ash_plan *plan, uint32_t task);
/* work.c */
/* Adds a place for tasks of a kind, with the number of items that can be asked for; -1 when out of memory. */
int ash_plan_add_work(ash_plan *plan, ash_work work, int64_t items);
static inline const ash_work *ash_task_work(const ash_plan *plan, uint32_t task) {
    return &plan->work[plan->task[task].work];
}
/* Whether a task goes on in the buffer of its first input instead of having one of its own. */
int ash_task_takes_over(const ash_plan *plan, uint32_t task);
/* Bytes that a task allocates when it starts: its buffers, and scratch that it gives back when it ends. */
int64_t ash_task_out_bytes(const ash_plan *plan, uint32_t task);
int64_t ash_task_scratch_bytes(const ash_plan *plan, uint32_t task);
/* What a task reads of a chunk of a held value: a box around it all. 0 if that is the whole chunk. */
int ash_task_box(const ash_plan *plan, uint32_t task, const ash_held *held, int64_t chunk, ash_box *box);
/* The task that makes a buffer. */
uint32_t ash_plan_maker(const ash_plan *plan, uint32_t buffer);
/* Bytes that it takes from scratch if it reads a chunk of a held value by boxes: the tiles that these meet, again for each piece. */
int64_t ash_task_tile_bytes(const ash_plan *plan, uint32_t task, const ash_held *held, int64_t chunk);
/* Calls `visit` for each box of a space that it reads stored values of. */
typedef void ash_box_visitor(void *user, const ash_stage *space, const ash_box *box);
void ash_task_boxes(const ash_plan *plan, uint32_t task, ash_box_visitor *visit, void *user);
/* About how many elements it works on. */
int64_t ash_task_elements(const ash_plan *plan, uint32_t task);
/* The held value that the k-th buffer of a task is a chunk of, and which; NULL: it is a partial result. */
const ash_held *ash_task_held(const ash_plan *plan, uint32_t task, uint32_t k, int64_t *chunk);
/* The operation it belongs to. */
const char *ash_task_name(const ash_plan *plan, uint32_t task);
/* Of kinds of work, as the user sees them: the operation; its group, stages first, then what works by blocks; whether it merges partial
 * results; and the chunk that an item belongs to, as coordinates, whose number it returns. */
const char *ash_work_name(const ash_work *work);
int ash_work_group(const ash_plan *plan, const ash_work *work);
static inline int ash_work_merges(const ash_work *work) {
    return work->kind == ASH_WORK_MERGE;
}
int ash_work_chunk(const ash_work *work, int64_t item, int64_t coordinate[]);

#endif
