/* Stages: what a plan is made of before there are tasks.
 *
 * A *stage* is one pass over a grid of chunks: operands are loaded, a short list of instructions turns them into values block by block, and
 * sinks store the values, write them, or fold them into partial results. What is kept between stages is *held*; what is no such pass works
 * by *blocks*.
 */
#ifndef ASH_PLAN_STAGE_H
#define ASH_PLAN_STAGE_H

#include "array/context.h"
#include "base/sparse.h"
#include "plan/reasons.h"

/* Where a value asked for goes. */
typedef enum ash_target_kind { ASH_TARGET_MEMORY, ASH_TARGET_FILE } ash_target_kind;
typedef struct ash_target {
    ash_target_kind kind;
    ash_value value;
    char *memory;                      /* MEMORY: dense, last axis fastest */
    int variable;                      /* FILE: of the run's writer */
    int whole;                         /* FILE: the writer wants each chunk of the value's grid at once */
    const struct ash_packing *packing; /* FILE: how values are stored; NULL: as they are */
    const ash_writer *writer;          /* FILE: chunks that it has already need not be computed; NULL: there is none yet */
} ash_target;

/* Index along one axis of an operand as a function of the index i along iteration axis `axis`:
 *   without table: start + step * i
 *   with table:    start + step * table[first + stride * i], missing where the entry is negative
 *   with chunks:   the chunk that i lies in; the stage has the same chunks, so it is one a box
 * axis -1: i is 0 always. */
typedef struct ash_map {
    int axis;
    int64_t start, step;
    const int64_t *table;
    int64_t first, stride;
    const ash_grid_axis *chunks;
} ash_map;

/* The index of an operand along one axis, -1 where it is missing. */
static inline int64_t ash_map_index(const ash_map *map, int64_t i) {
    if (map->chunks) {
        return ash_axis_find(map->chunks, i);
    }
    if (!map->table) {
        return map->start + map->step * i;
    }
    int64_t entry = map->table[map->first + map->stride * i];
    return entry < 0 ? -1 : map->start + map->step * entry;
}

typedef struct ash_stage ash_stage;
typedef struct ash_held ash_held;
typedef struct ash_fold ash_fold;
typedef struct ash_blocks ash_blocks;

typedef enum ash_operand_kind {
    ASH_OPERAND_CONSTANT,
    ASH_OPERAND_RAMP,
    ASH_OPERAND_MEMORY,
    ASH_OPERAND_FILE,
    ASH_OPERAND_HELD
} ash_operand_kind;

/* Operands that look at one stored variable at fixed distances from each other, see stencil.c: where it is used, one read serves them all. */
typedef struct ash_stencil {
    int first, members; /* the operand that reads; how many there are */
    int used;
    int64_t below[ASH_MAX_NDIM], above[ASH_MAX_NDIM]; /* how far the others' boxes reach beyond that of the first one */
    int64_t step[ASH_MAX_NDIM];                       /* every step-th index is read */
} ash_stencil;

/* A leaf of a stage's program. */
typedef struct ash_operand {
    ash_operand_kind kind;
    ash_value value;
    ash_dtype dtype;
    int64_t size; /* bytes of an element */
    int ndim;
    ash_map map[ASH_MAX_NDIM]; /* per axis of the operand */
    int table_axis;            /* iteration axis whose map has a table, -1: none */
    int table_map;             /* the operand's axis with the table */
    int pack;                  /* its elements run along another axis than the stage's innermost: reorder before looping */
    int aligned;               /* HELD: every chunk of the stage lies in one chunk of the operand, table axis aside */
    ash_held *held;            /* HELD */
    int read;                  /* FILE: its place in plan->read */
    ash_stencil *stencil;      /* FILE: that it is part of; NULL: none */
    unsigned char element[16]; /* CONSTANT: the value in `dtype` */
    unsigned char missing[16]; /* what missing elements are */
    int slot;
} ash_operand;

/* One kernel call a block. Slots are values of a block: operands first come, results after. */
typedef struct ash_instruction {
    ash_block_kernel *kernel;
    const void *parameter;
    const ash_scan_kernel *scan; /* instead of kernel: running values along `axis`, which is walked in order */
    int axis;
    int64_t state; /* scan: offset of its running values in the scan state of a task */
    const char *name;
    double ns; /* about what an element takes, see cost.h */
    int nin, nout;
    int in[3], out[2];
} ash_instruction;

typedef struct ash_slot {
    ash_dtype dtype;
    int operand;  /* -1: result of an instruction */
    int reg;      /* register that holds it, -1 while operands are used in place */
    int last_use; /* instruction index, or INT32_MAX for sinks */
} ash_slot;

typedef enum ash_sink_kind { ASH_SINK_MEMORY, ASH_SINK_FILE, ASH_SINK_HELD, ASH_SINK_FOLD } ash_sink_kind;
typedef struct ash_sink {
    ash_sink_kind kind;
    int slot;
    ash_dtype dtype;
    const ash_target *target; /* MEMORY, FILE */
    ash_held *held;           /* HELD; of FOLD: what the merged result becomes */
    ash_fold *fold;           /* FOLD */
} ash_sink;

struct ash_stage {
    int id;                 /* its place in plan->stage, or, of spaces, in plan->space */
    int work;               /* its place in plan->work */
    int64_t visit;          /* the last walk that came here */
    int link;               /* what its items are linked by, see link.c */
    ash_apart_reason apart; /* why it is no part of the group `apart_from` */
    int apart_from;
    int ndim;
    ash_grid_axis axis[ASH_MAX_NDIM]; /* the iteration grid */
    int64_t chunks;
    int64_t largest[ASH_MAX_NDIM];                 /* extents of the largest chunk */
    int64_t piece[ASH_MAX_NDIM];                   /* most extents of a piece: a chunk is worked through piece by piece, in order */
    int64_t unit[ASH_MAX_NDIM], cut[ASH_MAX_NDIM]; /* pieces begin at cut + k * unit, or where the chunk does */
    int run_axes;                                  /* trailing axes that folds see as one run of elements; part of the meaning of sums */
    int scans;                                     /* bits: axes along which it has scans */
    int64_t scan_bytes;                            /* running values of its scans, kept over the pieces of a chunk */
    int noperands, ninstructions, nslots, nsinks, nregisters;
    int64_t block; /* elements that kernels are given at once, a multiple of ASH_BLOCK */
    int operand_capacity, instruction_capacity, slot_capacity, sink_capacity;
    ash_operand *operand;
    ash_instruction *instruction;
    ash_slot *slot;
    ash_sink *sink;
    void *memo;         /* emit.c: what has a slot already */
    int dense;          /* spaces of blocks: parts are to lie dense, last axis fastest */
    int64_t elements;   /* in the largest chunk */
    int64_t work_bytes; /* bound on the scratch of one task */
    int64_t placed;     /* targets: chunks placed so far */
};

/* A value kept in chunk buffers between stages. */
struct ash_held {
    int id;
    ash_hold_reason why;
    ash_value value;
    ash_dtype dtype;
    int ndim;
    ash_grid_axis axis[ASH_MAX_NDIM];
    int64_t chunks;
    ash_stage *stage; /* that makes it, at a sink; NULL: blocks do */
    int sink;
    ash_blocks *blocks;
    ash_sparse buffer;   /* per chunk that is made */
    ash_grid_axis *tile; /* how chunks are cut on scratch, see tiles.c; NULL: they are not */
    ash_held *next;
};

/* A reduction of a stage's values: partial results a chunk, merged in a fixed tree. */
struct ash_fold {
    int id;
    int work; /* of its merges: their place in plan->work */
    const ash_node *node;
    const ash_reduce_node *reduce;
    const ash_reduce_kernel *kernel;
    ash_stage *stage;
    ash_held *held;
    int sink;
    int cell_axes;                      /* axes of the result that tell cells apart: all, but for one that tells results of a cell apart */
    int inner;                          /* the innermost axis is reduced: fold runs; else fold rows */
    int out_axis[ASH_MAX_NDIM];         /* per iteration axis: axis of the result, -1 if reduced away */
    int64_t index_stride[ASH_MAX_NDIM]; /* per iteration axis: position in the reduced dimensions per step, for argmin and argmax */
    int arity;                          /* children of a merge */
    /* Groups only. */
    int64_t *member_begin, *member; /* per chunk of groups: which chunks along the group axis have members */
    int64_t *group_begin, *group;   /* per chunk along the group axis: which chunks of groups it has members of */
    int32_t *rank;                  /* per label: how many before it in its chunk have the same label */
};

/* A node that works by blocks. Each input is seen through a space of its own: a stage that is never run, whose one operand parts are
 * bound by. */
struct ash_blocks {
    int work;
    int number; /* among the plan's */
    const ash_node *node;
    ash_held **held;    /* per output */
    ash_stage **space;  /* per input */
    int most_parts;     /* of the steps enumerated */
    int64_t work_bytes; /* bound on the scratch of one of them */
};

#endif
