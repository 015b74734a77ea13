/* Ranks in the plan: owners of chunks, and transfers. */
#ifndef ASH_PLAN_RANKS_H
#define ASH_PLAN_RANKS_H

#include "plan/plan.h"

/* Gives the tasks of an enumerated plan to its ranks and inserts transfers. 0 when out of memory. */
int ash_plan_rank(ash_plan *plan);
/* The rank that owns chunk number `chunk` of a grid: chunks are dealt out in blocks that follow one another. */
int ash_rank_of_chunk(int nranks, int64_t chunk, int64_t chunks);

#endif
