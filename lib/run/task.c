/* One task, the scratch that tasks take, and what is said of one that fails. */
#include "run/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *ash_run_scratch(ash_run *run, int64_t bytes, ash_worker *worker) {
    ash_run_lock(run);
    void *memory = ash_pool_take(&run->rank[worker->rank].pool, bytes);
    ash_run_unlock(run);
    if (!memory) {
        ash_fail(&worker->error, ASH_ERR_MEMORY,
            "%s: the system gave no memory for %lld bytes of scratch, although the memory limit allows it", run->function,
            (long long)bytes);
    }
    return memory;
}

void ash_run_scratch_give(ash_run *run, void *memory, int64_t bytes, ash_worker *worker) {
    ash_run_lock(run);
    ash_pool_give(&run->rank[worker->rank].pool, memory, bytes);
    ash_run_unlock(run);
}

uint32_t ash_run_input(const ash_run *run, ash_worker *worker, uint32_t buffer) {
    const ash_plan *plan = run->plan;
    if (!plan->copy) {
        return buffer;
    }
    /* Operands go through their chunks in the order in which these became inputs: mostly it is the next one. */
    uint32_t begin = plan->task[worker->task].input_begin, end = plan->task[worker->task + 1].input_begin;
    for (uint32_t k = begin; k < end; k++) {
        uint32_t input = plan->input[worker->next_input];
        if (plan->copy[input].origin == buffer) {
            return input;
        }
        worker->next_input = worker->next_input + 1 < end ? worker->next_input + 1 : begin;
    }
    return ASH_NO_ID;
}

/* ---- Errors ---- */

/* The value whose chunks a kind of work goes through. */
static ash_value value_of(const ash_work *work) {
    if (work->kind == ASH_WORK_MERGE) {
        return work->of.fold->held->value;
    }
    if (work->kind == ASH_WORK_BLOCKS) {
        return work->of.blocks->held[0]->value;
    }
    const ash_sink *sink = &work->of.stage->sink[0];
    return sink->kind == ASH_SINK_FOLD ? sink->fold->node->input[0] : sink->held ? sink->held->value : sink->target->value;
}

static int add(char text[], int used, int capacity, const char *format, ...) __attribute__((format(printf, 4, 5)));
static int add(char text[], int used, int capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text + used, (size_t)(capacity - used), format, arguments);
    va_end(arguments);
    return n < capacity - used ? used + n : capacity - 1;
}

/* Puts in front of a reason which task it is of: "compute: sin in group 0, chunk (3, 0) of 't': ". */
static void say_where(const ash_run *run, uint32_t task, ash_error_state *error) {
    enum { NAME = 100 };
    const ash_work *work = ash_task_work(run->plan, task);
    int64_t coordinate[ASH_MAX_NDIM];
    int ndim = ash_work_chunk(work, run->plan->task[task].item, coordinate), group = ash_work_group(run->plan, work);
    char text[sizeof error->text];
    const int most = sizeof text;
    size_t function = strlen(run->function);
    int named = strncmp(error->text, run->function, function) == 0 && strncmp(error->text + function, ": ", 2) == 0;
    int used = add(text, 0, most, "%s: %.*s", run->function, NAME, ash_work_name(work));
    if (group >= 0) {
        const char *name = ash_value_output(value_of(work))->name;
        used = add(text, used, most, " in group %lld", (long long)(run->job->done.groups + group));
        for (int a = 0; a < ndim; a++) {
            used = add(text, used, most, "%s%lld%s", a ? ", " : ", chunk (", (long long)coordinate[a], a == ndim - 1 ? ")" : "");
        }
        used = name ? add(text, used, most, " of '%.*s'", NAME, name) : used;
    }
    add(text, used, most, ": %s", error->text + (named ? function + 2 : 0));
    memcpy(error->text, text, sizeof text);
}

ash_status ash_run_task(ash_run *run, ash_worker *worker, uint32_t task) {
    static ash_status (*const functions[ASH_WORK_KINDS])(ash_run *, ash_worker *, uint32_t) = {
        [ASH_WORK_STAGE] = ash_run_stage,
        [ASH_WORK_BLOCKS] = ash_run_blocks,
        [ASH_WORK_SPILL] = ash_run_spill,
        [ASH_WORK_LOAD] = ash_run_load,
        [ASH_WORK_TRANSFER] = ash_run_transfer,
        [ASH_WORK_MERGE] = ash_run_merge,
    };
    worker->task = task;
    worker->rank = (int)run->plan->task[task].rank;
    worker->next_input = run->plan->task[task].input_begin;
    ash_status status = functions[ash_task_work(run->plan, task)->kind](run, worker, task);
    if (status != ASH_OK && status != ASH_ERR_CANCELLED) {
        say_where(run, task, &worker->error);
    }
    return status;
}
