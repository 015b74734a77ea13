/* Random graphs of tasks: sources, chains, fans in and out, chunks made in several steps, trees of partial results that go on in one buffer, several outputs,
 * values used at once or much later, and what is read by boxes. */
#include "simulated_graph.h"

#include "plan/ranks.h"

#include <string.h>

enum { STAGES = 6, BLOCKS = 3, FOLDS = 3, SINKS = 3, OPEN = 6, MOST_PARTIALS = 12, MOST_INPUTS = 5, CHUNK = 6 };

uint64_t dice_next(dice *d) {
    uint64_t z = d->state += 0x9e3779b97f4a7c15u; /* the constants of SplitMix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t dice_below(dice *d, int64_t n) {
    return (int64_t)(dice_next(d) % (uint64_t)n);
}

uint64_t simulated_mix(uint64_t a, uint64_t b) {
    dice d = { a * 0x2545f4914f6cdd1du + b };
    return dice_next(&d);
}

/* A chunk that is made step by step, or partial results of a cell of a reduction. */
typedef struct unfinished {
    int work;
    int64_t chunk, step, units;
    int nparts;
    uint32_t part[MOST_PARTIALS];
} unfinished;

/* A chunk that tasks may use. */
typedef struct usable {
    uint32_t buffer;
    int tiled;
} usable;

typedef struct maker {
    simulated_graph *graph;
    ash_plan *plan;
    dice *d;
    int64_t scale; /* units of a large buffer */
    int stage[STAGES], blocks[BLOCKS], fold[FOLDS];
    int64_t item[STAGES + BLOCKS + FOLDS]; /* per kind of work, the next */
    usable *usable;
    int64_t nusable;
    unfinished chain[OPEN], tree[OPEN];
    int nchains, ntrees;
    int failed;
} maker;

/* ---- Kinds of work ---- */

static int64_t some_units(maker *m) {
    return dice_one_in(m->d, 3) ? 1 + dice_below(m->d, m->scale) : 1 + dice_below(m->d, 4);
}

static int64_t some_scratch(maker *m) {
    return dice_one_in(m->d, 2) ? 0 : ash_round_bytes(some_units(m) * ASH_UNIT);
}

static ash_held *new_held(maker *m) {
    ash_held *held = ash_arena_alloc(&m->plan->arena, sizeof *held);
    ash_grid_axis *tile = ash_arena_alloc(&m->plan->arena, sizeof *tile);
    if (!held || !tile) {
        m->failed = 1;
        return NULL;
    }
    held->dtype = ASH_FLOAT64;
    held->ndim = 1;
    held->axis[0] = ash_axis_regular((int64_t)CHUNK << 40, CHUNK, 0);
    *tile = ash_axis_regular((int64_t)CHUNK << 40, 1 + dice_below(m->d, 2 * CHUNK), 0);
    held->tile = dice_one_in(m->d, 2) ? tile : NULL;
    return held;
}

static int add_work(maker *m, ash_work work) {
    int number = m->failed ? -1 : ash_plan_add_work(m->plan, work, 0);
    m->failed |= number < 0;
    return number;
}

/* Stage 0 is a reader, which can be run again. */
static int new_stage(maker *m, int k) {
    ash_stage *stage = ash_arena_alloc(&m->plan->arena, sizeof *stage);
    ash_sink *sink = ash_arena_alloc(&m->plan->arena, SINKS * sizeof *sink);
    if (!stage || !sink) {
        m->failed = 1;
        return -1;
    }
    stage->sink = sink;
    stage->nsinks = k == 0 ? 1 : (int)dice_below(m->d, SINKS + 1);
    for (int s = 0; s < stage->nsinks; s++) {
        sink[s] = (ash_sink){ .kind = ASH_SINK_HELD, .held = new_held(m) };
    }
    stage->ninstructions = k == 0 ? 1 : (int)dice_below(m->d, 20);
    stage->work_bytes = some_scratch(m);
    stage->elements = dice_one_in(m->d, 2) ? 10 : 10000;
    return add_work(m, (ash_work){ .kind = ASH_WORK_STAGE, .of.stage = stage });
}

/* Which boxes they read is not asked. */
static int no_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    (void)node, (void)at, (void)k, (void)part;
    return 0;
}

static int new_blocks(maker *m) {
    static const ash_blocks_kind kind = { .name = "simulated", .part = no_part };
    ash_blocks *blocks = ash_arena_alloc(&m->plan->arena, sizeof *blocks);
    ash_node *node = ash_arena_alloc(&m->plan->arena, sizeof *node);
    ash_held **held = ash_arena_alloc(&m->plan->arena, sizeof *held);
    if (!blocks || !node || !held) {
        m->failed = 1;
        return -1;
    }
    held[0] = new_held(m);
    node->u.blocks.kind = &kind;
    node->u.blocks.steps = 2 + dice_below(m->d, 4);
    *blocks = (ash_blocks){ .node = node, .held = held, .work_bytes = some_scratch(m) };
    return add_work(m, (ash_work){ .kind = ASH_WORK_BLOCKS, .of.blocks = blocks });
}

static int new_fold(maker *m) {
    ash_fold *fold = ash_arena_alloc(&m->plan->arena, sizeof *fold);
    if (!fold) {
        m->failed = 1;
        return -1;
    }
    fold->held = new_held(m);
    return add_work(m, (ash_work){ .kind = ASH_WORK_MERGE, .of.fold = fold });
}

/* ---- Tasks ---- */

static void begin(maker *m, int work, int64_t item) {
    m->failed |= m->failed || !ash_list_begin_task(m->plan, work, item);
}

static int has_input(const ash_plan *plan, uint32_t buffer) {
    for (uint32_t k = plan->task[plan->ntasks].input_begin; k < plan->ninputs; k++) {
        if (plan->input[k] == buffer) {
            return 1;
        }
    }
    return 0;
}

/* Some chunks: of those that were made last, or of any time. */
static void add_inputs(maker *m, int64_t most) {
    for (int64_t n = m->nusable > 0 ? dice_below(m->d, most + 1) : 0; n > 0 && !m->failed; n--) {
        int64_t near = m->nusable < 4 ? m->nusable : 4;
        const usable *u = &m->usable[dice_one_in(m->d, 3) ? dice_below(m->d, m->nusable) : m->nusable - 1 - dice_below(m->d, near)];
        if (!has_input(m->plan, u->buffer)) {
            ash_list_add_input(m->plan, u->buffer, u->tiled && !dice_one_in(m->d, 4));
        }
    }
}

static uint32_t add_output(maker *m, int64_t units, const ash_held *held) {
    uint32_t buffer = m->failed ? ASH_NO_ID : ash_list_add_buffer(m->plan, units * ASH_UNIT);
    m->failed |= buffer == ASH_NO_ID || m->plan->incomplete;
    if (held && !m->failed) {
        m->usable[m->nusable++] = (usable){ buffer, held->tile != NULL };
    }
    return buffer;
}

static void end(maker *m) {
    if (!m->failed) {
        ash_list_end_task(m->plan);
        m->failed = m->plan->incomplete;
    }
}

static unfinished *some_tree(maker *m) {
    if (m->ntrees < OPEN && (m->ntrees == 0 || dice_one_in(m->d, 4))) {
        int k = (int)dice_below(m->d, FOLDS);
        m->tree[m->ntrees++] = (unfinished){ .work = m->fold[k], .chunk = m->item[STAGES + BLOCKS + k]++, .units = some_units(m) };
    }
    return &m->tree[dice_below(m->d, m->ntrees)];
}

/* A chunk of a stage: what it holds and, now and then, a partial result; not of those that may be run again. */
static void add_chunk(maker *m, int k, int64_t inputs) {
    const ash_stage *stage = m->plan->work[m->stage[k]].of.stage;
    begin(m, m->stage[k], m->item[k]++);
    add_inputs(m, inputs);
    for (int s = 0; s < stage->nsinks && !m->failed; s++) {
        add_output(m, some_units(m), stage->sink[s].held);
    }
    if (stage->nsinks != 1 && dice_one_in(m->d, 2) && !m->failed) {
        unfinished *tree = some_tree(m);
        if (tree->nparts < MOST_PARTIALS) {
            tree->part[tree->nparts++] = add_output(m, tree->units, NULL);
        }
    }
    end(m);
}

/* The next step of a chunk, in the buffer of the one before. */
static void add_step(maker *m, unfinished *chain) {
    const ash_blocks *blocks = m->plan->work[chain->work].of.blocks;
    int64_t steps = blocks->node->u.blocks.steps;
    begin(m, chain->work, chain->chunk * steps + chain->step);
    if (chain->step > 0 && !m->failed) {
        ash_list_add_input(m->plan, chain->part[0], 0);
    }
    add_inputs(m, 2);
    chain->step++;
    chain->part[0] = add_output(m, chain->units, chain->step == steps ? blocks->held[0] : NULL);
    end(m);
    if (chain->step == steps) {
        *chain = m->chain[--m->nchains];
    }
}

static unfinished *some_chain(maker *m) {
    if (m->nchains < OPEN && (m->nchains == 0 || dice_one_in(m->d, 4))) {
        int k = (int)dice_below(m->d, BLOCKS);
        m->chain[m->nchains++] = (unfinished){ .work = m->blocks[k], .chunk = m->item[STAGES + k]++, .units = some_units(m) };
    }
    return &m->chain[dice_below(m->d, m->nchains)];
}

/* Merges some partial results of a tree in the buffer of the first; or all there are, which ends it. */
static void add_merge(maker *m, unfinished *tree, int last) {
    int n = last ? tree->nparts : 2 + (int)dice_below(m->d, 3);
    if (n > tree->nparts) {
        return;
    }
    begin(m, tree->work, 2 * tree->chunk + last);
    for (int k = 0; k < n && !m->failed; k++) {
        ash_list_add_input(m->plan, tree->part[tree->nparts - n + k], 0);
    }
    tree->nparts -= n;
    if (last) {
        add_output(m, some_units(m), m->plan->work[tree->work].of.fold->held);
        end(m);
        *tree = m->tree[--m->ntrees];
    } else {
        tree->part[tree->nparts++] = add_output(m, tree->units, NULL);
        end(m);
    }
}

/* One more task, or a few. */
static void add_some(maker *m) {
    switch (dice_below(m->d, 8)) {
    case 0:
    case 1: add_chunk(m, 0, 0); break;
    case 2: add_step(m, some_chain(m)); break;
    case 3:
        if (m->ntrees > 0) {
            add_merge(m, &m->tree[dice_below(m->d, m->ntrees)], dice_one_in(m->d, 4));
        }
        break;
    default: add_chunk(m, 1 + (int)dice_below(m->d, STAGES - 1), MOST_INPUTS); break;
    }
}

static void add_all(maker *m, int64_t tasks) {
    for (int k = 0; k < STAGES; k++) {
        m->stage[k] = new_stage(m, k);
    }
    for (int k = 0; k < BLOCKS; k++) {
        m->blocks[k] = new_blocks(m);
    }
    for (int k = 0; k < FOLDS; k++) {
        m->fold[k] = new_fold(m);
    }
    while (m->plan->ntasks < tasks && !m->failed) {
        add_some(m);
    }
    while (m->nchains > 0 && !m->failed) {
        add_step(m, &m->chain[0]);
    }
    while (m->ntrees > 0 && !m->failed) {
        add_merge(m, &m->tree[0], 1);
    }
    if (!m->failed) { /* what uses values much later */
        add_chunk(m, 1, 3 * MOST_INPUTS);
    }
}

/* Owners follow from the number of chunks, which is known now. */
static void count_chunks(const maker *m) {
    for (int k = 0; k < STAGES; k++) {
        m->plan->work[m->stage[k]].of.stage->chunks = m->item[k] + 1;
    }
    for (int k = 0; k < BLOCKS; k++) {
        m->plan->work[m->blocks[k]].of.blocks->held[0]->chunks = m->item[STAGES + k] + 1;
    }
    for (int k = 0; k < FOLDS; k++) {
        m->plan->work[m->fold[k]].of.fold->held->chunks = m->item[STAGES + BLOCKS + k] + 1;
    }
}

/* ---- The graph as it is meant ---- */

static void fill_contents(simulated_graph *graph) {
    const ash_plan *plan = graph->plan;
    for (uint32_t t = 0; t < graph->ntasks; t++) {
        const ash_task *task = &graph->task[t];
        uint64_t content = simulated_mix(task->work, (uint64_t)task->item);
        for (uint32_t k = task->input_begin; k < task[1].input_begin; k++) {
            content = simulated_mix(content, graph->content[graph->input[k]]);
            graph->by_box[k] = (unsigned char)ash_input_by_box(plan, k);
        }
        for (uint32_t b = task->buffer_begin; b < task[1].buffer_begin; b++) {
            graph->maker[b] = t;
            graph->content[b] = simulated_mix(content, b - task->buffer_begin);
        }
        graph->takes_over[t] = (unsigned char)ash_task_takes_over(plan, t);
        const ash_work *work = &plan->work[task->work];
        graph->repeatable[t] = work->kind == ASH_WORK_STAGE && work->of.stage->nsinks == 1 && task->input_begin == task[1].input_begin;
    }
}

/* Keeps the lists, which spilling replaces. */
static int keep(simulated_graph *graph) {
    ash_plan *plan = graph->plan;
    ash_arena *arena = &plan->arena;
    graph->ntasks = plan->ntasks;
    graph->nbuffers = plan->nbuffers;
    graph->task = ash_arena_memdup(arena, plan->task, (plan->ntasks + 1) * (int64_t)sizeof *plan->task);
    graph->input = ash_arena_alloc(arena, (plan->ninputs + 1) * (int64_t)sizeof *plan->input);
    graph->units = ash_arena_alloc(arena, (plan->nbuffers + 1) * (int64_t)sizeof *plan->buffer_units);
    graph->maker = ash_arena_alloc(arena, (plan->nbuffers + 1) * (int64_t)sizeof *graph->maker);
    graph->by_box = ash_arena_alloc(arena, plan->ninputs + 1);
    graph->takes_over = ash_arena_alloc(arena, plan->ntasks + 1);
    graph->repeatable = ash_arena_alloc(arena, plan->ntasks + 1);
    graph->content = ash_arena_alloc(arena, (plan->nbuffers + 1) * (int64_t)sizeof *graph->content);
    if (!graph->task || !graph->input || !graph->units || !graph->maker || !graph->by_box || !graph->takes_over || !graph->repeatable ||
        !graph->content) {
        return 0;
    }
    memcpy(graph->input, plan->input, plan->ninputs * sizeof *plan->input);
    memcpy(graph->units, plan->buffer_units, plan->nbuffers * sizeof *plan->buffer_units);
    fill_contents(graph);
    return 1;
}

int simulated_graph_make(simulated_graph *graph, dice *d, int64_t tasks, int nranks) {
    ash_arena arena = { 0 };
    ash_plan *plan = ash_arena_alloc(&arena, sizeof *plan);
    *graph = (simulated_graph){ .plan = plan };
    if (!plan) {
        return 0;
    }
    plan->arena = arena;
    plan->limit = INT64_MAX / 4;
    plan->num_threads = 1;
    plan->nranks = nranks;
    plan->neediest = ASH_NO_ID;
    maker m = { .graph = graph, .plan = plan, .d = d, .scale = dice_one_in(d, 20) ? 1000 : 60 };
    m.usable = ash_malloc((tasks + 50) * SINKS * (int64_t)sizeof *m.usable);
    m.failed = !m.usable || !ash_list_begin(plan);
    if (!m.failed) {
        add_all(&m, tasks);
    }
    if (!m.failed) {
        count_chunks(&m);
    }
    ash_free(m.usable);
    return !m.failed && ash_list_consumers(plan) && keep(graph) && (nranks == 1 || ash_plan_rank(plan)) && ash_plan_profile(plan);
}

void simulated_graph_free(simulated_graph *graph) {
    ash_plan_free(graph->plan);
}
