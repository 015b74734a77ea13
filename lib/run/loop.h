/* The walk over a piece, shared by the files that choose it and that go it. */
#ifndef ASH_RUN_LOOP_H
#define ASH_RUN_LOOP_H

#include "run/run.h"

enum { ASH_AHEAD = 8 };

typedef struct ash_ahead {
    const char *at, *end;
} ash_ahead;

typedef struct ash_loop {
    ash_run *run;
    ash_worker *worker;
    const ash_stage *stage;
    const ash_box *chunk, *piece;
    int run_axes;                /* trailing axes walked as one run */
    int64_t length;              /* elements of a run */
    int64_t tile;                /* of which so many are worked on before the next run's */
    int64_t rows;                /* runs handed to folds at once, at most; `row_stride` bytes apart */
    int64_t row_stride;          /* 0: elements are not folded as they lie */
    int dense;                   /* those runs follow one another at once in memory and go through kernels as one block */
    int64_t block;               /* elements of a run that are worked on at once */
    int64_t full;                /* elements that kernels are given at once, where there are enough */
    int64_t index[ASH_MAX_NDIM]; /* in the piece */
    ash_ahead ahead[ASH_AHEAD];  /* what follows the block in memory, to be fetched while it is worked on */
    int streams, fetching;       /* entries of ahead; the first that is not fetched yet */
    int64_t share;               /* cache lines to fetch before each kernel */
} ash_loop;

/* loop_shape.c: how a bound piece is walked; sets all but the present place. */
void ash_loop_shape(ash_loop *lp);

static inline char *ash_loop_register(const ash_worker *worker, const ash_stage *stage, int slot) {
    return worker->registers + (int64_t)stage->slot[slot].reg * ASH_BLOCK * 16;
}

#endif
