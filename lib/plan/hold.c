/* Which values are *held* in chunk buffers between stages, and which are recomputed where they are used?
 *
 * Reductions are held. Elementwise values and views are not: they become instructions of whoever uses them, up to a weight. Nodes are weighed
 * in the order of their serials, so inputs come before their users.
 */
#include "plan/cost.h"

/* Weights are operations that a value takes. */
enum {
    DEAR = 4,              /* more than that is not computed twice, for the totals of a scan and for the scan */
    WEIGHT_LIMIT = 64,     /* of what a stage computes; walks below a stage's values recurse no deeper */
    WEIGHT_MOST = 1 << 20, /* as far as they are counted */
    REPEATED = 8           /* times: what is repeated so often is small beside its user */
};

/* The first reason counts. */
static void hold(ash_node *node, ash_hold_reason why) {
    node->why = node->held ? node->why : (int)why;
    node->held = 1;
}

/* The input's axis that a view shows as `axis`; -1 if there is none, because the view repeats its input along it. */
static int axis_behind(const ash_node *view, int axis) {
    int found = -1;
    for (int k = 0; k < ash_value_output(ash_plan_input(view, 0))->ndim; k++) {
        found = view->u.view.axis[k].axis == axis ? k : found;
    }
    return found;
}

/* The extent of stored chunks along an axis of what a file holds, decoded or not; 0 if there are none, or those of several files. */
static int64_t stored_extent(const ash_node *node, int axis) {
    while (axis >= 0 && !node->held && (node->kind == ASH_NODE_VIEW || (node->kind == ASH_NODE_ELEMENTWISE && node->ninputs == 1))) {
        int behind = node->kind == ASH_NODE_VIEW ? axis_behind(node, axis) : axis;
        int whole =
            node->kind != ASH_NODE_VIEW || (behind >= 0 && node->u.view.axis[behind].start == 0 && node->u.view.axis[behind].step == 1);
        axis = whole ? behind : -1;
        node = ash_plan_input(node, 0).node;
    }
    if (axis < 0 || node->kind != ASH_NODE_FILE) {
        return 0;
    }
    const ash_variable *variable = node->u.file.variable;
    return variable->parts > 1 && variable->part_axis == axis ? 0 : variable->chunk[axis];
}

/* Whether an axis is cut between stored chunks only. */
static int cuts_between(const ash_grid_axis *axis, int64_t stored) {
    if (stored <= 0 || !axis->bounds) {
        return stored > 0 && axis->step % stored == 0 && axis->offset % stored == 0;
    }
    for (int64_t k = 1; k < axis->count; k++) {
        if (axis->bounds[k] % stored != 0) {
            return 0;
        }
    }
    return 1;
}

/* Whether a view puts its input on another grid that is not made of whole old chunks, be they those of its grid or stored ones. */
static int is_regrid(const ash_node *node) {
    const ash_output *input = ash_value_output(ash_plan_input(node, 0));
    for (int k = 0; k < input->ndim; k++) {
        const ash_view_axis *axis = &node->u.view.axis[k];
        if (axis->axis >= 0 && axis->start == 0 && axis->step == 1) {
            const ash_grid_axis *out = &node->output[0].dim[axis->axis].axis;
            if (out->extent == input->dim[k].axis.extent && !ash_axis_refines(&input->dim[k].axis, out) &&
                !cuts_between(out, stored_extent(ash_plan_input(node, 0).node, k))) {
                return 1;
            }
        }
    }
    return 0;
}

/* Whether a value is that of a file, decoded and converted one by one: such a value can be computed row by row. */
static int is_decoded_file(const ash_node *node) {
    while ((node->kind == ASH_NODE_ELEMENTWISE || node->kind == ASH_NODE_VIEW) && node->ninputs == 1 && !node->held) {
        node = ash_plan_input(node, 0).node;
    }
    return node->kind == ASH_NODE_FILE;
}

/* A take addresses its operand's rows through one list, so what it takes from must be a leaf, a held value, a plain view of one, or what a file
 * holds. Missing rows need an operand that has the axis: not a constant, and nothing repeated along it. */
static int take_needs_held(const ash_node *node) {
    const ash_node *input = ash_plan_input(node, 0).node;
    int axis = node->u.take.axis;
    if (!node->u.take.missing && is_decoded_file(input)) {
        return 0;
    }
    while (input->kind == ASH_NODE_VIEW && !input->held && axis >= 0) {
        axis = axis_behind(input, axis);
        input = ash_plan_input(input, 0).node;
    }
    int computed = input->kind == ASH_NODE_ELEMENTWISE || input->kind == ASH_NODE_TAKE || input->kind == ASH_NODE_VIEW;
    return (axis < 0 && node->u.take.missing) || (!input->held && (computed || (input->kind == ASH_NODE_CONSTANT && node->u.take.missing)));
}

/* Whether an input is computed from operands and then repeated many times: weights along one dimension against a field. Computing it once
 * costs little memory. */
static int is_repeated(const ash_node *node, ash_value input) {
    return input.node->kind == ASH_NODE_ELEMENTWISE &&
        ash_output_size(ash_value_output(input)) <= ash_output_size(&node->output[0]) / REPEATED;
}

/* Scans see chunks: they can be computed where they are used only if that is elementwise, over the same chunks. */
static int keeps_chunks(const ash_node *node, int input) {
    const ash_output *from = ash_value_output(ash_plan_input(node, input)), *to = &node->output[0];
    if ((node->kind != ASH_NODE_ELEMENTWISE && node->kind != ASH_NODE_VIEW) || from->ndim != to->ndim) {
        return 0;
    }
    for (int a = 0; a < to->ndim; a++) {
        const ash_view_axis *axis = node->kind == ASH_NODE_VIEW ? &node->u.view.axis[a] : NULL;
        int same = axis ? axis->axis == a && axis->start == 0 && axis->step == 1 : node->u.elementwise.align[input][a] == a;
        if (!same || !ash_axis_equal(&from->dim[a].axis, &to->dim[a].axis)) {
            return 0;
        }
    }
    return 1;
}

/* Notes along which axes a node has scans that are computed with it, and holds inputs whose scans cannot be. The totals of chunks are
 * taken before the scan itself: what both read is held if it is dear. */
static void weigh_scans(ash_node *node) {
    node->scans = node->kind == ASH_NODE_SCAN ? 1 << node->u.scan.axis : 0;
    for (int k = 0; k < node->ninputs; k++) {
        ash_node *input = ash_plan_input(node, k).node;
        if (node->kind == ASH_NODE_SCAN) {
            if (input->scans || (node->ninputs > 1 && (input->stored || input->weight > DEAR))) {
                hold(input, ASH_HOLD_SCANNED);
            }
        } else if (input->scans && !input->held && !keeps_chunks(node, k)) {
            hold(input, ASH_HOLD_SCAN);
        }
        node->scans |= input->held ? 0 : input->scans;
    }
}

static int effective_weight(const ash_node *node) {
    return node->held ? 1 : node->weight;
}

/* The computed value that a chain of views shows. */
static ash_node *behind_views(ash_node *node) {
    while (node->kind == ASH_NODE_VIEW && !node->held) {
        node = ash_plan_input(node, 0).node;
    }
    return node;
}

/* After what a chain of views shows has become held, the views weigh nothing more than it. */
static void reweigh_views(ash_node *node) {
    while (node->kind == ASH_NODE_VIEW && !node->held) {
        node->weight = 1;
        node = ash_plan_input(node, 0).node;
    }
}

/* Blocks are boxes of what lies in memory, in a file, or in chunk buffers: what is computed is held, and what would be read again and again unless there is no
 * room for it. */
static void hold_for_blocks(ash_plan *plan, const ash_node *node) {
    for (int k = 0; k < node->ninputs; k++) {
        const ash_node *source = ash_plan_input(node, k).node;
        while (source->kind == ASH_NODE_VIEW && !source->held) {
            source = ash_plan_input(source, 0).node;
        }
        const ash_blocks_node *blocks = &node->u.blocks;
        int stored = source->kind == ASH_NODE_FILE && !source->held;
        int repeats = stored && (blocks->repeats ? blocks->repeats[k] : blocks->kind->repeats);
        int in_place = source->held || source->kind == ASH_NODE_MEMORY || (stored && (plan->absorb || !repeats));
        plan->regrids |= repeats;
        if (!in_place) {
            hold(ash_plan_input(node, k).node, ASH_HOLD_FOR_BLOCKS);
        }
    }
}

/* Without fusion every operation has a group of its own. */
static void hold_computed(const ash_node *node) {
    for (int k = 0; k < node->ninputs && node->kind != ASH_NODE_VIEW; k++) {
        ash_node *input = behind_views(ash_plan_input(node, k).node);
        if (input->kind == ASH_NODE_ELEMENTWISE || input->kind == ASH_NODE_SCAN) {
            hold(input, ASH_HOLD_APART);
        }
        reweigh_views(ash_plan_input(node, k).node);
    }
}

/* Why a node is held whatever uses it. */
static ash_hold_reason reason_of(const ash_plan *plan, const ash_node *node) {
    switch (node->kind) {
    case ASH_NODE_REDUCE: return ASH_HOLD_REDUCTION;
    case ASH_NODE_CARRY: return ASH_HOLD_CARRY;
    case ASH_NODE_BLOCKS: return ASH_HOLD_BLOCKS;
    default: break;
    }
    int kept = plan->keep && node->keep == ASH_KEEP;
    return !kept ? ASH_HOLD_NOT : is_decoded_file(node) ? ASH_HOLD_READ_ONCE : ASH_HOLD_COMPUTED_ONCE;
}

void ash_plan_weigh(ash_plan *plan, ash_node *node) {
    node->why = reason_of(plan, node);
    node->held = node->why != ASH_HOLD_NOT;
    plan->changed[ASH_PASS_KEEP] += node->why == ASH_HOLD_READ_ONCE || node->why == ASH_HOLD_COMPUTED_ONCE;
    node->stored = node->kind == ASH_NODE_FILE;
    if (node->kind == ASH_NODE_TAKE && take_needs_held(node)) {
        hold(ash_plan_input(node, 0).node, ASH_HOLD_TAKEN);
    }
    if (node->kind == ASH_NODE_TAKE && node->u.take.scattered && ash_plan_input(node, 0).node->stored && !plan->absorb) {
        ash_plan_input(node, 0).node->held = 1; /* each chunk is read once, and only those with rows that are taken */
    }
    for (int k = 0; k < node->ninputs; k++) {
        if (ash_plan_pass(plan, ASH_PASS_REPEAT) && node->kind != ASH_NODE_REDUCE && is_repeated(node, ash_plan_input(node, k))) {
            plan->changed[ASH_PASS_REPEAT] += !ash_plan_input(node, k).node->held;
            hold(ash_plan_input(node, k).node, ASH_HOLD_REPEATED);
        }
    }
    if (node->kind == ASH_NODE_BLOCKS) {
        hold_for_blocks(plan, node);
    }
    if (!ash_plan_pass(plan, ASH_PASS_FUSE)) {
        hold_computed(node);
    }
    weigh_scans(node);
    for (int k = 0; k < node->ninputs; k++) {
        node->stored |= ash_plan_input(node, k).node->stored && !ash_plan_input(node, k).node->held;
    }
    if (node->kind == ASH_NODE_VIEW && ash_plan_input(node, 0).node->stored && is_regrid(node)) {
        if (!plan->absorb) {
            plan->changed[ASH_PASS_REGRID] += !ash_plan_input(node, 0).node->held;
            hold(ash_plan_input(node, 0).node, ASH_HOLD_GRID);
        }
        plan->regrids = 1;
    }
    for (;;) { /* too much recomputation: hold the heaviest input instead */
        int64_t weight = node->kind == ASH_NODE_ELEMENTWISE || node->kind == ASH_NODE_SCAN; /* leaves and views cost nothing */
        ash_node *heaviest = NULL;
        for (int k = 0; k < node->ninputs; k++) {
            ash_node *input = ash_plan_input(node, k).node;
            weight += effective_weight(input);
            if (!input->held && input->weight > 1 && (!heaviest || input->weight > heaviest->weight)) {
                heaviest = input;
            }
        }
        node->weight = weight > WEIGHT_MOST ? WEIGHT_MOST : (int)weight;
        if (weight <= WEIGHT_LIMIT || !heaviest || node->kind == ASH_NODE_REDUCE || node->kind == ASH_NODE_VIEW ||
            node->kind == ASH_NODE_TAKE) {
            return;
        }
        hold(behind_views(heaviest), ASH_HOLD_WEIGHT);
        reweigh_views(heaviest);
    }
}
