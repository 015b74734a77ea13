/* The virtual ranks' executor: all ranks of a plan in one thread, for tests. Each has its own memory and its own limit; what MPI will send is copied. The order is as odd as admission
 * allows: ranks come at random, and a batch that has run stays unfinished, with all that it holds, until its rank comes again.
 */
#include "run/execute.h"

typedef struct flight {
    int n;
    uint32_t batch[ASH_BATCH];
} flight;

/* G. Marsaglia, Xorshift RNGs, Journal of Statistical Software 8, 2003. */
static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void finish(ash_run *run, int rank, flight *f) {
    ash_finish_batch(run, &run->worker[rank], f->n, f->batch);
    f->n = 0;
    ash_run_progress(run, 0);
}

/* Takes a batch of a rank, some tasks at most, and runs it. */
static int begin(ash_run *run, int rank, flight *f) {
    f->n = ash_schedule_take(run, rank, f->batch);
    ash_execute_batch(run, &run->worker[rank], f->n, f->batch);
    return f->n > 0;
}

void ash_execute_ranks(ash_run *run) {
    int nranks = run->plan->nranks;
    uint32_t state = 2463534242u ^ run->plan->ntasks;
    flight *f = ash_calloc(nranks, sizeof *f);
    if (!f) {
        ash_fail(&run->error, ASH_ERR_MEMORY, "%s: the system gave no memory for the run", run->function);
        return;
    }
    for (int idle = 0; idle < nranks;) {
        int rank = (int)(next_random(&state) % (uint32_t)nranks);
        idle = 0;
        for (int r = 0; r < nranks; r++, rank = (rank + 1) % nranks) { /* the first from here on that can do anything */
            if (f[rank].n > 0) {
                finish(run, rank, &f[rank]);
                break;
            }
            if (begin(run, rank, &f[rank])) {
                break;
            }
            idle++;
        }
    }
    ash_free(f);
}
