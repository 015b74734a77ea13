/* Windows: boxes of an array that may go beyond its ends, where a boundary says what is there. Padding, halos. */
#ifndef ASH_EXPR_WINDOW_H
#define ASH_EXPR_WINDOW_H

#include "array/node.h"

typedef enum ash_boundary {
    ASH_BOUNDARY_NONE,      /* nothing: windows end where the axis ends */
    ASH_BOUNDARY_CONSTANT,  /* a value */
    ASH_BOUNDARY_NEAREST,   /* the first or the last element */
    ASH_BOUNDARY_SYMMETRIC, /* mirrored at the edge: c b a | a b c | c b a */
    ASH_BOUNDARY_REFLECT,   /* mirrored at the outermost element: c b | a b c | b a */
    ASH_BOUNDARY_PERIODIC,  /* from the other end */
    ASH_BOUNDARIES
} ash_boundary;

/* An axis. All fields are full words, so that bytes tell axes apart. */
typedef struct ash_window_axis {
    int64_t boundary;
    int64_t before, after;  /* how far windows go beyond what they are about */
    unsigned char fill[16]; /* CONSTANT, in the array's dtype */
} ash_window_axis;

/* Along each axis of an array: positions [begin, end), as if the axis went on at both ends. */
typedef struct ash_window {
    int ndim;
    const ash_window_axis *axis;
    const ash_dim *dim; /* of the array */
    int64_t begin[ASH_MAX_NDIM], end[ASH_MAX_NDIM];
} ash_window;

/* The k-th box of the array that the window's elements come from, none larger than a chunk; 0 if there is none. */
int ash_window_part(const ash_window *window, int64_t k, ash_box *box);
int64_t ash_window_parts(const ash_window *window); /* their number */
/* A box around all of them; 0 if there is none. */
int ash_window_reach(const ash_window *window, ash_need need[]);
/* Puts the window together from these parts, `block[k]` the k-th, dense, last axis fastest. */
void ash_window_fill(const ash_window *window, int64_t size, const ash_block block[], char *out);

#endif
