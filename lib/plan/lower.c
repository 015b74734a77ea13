/* Lowering: from values to stages.
 *
 * Once it is settled what is held (hold.c), the expression is a set of items: a held value, a reduction, a value asked for. Each is a pass
 * over a grid; items on the same grid that read the same sources share a stage, so that a source is read once for all of them.
 */
#include "base/memory.h"
#include "plan/task_list.h"

enum {
    RUN_ELEMENTS = 64,     /* rows shorter than that are joined to runs; part of the meaning of sums */
    STAGES_SEARCHED = 256, /* for one that an item can join: so lowering is linear in the items */
    GOES_ON_MOST = 48      /* instructions of a stage that goes on with what it has made; a chain is cut after 64 operations, see hold.c */
};
/* Chunks, or steps of them, that can be numbered. */
static const int64_t MOST_ITEMS = INT64_MAX / 4;

typedef struct lowering {
    ash_plan *plan;
    ash_context *context;
    const char *function;
    int *link; /* per item */
    int nitems;
    ash_error_state *error;
} lowering;

static int no_memory(lowering *lw) {
    if (lw->plan->too_many) { /* the limit has none */
        ash_list_refuse(lw->plan->limit, lw->function, lw->error);
    } else {
        ash_fail(lw->error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan", lw->function);
    }
    return 0;
}

static int too_many(lowering *lw) {
    ash_fail(lw->error, ASH_ERR_LIMIT, "%s: an array on the way has more chunks than can be numbered; use larger chunks", lw->function);
    return 0;
}

/* They were added in the order of their nodes. */
ash_held *ash_plan_held(const ash_plan *plan, ash_value value) {
    int low = 0, high = plan->nheld;
    while (low < high) {
        int middle = low + (high - low) / 2;
        ash_value of = plan->held[middle]->value;
        if (of.node == value.node && of.output == value.output) {
            return plan->held[middle];
        }
        if (of.node->serial < value.node->serial || (of.node == value.node && of.output < value.output)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static ash_held *add_held(lowering *lw, ash_value value) {
    ash_plan *plan = lw->plan;
    ash_held *held = ash_arena_alloc(&plan->arena, sizeof *held);
    if (!held || !ash_plan_reserve(plan, (void **)&plan->held, plan->nheld, &plan->held_capacity, sizeof(ash_held *))) {
        no_memory(lw);
        return NULL;
    }
    const ash_output *output = ash_value_output(value);
    held->id = plan->nheld;
    held->why = (ash_hold_reason)value.node->why;
    held->value = value;
    held->dtype = output->dtype;
    held->ndim = output->ndim;
    int part = 0;
    for (int a = 0; a < output->ndim; a++) {
        held->axis[a] = output->dim[a].axis;
        ash_plan_clip(value.node, a, &held->axis[a]);
        part |= held->axis[a].high > 0;
    }
    plan->changed[ASH_PASS_DEMAND] += part;
    held->chunks = ash_grid_chunks(held->ndim, held->axis);
    if (held->chunks > MOST_ITEMS) {
        too_many(lw);
        return NULL;
    }
    held->buffer = ash_sparse_new(held->chunks);
    held->next = plan->helds;
    plan->helds = plan->held[plan->nheld++] = held;
    return held;
}

/* ---- Items and stages ---- */

typedef struct item {
    ash_value value;      /* what is computed over the grid: the value itself, or a reduction's input */
    const ash_node *fold; /* reduction */
    ash_held *held;       /* what the item makes, NULL for targets */
    const ash_target *target;
    int scans; /* bits: axes along which it has scans */
    int link;  /* see link.c */
} item;

/* Whether an axis can be on either side of a run: it has one element, and is not what groups stand in for. */
static int is_neutral(const ash_stage *stage, const ash_reduce_node *reduce, int axis) {
    return stage->axis[axis].extent == 1 && !(reduce && reduce->group_axis == axis);
}

/* What scans ask of runs: one along the innermost axis is a run of its own; a run must not reach one along an outer axis. Scans along axes of
 * one element ask nothing. Returns the most axes of a run; *inner tells that it cannot be fewer. */
static int scan_run_axes(const ash_stage *stage, int scans, int *inner) {
    int last = stage->ndim - 1;
    while (last >= 0 && stage->axis[last].extent == 1) {
        last--;
    }
    *inner = last >= 0 && (scans >> last & 1);
    for (int a = last; a >= 0; a--) {
        if (scans >> a & 1) {
            return stage->ndim - a - (a < last);
        }
    }
    return stage->ndim;
}

/* Axes that must be one run for the sums of an item to be what they are; *fixed tells whether more would change them. */
static int item_run_axes(const ash_stage *stage, const item *it, int *fixed) {
    const ash_reduce_node *reduce = it->fold ? &it->fold->u.reduce : NULL;
    int run = 0, last = stage->ndim - 1;
    int64_t elements = 1;
    while (last >= 0 && is_neutral(stage, reduce, last)) {
        last--;
        run++;
    }
    *fixed = reduce && last >= 0 && reduce->reduced[last];
    int single = *fixed && (ash_reduction_table[reduce->reduction].is_index || reduce->group_axis == last);
    for (int a = last; a >= 0 && elements < RUN_ELEMENTS; a--) {
        int same = !reduce || is_neutral(stage, reduce, a) ||
            (reduce->reduced[a] == reduce->reduced[last] && (a == last || reduce->group_axis != a));
        if (!same || (single && a < last)) {
            break;
        }
        elements *= stage->largest[a];
        run++;
    }
    int inner, most = scan_run_axes(stage, it->scans, &inner);
    *fixed |= inner;
    return run < most && !inner ? run : most;
}

/* The most axes that may form a run for an item that is not fixed: all of one class. */
static int item_run_limit(const ash_stage *stage, const item *it) {
    int inner, most = scan_run_axes(stage, it->scans, &inner);
    if (!it->fold) {
        return most;
    }
    const ash_reduce_node *reduce = &it->fold->u.reduce;
    int run = 0;
    for (int a = stage->ndim - 1; a >= 0 && (is_neutral(stage, reduce, a) || !reduce->reduced[a]); a--) {
        run++;
    }
    return run < most ? run : most;
}

/* Whether the item's runs fit those the stage has. */
static int runs_agree(const ash_stage *stage, int stage_fixed, const item *it) {
    int fixed, run = item_run_axes(stage, it, &fixed);
    if (fixed) {
        return stage_fixed ? run == stage->run_axes : 0;
    }
    return stage->run_axes <= item_run_limit(stage, it);
}

/* An axis of the grid that the item is computed over: of what is reduced only what the result needs. */
static ash_grid_axis item_axis(const item *it, int axis) {
    int kept = it->fold ? ash_plan_kept_axis(it->fold, axis) : it->held ? axis : -1;
    ash_grid_axis out = kept >= 0 ? it->held->axis[kept] : ash_value_output(it->value)->dim[axis].axis;
    if (it->fold && it->fold->u.reduce.by_chunk == axis && it->held->axis[axis].high > 0) {
        ash_axis_clip(&out, ash_axis_start(&out, it->held->axis[axis].low), ash_axis_start(&out, it->held->axis[axis].high));
    }
    return out;
}

static int same_grid(const ash_stage *stage, const item *it) {
    if (stage->ndim != ash_value_output(it->value)->ndim) {
        return 0;
    }
    for (int a = 0; a < stage->ndim; a++) {
        ash_grid_axis axis = item_axis(it, a);
        if (!ash_axis_equal(&stage->axis[a], &axis)) {
            return 0;
        }
    }
    return 1;
}

static int stage_is_fixed(const ash_stage *stage) {
    for (int k = 0; k < stage->nsinks; k++) {
        if (stage->sink[k].fold && stage->sink[k].fold->inner) {
            return 1;
        }
    }
    int inner;
    scan_run_axes(stage, stage->scans, &inner);
    return inner;
}

/* Whether an item over the stage's grid can become one of its sinks. */
static int can_join(const ash_stage *stage, const item *it) {
    int fixed, run = item_run_axes(stage, it, &fixed), stage_fixed = stage_is_fixed(stage);
    int agree = runs_agree(stage, stage_fixed, it);
    if (!agree && fixed && !stage_fixed) { /* the stage can still take the item's run if all its sinks can */
        agree = 1;
        for (int s = 0; s < stage->nsinks; s++) {
            item other = { .fold = stage->sink[s].fold ? stage->sink[s].fold->node : NULL, .scans = stage->scans };
            agree = agree && run <= item_run_limit(stage, &other);
        }
    }
    return agree;
}

/* The stage that makes what the item is made from, if that is held: it goes on with it while it is there. Of a chain that was cut because it is long the parts stay
 * apart, so that what each leaves behind lives no longer than the next one needs it. */
static ash_stage *made_for(lowering *lw, const item *it) {
    int below = it->held && !it->fold;
    ash_stage *stage = ash_plan_pass(lw->plan, ASH_PASS_REDUCE) ? ash_plan_maker_of(lw->plan, lw->context, it->value, below) : NULL;
    int fits = stage && (it->fold || stage->ninstructions < GOES_ON_MOST);
    return fits && same_grid(stage, it) && can_join(stage, it) ? stage : NULL;
}

/* Of the stages that an item cannot join, the one that came nearest: whose reason is the last in the order of the checks. */
typedef struct nearest {
    ash_apart_reason why;
    int stage;
} nearest;

static void miss(nearest *near, ash_apart_reason why, const ash_stage *stage) {
    if (why > near->why) {
        *near = (nearest){ why, stage->id };
    }
}

/* A stage that the item can be part of: one that has a source of it, or one that others link it with. */
static ash_stage *find_stage(lowering *lw, const item *it, int linked, nearest *near) {
    ash_plan *plan = lw->plan;
    int below = it->held && !it->fold; /* the item makes a held value: look at what is below it */
    for (int k = 0; k < plan->nstages && k < STAGES_SEARCHED; k++) {
        ash_stage *stage = plan->stage[k];
        if (!same_grid(stage, it)) {
            miss(near, ASH_APART_GRID, stage);
            continue;
        }
        if (linked ? stage->link != it->link : !ash_stage_shares_source(plan, lw->context, stage, it->value, below)) {
            miss(near, ASH_APART_SOURCES, stage);
            continue;
        }
        if (ash_value_depends(plan, lw->context, it->value, below, stage)) {
            miss(near, ASH_APART_DEPENDS, stage);
            continue;
        }
        if (can_join(stage, it)) {
            return stage;
        }
        miss(near, ASH_APART_RUNS, stage);
    }
    return NULL;
}

static ash_stage *find_place(lowering *lw, const item *it, nearest *near) {
    ash_plan *plan = lw->plan;
    ash_stage *stage = ash_plan_pass(plan, ASH_PASS_SHARE) ? find_stage(lw, it, 0, near) : NULL;
    if (!stage && ash_plan_pass(plan, ASH_PASS_LINK)) {
        stage = find_stage(lw, it, 1, near);
        plan->changed[ASH_PASS_LINK] += stage != NULL;
    } else {
        plan->changed[ASH_PASS_SHARE] += stage != NULL;
    }
    return stage;
}

static ash_stage *new_stage(lowering *lw, const item *it, const nearest *near) {
    ash_plan *plan = lw->plan;
    ash_stage *stage = ash_arena_alloc(&plan->arena, sizeof *stage);
    if (!stage || !ash_plan_reserve(plan, (void **)&plan->stage, plan->nstages, &plan->stage_capacity, sizeof *plan->stage)) {
        no_memory(lw);
        return NULL;
    }
    stage->id = plan->nstages;
    stage->link = it->link;
    stage->apart = near->why;
    stage->apart_from = near->stage;
    stage->ndim = ash_value_output(it->value)->ndim;
    for (int a = 0; a < stage->ndim; a++) {
        stage->axis[a] = item_axis(it, a);
        stage->largest[a] = ash_axis_largest(&stage->axis[a]);
    }
    stage->chunks = ash_grid_chunks(stage->ndim, stage->axis);
    if (stage->chunks > MOST_ITEMS) {
        too_many(lw);
        return NULL;
    }
    stage->elements = 1;
    for (int a = 0; a < stage->ndim; a++) {
        stage->elements = stage->largest[a] > INT64_MAX / (stage->elements + 1) ? INT64_MAX : stage->elements * stage->largest[a];
    }
    int fixed;
    stage->run_axes = item_run_axes(stage, it, &fixed);
    stage->work = ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_STAGE, .of.stage = stage }, stage->chunks);
    plan->stage[plan->nstages++] = stage;
    if (stage->work < 0) {
        no_memory(lw);
        return NULL;
    }
    return stage;
}

/* Functions over states look like a kernel with one field, of which only the sizes are asked for. */
static const ash_reduce_kernel *general_kernel(ash_plan *plan, const ash_reduction_definition *general) {
    ash_reduce_kernel *kernel = ash_arena_alloc(&plan->arena, sizeof *kernel);
    if (kernel) {
        *kernel = (ash_reduce_kernel){ .fields = 1, .field_size = { (general->state_bytes + 15) / 16 * 16 }, .out = general->result };
    }
    return kernel;
}

static int add_fold(lowering *lw, ash_stage *stage, const item *it, ash_sink *sink) {
    ash_plan *plan = lw->plan;
    ash_fold *fold = ash_arena_alloc(&plan->arena, sizeof *fold);
    if (!fold || !ash_plan_reserve(plan, (void **)&plan->fold, plan->nfolds, &plan->fold_capacity, sizeof *plan->fold)) {
        return no_memory(lw);
    }
    fold->id = plan->nfolds;
    fold->work = ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_MERGE, .of.fold = fold }, 0);
    fold->node = it->fold;
    fold->reduce = &it->fold->u.reduce;
    fold->kernel = fold->reduce->general ? general_kernel(plan, fold->reduce->general)
                                         : ash_kernel_reduce(plan->isa, fold->reduce->reduction, ash_value_output(it->value)->dtype);
    if (!fold->kernel) {
        return no_memory(lw);
    }
    fold->stage = stage;
    fold->held = it->held;
    fold->sink = stage->nsinks;
    item_run_axes(stage, it, &fold->inner);
    plan->fold[plan->nfolds++] = fold;
    sink->fold = fold;
    return fold->work >= 0 && ash_fold_init(plan, fold) ? 1 : no_memory(lw);
}

static int add_item(lowering *lw, const item *it) {
    ash_plan *plan = lw->plan;
    nearest near = { 0 };
    ash_stage *made = made_for(lw, it), *stage = made ? made : find_place(lw, it, &near);
    int shared = stage != NULL;
    plan->changed[ASH_PASS_REDUCE] += made != NULL;
    stage = stage ? stage : new_stage(lw, it, &near);
    if (!stage) {
        return 0;
    }
    int fixed, run = item_run_axes(stage, it, &fixed);
    if (shared && fixed) {
        stage->run_axes = run;
    }
    ash_sink sink = { .dtype = ash_value_output(it->value)->dtype, .target = it->target, .held = it->held };
    sink.kind = it->fold ? ASH_SINK_FOLD : it->held ? ASH_SINK_HELD : it->target->kind == ASH_TARGET_FILE ? ASH_SINK_FILE : ASH_SINK_MEMORY;
    if (!ash_emit(plan, stage, it->value, &sink.slot)) {
        return no_memory(lw);
    }
    if (it->fold && !add_fold(lw, stage, it, &sink)) {
        return 0;
    }
    if (it->held) {
        it->held->stage = stage;
        it->held->sink = stage->nsinks;
    }
    if (!ash_plan_reserve(plan, (void **)&stage->sink, stage->nsinks, &stage->sink_capacity, sizeof *stage->sink)) {
        return no_memory(lw);
    }
    stage->sink[stage->nsinks++] = sink;
    return 1;
}

static int lower_blocks(lowering *lw, ash_node *node) {
    ash_held *held[ASH_BLOCKS_OUTPUTS] = { NULL };
    for (int k = 0; k < node->noutputs; k++) {
        held[k] = add_held(lw, (ash_value){ node, k });
        if (!held[k]) {
            return 0;
        }
    }
    if (held[0]->chunks > MOST_ITEMS / node->u.blocks.steps) {
        return too_many(lw);
    }
    ash_blocks *blocks = ash_blocks_new(lw->plan, node, held);
    for (int k = 0; k < node->noutputs; k++) {
        held[k]->blocks = blocks;
    }
    return blocks ? 1 : no_memory(lw);
}

static int lower_held(lowering *lw, ash_node *node) {
    if (node->kind == ASH_NODE_BLOCKS) {
        return lower_blocks(lw, node);
    }
    for (int k = 0; k < node->noutputs; k++) {
        item it = {
            .value = { node, k }, .held = add_held(lw, (ash_value){ node, k }), .scans = node->scans, .link = lw->link[lw->nitems++]
        };
        if (node->kind == ASH_NODE_REDUCE) {
            it.scans = 0;
            it.fold = node;
            it.value = ash_plan_input(node, 0);
        }
        if (!it.held || !add_item(lw, &it)) {
            return 0;
        }
    }
    return 1;
}

static int lower_targets(lowering *lw) {
    ash_plan *plan = lw->plan;
    for (int t = 0; t < plan->ntargets; t++) {
        ash_value value = ash_plan_same(plan->target[t].value);
        ash_node *node = value.node;
        item it = { .value = value, .target = &plan->target[t], .scans = node->held ? 0 : node->scans, .link = lw->link[lw->nitems++] };
        if (!add_item(lw, &it)) {
            return 0;
        }
    }
    return 1;
}

ash_status ash_plan_lower(ash_plan *plan, ash_context *context, const char *function, ash_error_state *error) {
    lowering lw = { .plan = plan, .context = context, .function = function, .error = error };
    int64_t mark = ash_reach_begin(context);
    for (int t = 0; t < plan->ntargets; t++) {
        ash_reach_from(context, plan->target[t].value.node, mark);
    }
    ash_reach_end(context, mark);
    if (!ash_plan_find_same(plan, context)) {
        no_memory(&lw);
        return error->status;
    }
    ash_plan_reach(plan, context);
    plan->nodes = context->nreached;
    for (int64_t k = 0; k < context->nreached; k++) {
        ash_plan_weigh(plan, context->reached[k]);
        plan->node_bytes += context->reached[k]->arena.bytes;
    }
    ash_arena needs = { 0 };
    lw.link = ash_plan_link(plan, context);
    int fine = (lw.link && ash_plan_find_needs(plan, context, &needs)) || no_memory(&lw);
    for (int64_t k = 0; fine && k < context->nreached; k++) {
        ash_node *node = context->reached[k];
        plan->changed[ASH_PASS_FUSE] += !node->held && node->kind == ASH_NODE_ELEMENTWISE;
        fine = !node->held || lower_held(&lw, node);
    }
    ash_arena_free(&needs);
    fine = fine && lower_targets(&lw);
    ash_free(lw.link);
    if (!fine) {
        return error->status;
    }
    for (int k = 0; k < plan->nstages; k++) {
        if (!ash_stage_finish(plan, plan->stage[k])) {
            no_memory(&lw);
            return error->status;
        }
    }
    return ASH_OK;
}
