/* Running a plan in simulated time: the real admission and the real pool, workers that finish in random order, and contents instead of data. */
#ifndef SIMULATED_RUN_H
#define SIMULATED_RUN_H

#include "simulated_graph.h"

enum { SIMULATED_WORKERS = 16 };

typedef struct simulated_figures {
    int64_t tasks, spilled, loaded, repeated, moved; /* ran, and which of them */
    int64_t boxes;                                   /* chunks read by boxes from scratch */
    int64_t early;                                   /* batches that began with another task than was next */
    int most_running;
} simulated_figures;

/* Runs the graph's plan, which keeps to `budget` bytes of buffers and scratch on each rank; there are at least as many workers as ranks. Returns 1, or 0 with a sentence about what is wrong. */
int simulated_run(const simulated_graph *graph, int64_t budget, int workers, dice *d, simulated_figures *figures, char wrong[200]);

#endif
