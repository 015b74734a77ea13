/* Between the executors. */
#ifndef ASH_RUN_EXECUTE_H
#define ASH_RUN_EXECUTE_H

#include "run/run.h"

/* Runs tasks that have been admitted; stops at the first error or when the run is cancelled. Not under the lock. */
void ash_execute_batch(ash_run *run, ash_worker *worker, int n, const uint32_t batch[]);
/* Gives back what they held and wakes what waited for them. Under the lock where there are several workers. */
void ash_finish_batch(ash_run *run, ash_worker *worker, int n, const uint32_t batch[]);

#endif
