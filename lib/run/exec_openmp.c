/* The OpenMP executor. Work is done by *tickets*: OpenMP tasks, at most one a thread, that take batches of ready tasks until none can
 * start. A ticket that leaves work behind makes another one if there is a thread for it. Called inside a parallel region of the host,
 * tickets run on the host's team.
 */
#include "run/execute.h"

#include <omp.h>
#include <unistd.h>

static void spawn(ash_run *run);

/* Under the lock: takes a batch, and claims a worker for another ticket if more could start. */
static int take(ash_run *run, uint32_t batch[], int *more) {
    int n = ash_schedule_take(run, 0, batch);
    *more = n > 0 && run->nidle > 0 && ash_schedule_more(run, 0);
    return n;
}

static void ticket(ash_run *run, int w) {
    uint32_t batch[ASH_BATCH];
    int more;
    ash_run_lock(run);
    int n = take(run, batch, &more);
    while (n > 0) {
        ash_run_unlock(run);
        if (more) {
            spawn(run);
        }
        ash_execute_batch(run, &run->worker[w], n, batch);
        ash_run_progress(run, 0);
        ash_run_lock(run);
        ash_finish_batch(run, &run->worker[w], n, batch);
        n = take(run, batch, &more);
    }
    run->idle_worker[run->nidle++] = w;
    ash_run_unlock(run);
}

static void spawn(ash_run *run) {
    ash_run_lock(run);
    int w = run->nidle > 0 ? run->idle_worker[--run->nidle] : -1;
    ash_run_unlock(run);
    if (w >= 0) {
#pragma omp task firstprivate(run, w) untied
        ticket(run, w);
    }
}

/* The process in which the calling thread got threads from OpenMP, 0: in none. */
static _Thread_local pid_t team_of;

int ash_openmp_lost(void) {
    return team_of != 0 && team_of != getpid();
}

void ash_execute_openmp(ash_run *run, int num_threads) {
    if (omp_in_parallel()) {
#pragma omp taskgroup
        spawn(run);
    } else {
        team_of = num_threads > 1 ? getpid() : team_of;
#pragma omp parallel num_threads(num_threads)
#pragma omp single
        spawn(run);
    }
}

int ash_openmp_width(int num_threads) {
    int before = omp_get_max_threads();
    omp_set_num_threads(num_threads);
    return before;
}
