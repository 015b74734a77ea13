/* Which items belong together although they share no source? Those that a third one links: means of u*u and v*v have nothing in common, but that of u*v reads
 * what both do, and all three are one pass over u and v.
 *
 * Items are numbered in the order in which they are lowered. Those over the same grid that read the same source are joined, and so what these are joined with.
 */
#include "base/memory.h"
#include "plan/plan.h"

/* An item that reads a source, one for each grid. */
typedef struct reader {
    struct reader *next;
    int item;
    const ash_output *over;
} reader;

typedef struct linking {
    ash_plan *plan;
    ash_context *context;
    ash_arena arena; /* of readers */
    int *parent;     /* per item, towards the first of those it is joined with */
    int nitems;
} linking;

static int first_of(const linking *l, int item) {
    while (l->parent[item] != item) {
        item = l->parent[item];
    }
    return item;
}

static void join(linking *l, int a, int b) {
    int first = first_of(l, a), other = first_of(l, b);
    l->parent[first < other ? other : first] = first < other ? first : other;
}

/* Notes that an item reads a source. 0 when out of memory. */
static int add_reader(linking *l, ash_node *source, int item, const ash_output *over) {
    for (reader *r = source->link; r; r = r->next) {
        if (ash_output_same_grid(r->over, over)) {
            join(l, r->item, item);
            return 1;
        }
    }
    reader *r = ash_arena_alloc(&l->arena, sizeof *r);
    if (r) {
        *r = (reader){ source->link, item, over };
        source->link = r;
    }
    return r != NULL;
}

/* The sources of a value, down to held values and leaves. Recursion is as deep as a stage has operations. */
static int walk(linking *l, ash_value value, int below, int item, const ash_output *over) {
    ash_node *node = below ? value.node : ash_plan_below_chain(value).node;
    if (node->visit == l->plan->visit) {
        return 1;
    }
    node->visit = l->plan->visit;
    if (node->ninputs == 0 || (node->held && !below)) {
        int counts = node->held || (node->kind != ASH_NODE_CONSTANT && node->kind != ASH_NODE_RAMP);
        return !counts || add_reader(l, node, item, over);
    }
    int fine = 1;
    for (int k = 0; k < node->ninputs && fine; k++) {
        fine = walk(l, ash_plan_input(node, k), 0, item, over);
    }
    return fine;
}

static int add_item(linking *l, ash_value value, int below) {
    l->parent[l->nitems] = l->nitems;
    l->plan->visit = ash_context_mark(l->context);
    return walk(l, value, below, l->nitems++, ash_value_output(value));
}

static int add_held(linking *l, ash_node *node) {
    int fine = 1;
    for (int k = 0; k < node->noutputs && fine; k++) {
        fine = node->kind == ASH_NODE_REDUCE ? add_item(l, ash_plan_input(node, 0), 0) : add_item(l, (ash_value){ node, k }, 1);
    }
    return fine;
}

static int is_item(const ash_node *node) {
    return node->held && node->kind != ASH_NODE_BLOCKS;
}

int *ash_plan_link(ash_plan *plan, ash_context *context) {
    int64_t count = plan->ntargets;
    int fine = 1;
    for (int64_t n = 0; n < context->nreached; n++) {
        count += is_item(context->reached[n]) ? context->reached[n]->noutputs : 0;
        context->reached[n]->link = NULL;
    }
    linking l = { .plan = plan, .context = context, .parent = count < INT32_MAX ? ash_malloc((count + 1) * (int64_t)sizeof(int)) : NULL };
    for (int64_t n = 0; l.parent && fine && n < context->nreached; n++) {
        fine = !is_item(context->reached[n]) || add_held(&l, context->reached[n]);
    }
    for (int t = 0; l.parent && fine && t < plan->ntargets; t++) {
        fine = add_item(&l, ash_plan_same(plan->target[t].value), 0);
    }
    for (int k = 0; l.parent && fine && k < l.nitems; k++) {
        l.parent[k] = first_of(&l, k);
    }
    ash_arena_free(&l.arena);
    if (!fine) {
        ash_free(l.parent);
        l.parent = NULL;
    }
    return l.parent;
}
