/* Describing a plan: everything that is told of it is copied here, in one walk. */
#include "run/describe.h"

#include <stdio.h>
#include <string.h>

/* Of what a run keeps. */
enum { GROUPS_KEPT = 256, VALUES_KEPT = 32 };

/* ---- Values ---- */

static int copy_dims(ash_arena *arena, const ash_output *output, ash_described_value *to) {
    ash_described_dim *dim = ash_arena_alloc(arena, (output->ndim + 1) * (int64_t)sizeof *dim);
    for (int a = 0; dim && a < output->ndim; a++) {
        dim[a] = (ash_described_dim){ ash_arena_strdup(arena, output->dim[a].name), output->dim[a].axis.extent, output->dim[a].axis.count };
    }
    to->ndim = output->ndim;
    to->dim = dim;
    return dim != NULL;
}

static int copy_value(ash_arena *arena, ash_value value, ash_described_value *to) {
    const ash_output *output = ash_value_output(value);
    to->name = ash_arena_strdup(arena, output->name);
    to->dtype = ash_dtype_name(output->dtype);
    to->chunk_bytes = ash_dtype_size(output->dtype);
    for (int a = 0; a < output->ndim; a++) {
        int64_t largest = ash_axis_largest(&output->dim[a].axis);
        to->chunk_bytes = largest > 0 && to->chunk_bytes > INT64_MAX / largest ? INT64_MAX : to->chunk_bytes * largest;
    }
    return (to->name || !output->name) && copy_dims(arena, output, to);
}

/* Constants are not worth telling: 0 then, and -1 when out of memory. */
static int copy_operand(ash_arena *arena, const ash_stage *space, const ash_operand *operand, ash_described_value *to) {
    static const char *const roles[] = { NULL, "ramp", "memory", "file", "result" };
    if (operand->kind == ASH_OPERAND_CONSTANT) {
        return 0;
    }
    *to = (ash_described_value){
        .role = roles[operand->kind], .result = -1, .reordered = operand->pack, .looks_on = ash_operand_looks_on(space, operand)
    };
    if (operand->kind == ASH_OPERAND_FILE) {
        to->path = ash_arena_strdup(arena, ash_file_path(operand->value.node->u.file.file));
    } else if (operand->kind == ASH_OPERAND_HELD) {
        to->result = operand->held->id;
    }
    return copy_value(arena, operand->value, to) ? 1 : -1;
}

static const char *fold_name(const ash_reduce_node *reduce) {
    return reduce->general ? reduce->general->name : ash_reduction_table[reduce->reduction].name;
}

static int copy_sink(ash_arena *arena, const ash_sink *sink, ash_described_value *to) {
    static const char *const roles[] = { "memory", "file", "held", "fold" };
    *to = (ash_described_value){ .role = roles[sink->kind], .result = -1 };
    if (sink->held) {
        to->result = sink->held->id;
        to->held = sink->held->why;
    }
    if (sink->kind == ASH_SINK_FOLD) {
        to->fold = ash_arena_strdup(arena, fold_name(sink->fold->reduce));
        to->grouped = sink->fold->reduce->group_axis >= 0;
    }
    return copy_value(arena, sink->held ? sink->held->value : sink->target->value, to);
}

/* ---- Groups ---- */

static int least_of(int n, int most) {
    return n < most ? n : most;
}

/* Tasks per kind of work; NULL when out of memory. */
static int64_t *count_tasks(const ash_plan *plan) {
    int64_t *tasks = ash_calloc(plan->nwork + 1, sizeof *tasks);
    for (uint32_t t = 0; tasks && t < plan->ntasks; t++) {
        tasks[plan->task[t].work]++;
    }
    return tasks;
}

static int copy_uses(ash_arena *arena, const ash_stage *space, int most, ash_described_group *g) {
    for (int k = 0; k < space->noperands; k++) {
        if (g->nuses == most) {
            g->uses_left_off++;
            continue;
        }
        int copied = copy_operand(arena, space, &space->operand[k], &g->use[g->nuses]);
        if (copied < 0) {
            return 0;
        }
        g->nuses += copied;
    }
    return 1;
}

/* Room for what a group is told with. */
static int reserve(ash_arena *arena, ash_described_group *g, int uses, int operations, int makes) {
    g->use = ash_arena_alloc(arena, (uses + 1) * (int64_t)sizeof *g->use);
    g->operation = ash_arena_alloc(arena, (operations + 1) * (int64_t)sizeof *g->operation);
    g->make = ash_arena_alloc(arena, (makes + 1) * (int64_t)sizeof *g->make);
    g->largest = ash_arena_alloc(arena, (g->ndim + 1) * (int64_t)sizeof *g->largest);
    g->piece = ash_arena_alloc(arena, (g->ndim + 1) * (int64_t)sizeof *g->piece);
    return g->use && g->operation && g->make && g->largest && g->piece;
}

static int describe_stage(ash_arena *arena, const ash_stage *stage, int64_t tasks, int most, ash_described_group *g) {
    *g = (ash_described_group){ .number = stage->id,
        .chunks = stage->chunks,
        .steps = 1,
        .scratch_bytes = stage->work_bytes,
        .ndim = stage->ndim,
        .apart = stage->apart,
        .apart_from = stage->apart_from };
    int noperations = least_of(stage->ninstructions, most), nmakes = least_of(stage->nsinks, most);
    if (!reserve(arena, g, least_of(stage->noperands, most), noperations, nmakes) || !copy_uses(arena, stage, most, g)) {
        return 0;
    }
    g->tasks = tasks;
    for (int a = 0; a < stage->ndim; a++) {
        g->largest[a] = stage->largest[a];
        g->piece[a] = stage->piece[a];
    }
    for (; g->noperations < noperations; g->noperations++) {
        g->operation[g->noperations] = ash_arena_strdup(arena, stage->instruction[g->noperations].name);
        if (!g->operation[g->noperations]) {
            return 0;
        }
    }
    for (; g->nmakes < nmakes; g->nmakes++) {
        if (!copy_sink(arena, &stage->sink[g->nmakes], &g->make[g->nmakes])) {
            return 0;
        }
    }
    return 1;
}

static int describe_blocks(ash_arena *arena, const ash_work *work, int number, int64_t tasks, int most, ash_described_group *g) {
    const ash_blocks *blocks = work->of.blocks;
    const ash_node *node = blocks->node;
    *g = (ash_described_group){ .number = number,
        .blocks = 1,
        .chunks = blocks->held[0]->chunks,
        .tasks = tasks,
        .steps = node->u.blocks.steps,
        .scratch_bytes = blocks->work_bytes,
        .ndim = blocks->held[0]->ndim };
    if (!reserve(arena, g, least_of(node->ninputs, most), 1, node->noutputs)) {
        return 0;
    }
    for (int a = 0; a < g->ndim; a++) {
        g->largest[a] = g->piece[a] = ash_axis_largest(&blocks->held[0]->axis[a]);
    }
    for (int i = 0; i < node->ninputs; i++) {
        if (!copy_uses(arena, blocks->space[i], most, g)) {
            return 0;
        }
    }
    g->operation[g->noperations++] = node->u.blocks.kind->name;
    if (node->u.blocks.function) {
        g->function = ash_arena_strdup(arena, node->u.blocks.function->name);
        if (!g->function) {
            return 0;
        }
    }
    for (; g->nmakes < node->noutputs; g->nmakes++) {
        const ash_held *held = blocks->held[g->nmakes];
        ash_described_value *to = &g->make[g->nmakes];
        *to = (ash_described_value){ .role = "held", .result = held->id, .held = held->why };
        if (!copy_value(arena, held->value, to)) {
            return 0;
        }
    }
    return 1;
}

/* ---- The whole ---- */

/* A longer list with room for n more. NULL when out of memory. */
static void *longer(ash_arena *arena, const void *list, int used, int n, int64_t size) {
    void *out = ash_arena_alloc(arena, ((int64_t)used + n + 1) * size);
    if (out && used > 0) {
        memcpy(out, list, (size_t)(used * size));
    }
    return out;
}

/* Numbers go on from those of the plans before. */
static void renumber(ash_described_group *g, int groups, int results) {
    g->number += groups;
    g->apart_from += groups;
    for (int k = 0; k < g->nuses; k++) {
        g->use[k].result += g->use[k].result >= 0 ? results : 0;
    }
    for (int k = 0; k < g->nmakes; k++) {
        g->make[k].result += g->make[k].result >= 0 ? results : 0;
    }
}

static int describe_groups(ash_description *d, const ash_plan *plan, int all, const int64_t tasks[], int brief) {
    int most = brief ? VALUES_KEPT : INT32_MAX - 1, before = d->ngroups + d->groups_left_off;
    int n = brief ? least_of(all, GROUPS_KEPT - d->ngroups) : all, done = 0;
    d->groups_left_off += all - n;
    d->group = longer(&d->arena, d->group, d->ngroups, n, sizeof *d->group);
    if (!d->group) {
        return 0;
    }
    ash_described_group *group = d->group + d->ngroups;
    for (; done < least_of(n, plan->nstages); done++) {
        if (!describe_stage(&d->arena, plan->stage[done], tasks[plan->stage[done]->work], most, &group[done])) {
            return 0;
        }
    }
    for (int w = 0; w < plan->nwork && done < n; w++) {
        if (plan->work[w].kind == ASH_WORK_BLOCKS) {
            if (!describe_blocks(&d->arena, &plan->work[w], ash_work_group(plan, &plan->work[w]), tasks[w], most, &group[done])) {
                return 0;
            }
            done++;
        }
    }
    for (int k = 0; k < n; k++) {
        renumber(&group[k], before, d->nresults);
    }
    d->ngroups += n;
    d->nresults += plan->nheld;
    return 1;
}

/* The place of a variable among those of plans before; -1: it is new. */
static int find_read(const ash_description *d, int before, const ash_described_read *read) {
    for (int k = 0; k < before; k++) {
        if (strcmp(d->read[k].path, read->path) == 0 && strcmp(d->read[k].variable, read->variable) == 0) {
            return k;
        }
    }
    return -1;
}

static int64_t larger_of(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void join_reads(ash_described_read *all, const ash_described_read *next) {
    all->passes += next->passes;
    all->bytes += next->bytes;
    all->decoded += next->decoded;
    all->needed = larger_of(all->needed, next->needed);
    all->decoded_needed = larger_of(all->decoded_needed, next->decoded_needed);
}

static int describe_reads(ash_description *d, const ash_plan *plan, int brief) {
    int before = d->nreads, room = brief ? least_of(plan->nreads, GROUPS_KEPT - before) : plan->nreads;
    d->read = longer(&d->arena, d->read, before, room, sizeof *d->read);
    d->place = ash_arena_alloc(&d->arena, (plan->nreads + 1) * (int64_t)sizeof *d->place);
    if (!d->read || !d->place) {
        return 0;
    }
    for (int r = 0; r < plan->nreads; r++) {
        const ash_plan_read *read = &plan->read[r];
        ash_described_read one = { .passes = read->passes, .bytes = read->bytes, .needed = read->needed };
        one.decoded = ash_plan_decoded(plan, r, &one.decoded_needed);
        one.path = ash_file_path(read->node->u.file.file);
        one.variable = ash_file_variable_path(read->node->u.file.variable);
        d->place[r] = find_read(d, before, &one);
        if (d->place[r] >= 0) {
            join_reads(&d->read[d->place[r]], &one);
        } else if (d->nreads < before + room) {
            one.path = ash_arena_strdup(&d->arena, one.path);
            one.variable = ash_arena_strdup(&d->arena, one.variable);
            if (!one.path || !one.variable) {
                return 0;
            }
            d->place[r] = d->nreads;
            d->read[d->nreads++] = one;
        } else {
            d->reads_left_off++;
        }
    }
    return 1;
}

static ash_description *new_description(void) {
    ash_arena arena = { 0 };
    ash_description *d = ash_arena_alloc(&arena, sizeof *d);
    if (d) {
        d->arena = arena;
    }
    return d;
}

static int add_plan(ash_description *d, const ash_plan *plan, int brief) {
    ash_plan_info figures;
    ash_plan_figures(plan, &figures);
    ash_figures_join(&d->predicted, &figures);
    d->runs++;
    d->needed_times = plan->needed_times > d->needed_times ? plan->needed_times : d->needed_times;
    d->cache_bytes = larger_of(d->cache_bytes, plan->cache_bytes);
    for (int p = 0; p < ASH_PASSES; p++) {
        d->changed[p] += plan->changed[p];
    }
    int64_t *tasks = count_tasks(plan);
    int fine = tasks && describe_groups(d, plan, (int)figures.groups, tasks, brief) && describe_reads(d, plan, brief);
    ash_free(tasks);
    return fine;
}

ash_description *ash_describe_next(ash_description *d, const ash_plan *plan, int brief) {
    d = d ? d : new_description();
    if (d && !add_plan(d, plan, brief)) {
        ash_description_free(d);
        d = NULL;
    }
    return d;
}

ash_description *ash_describe(const ash_plan *plan, int brief) {
    return ash_describe_next(NULL, plan, brief);
}

void ash_describe_need(ash_description *d, const ash_description *whole) {
    for (int k = 0; d && whole && k < d->nreads; k++) {
        int place = find_read(whole, whole->nreads, &d->read[k]);
        if (place >= 0) {
            d->read[k].needed = whole->read[place].needed;
            d->read[k].decoded_needed = whole->read[place].decoded_needed;
        }
    }
    if (d && whole) {
        ash_figures_need(&d->predicted, &whole->predicted);
        ash_figures_need(&d->measured, &whole->predicted);
    }
}

void ash_description_free(ash_description *description) {
    if (description) {
        ash_arena arena = description->arena;
        ash_arena_free(&arena);
    }
}

/* ---- The last run's ---- */

void ash_keep_plan(ash_context *context, const ash_plan *plan, int part) {
    if (part == 0) {
        ash_description_free(context->last_plan);
        context->last_plan = ash_describe(plan, 1);
    } else if (context->last_plan) { /* else there was no memory for those before */
        context->last_plan = ash_describe_next(context->last_plan, plan, 1);
    }
    context->free_last_plan = ash_description_free;
}

void ash_keep_measured(const ash_run *run) {
    ash_description *d = run->context->last_plan;
    if (d) {
        ash_plan_info measured = run->context->last_run;
        measured.tasks = run->finished;
        d->ran = 1;
        ash_figures_join(&d->measured, &measured);
        for (int r = 0; r < run->plan->nreads; r++) {
            if (d->place[r] >= 0) {
                d->read[d->place[r]].measured += run->variable_bytes[r];
            }
        }
    }
}

/* ---- What is said of it in any form ---- */

#define FIELD(name) offsetof(ash_plan_info, name)
const ash_figure ash_figures[] = {
    { "tasks", "tasks", FIELD(tasks), 0, 'n', 'b', '+' },
    { "threads", "num_threads", FIELD(num_threads), 0, 't', 'b', 'm' },
    { "bytes read", "bytes_read", FIELD(bytes_read), FIELD(bytes_needed), 'b', 'b', '+' },
    { "  needed", "bytes_needed", FIELD(bytes_needed), 0, 'b', 'p', '+' },
    { "  as stored", "stored_bytes_read", FIELD(stored_bytes_read), 0, 'b', 'r', '+' },
    { "  tried again", "reads_repeated", FIELD(reads_repeated), 0, 'n', 'r', '+' },
    { "bytes decoded", "bytes_decoded", FIELD(bytes_decoded), FIELD(decoded_needed), 'b', 'b', '+' },
    { "  needed", "decoded_needed", FIELD(decoded_needed), 0, 'b', 'p', '+' },
    { "bytes moved", "bytes_moved", FIELD(bytes_moved), 0, 'b', 'b', '+' },
    { "bytes written", "bytes_written", FIELD(bytes_written), 0, 'b', 'b', '+' },
    { "bytes spilled", "bytes_spilled", FIELD(bytes_spilled), 0, 'b', 'b', '+' },
    { "bytes loaded", "bytes_loaded", FIELD(bytes_loaded), 0, 'b', 'b', '+' },
    { "bytes transferred", "bytes_transferred", FIELD(bytes_transferred), 0, 'b', 'b', '+' },
    { "peak memory", "peak_bytes", FIELD(peak_bytes), 0, 'b', 'b', 'm' },
    { "  in sequence", "sequential_peak", FIELD(sequential_peak), 0, 'b', 'p', 'm' },
    { "  of the plan", "plan_bytes", FIELD(plan_bytes), 0, 'b', 'p', 'm' },
    { "  reserve", "reserve_bytes", FIELD(reserve_bytes), 0, 'b', 'p', 'm' },
    { "largest task", "largest_task", FIELD(largest_task), 0, 'b', 'p', 'm' },
    { "least limit", "least_limit", FIELD(least_limit), 0, 'b', 'p', 'm' },
    { "memory limit", "memory_limit", FIELD(memory_limit), 0, 'b', 'p', 'm' },
    { "planning", "plan_seconds", FIELD(plan_seconds), 0, 's', 'r', '+' },
    { "running", "seconds", FIELD(seconds), 0, 's', 'r', '+' },
};
const int ash_nfigures = sizeof ash_figures / sizeof ash_figures[0];

void ash_figures_join(ash_plan_info *all, const ash_plan_info *next) {
    all->size = sizeof *all;
    all->nodes += next->nodes;
    all->groups += next->groups;
    for (int k = 0; k < ash_nfigures; k++) {
        const ash_figure *f = &ash_figures[k];
        void *to = (char *)all + f->at;
        const void *from = (const char *)next + f->at;
        if (f->unit == 's') {
            *(double *)to += *(const double *)from;
        } else if (f->unit == 't') {
            *(int32_t *)to = *(const int32_t *)from > *(int32_t *)to ? *(const int32_t *)from : *(int32_t *)to;
        } else if (f->joins == '+') {
            *(int64_t *)to += *(const int64_t *)from;
        } else {
            *(int64_t *)to = larger_of(*(const int64_t *)from, *(int64_t *)to);
        }
    }
}

void ash_figures_need(ash_plan_info *all, const ash_plan_info *whole) {
    all->nodes = whole->nodes;
    all->bytes_needed = whole->bytes_needed < all->bytes_read ? whole->bytes_needed : all->bytes_read;
    all->decoded_needed = whole->decoded_needed;
}

static int64_t integer_at(const ash_plan_info *info, size_t at) {
    return *(const int64_t *)(const void *)((const char *)info + at);
}

const char *ash_figure_text(const ash_figure *figure, const ash_plan_info *info, char buffer[32]) {
    const void *at = (const char *)info + figure->at;
    switch (figure->unit) {
    case 's': snprintf(buffer, 32, "%.6f s", *(const double *)at); return buffer;
    case 't': snprintf(buffer, 32, "%d", *(const int32_t *)at); return buffer;
    case 'n': snprintf(buffer, 32, "%lld", (long long)*(const int64_t *)at); return buffer;
    default: return ash_format_bytes(*(const int64_t *)at, buffer);
    }
}

double ash_figure_times(const ash_figure *figure, const ash_plan_info *info) {
    int64_t least = figure->least > 0 ? integer_at(info, figure->least) : 0;
    return least > 0 ? (double)integer_at(info, figure->at) / (double)least : 0;
}

#define HOLD_WORD(name, word, words) word,
#define HOLD_WORDS(name, word, words) words,
const char *ash_hold_word(ash_hold_reason why) {
    static const char *const table[] = { ASH_HOLD_LIST(HOLD_WORD) };
    return *table[why] ? table[why] : NULL;
}

const char *ash_hold_words(ash_hold_reason why) {
    static const char *const table[] = { ASH_HOLD_LIST(HOLD_WORDS) };
    return *table[why] ? table[why] : NULL;
}

const char *ash_apart_word(ash_apart_reason why) {
    static const char *const table[] = { ASH_APART_LIST(HOLD_WORD) };
    return *table[why] ? table[why] : NULL;
}

const char *ash_apart_words(ash_apart_reason why) {
    static const char *const table[] = { ASH_APART_LIST(HOLD_WORDS) };
    return *table[why] ? table[why] : NULL;
}

/* Held chunks that are larger than a task should be. */
static const ash_described_value *large_value(const ash_description *d, int k) {
    for (int g = 0; g < d->ngroups; g++) {
        for (int m = 0; m < d->group[g].nmakes; m++) {
            const ash_described_value *made = &d->group[g].make[m];
            if (made->result >= 0 && made->chunk_bytes > ASH_TASK_TARGET && k-- == 0) {
                return made;
            }
        }
    }
    return NULL;
}

int ash_describe_note(const ash_description *d, int k, ash_growing *text) {
    char a[32], b[32];
    if (d->predicted.sequential_peak > d->predicted.memory_limit && k-- == 0) {
        ash_say(text, "the limit is too small for this plan");
        return 1;
    }
    if (d->runs > 1 && k-- == 0) {
        ash_say(text, "the limit has no room for all results at once: there are %d runs, one after another", d->runs);
        return 1;
    }
    if (d->needed_times > 1 && k-- == 0) {
        ash_say(text, "stored chunks   needed %.1f times by the pieces, cache %s", d->needed_times, ash_format_bytes(d->cache_bytes, a));
        return 1;
    }
    const ash_described_value *large = large_value(d, k);
    if (large) {
        ash_say(text, "the chunks of result %d have %s, more than the %s of a task: smaller chunks would need less memory", large->result,
            ash_format_bytes(large->chunk_bytes, a), ash_format_bytes(ASH_TASK_TARGET, b));
    }
    return large != NULL;
}
