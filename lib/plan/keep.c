/* Which values that several stages need had better be kept than read or computed again?
 *
 * Stages that are lowered already tell what each of them reads and computes. For every value that two or more have in common: what would the others save if it
 * were held, and does that pay for holding it? Of values that are made of one another the one that saves most is kept.
 */
#include "base/memory.h"
#include "plan/cost.h"

enum { SLOTS_LOOKED_AT = 1 << 24 }; /* at most: where very much is shared, not all of it is weighed */

/* Planning a task takes so long; what saves less than the second planning costs is not tried. */
static const double TASK_NS = 400;

/* A slot of a stage in which a value is. Those of a node are chained, stages in falling order: the last one is the stage that makes the value in any case. */
typedef struct use {
    struct use *next;
    const ash_stage *stage, *maker;
    int slot;
    const ash_map *map;
} use;

typedef struct candidate {
    ash_node *node;
    ash_node *seen; /* the node itself, or the view of it by which all see it: on whose grid it would be held */
    double gain;    /* nanoseconds */
    double live;    /* about how many bytes of it are there at once */
} candidate;

typedef struct keeping {
    ash_plan *plan;
    ash_context *context;
    ash_arena arena;
    candidate *list;
    int count, capacity;
    int pays;             /* what is held must pay for it */
    int64_t looked_at;    /* slots */
    char *given, *needed; /* per slot of a stage; nothing is given in between */
    double *cost;         /* per stage, as it is */
} keeping;

/* What can be kept: stored inputs and what operations make of them; leaves of other kinds are there anyway. */
static int can_be_kept(const ash_node *node) {
    return !node->held && node->noutputs == 1 && (node->kind == ASH_NODE_FILE || node->kind == ASH_NODE_ELEMENTWISE);
}

/* ---- Uses ---- */

/* Chains up all uses, and lists the nodes that more than one stage has. 0 when out of memory. */
static int find_uses(keeping *k) {
    ash_emitted found;
    for (int s = 0; s < k->plan->nstages; s++) {
        for (int e = 0; ash_stage_emitted(k->plan->stage[s], e, &found); e++) {
            found.node->link = NULL;
        }
    }
    for (int s = 0; s < k->plan->nstages; s++) {
        for (int e = 0; ash_stage_emitted(k->plan->stage[s], e, &found); e++) {
            use *before = found.node->link, *now = can_be_kept(found.node) ? ash_arena_alloc(&k->arena, sizeof *now) : NULL;
            if (!now && can_be_kept(found.node)) {
                return 0;
            }
            if (!now) {
                continue;
            }
            const ash_stage *stage = k->plan->stage[s];
            *now = (use){ before, stage, before ? before->maker : stage, found.slot, found.map };
            found.node->link = now;
            if (before && before->stage != stage && before->stage == before->maker) { /* the second stage: it is listed now */
                if (!ash_plan_reserve(k->plan, (void **)&k->list, k->count, &k->capacity, sizeof *k->list)) {
                    return 0;
                }
                k->list[k->count++] = (candidate){ .node = found.node, .seen = found.node };
            }
        }
    }
    return 1;
}

/* Where a value has no other user than a view, it is the view that would be held: a variable as it was opened, on the grid that was asked for. */
static void find_views(keeping *k) {
    const ash_plan *plan = k->plan;
    for (int64_t n = 0; n < k->context->nreached; n++) {
        k->context->reached[n]->users = 0;
        k->context->reached[n]->keep = ASH_KEEP_NOT;
    }
    for (int t = 0; t < plan->ntargets; t++) {
        ash_plan_same(plan->target[t].value).node->users++;
    }
    for (int64_t n = 0; n < k->context->nreached; n++) {
        const ash_node *node = k->context->reached[n];
        for (int i = 0; i < node->ninputs; i++) {
            ash_plan_input(node, i).node->users++;
        }
    }
    for (int64_t n = 0; n < k->context->nreached; n++) { /* users come after what they use */
        ash_node *view = k->context->reached[n], *input = view->kind == ASH_NODE_VIEW ? ash_plan_input(view, 0).node : NULL;
        for (int c = 0; input && input->users == 1 && c < k->count; c++) {
            k->list[c].seen = k->list[c].seen == input ? view : k->list[c].seen;
        }
    }
}

/* ---- Gains ---- */

/* The outermost axis with several chunks that is reduced in stage `a`, which makes the value, before stage `b` can use the result; -1 if there is none. */
static int first_awaited(const ash_stage *a, const ash_stage *b) {
    int first = -1;
    for (int k = 0; k < b->noperands; k++) {
        const ash_held *held = b->operand[k].held;
        const ash_fold *fold = b->operand[k].kind == ASH_OPERAND_HELD && held->stage == a ? a->sink[held->sink].fold : NULL;
        for (int x = 0; fold && x < a->ndim; x++) {
            const ash_reduce_node *reduce = fold->reduce;
            int reduced = reduce->reduced[x] && reduce->by_chunk != x; /* be it kept with extent 1 or not */
            if (a->axis[x].count > 1 && (reduced || reduce->group_axis == x)) {
                first = first < 0 || x < first ? x : first;
                break;
            }
        }
    }
    return first;
}

/* Chunks wait for a reduction over an axis; those that differ along an axis outside of it come and go before. */
static double part_that_waits(const ash_stage *a, int first) {
    double chunks = 1;
    for (int x = 0; x < (first < 0 ? a->ndim : first); x++) {
        chunks *= (double)a->axis[x].count;
    }
    return 1 / chunks;
}

/* What a stage saves if the slots that are given need not be made. */
static double saved(keeping *k, const ash_stage *stage) {
    k->looked_at += stage->nslots;
    return k->cost[stage->id] - ash_stage_cost(stage, k->given, k->needed);
}

static void weigh(keeping *k, candidate *c) {
    const ash_output *output = &c->node->output[0];
    const use *u = c->node->link;
    const ash_stage *maker = u->maker;
    double bytes = 0;
    while (u && k->looked_at < SLOTS_LOOKED_AT) {
        const ash_stage *stage = u->stage;
        const use *begin = u;
        double seen = 0, loading = 0;
        for (; u && u->stage == stage; u = u->next) {
            double now;
            loading += ash_stage_load_cost(stage, u->map, output, &now);
            seen = now > seen ? now : seen;
            k->given[u->slot] = 1;
        }
        bytes = seen > bytes ? seen : bytes;
        if (stage != maker) {
            double part = part_that_waits(maker, first_awaited(maker, stage)) * seen;
            c->gain += saved(k, stage) - loading;
            c->live = part > c->live ? part : c->live;
        }
        for (; begin != u; begin = begin->next) {
            k->given[begin->slot] = 0;
        }
    }
    c->gain -= k->pays ? ash_cost_of_holding(bytes) : 0;
}

/* ---- The choice ---- */

/* Whether what a node is made of is kept already; marks it, if `marking`. */
static int walk_below(keeping *k, ash_node *node, int marking) {
    int found = 0;
    for (int i = 0; i < node->ninputs && !found; i++) {
        ash_node *input = ash_plan_input(node, i).node;
        while (input->kind == ASH_NODE_VIEW && !input->held && input->keep != ASH_KEEP) {
            input->keep = marking ? ASH_KEEP_BELOW : input->keep;
            input = ash_plan_input(input, 0).node;
        }
        if (input->held || input->visit == k->plan->visit) {
            continue;
        }
        input->visit = k->plan->visit;
        found = input->keep == ASH_KEEP;
        input->keep = marking ? ASH_KEEP_BELOW : input->keep;
        found |= walk_below(k, input, marking);
    }
    return found;
}

static int is_made_of_kept(keeping *k, ash_node *node, int marking) {
    k->plan->visit = ash_context_mark(k->context);
    return walk_below(k, node, marking);
}

static double planning_cost(const ash_plan *plan) {
    double tasks = 0;
    for (int s = 0; s < plan->nstages; s++) {
        tasks += (double)plan->stage[s]->chunks;
    }
    return tasks * TASK_NS;
}

/* By falling gain, as long as there is room. Of equal gains the value that was made first is taken, whatever the order of the list. */
static int choose(keeping *k) {
    double room = (double)k->plan->limit, least = k->pays ? planning_cost(k->plan) : 0;
    int kept = 0;
    for (;;) {
        candidate *best = NULL;
        for (int c = 0; c < k->count; c++) {
            candidate *one = &k->list[c];
            int fits = one->gain > least && one->live <= room && one->seen->keep == ASH_KEEP_NOT;
            int better = fits && (!best || one->gain > best->gain || (!(one->gain < best->gain) && one->node->serial < best->node->serial));
            best = better ? one : best;
        }
        if (!best) {
            break;
        }
        if (is_made_of_kept(k, best->seen, 0)) {
            best->gain = 0;
            continue;
        }
        best->seen->keep = ASH_KEEP;
        is_made_of_kept(k, best->seen, 1);
        room -= best->live;
        kept++;
    }
    for (int c = 0; c < k->count; c++) {
        k->plan->changed[ASH_PASS_WORTH] += k->list[c].seen->keep == ASH_KEEP_NOT && k->list[c].gain <= least;
    }
    return kept;
}

static int begin(keeping *k) {
    const ash_plan *plan = k->plan;
    int slots = ash_plan_most_slots(plan);
    k->given = ash_arena_alloc(&k->arena, slots + 1); /* zeros */
    k->needed = ash_arena_alloc(&k->arena, slots + 1);
    k->cost = ash_arena_alloc(&k->arena, (plan->nstages + 1) * (int64_t)sizeof *k->cost);
    for (int s = 0; k->given && k->needed && k->cost && s < plan->nstages; s++) {
        k->cost[s] = ash_stage_cost(plan->stage[s], k->given, k->needed);
    }
    return k->given && k->needed && k->cost;
}

int ash_plan_choose_kept(ash_plan *plan, ash_context *context) {
    keeping k = { .plan = plan, .context = context, .pays = ash_plan_pass(plan, ASH_PASS_WORTH) };
    int kept = 0;
    if (plan->nstages > 1 && ash_plan_pass(plan, ASH_PASS_KEEP) && find_uses(&k) && k.count > 0 && begin(&k)) {
        find_views(&k);
        for (int c = 0; c < k.count; c++) {
            weigh(&k, &k.list[c]);
        }
        kept = choose(&k);
    }
    ash_arena_free(&k.arena);
    return kept;
}
