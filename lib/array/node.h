/* Nodes: the expression. A node has inputs and one or more outputs; an array handle names one output. Nodes are immutable once published.
 */
#ifndef ASH_ARRAY_NODE_H
#define ASH_ARRAY_NODE_H

#include "array/coord.h"
#include "array/grid.h"
#include "io/io.h"
#include "kernels/kernels.h"

#include <ashlar/custom.h>

typedef struct ash_node ash_node;
typedef struct ash_registered ash_registered; /* a function or reduction of the user's, see array/context.h */

/* [begin, end) of an axis. */
typedef struct ash_need {
    int64_t begin, end;
} ash_need;

typedef struct ash_value {
    ash_node *node;
    int output;
} ash_value;

typedef struct ash_dim {
    const char *name; /* NULL: anonymous */
    ash_grid_axis axis;
    ash_coordinate *coord; /* NULL: none */
} ash_dim;

typedef struct ash_output {
    ash_dtype dtype;
    char weak; /* kind of a weak scalar, else 0 */
    int ndim;
    ash_dim *dim;
    ash_attrs *attrs;
    const char *name; /* the variable's name, NULL: none */
} ash_output;

typedef enum ash_node_kind {
    ASH_NODE_ERROR,       /* carries the error of a failed builder */
    ASH_NODE_CONSTANT,    /* one value everywhere */
    ASH_NODE_RAMP,        /* start + index * step, 1-D */
    ASH_NODE_MEMORY,      /* the caller's memory */
    ASH_NODE_FILE,        /* a stored variable */
    ASH_NODE_ELEMENTWISE, /* a block kernel over aligned inputs */
    ASH_NODE_VIEW,        /* another way to index the input: slices, transposes, new grids, new names */
    ASH_NODE_TAKE,        /* rows of the input by a list of positions */
    ASH_NODE_REDUCE,      /* a reduction over dimensions, or by groups along one */
    ASH_NODE_SCAN,        /* running values along a dimension: of each chunk, on top of what a carry has for the chunk if there is one */
    ASH_NODE_BLOCKS,      /* chunk by chunk, a function of boxes of the inputs */
    ASH_NODE_DATASET,     /* what a file or several hold; without outputs, so it is no array */
    ASH_NODE_CARRY        /* per chunk along a dimension: what the totals of all chunks before it combine to */
} ash_node_kind;

/* What an elementwise node does: an operation of the table, or one that needs a parameter of its own. */
typedef enum ash_function {
    ASH_FUNCTION_OPERATION,
    ASH_FUNCTION_CAST,
    ASH_FUNCTION_UNPACK,
    ASH_FUNCTION_DATE,
    ASH_FUNCTION_SEARCH,
    ASH_FUNCTION_ISIN,
    ASH_FUNCTION_INTERP
} ash_function;

typedef struct ash_elementwise_node {
    ash_function function;
    ash_op op;
    ash_dtype loop;        /* dtype the inputs are cast to, those of a fixed dtype excepted */
    const void *parameter; /* numbers of the operation's parameters, ash_unpack, ash_date_parameter, ash_lookup */
    signed char (
        *align)[ASH_MAX_NDIM]; /* align[input][input axis]: axis of the output, or -1 where the input has extent 1 and is repeated */
} ash_elementwise_node;

/* Index k of the input along each of its axes: start + step * (output index along `axis`), or start alone where axis is -1. */
typedef struct ash_view_axis {
    int axis;
    int64_t start, step;
} ash_view_axis;

typedef struct ash_take_node {
    int axis;
    const int64_t *labels; /* one per output index; negative: missing */
    int missing;           /* some label is negative */
    int scattered;         /* chunks of the output share chunks of the input, or pass some over */
} ash_take_node;

typedef struct ash_scan_node {
    ash_scan scan;
    ash_op op; /* combines two values */
    int axis;
    unsigned char none[16]; /* CARRY: what nothing combines to */
} ash_scan_node;

typedef struct ash_reduce_node {
    ash_reduction reduction;
    char reduced[ASH_MAX_NDIM]; /* per input axis */
    int keepdims;
    ash_reduce_parameter parameter;
    int group_axis;        /* -1: not grouped; else the one axis that is reduced, by labels */
    const int64_t *labels; /* one per input index along group_axis; negative: skipped */
    int64_t groups;
    int64_t group_chunk;                     /* groups in a chunk of the output */
    const ash_reduction_definition *general; /* instead of `reduction`: functions over states */
    int64_t user_bytes;                      /* of `general`: what its `user` points at, 0 if that is not ours */
    int64_t results;                         /* of `general`: 0, or so many a cell, along a last axis of the output that is their own */
    int by_chunk; /* -1, or a reduced axis of which every chunk has a result: the totals that scans begin with (keepdims) */
} ash_reduce_node;

/* A box of an input that is needed for a chunk of the outputs. */
typedef struct ash_part {
    int input;
    ash_box box;
} ash_part;

/* A part as it lies in memory. */
typedef struct ash_block {
    ash_part part;
    const char *base;
    const int64_t *stride; /* in bytes, per axis of the input */
} ash_block;

/* A step of a chunk of the outputs. */
typedef struct ash_blocks_step {
    int64_t chunk, step;
    const ash_box *box; /* per output: where the chunk lies, or what is needed of it */
} ash_blocks_step;

/* A step of a chunk, with all it needs at hand. */
typedef struct ash_blocks_call {
    const ash_node *node;
    int64_t chunk, step;
    int nblocks;
    const ash_block *block;
    const ash_box *box; /* per output: as in ash_blocks_step */
    void *const *out;   /* per output, that box, dense */
    void *scratch;
    ash_isa isa;
    ash_error_state *error; /* the reason alone, of a step that fails */
} ash_blocks_call;

/* What a node does that makes its outputs chunk by chunk from boxes of its inputs. A chunk may take several steps, one after another in the same
 * memory: a sum over products, say. The outputs of a node have the same number of chunks; nodes of several steps have one output.
 *
 * Kinds with `reach` make parts of chunks, too, where only a part is needed: they go by the box that they are given. Others are given whole chunks. */
typedef struct ash_blocks_kind {
    const char *name;
    int repeats; /* chunks share parts, so stored inputs had better be held than read again */
    int blas;    /* steps call BLAS, which is kept to one thread meanwhile */
    /* The k-th part that a step needs; 0: there is none. Parts are not empty. */
    int (*part)(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part);
    /* A box around what a box of the output takes of an input, in all of its chunks and steps; 0: it takes nothing. The box is not empty. Nodes have one output. */
    int (*reach)(const ash_node *node, const ash_need box[], int input, ash_need need[]);
    void (*widen)(const ash_node *node, ash_need box[]); /* makes of a box one that parts of chunks can be made of; NULL: any is */
    int64_t (*scratch_bytes)(const ash_node *node, const ash_blocks_step *at); /* of a step; NULL: none */
    int64_t (*thread_bytes)(const ash_node *node);  /* that libraries keep for each thread which runs steps; NULL: none */
    ash_status (*run)(const ash_blocks_call *call); /* fills the chunk, or goes on with it */
} ash_blocks_kind;

enum { ASH_BLOCKS_OUTPUTS = 8 }; /* of a node that works by blocks */

typedef struct ash_blocks_node {
    const ash_blocks_kind *kind;
    const void *parameter; /* without pointers: its bytes tell nodes apart */
    int64_t parameter_bytes;
    int64_t steps;                  /* of a chunk, at least 1 */
    const void *derived;            /* what follows from the parameter and the inputs */
    const ash_registered *function; /* of the user's, whose name tells nodes apart; NULL: none */
    const char *repeats;            /* per input, whether chunks share parts of it; NULL: as the kind says */
    const char *dense;              /* per input, whether parts are to be handed over dense, last axis fastest; NULL: none */
    int once;                       /* no chunk is ever made twice in a run: the function may do more than compute */
} ash_blocks_node;

/* How the node is called in plans, traces and errors. */
const char *ash_blocks_name(const ash_node *node);

struct ash_node {
    int64_t serial;
    ash_node_kind kind;
    int ninputs, noutputs;
    ash_value *input;
    ash_output *output;
    ash_arena arena; /* everything the node points at, itself included */
    /* NULL, or what finds out extents of outputs that depend on data: called once, when somebody must know them. */
    ash_status (*settle)(ash_context *context, ash_node *node, ash_error_state *error);
    union {
        struct {
            ash_status status;
            char *text;
        } error;
        struct {
            unsigned char element[16];
        } constant;
        struct {
            ash_number start, step;
            ash_number last;
            int has_last;
        } ramp;
        struct {
            const char *data;
            int64_t stride[ASH_MAX_NDIM];
            void (*release)(void *, void *);
            void *release_user;
        } memory;
        struct {
            ash_file *file;
            const ash_variable *variable;
        } file;
        struct {
            struct ash_dataset_content *content;
            void (*release)(struct ash_dataset_content *content);
        } dataset;
        ash_elementwise_node elementwise;
        struct {
            ash_view_axis *axis;
        } view;
        ash_take_node take;
        ash_reduce_node reduce;
        ash_scan_node scan;
        ash_blocks_node blocks;
    } u;
    /* Scratch of whoever walks the expression; valid during one walk (one mark). */
    int64_t mark, visit;
    ash_value same, from;            /* what stands for it, and what a cast is made from, see lib/plan/same.c */
    void *link;                      /* see lib/plan/link.c and keep.c */
    int weight, held, stored, scans; /* see lib/plan/hold.c */
    int why;                         /* it is held: ash_hold_reason */
    int keep, users;                 /* see lib/plan/keep.c */
    ash_need *need;                  /* per axis of its outputs, see lib/plan/demand.c */
    ash_node *retired;               /* the one retired before it; `mark` is then what it waits for */
};

/* A node under construction, not yet in a context. NULL when out of memory. */
ash_node *ash_node_new(ash_node_kind kind, int ninputs, int noutputs);
/* Sets output `k`: dtype and `ndim` anonymous dimensions of extent 0. 0 when out of memory. */
int ash_node_set_output(ash_node *node, int k, ash_dtype dtype, int ndim);
/* Copies name and coordinate of a dimension into a node's output; the axis (grid) is set by the caller. */
int ash_node_copy_dim(ash_node *node, ash_dim *to, const ash_dim *from);
/* Makes output `k` like another one: dtype, dimensions with grids and coordinates, name, attributes. 0 when out of memory. */
int ash_node_copy_output(ash_node *node, int k, const ash_output *from);
/* Frees a node and what it holds: user memory's release callback, files, coordinates, attributes. */
void ash_node_free(ash_node *node);

static inline const ash_output *ash_value_output(ash_value value) {
    return &value.node->output[value.output];
}
int64_t ash_output_size(const ash_output *output);
void ash_output_shape(const ash_output *output, int64_t shape[]);
/* Whether two outputs have the same shape, cut into the same chunks. */
int ash_output_same_grid(const ash_output *a, const ash_output *b);
/* Where a chunk of the output's grid lies. */
void ash_output_box(const ash_output *output, int64_t chunk, ash_box *box);
ash_dim_names ash_output_dim_names(const ash_output *output);

#endif
