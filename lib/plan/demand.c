/* Which part of each value is needed? A box around all that users take of it, from the values asked for down to the leaves.
 *
 * What is held is made no larger than that: slices read what they meet of the stored chunks, not the whole chunks around it, whatever lies between. Where
 * parts of chunks cannot be made, the box is widened to whole ones before the inputs are asked.
 */
#include "base/memory.h"
#include "plan/plan.h"

enum {
    WIDEN_MOST = 2,   /* times */
    MOST_STEPS = 4096 /* of blocks, that are looked at one by one */
};

static int is_empty(const ash_need *need) {
    return need->begin >= need->end;
}

/* What the rows of a range are, from the first to the last of them. */
static ash_need of_rows(const ash_need *outer, const int64_t labels[]) {
    ash_need rows = { 0 };
    for (int64_t i = outer->begin; i < outer->end; i++) {
        if (labels[i] >= 0) {
            int first = is_empty(&rows);
            rows.begin = first || labels[i] < rows.begin ? labels[i] : rows.begin;
            rows.end = first || labels[i] >= rows.end ? labels[i] + 1 : rows.end;
        }
    }
    return rows;
}

/* Whether a view or a list of rows shows a part of an axis of its input only. */
static int narrows(const ash_node *node) {
    if (node->kind == ASH_NODE_TAKE) {
        ash_need all = { 0, node->output[0].dim[node->u.take.axis].axis.extent }, rows = of_rows(&all, node->u.take.labels);
        return rows.end - rows.begin < ash_value_output(ash_plan_input(node, 0))->dim[node->u.take.axis].axis.extent;
    }
    for (int k = 0; node->kind == ASH_NODE_VIEW && k < ash_value_output(ash_plan_input(node, 0))->ndim; k++) {
        int axis = node->u.view.axis[k].axis;
        int64_t extent = axis < 0 ? 1 : node->output[0].dim[axis].axis.extent;
        if (extent < ash_value_output(ash_plan_input(node, 0))->dim[k].axis.extent) {
            return 1;
        }
    }
    return 0;
}

/* Whether all outputs have one shape, so that one box tells what is needed of all. */
static int has_one_shape(const ash_node *node) {
    return node->kind != ASH_NODE_BLOCKS || node->noutputs == 1;
}

/* Whether parts of chunks can be made along an axis. Running values begin where their chunk does, and their sums go by four from there; blocks are functions of
 * whole chunks, unless their kind says otherwise. */
static int can_cut(const ash_node *node, int axis) {
    return node->kind == ASH_NODE_BLOCKS ? has_one_shape(node) && node->u.blocks.kind->reach != NULL : !(node->scans >> axis & 1);
}

/* Whether anything can come of it; mostly nothing is held, or nothing is sliced. */
static int is_worth_it(const ash_context *context) {
    int held = 0, narrowed = 0;
    for (int64_t n = 0; n < context->nreached && !(held && narrowed); n++) {
        held |= context->reached[n]->held;
        narrowed |= narrows(context->reached[n]);
    }
    return held && narrowed;
}

/* Adds [begin, end) along each axis to what is needed of a node: all, if its outputs have several shapes. 0 when out of memory. */
static int want(ash_node *node, const ash_need box[], ash_arena *arena) {
    int ndim = node->output[0].ndim;
    ash_need part[ASH_MAX_NDIM + 1] = { { 0 } };
    for (int a = 0; a < ndim; a++) {
        part[a] = has_one_shape(node) ? box[a] : (ash_need){ 0, node->output[0].dim[a].axis.extent };
        if (has_one_shape(node) && is_empty(&part[a])) {
            return 1;
        }
    }
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

/* The chunks that a range meets, and the elements of a range of chunks. */
static ash_need chunks_of(const ash_grid_axis *axis, ash_need range) {
    return is_empty(&range) ? range : (ash_need){ ash_axis_find(axis, range.begin), ash_axis_find(axis, range.end - 1) + 1 };
}

static ash_need elements_of(const ash_grid_axis *axis, ash_need chunks) {
    return (ash_need){ ash_axis_start(axis, chunks.begin), ash_axis_start(axis, chunks.end) };
}

/* What is made of a held value where a box of it is needed. */
static void settle(const ash_node *node) {
    const ash_output *output = &node->output[0];
    if (!node->held) {
        return;
    }
    if (node->kind == ASH_NODE_BLOCKS && node->u.blocks.kind->widen) {
        node->u.blocks.kind->widen(node, node->need);
    }
    if (node->kind == ASH_NODE_CARRY) { /* what is carried into a chunk is made from what is carried into the one before it */
        node->need[node->u.scan.axis].begin = 0;
    }
    for (int a = 0; a < output->ndim; a++) {
        if (!can_cut(node, a)) {
            node->need[a] = elements_of(&output->dim[a].axis, chunks_of(&output->dim[a].axis, node->need[a]));
        }
    }
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

/* What running values take of the values, all of their chunks, and of what is carried into these. */
static ash_need of_scan(const ash_node *node, int input, int k) {
    const ash_grid_axis *axis = &node->output[0].dim[k].axis;
    if (k != node->u.scan.axis) {
        return node->need[k];
    }
    ash_need chunks = chunks_of(axis, node->need[k]);
    return input == 0 ? elements_of(axis, chunks) : chunks;
}

static ash_need of_reduction(const ash_node *node, int k, ash_need all) {
    int axis = ash_plan_kept_axis(node, k);
    if (node->u.reduce.by_chunk == k) {
        return elements_of(&ash_value_output(ash_plan_input(node, 0))->dim[k].axis, node->need[k]);
    }
    return axis >= 0 ? node->need[axis] : all;
}

/* What a node takes of axis k of an input. */
static ash_need of_input(const ash_node *node, int input, int k) {
    ash_need all = { 0, ash_value_output(ash_plan_input(node, input))->dim[k].axis.extent };
    if (node->kind == ASH_NODE_VIEW) {
        return through_view(node->need, &node->u.view.axis[k]);
    }
    if (node->kind == ASH_NODE_ELEMENTWISE) {
        int axis = node->u.elementwise.align[input][k];
        return axis >= 0 ? node->need[axis] : all;
    }
    switch (node->kind) {
    case ASH_NODE_REDUCE: return of_reduction(node, k, all);
    case ASH_NODE_TAKE: return k == node->u.take.axis ? of_rows(&node->need[k], node->u.take.labels) : node->need[k];
    case ASH_NODE_SCAN: return of_scan(node, input, k);
    case ASH_NODE_CARRY: return k == node->u.scan.axis ? (ash_need){ 0, node->need[k].end - 1 } : node->need[k];
    default: return all;
    }
}

/* Extends `need` by a part; the first one has nothing to extend. */
static void add_part(const ash_part *part, int ndim, int first, ash_need need[]) {
    for (int a = 0; a < ndim; a++) {
        int64_t begin = part->box.start[a], end = begin + part->box.extent[a];
        need[a].begin = first || begin < need[a].begin ? begin : need[a].begin;
        need[a].end = first || end > need[a].end ? end : need[a].end;
    }
}

/* What blocks take of their inputs for chunks, which the box that is needed consists of. 0 if there are too many to be looked at. */
static int of_blocks(const ash_node *node, ash_need need[][ASH_MAX_NDIM + 1], char wanted[]) {
    const ash_output *output = &node->output[0];
    const ash_blocks_node *blocks = &node->u.blocks;
    ash_grid_axis axis[ASH_MAX_NDIM], met[ASH_MAX_NDIM]; /* met: one element for each chunk that is met */
    int64_t first[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    for (int a = 0; a < output->ndim; a++) {
        axis[a] = output->dim[a].axis;
        ash_need chunks = chunks_of(&axis[a], node->need[a]);
        first[a] = chunks.begin;
        met[a] = ash_axis_regular(chunks.end - chunks.begin, 1, 0);
    }
    int64_t chunks = ash_grid_chunks(output->ndim, met);
    if (chunks > MOST_STEPS || blocks->steps > MOST_STEPS / chunks) {
        return 0;
    }
    for (int64_t item = 0; item < chunks * blocks->steps; item++) {
        ash_part part;
        ash_box box;
        ash_grid_coordinates(output->ndim, met, item / blocks->steps, coordinate);
        for (int a = 0; a < output->ndim; a++) {
            coordinate[a] += first[a];
        }
        ash_blocks_step at = { .chunk = ash_grid_ordinal(output->ndim, axis, coordinate), .step = item % blocks->steps, .box = &box };
        ash_output_box(output, at.chunk, &box);
        for (int k = 0; blocks->kind->part(node, &at, k, &part); k++) {
            add_part(&part, ash_value_output(ash_plan_input(node, part.input))->ndim, !wanted[part.input], need[part.input]);
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
            for (int k = 0; k < ash_value_output(ash_plan_input(node, i))->ndim; k++) {
                need[i][k] = (ash_need){ 0, ash_value_output(ash_plan_input(node, i))->dim[k].axis.extent };
            }
        }
    }
    for (int i = 0; i < node->ninputs && fine; i++) {
        fine = !wanted[i] || want(ash_plan_input(node, i).node, need[i], arena);
    }
    ash_free(need);
    ash_free(wanted);
    return fine;
}

static int want_reach(const ash_node *node, ash_arena *arena) {
    int fine = 1;
    for (int i = 0; i < node->ninputs && fine; i++) {
        ash_need part[ASH_MAX_NDIM + 1] = { { 0 } };
        fine = !node->u.blocks.kind->reach(node, node->need, i, part) || want(ash_plan_input(node, i).node, part, arena);
    }
    return fine;
}

static int want_inputs(const ash_node *node, ash_arena *arena) {
    settle(node);
    if (node->kind == ASH_NODE_BLOCKS && node->noutputs == 1) {
        return node->u.blocks.kind->reach ? want_reach(node, arena) : want_parts(node, arena);
    }
    for (int i = 0; i < node->ninputs; i++) {
        ash_need part[ASH_MAX_NDIM + 1] = { { 0 } };
        for (int k = 0; k < ash_value_output(ash_plan_input(node, i))->ndim; k++) {
            part[k] = of_input(node, i, k);
        }
        if (!want(ash_plan_input(node, i).node, part, arena)) {
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

int ash_plan_find_needs(const ash_plan *plan, const ash_context *context, ash_arena *arena) {
    int fine = 1, worth = ash_plan_pass(plan, ASH_PASS_DEMAND) && is_worth_it(context);
    for (int64_t n = 0; n < context->nreached; n++) {
        context->reached[n]->need = NULL;
    }
    for (int t = 0; worth && fine && t < plan->ntargets; t++) {
        fine = want_all(ash_plan_same(plan->target[t].value).node, arena);
    }
    for (int64_t n = context->nreached; worth && fine && n-- > 0;) { /* users come after what they use */
        fine = !context->reached[n]->need || want_inputs(context->reached[n], arena);
    }
    return fine;
}

/* Several reductions of a value share a pass over it if they are made over the same part of it: so what others need of the value is taken too where that is
 * not much more. Axes of the result that are none of the input's stay whole. */
static void widen(const ash_node *node, int axis, int64_t *begin, int64_t *end) {
    ash_value input = ash_plan_input(node, 0);
    int64_t extent = *end - *begin;
    *begin = 0;
    *end = node->output[0].dim[axis].axis.extent;
    for (int k = 0; k < ash_value_output(input)->ndim; k++) {
        int by_chunk = node->u.reduce.by_chunk == k && axis == k;
        if (by_chunk || ash_plan_kept_axis(node, k) == axis) {
            int known = input.node->need && has_one_shape(input.node);
            ash_need need = known ? input.node->need[k] : node->need[axis];
            need = by_chunk && known ? chunks_of(&ash_value_output(input)->dim[k].axis, need) : need;
            int much = (need.end - need.begin) / WIDEN_MOST > extent;
            *begin = much ? node->need[axis].begin : need.begin;
            *end = much ? node->need[axis].end : need.end;
        }
    }
}

void ash_plan_clip(const ash_node *node, int axis, ash_grid_axis *out) {
    if (!node->need || (node->kind == ASH_NODE_BLOCKS && !can_cut(node, axis))) {
        return;
    }
    int64_t begin = node->need[axis].begin, end = node->need[axis].end;
    if (node->kind == ASH_NODE_REDUCE) {
        widen(node, axis, &begin, &end);
    }
    ash_axis_clip(out, begin, end);
}
