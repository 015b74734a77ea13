/* What work costs, in nanoseconds of a thread: by which the plan chooses whether a value that several passes need is kept, read again or computed again. The numbers
 * are fixed, so that plans are a function of the expression, the limit and the number of threads alone; docs/performance.md says how they were measured. */
#ifndef ASH_PLAN_COST_H
#define ASH_PLAN_COST_H

#include "plan/plan.h"

/* Of an element of a node, of a cast, of a running value. */
double ash_cost_of_node(const ash_node *node);
double ash_cost_of_cast(ash_dtype from, ash_dtype to);
double ash_cost_of_scan(ash_dtype dtype);

/* What a stage takes for reading and computing, if the slots marked in `given` are there already. `needed` is scratch; both have an entry a slot. What is stored
 * and folded is the same in any case and does not count. */
double ash_stage_cost(const ash_stage *stage, const char given[], char needed[]);
/* What it takes to load a held value that a stage sees through a map; and how many bytes that is. */
double ash_stage_load_cost(const ash_stage *stage, const ash_map map[], const ash_output *output, double *bytes);
double ash_cost_of_holding(double bytes);
int ash_plan_most_slots(const ash_plan *plan);

/* All stages of a plan that was lowered, with what they hold. 0 when out of memory. */
int ash_plan_cost(const ash_plan *plan, double *cost);

/* keep.c: chooses which values that several stages of a plan need had better be kept, and marks their nodes; returns how many. The plan was lowered without keeping
 * any. 0 when out of memory, too. */
typedef enum ash_keep { ASH_KEEP_NOT, ASH_KEEP, ASH_KEEP_BELOW /* something that is made of it is kept */ } ash_keep;
int ash_plan_choose_kept(ash_plan *plan, ash_context *context);

#endif
