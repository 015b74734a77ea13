/* Which part of each value is needed? A box around all that users take of it, from the values asked for down to the leaves.
 *
 * What is held is made no larger than that: slices of a value on a new grid read what the slices meet, not the whole chunks around it.
 */
#include "base/memory.h"
#include "plan/plan.h"

enum {
    LISTED_MOST = 1 << 24,
    MOST_STEPS = 4096 /* of blocks, that are looked at one by one */
};

/* Whether a view shows a part of an axis of its input only. */
static int narrows(const ash_node *node) {
    for (int k = 0; node->kind == ASH_NODE_VIEW && k < ash_value_output(node->input[0])->ndim; k++) {
        int axis = node->u.view.axis[k].axis;
        int64_t extent = axis < 0 ? 1 : node->output[0].dim[axis].axis.extent;
        if (extent < ash_value_output(node->input[0])->dim[k].axis.extent) {
            return 1;
        }
    }
    return 0;
}

/* Reductions and carries are made by folds, blocks by functions of whole chunks, and running values need all before them: these are made whole. */
static int can_be_part(const ash_node *node) {
    return node->held && node->kind != ASH_NODE_REDUCE && node->kind != ASH_NODE_CARRY && node->kind != ASH_NODE_BLOCKS && !node->scans;
}

/* Whether anything can come of it; mostly nothing is held, or nothing is sliced. */
static int is_worth_it(const ash_context *context, int64_t mark) {
    int held = 0, narrowed = 0;
    for (int64_t n = 0; n < context->nnodes; n++) {
        const ash_node *node = context->node[n];
        held |= node->mark == mark && can_be_part(node);
        narrowed |= node->mark == mark && narrows(node);
    }
    return held && narrowed;
}

/* Adds [begin, end) along each axis to what is needed of a node. 0 when out of memory. */
static int want(ash_node *node, const ash_need part[], ash_arena *arena) {
    int ndim = node->output[0].ndim;
    if (!node->need) {
        node->need = ash_arena_memdup(arena, part, (ndim + 1) * (int64_t)sizeof *part);
        return node->need != NULL;
    }
    for (int a = 0; a < ndim; a++) {
        node->need[a].begin = part[a].begin < node->need[a].begin ? part[a].begin : node->need[a].begin;
        node->need[a].end = part[a].end > node->need[a].end ? part[a].end : node->need[a].end;
    }
    return 1;
}

/* What [begin, end) of an axis takes along start + step * i. */
static ash_need through_view(const ash_need *outer, const ash_view_axis *axis) {
    int64_t first = axis->start, last = first;
    if (axis->axis >= 0 && outer[axis->axis].begin < outer[axis->axis].end) {
        first = axis->start + axis->step * outer[axis->axis].begin;
        last = axis->start + axis->step * (outer[axis->axis].end - 1);
    } else if (axis->axis >= 0) {
        return (ash_need){ 0 };
    }
    return (ash_need){ first < last ? first : last, (first < last ? last : first) + 1 };
}

/* What a node takes of axis k of an input. */
static ash_need of_input(const ash_node *node, int input, int k) {
    ash_need all = { 0, ash_value_output(node->input[input])->dim[k].axis.extent };
    if (node->kind == ASH_NODE_VIEW) {
        return through_view(node->need, &node->u.view.axis[k]);
    }
    if (node->kind == ASH_NODE_ELEMENTWISE) {
        int axis = node->u.elementwise.align[input][k];
        return axis >= 0 ? node->need[axis] : all;
    }
    return node->kind == ASH_NODE_TAKE && k != node->u.take.axis ? node->need[k] : all;
}

/* Extends `need` by a part; the first one has nothing to extend. */
static void add_part(const ash_part *part, int ndim, int first, ash_need need[]) {
    for (int a = 0; a < ndim; a++) {
        int64_t begin = part->box.start[a], end = begin + part->box.extent[a];
        need[a].begin = first || begin < need[a].begin ? begin : need[a].begin;
        need[a].end = first || end > need[a].end ? end : need[a].end;
    }
}

/* What blocks take of their inputs for the chunks that a box of their output meets. 0 if there are too many to be looked at. */
static int of_blocks(const ash_node *node, ash_need need[][ASH_MAX_NDIM + 1], char wanted[]) {
    const ash_output *output = &node->output[0];
    const ash_blocks_node *blocks = &node->u.blocks;
    ash_grid_axis axis[ASH_MAX_NDIM], met[ASH_MAX_NDIM]; /* met: one element for each chunk that is met */
    int64_t first[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    for (int a = 0; a < output->ndim; a++) {
        if (node->need[a].begin >= node->need[a].end) {
            return 1;
        }
        axis[a] = output->dim[a].axis;
        first[a] = ash_axis_find(&axis[a], node->need[a].begin);
        met[a] = ash_axis_regular(ash_axis_find(&axis[a], node->need[a].end - 1) - first[a] + 1, 1, 0);
    }
    int64_t chunks = ash_grid_chunks(output->ndim, met);
    if (chunks > MOST_STEPS || blocks->steps > MOST_STEPS / chunks) {
        return 0;
    }
    for (int64_t item = 0; item < chunks * blocks->steps; item++) {
        ash_part part;
        ash_grid_coordinates(output->ndim, met, item / blocks->steps, coordinate);
        for (int a = 0; a < output->ndim; a++) {
            coordinate[a] += first[a];
        }
        int64_t chunk = ash_grid_ordinal(output->ndim, axis, coordinate);
        for (int k = 0; blocks->kind->part(node, chunk, item % blocks->steps, k, &part); k++) {
            add_part(&part, ash_value_output(node->input[part.input])->ndim, !wanted[part.input], need[part.input]);
            wanted[part.input] = 1;
        }
    }
    return 1;
}

static int want_parts(const ash_node *node, ash_arena *arena) {
    ash_need(*need)[ASH_MAX_NDIM + 1] = ash_calloc(node->ninputs + 1, sizeof *need);
    char *wanted = ash_calloc(node->ninputs + 1, 1);
    int fine = need && wanted;
    if (fine && !of_blocks(node, need, wanted)) {
        for (int i = 0; i < node->ninputs; i++) {
            wanted[i] = 1;
            for (int k = 0; k < ash_value_output(node->input[i])->ndim; k++) {
                need[i][k] = (ash_need){ 0, ash_value_output(node->input[i])->dim[k].axis.extent };
            }
        }
    }
    for (int i = 0; i < node->ninputs && fine; i++) {
        fine = !wanted[i] || want(node->input[i].node, need[i], arena);
    }
    ash_free(need);
    ash_free(wanted);
    return fine;
}

static int want_inputs(const ash_node *node, ash_arena *arena) {
    if (node->kind == ASH_NODE_BLOCKS && node->noutputs == 1) {
        return want_parts(node, arena);
    }
    for (int i = 0; i < node->ninputs; i++) {
        ash_need part[ASH_MAX_NDIM + 1] = { { 0 } };
        for (int k = 0; k < ash_value_output(node->input[i])->ndim; k++) {
            part[k] = of_input(node, i, k);
        }
        if (!want(node->input[i].node, part, arena)) {
            return 0;
        }
    }
    return 1;
}

static int want_all(ash_node *node, ash_arena *arena) {
    ash_need all[ASH_MAX_NDIM + 1] = { { 0 } };
    for (int a = 0; a < node->output[0].ndim; a++) {
        all[a].end = node->output[0].dim[a].axis.extent;
    }
    return want(node, all, arena);
}

int ash_plan_find_needs(const ash_plan *plan, const ash_context *context, int64_t mark, ash_arena *arena) {
    int fine = 1, worth = is_worth_it(context, mark);
    for (int64_t n = 0; n < context->nnodes; n++) {
        context->node[n]->need = NULL;
    }
    for (int t = 0; worth && fine && t < plan->ntargets; t++) {
        fine = want_all(plan->target[t].value.node, arena);
    }
    for (int64_t n = context->nnodes; worth && fine && n-- > 0;) { /* users come after what they use */
        fine = context->node[n]->mark != mark || !context->node[n]->need || want_inputs(context->node[n], arena);
    }
    return fine;
}

/* The cuts stay where they are, so that chunks keep their numbers; those outside are empty, and nobody asks for them. */
int ash_plan_clip(ash_plan *plan, const ash_node *node, int axis, ash_grid_axis *out) {
    int64_t begin = node->need ? node->need[axis].begin : 0, end = node->need ? node->need[axis].end : out->extent;
    int whole = begin >= end || (begin == 0 && end == out->extent);
    if (!can_be_part(node) || whole || out->count > LISTED_MOST) { /* a long list of cuts costs more than it saves */
        return 1;
    }
    int64_t *bounds = ash_arena_alloc(&plan->arena, (out->count + 1) * (int64_t)sizeof *bounds);
    for (int64_t c = 0; bounds && c <= out->count; c++) {
        int64_t cut = ash_axis_start(out, c);
        bounds[c] = cut < begin ? begin : cut > end ? end : cut;
    }
    out->bounds = bounds;
    return bounds != NULL;
}
