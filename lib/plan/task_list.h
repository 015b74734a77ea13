/* The lists of a plan while they grow. What fails sets plan->incomplete, and plan->too_many if it was the memory limit; nothing is added then.
 */
#ifndef ASH_PLAN_TASK_LIST_H
#define ASH_PLAN_TASK_LIST_H

#include "plan/plan.h"

/* Room for `needed` entries; 0 if there is none. */
int ash_list_grow(ash_plan *plan, void **list, int64_t needed, int64_t *capacity, int64_t size);
/* Counts memory of the lists against the limit; 0 when that is passed. */
int ash_list_count(ash_plan *plan, int64_t bytes);
/* Whether a plan of so many tasks may have room: where there are far too many, that need not be found out by listing them. */
int ash_list_has_room(ash_plan *plan, int64_t tasks);
/* The sentence for what it passes. */
ash_status ash_list_refuse(int64_t limit, const char *function, ash_error_state *error);
int ash_list_begin(ash_plan *plan);
/* Leaves the lists to a copy of the plan, which ash_list_free() frees, and begins with none. */
void ash_list_detach(ash_plan *plan);
void ash_list_free(ash_plan *plan);
/* A task is begun, gets its inputs and its buffers, and is ended. */
int ash_list_begin_task(ash_plan *plan, int work, int64_t item);
void ash_list_add_input(ash_plan *plan, uint32_t buffer, int by_box);
uint32_t ash_list_add_buffer(ash_plan *plan, int64_t bytes); /* ASH_NO_ID when it fails */
uint32_t ash_list_add_units(ash_plan *plan, int64_t units);  /* the same; without units it is a token, which takes no memory */
void ash_list_end_task(ash_plan *plan);
int ash_list_note_copy(ash_plan *plan, uint32_t id, ash_copy copy); /* says what the last buffer is; 0 when out of memory */
/* Inverts the inputs of all tasks: who consumes each buffer. 0 when out of memory. */
int ash_list_consumers(ash_plan *plan);

#endif
