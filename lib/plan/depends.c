/* What a value is computed from: whether a stage reads some of it, waits for it, or makes it. Walks go down to leaves and held values; every node and stage is
 * visited once a walk. */
#include "plan/plan.h"

static void begin_walk(ash_plan *plan, ash_context *context) {
    plan->visit = ash_context_mark(context);
}

static int visited(const ash_plan *plan, ash_node *node) {
    int before = node->visit == plan->visit;
    node->visit = plan->visit;
    return before;
}

static int is_leaf(const ash_node *node) {
    return node->ninputs == 0;
}

/* ---- Sources ---- */

static int shares_source(ash_plan *plan, const ash_stage *stage, ash_value value, int below) {
    ash_node *node = below ? value.node : ash_plan_below_chain(value).node;
    if (visited(plan, node)) {
        return 0;
    }
    if (is_leaf(node) || (node->held && !below)) {
        for (int k = 0; k < stage->noperands; k++) {
            const ash_operand *operand = &stage->operand[k];
            if (operand->kind != ASH_OPERAND_CONSTANT && operand->kind != ASH_OPERAND_RAMP && operand->value.node == node) {
                return 1;
            }
        }
        return 0;
    }
    for (int k = 0; k < node->ninputs; k++) {
        if (shares_source(plan, stage, ash_plan_input(node, k), 0)) {
            return 1;
        }
    }
    return 0;
}

int ash_stage_shares_source(ash_plan *plan, ash_context *context, const ash_stage *stage, ash_value value, int below) {
    begin_walk(plan, context);
    return shares_source(plan, stage, value, below);
}

/* ---- Waiting ---- */

static int held_depends(ash_plan *plan, const ash_held *held, const ash_stage *b);

/* Whether stage `a` uses, at any remove, what stage `b` makes. */
static int depends(ash_plan *plan, ash_stage *a, const ash_stage *b) {
    if (a == b) {
        return 1;
    }
    if (a->visit == plan->visit) {
        return 0;
    }
    a->visit = plan->visit;
    for (int k = 0; k < a->noperands; k++) {
        if (a->operand[k].kind == ASH_OPERAND_HELD && held_depends(plan, a->operand[k].held, b)) {
            return 1;
        }
    }
    return 0;
}

/* Whether what makes a held value does. */
static int held_depends(ash_plan *plan, const ash_held *held, const ash_stage *b) {
    int found = held->stage ? depends(plan, held->stage, b) : 0;
    for (int i = 0; held->blocks && i < held->blocks->node->ninputs && !found; i++) {
        found = depends(plan, held->blocks->space[i], b);
    }
    return found;
}

static int value_depends(ash_plan *plan, ash_value value, int below, const ash_stage *stage) {
    value = below ? value : ash_plan_below_chain(value);
    ash_node *node = value.node;
    if (visited(plan, node)) {
        return 0;
    }
    if (node->held && !below) {
        return held_depends(plan, ash_plan_held(plan, value), stage);
    }
    for (int k = 0; k < node->ninputs; k++) {
        if (value_depends(plan, ash_plan_input(node, k), 0, stage)) {
            return 1;
        }
    }
    return 0;
}

int ash_value_depends(ash_plan *plan, ash_context *context, ash_value value, int below, const ash_stage *stage) {
    begin_walk(plan, context);
    return value_depends(plan, value, below, stage);
}

/* ---- Making ---- */

/* Whether an elementwise node looks at the same place of an input as of its output, along all axes. */
static int looks_straight(const ash_node *node, int input) {
    int ndim = ash_value_output(ash_plan_input(node, input))->ndim, straight = node->kind == ASH_NODE_ELEMENTWISE;
    for (int a = 0; straight && a < ndim; a++) {
        straight = node->u.elementwise.align[input][a] == a;
    }
    return straight && ndim == node->output[0].ndim;
}

/* The stage that stores a held value while it is made. */
static ash_stage *storing_stage(const ash_plan *plan, ash_value value) {
    const ash_held *held = ash_plan_held(plan, value);
    return held && held->stage && held->stage->sink[held->sink].kind == ASH_SINK_HELD ? held->stage : NULL;
}

/* The first stage that stores something which the value is made from place by place. */
static ash_stage *find_maker(ash_plan *plan, ash_value value, int below) {
    ash_node *node = value.node;
    if (visited(plan, node)) {
        return NULL;
    }
    if (node->held && !below) {
        return storing_stage(plan, value);
    }
    ash_stage *found = NULL;
    for (int k = 0; k < node->ninputs && !found; k++) {
        found = looks_straight(node, k) ? find_maker(plan, ash_plan_input(node, k), 0) : NULL;
    }
    return found;
}

/* Whether all that a stage makes of what the value is made from is stored by it and seen place by place: `straight` tells whether this value is seen so.
 * What was reached straight may be reached otherwise later; so there are two marks, of which the later one is the stricter. */
static int is_at_hand(ash_plan *plan, ash_value value, int below, int straight, const ash_stage *stage) {
    value = straight ? value : ash_plan_below_chain(value);
    ash_node *node = value.node;
    if (node->visit == plan->visit || (straight && node->visit == plan->visit - 1)) {
        return 1;
    }
    node->visit = plan->visit - straight;
    if (node->held && !below) {
        return (straight && storing_stage(plan, value) == stage) || !held_depends(plan, ash_plan_held(plan, value), stage);
    }
    for (int k = 0; k < node->ninputs; k++) {
        if (!is_at_hand(plan, ash_plan_input(node, k), 0, straight && looks_straight(node, k), stage)) {
            return 0;
        }
    }
    return 1;
}

ash_stage *ash_plan_maker_of(ash_plan *plan, ash_context *context, ash_value value, int below) {
    begin_walk(plan, context);
    ash_stage *stage = find_maker(plan, value, below);
    if (!stage) {
        return NULL;
    }
    ash_context_mark(context);
    begin_walk(plan, context);
    return is_at_hand(plan, value, below, 1, stage) ? stage : NULL;
}
