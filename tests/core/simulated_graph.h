/* Random graphs of tasks, as plans: what enumeration could have made of some expression, without an expression. */
#ifndef SIMULATED_GRAPH_H
#define SIMULATED_GRAPH_H

#include "plan/fit.h"
#include "plan/task_list.h"

/* Pseudo-random numbers: the same for a seed everywhere. */
typedef struct dice {
    uint64_t state;
} dice;

uint64_t dice_next(dice *d);
int64_t dice_below(dice *d, int64_t n);
static inline int dice_one_in(dice *d, int64_t n) {
    return dice_below(d, n) == 0;
}

/* The number that stands for what a task makes of the contents that it is given. */
uint64_t simulated_mix(uint64_t a, uint64_t b);

/* A plan, and its lists as they were before ranks are told apart and anything goes to scratch. Buffers have contents: numbers that follow from the task and what it reads. */
typedef struct simulated_graph {
    ash_plan *plan;
    uint32_t ntasks, nbuffers;
    ash_task *task; /* one past the end closes the lists */
    uint32_t *input, *units, *maker;
    unsigned char *by_box, *takes_over, *repeatable; /* per input; per task */
    uint64_t *content;                               /* per buffer */
} simulated_graph;

/* At most `tasks` tasks, and a few more that end what is under way, for so many ranks. 0 when out of memory. */
int simulated_graph_make(simulated_graph *graph, dice *d, int64_t tasks, int nranks);
void simulated_graph_free(simulated_graph *graph);

#endif
