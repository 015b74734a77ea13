/* Which values of an expression are the same? Equal operations on equal inputs are one value, whoever built them; casts that change nothing, and views that
 * undo what others did, are their input.
 *
 * The expression stays as it is. `same` of a node names the value that stands for it in this plan, and everything in the plan goes by
 * ash_plan_same() and ash_plan_input(). Nodes are looked at by rising serials, so what stands for others comes before them, and its inputs stand for
 * themselves.
 */
#include "base/memory.h"
#include "expr/fingerprint.h"
#include "plan/plan.h"

enum { VIEWS_LOOKED_AT = 8 };

/* ---- Casts ---- */

/* Bits that hold the integers of a dtype exactly, the sign apart: of integers, and of the significands of floating ones. */
static int exact_bits(ash_dtype dtype) {
    char kind = ash_dtype_kind(dtype);
    int64_t bits = 8 * ash_dtype_size(dtype);
    bits = kind == 'c' ? bits / 2 : bits;
    return kind == 'b' ? 1 : kind == 'i' ? (int)bits - 1 : kind == 'u' ? (int)bits : bits == 32 ? 24 : 53;
}

static int is_integer(ash_dtype dtype) {
    char kind = ash_dtype_kind(dtype);
    return kind == 'b' || kind == 'i' || kind == 'u';
}

/* Whether `to` has every value of `from`. */
static int holds_all(ash_dtype from, ash_dtype to) {
    char kind = ash_dtype_kind(from), other = ash_dtype_kind(to);
    if (from == to) {
        return 1;
    }
    if (is_integer(from)) {
        return other != 'b' && exact_bits(from) <= exact_bits(to) && !(kind == 'i' && other == 'u');
    }
    return !is_integer(to) && (kind == 'f' || other == 'c') && exact_bits(from) <= exact_bits(to);
}

/* Whether the cast to `between` may be left out on the way to `to`. What is out of the range of an integer is another matter for each floating dtype,
 * so these are passed over only on the way to what has all values. */
static int is_idle(ash_dtype from, ash_dtype between, ash_dtype to) {
    int kinds = is_integer(from) && is_integer(between);
    return holds_all(from, between) &&
        (kinds || holds_all(from, to) || (!is_integer(from) && ash_dtype_kind(from) == 'f' && ash_dtype_kind(to) == 'c'));
}

static int same_axes(ash_value a, ash_value b) {
    return ash_output_same_grid(ash_value_output(a), ash_value_output(b));
}

static int is_cast(const ash_node *node) {
    return node->kind == ASH_NODE_ELEMENTWISE && node->u.elementwise.function == ASH_FUNCTION_CAST;
}

/* What a cast is made from, and whether that is all there is to it. */
static int look_through_casts(ash_plan *plan, ash_node *node) {
    ash_value from = ash_plan_input(node, 0);
    while (is_cast(from.node) && same_axes(from, ash_plan_input(from.node, 0)) &&
        is_idle(ash_value_output(ash_plan_input(from.node, 0))->dtype, ash_value_output(from)->dtype, node->u.elementwise.loop)) {
        from = node->from = ash_plan_input(from.node, 0);
        plan->changed[ASH_PASS_CASTS]++;
    }
    if (ash_value_output(from)->dtype == node->output[0].dtype && same_axes(from, (ash_value){ node, 0 })) {
        node->same = from;
        return 1;
    }
    return 0;
}

/* ---- Views ---- */

static int is_identity(int ndim, const ash_view_axis axis[], const ash_node *node, ash_value from) {
    int same = ndim == node->output[0].ndim && same_axes((ash_value){ (ash_node *)(uintptr_t)node, 0 }, from);
    for (int k = 0; same && k < ndim; k++) {
        same = axis[k].axis == k && axis[k].start == 0 && axis[k].step == 1;
    }
    return same;
}

/* Whether a view, with some of those that it looks through, shows all of a value as it is. */
static int look_through_views(ash_node *node) {
    ash_view_axis axis[ASH_MAX_NDIM];
    ash_value from = ash_plan_input(node, 0);
    int ndim = ash_value_output(from)->ndim;
    for (int k = 0; k < ndim; k++) {
        axis[k] = node->u.view.axis[k];
    }
    for (int depth = 0; depth < VIEWS_LOOKED_AT; depth++) {
        if (is_identity(ndim, axis, node, from)) {
            node->same = from;
            return 1;
        }
        if (from.node->kind != ASH_NODE_VIEW) {
            return 0;
        }
        const ash_view_axis *inner = from.node->u.view.axis;
        ash_view_axis composed[ASH_MAX_NDIM];
        from = ash_plan_input(from.node, 0);
        ndim = ash_value_output(from)->ndim;
        for (int k = 0; k < ndim; k++) {
            const ash_view_axis *outer = inner[k].axis < 0 ? NULL : &axis[inner[k].axis];
            composed[k] = inner[k];
            if (outer) {
                composed[k] = (ash_view_axis){ outer->axis, inner[k].start + inner[k].step * outer->start, inner[k].step * outer->step };
            }
        }
        for (int k = 0; k < ndim; k++) {
            axis[k] = composed[k];
        }
    }
    return 0;
}

/* ---- Equal nodes ---- */

typedef struct seen {
    ash_node *node;
    ash_fingerprint print;
} seen;

typedef struct table {
    seen *entry;
    int64_t capacity; /* a power of two, more than twice the nodes */
} table;

static ash_fingerprint print_of(const ash_node *node) {
    ash_fingerprint print = { { 0 } };
    ash_fingerprint_node(&print, node);
    for (int k = 0; k < node->ninputs; k++) {
        ash_value input = ash_plan_input(node, k);
        ash_fingerprint_int(&print, input.node->serial);
        ash_fingerprint_int(&print, input.output);
    }
    return print;
}

/* What does more than compute is never done for two at once. */
static int can_be_shared(const ash_node *node) {
    return !(node->kind == ASH_NODE_BLOCKS && node->u.blocks.once);
}

static int find_twin(table *t, ash_node *node) {
    ash_fingerprint print = print_of(node);
    int64_t k = (int64_t)(print.half[0] & (uint64_t)(t->capacity - 1));
    while (t->entry[k].node && (t->entry[k].print.half[0] != print.half[0] || t->entry[k].print.half[1] != print.half[1])) {
        k = (k + 1) & (t->capacity - 1);
    }
    if (t->entry[k].node) {
        node->same = (ash_value){ t->entry[k].node, 0 };
        return 1;
    }
    t->entry[k] = (seen){ node, print };
    return 0;
}

/* ---- All of them ---- */

static int is_on(const ash_plan *plan, ash_pass pass) {
    return ash_plan_pass(plan, pass);
}

static int is_left_out(ash_plan *plan, ash_node *node) {
    if (!is_on(plan, ASH_PASS_CASTS)) {
        return 0;
    }
    return (is_cast(node) && look_through_casts(plan, node)) || (node->kind == ASH_NODE_VIEW && look_through_views(node));
}

int ash_plan_find_same(ash_plan *plan, const ash_context *context) {
    table t = { .capacity = 16 };
    while (t.capacity < 2 * context->nreached) {
        t.capacity *= 2;
    }
    int wanted = is_on(plan, ASH_PASS_SAME);
    t.entry = wanted ? ash_calloc(t.capacity, sizeof *t.entry) : NULL;
    if (wanted && !t.entry) {
        return 0;
    }
    for (int64_t n = 0; n < context->nreached; n++) {
        ash_node *node = context->reached[n];
        node->same = (ash_value){ node, 0 };
        node->from = (ash_value){ NULL, 0 };
        if (is_left_out(plan, node)) {
            plan->changed[ASH_PASS_CASTS]++;
        } else if (wanted && can_be_shared(node)) {
            plan->changed[ASH_PASS_SAME] += find_twin(&t, node);
        }
    }
    ash_free(t.entry);
    return 1;
}

void ash_plan_reach(const ash_plan *plan, ash_context *context) {
    int64_t mark = ash_context_mark(context), all = context->nreached;
    for (int t = 0; t < plan->ntargets; t++) {
        ash_plan_same(plan->target[t].value).node->mark = mark;
    }
    for (int64_t n = all; n-- > 0;) { /* users come after what they use */
        const ash_node *node = context->reached[n];
        for (int k = 0; node->mark == mark && k < node->ninputs; k++) {
            ash_plan_input(node, k).node->mark = mark;
        }
    }
    context->nreached = 0;
    for (int64_t n = 0; n < all; n++) {
        if (context->reached[n]->mark == mark) {
            context->reached[context->nreached++] = context->reached[n];
        }
    }
}
