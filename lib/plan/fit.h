/* Making a plan fit its limit. */
#ifndef ASH_PLAN_FIT_H
#define ASH_PLAN_FIT_H

#include "plan/plan.h"

/* Counts what stays allocated, then chooses pieces, threads and cache; sets least_bytes to what the plan needs without scratch. 0 when out of memory. */
int ash_plan_fit(ash_plan *plan, const ash_plan_request *request);
static inline int ash_plan_fits(const ash_plan *plan) {
    return ash_plan_sequential_peak(plan) <= plan->limit;
}
/* Whether it fits with room to spare: on all threads, in pieces as large as they come, without decoding stored chunks for want of memory. */
int ash_plan_has_room(const ash_plan *plan, const ash_plan_request *request);
/* Whether stored chunks will be decoded several times. */
int ash_plan_decodes_again(const ash_plan *plan);
/* Lowers least_bytes to what the plan needs if it uses scratch. 0 when out of memory. */
int ash_plan_find_least(ash_plan *plan);
/* Makes a plan that does not fit, but whose least_bytes are within the limit, fit by way of scratch. 0 when out of memory. */
int ash_plan_fit_scratch(ash_plan *plan, const ash_plan_request *request);
/* What needs the most, for the sentence of a refusal. */
const char *ash_plan_neediest(const ash_plan *plan);

/* base.c */
void ash_plan_count_base(ash_plan *plan, const ash_plan_request *request);
/* Bytes that so many more entries take, the executor's included. */
int64_t ash_plan_entry_bytes(int64_t tasks, int64_t buffers, int64_t inputs);

/* And what copies of buffers, places on scratch, checksums, and the tiles that `threads` are at take. */
int64_t ash_plan_scratch_bytes(const ash_plan *plan, int threads, int64_t buffers, int64_t spills, int64_t checks);

/* spill.c */
typedef struct ash_spill_count {
    int64_t tasks, inputs, buffers; /* of the new plan */
    int64_t spills;                 /* chunks that go to scratch */
    int64_t checks;                 /* of their tiles */
    int64_t spilled, loaded;        /* bytes to and from scratch */
} ash_spill_count;
typedef enum ash_spill_result { ASH_SPILL_FITS, ASH_SPILL_TOO_SMALL, ASH_SPILL_NO_MEMORY } ash_spill_result;
/* Adds the kinds of work that scratch is for. They may make the plan's arena grow, so they are there before it is counted what is left. 0 when out of memory. */
int ash_plan_add_scratch(ash_plan *plan);
/* What spilling would come to if buffers and scratch of tasks are to stay within `budget`. */
ash_spill_result ash_plan_count_spill(ash_plan *plan, int64_t budget, ash_spill_count *count);
/* Does it. Unless it fits, which ash_plan_count_spill() tells, the plan can only be freed. */
ash_spill_result ash_plan_spill(ash_plan *plan, int64_t budget);
/* The least budget: of all tasks the most that one needs. */
int64_t ash_plan_least_budget(const ash_plan *plan, uint32_t *task);

#endif
