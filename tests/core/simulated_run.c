/* A worker takes a batch of tasks, as the executors do, works at one after the other, and finishes all of them together. What a task reads must be what its
 * maker made, when the task begins and when it ends; meanwhile there is nonsense in what it writes. */
#include "simulated_run.h"

#include "run/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct worker {
    uint32_t batch[ASH_BATCH];
    void *scratch[ASH_BATCH];
    int n, at; /* tasks of the batch, and the one under way; n is 0 when it has none */
    int rank;
} worker;

/* A chunk on scratch. */
typedef struct stored {
    uint64_t content;
    int there;
} stored;

typedef struct simulation {
    const simulated_graph *graph;
    const ash_plan *plan;
    dice *d;
    ash_run run;
    ash_worker inside; /* for the library's search of inputs */
    worker worker[SIMULATED_WORKERS];
    int workers, running;
    stored *stored;      /* per place on scratch */
    unsigned char *runs; /* per task of the plan */
    int64_t budget;
    simulated_figures *figures;
    char *wrong; /* empty while all is well */
} simulation;

static void fail(simulation *sim, const char *format, ...) {
    if (!sim->wrong[0]) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(sim->wrong, 200, format, arguments);
        va_end(arguments);
    }
}

/* ---- Contents ---- */

/* At the beginning and the end of a buffer, which are the same where it is small. */
static void put(simulation *sim, uint32_t buffer, uint64_t content) {
    char *memory = sim->run.buffer[buffer];
    int64_t bytes = sim->plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
    memcpy(memory, &content, sizeof content);
    memcpy(memory + bytes - sizeof content, &content, sizeof content);
}

static void expect(simulation *sim, uint32_t task, uint32_t buffer, uint64_t content) {
    uint64_t found[2];
    const char *memory = sim->run.buffer[buffer];
    if (!memory) {
        fail(sim, "task %u: its input %u has no memory", task, buffer);
        return;
    }
    memcpy(&found[0], memory, sizeof found[0]);
    memcpy(&found[1], memory + sim->plan->buffer_units[buffer] * (int64_t)ASH_UNIT - sizeof found[1], sizeof found[1]);
    if (found[0] != content || found[1] != content) {
        fail(sim, "task %u: buffer %u holds something else than was made", task, buffer);
    }
}

/* Which buffer of the graph a buffer of the plan stands for. */
static uint32_t origin(const simulation *sim, uint32_t buffer) {
    return sim->plan->copy ? sim->plan->copy[buffer].origin : buffer;
}

/* What a token of the plan stands for. */
static stored *stored_of(simulation *sim, uint32_t token) {
    for (int64_t k = 0; k < sim->plan->nspills; k++) {
        if (sim->plan->spill[k].token == token) {
            return &sim->stored[k];
        }
    }
    return NULL;
}

/* ---- Tasks ---- */

/* Whether a task of the plan moves a buffer only. */
static int moves(ash_work_kind kind) {
    return kind == ASH_WORK_SPILL || kind == ASH_WORK_LOAD || kind == ASH_WORK_TRANSFER;
}

/* The task of the graph that a task of the plan is; ASH_NO_ID: none, it moves a buffer. */
static uint32_t task_of(const simulation *sim, uint32_t task) {
    const ash_plan *plan = sim->plan;
    const ash_task *t = &plan->task[task];
    ash_work_kind kind = ash_task_work(plan, task)->kind;
    if (moves(kind)) {
        return ASH_NO_ID;
    }
    if (t->buffer_begin < t[1].buffer_begin) {
        return sim->graph->maker[origin(sim, t->buffer_begin)];
    }
    for (uint32_t k = 0; k < sim->graph->ntasks; k++) { /* what makes nothing: no other task is the same item */
        if (sim->graph->task[k].work == t->work && sim->graph->task[k].item == t->item) {
            return k;
        }
    }
    return ASH_NO_ID;
}

/* Input k of a task of the graph, as the plan has it. */
static void check_input(simulation *sim, uint32_t task, uint32_t meant, uint32_t k) {
    const simulated_graph *graph = sim->graph;
    int first = k == graph->task[meant].input_begin && graph->takes_over[meant];
    uint32_t wanted = graph->input[k], input = first ? ASH_NO_ID : ash_run_input(&sim->run, &sim->inside, wanted);
    if (first) { /* it lies in the task's own buffer now */
        expect(sim, task, sim->plan->task[task].buffer_begin, graph->content[wanted]);
    } else if (input == ASH_NO_ID) {
        fail(sim, "task %u: an input is missing", task);
    } else if (sim->plan->buffer_units[input] > 0) {
        expect(sim, task, input, graph->content[wanted]);
    } else {
        const stored *s = stored_of(sim, input);
        sim->figures->boxes++;
        if (!graph->by_box[k] || !s || !s->there || s->content != graph->content[wanted]) {
            fail(sim, "task %u: what it reads on scratch is not there, not the same, or not to be read so", task);
        }
    }
}

static void check_inputs(simulation *sim, uint32_t task, uint32_t meant, int taken_over_too) {
    const ash_task *t = &sim->graph->task[meant];
    sim->inside.task = task;
    sim->inside.next_input = sim->plan->task[task].input_begin;
    if (sim->plan->task[task + 1].input_begin - sim->plan->task[task].input_begin != t[1].input_begin - t->input_begin) {
        fail(sim, "task %u has another number of inputs than was meant", task);
        return;
    }
    for (uint32_t k = t->input_begin + (sim->graph->takes_over[meant] && !taken_over_too); k < t[1].input_begin; k++) {
        check_input(sim, task, meant, k);
    }
}

static void check_spill(simulation *sim, uint32_t task, int ends) {
    const ash_plan *plan = sim->plan;
    stored *s = &sim->stored[plan->task[task].item];
    uint32_t buffer = plan->input[plan->task[task].input_begin];
    expect(sim, task, buffer, sim->graph->content[origin(sim, buffer)]);
    s->content = ends ? sim->graph->content[origin(sim, buffer)] : 0;
    s->there = ends;
}

static void check_load(simulation *sim, uint32_t task, int ends) {
    const ash_plan *plan = sim->plan;
    const stored *s = &sim->stored[plan->task[task].item];
    if (!s->there) {
        fail(sim, "task %u: what it loads is not on scratch", task);
    }
    put(sim, plan->task[task].buffer_begin, ends ? s->content : task);
}

static void check_transfer(simulation *sim, uint32_t task, int ends) {
    const ash_plan *plan = sim->plan;
    uint32_t from = plan->input[plan->task[task].input_begin], to = plan->task[task].buffer_begin;
    uint64_t content = sim->graph->content[origin(sim, from)];
    expect(sim, task, from, content);
    put(sim, to, ends ? content : task);
    if (origin(sim, from) != origin(sim, to) || plan->copy[to].rank != plan->task[task].rank ||
        plan->copy[from].rank == plan->copy[to].rank) {
        fail(sim, "task %u moves another buffer than it says, or to another rank", task);
    }
}

/* A task has what it reads and writes on its rank; only a transfer reads elsewhere. */
static void check_rank(simulation *sim, uint32_t task) {
    const ash_plan *plan = sim->plan;
    const ash_task *t = &plan->task[task];
    int reads_elsewhere = ash_task_work(plan, task)->kind == ASH_WORK_TRANSFER, wrong = 0;
    for (uint32_t k = t->input_begin; plan->copy && !reads_elsewhere && k < t[1].input_begin; k++) {
        wrong |= plan->copy[plan->input[k]].rank != t->rank;
    }
    for (uint32_t b = t->buffer_begin; plan->copy && b < t[1].buffer_begin; b++) {
        wrong |= plan->copy[b].rank != t->rank;
    }
    if (wrong) {
        fail(sim, "task %u reads or writes on another rank than its own", task);
    }
}

static void begin_task(simulation *sim, uint32_t task) {
    ash_work_kind kind = ash_task_work(sim->plan, task)->kind;
    const ash_task *t = &sim->plan->task[task];
    uint32_t meant = task_of(sim, task);
    check_rank(sim, task);
    if (kind == ASH_WORK_SPILL) {
        check_spill(sim, task, 0);
    } else if (kind == ASH_WORK_LOAD) {
        check_load(sim, task, 0);
    } else if (kind == ASH_WORK_TRANSFER) {
        check_transfer(sim, task, 0);
    } else if (meant == ASH_NO_ID) {
        fail(sim, "task %u is none of the graph", task);
    } else {
        check_inputs(sim, task, meant, 1);
        for (uint32_t b = t->buffer_begin; b < t[1].buffer_begin; b++) {
            put(sim, b, task);
        }
    }
}

static void end_task(simulation *sim, uint32_t task) {
    ash_work_kind kind = ash_task_work(sim->plan, task)->kind;
    const ash_task *t = &sim->plan->task[task];
    uint32_t meant = task_of(sim, task);
    if (kind == ASH_WORK_SPILL) {
        check_spill(sim, task, 1);
    } else if (kind == ASH_WORK_LOAD) {
        check_load(sim, task, 1);
    } else if (kind == ASH_WORK_TRANSFER) {
        check_transfer(sim, task, 1);
    } else {
        check_inputs(sim, task, meant, 0);
        for (uint32_t b = t->buffer_begin; b < t[1].buffer_begin; b++) {
            put(sim, b, sim->graph->content[origin(sim, b)]);
        }
    }
    sim->figures->spilled += kind == ASH_WORK_SPILL;
    sim->figures->loaded += kind == ASH_WORK_LOAD;
    sim->figures->moved += kind == ASH_WORK_TRANSFER;
    sim->figures->tasks++;
}

/* ---- Workers ---- */

/* Of each rank. */
static void check_memory(simulation *sim) {
    for (int r = 0; r < sim->plan->nranks; r++) {
        int64_t live = sim->run.rank[r].pool.live;
        if (live > sim->budget) {
            fail(sim, "%lld bytes are in use on rank %d, more than the %lld there are", (long long)live, r, (long long)sim->budget);
        }
    }
}

/* Takes a batch, with the scratch of all its tasks; whether there was one. */
static int take(simulation *sim, worker *w) {
    ash_rank_run *rank = &sim->run.rank[w->rank];
    uint32_t frontier = rank->frontier;
    w->n = ash_schedule_take(&sim->run, w->rank, w->batch);
    w->at = 0;
    for (int k = 0; k < w->n; k++) {
        int64_t bytes = ash_task_scratch_bytes(sim->plan, w->batch[k]);
        w->scratch[k] = bytes > 0 ? ash_pool_take(&rank->pool, bytes) : NULL;
        sim->figures->early += k == 0 && w->batch[k] != frontier;
        if (sim->runs[w->batch[k]]++ > 0) {
            fail(sim, "task %u started twice", w->batch[k]);
        }
    }
    check_memory(sim);
    if (w->n > 0) {
        begin_task(sim, w->batch[0]);
    }
    return w->n > 0;
}

static void finish(simulation *sim, worker *w) {
    for (int k = 0; k < w->n; k++) {
        ash_pool_give(&sim->run.rank[w->rank].pool, w->scratch[k], ash_task_scratch_bytes(sim->plan, w->batch[k]));
        ash_schedule_finish(&sim->run, w->batch[k]);
    }
    check_memory(sim);
}

/* Those that have nothing to do join while there is something for them, on their rank. */
static void join(simulation *sim) {
    for (int k = 0; k < sim->workers; k++) {
        worker *w = &sim->worker[k];
        sim->running += w->n == 0 && ash_schedule_more(&sim->run, w->rank) && take(sim, w);
    }
    sim->figures->most_running = sim->running > sim->figures->most_running ? sim->running : sim->figures->most_running;
}

/* Some worker comes to the end of its task, and begins the next. */
static void step(simulation *sim) {
    int64_t k = dice_below(sim->d, sim->running);
    worker *w = sim->worker;
    while (w->n == 0 || k-- > 0) {
        w++;
    }
    end_task(sim, w->batch[w->at]);
    if (++w->at < w->n) {
        begin_task(sim, w->batch[w->at]);
        return;
    }
    finish(sim, w);
    sim->running -= !take(sim, w);
    join(sim);
}

/* ---- The whole ---- */

static void check_places(simulation *sim) {
    int64_t end = 0;
    for (int64_t k = 0; k < sim->plan->nspills; k++) {
        const ash_spill_place *place = &sim->plan->spill[k];
        if (place->offset < end || place->bytes != sim->graph->units[origin(sim, place->token)] * (int64_t)ASH_UNIT) {
            fail(sim, "places on scratch overlap, or are of the wrong size");
        }
        end = place->offset + place->bytes;
    }
}

/* Every task of the graph ran; more than once only what may be repeated. */
static void check_runs(simulation *sim) {
    for (uint32_t t = 0, next = 0; t < sim->plan->ntasks && !sim->wrong[0]; t++) {
        uint32_t meant = task_of(sim, t);
        if (sim->runs[t] != 1) {
            fail(sim, "task %u of %u never ran", t, sim->plan->ntasks);
        } else if (meant == next) {
            next++;
        } else if (meant != ASH_NO_ID && (meant > next || !sim->graph->repeatable[meant])) {
            fail(sim, "task %u of the graph is out of order, or runs again though it must not", meant);
        } else {
            sim->figures->repeated += meant != ASH_NO_ID;
        }
        if (t + 1 == sim->plan->ntasks && next != sim->graph->ntasks) {
            fail(sim, "%u tasks of the graph are not in the plan", sim->graph->ntasks - next);
        }
    }
}

static void check_end(simulation *sim) {
    const ash_run *run = &sim->run;
    if (run->finished != sim->plan->ntasks) {
        fail(sim, "deadlock after %u of %u tasks", run->finished, sim->plan->ntasks);
    }
    for (int r = 0; r < sim->plan->nranks; r++) {
        const ash_rank_run *rank = &run->rank[r];
        if (rank->live != 0 || rank->early != 0 || rank->pool.live != 0 || rank->frontier != sim->plan->ntasks) {
            fail(sim, "at the end %lld bytes are counted as live, %lld as early, %lld are in use", (long long)rank->live,
                (long long)rank->early, (long long)rank->pool.live);
        }
    }
    check_runs(sim);
}

static void run_all(simulation *sim) {
    check_places(sim);
    join(sim);
    while (sim->running > 0 && !sim->wrong[0]) {
        step(sim);
    }
    check_end(sim);
}

int simulated_run(const simulated_graph *graph, int64_t budget, int workers, dice *d, simulated_figures *figures, char wrong[200]) {
    ash_plan *plan = graph->plan;
    simulation *sim = ash_calloc(1, sizeof *sim);
    *figures = (simulated_figures){ 0 };
    wrong[0] = 0;
    plan->peak_bytes = budget + ash_plan_base_bytes(plan);
    int fine = sim != NULL;
    if (fine) {
        *sim =
            (simulation){ .graph = graph, .plan = plan, .d = d, .workers = workers, .budget = budget, .figures = figures, .wrong = wrong };
        sim->run.plan = plan;
        for (int w = 0; w < workers; w++) {
            sim->worker[w].rank = w % plan->nranks;
        }
        sim->run.function = "simulation";
        sim->stored = ash_calloc(plan->nspills + 1, sizeof *sim->stored);
        sim->runs = ash_calloc(plan->ntasks + 1, 1);
        fine = sim->stored && sim->runs && ash_schedule_begin(&sim->run);
    }
    if (fine) {
        run_all(sim);
        for (int w = 0; w < workers; w++) { /* of a run that went wrong */
            for (int k = 0; k < sim->worker[w].n && wrong[0]; k++) {
                ash_pool_give(&sim->run.rank[sim->worker[w].rank].pool, sim->worker[w].scratch[k],
                    ash_task_scratch_bytes(plan, sim->worker[w].batch[k]));
            }
        }
        ash_schedule_end(&sim->run);
    } else {
        snprintf(wrong, 200, "out of memory");
    }
    if (sim) {
        ash_free(sim->stored);
        ash_free(sim->runs);
    }
    ash_free(sim);
    return !wrong[0];
}
