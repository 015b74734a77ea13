/* The bytes of a plan: read from files, needed of them at least, decoded, moved through chunk buffers, written. */
#include "plan/plan.h"

#include <string.h>

enum { SETS_COMPARED = 16 };

/* Indices along one axis: count of them, from low to high. */
typedef struct range {
    int64_t low, high, step, count;
} range;

/* What operands need of a variable: a product of ranges. Kept while bytes are counted. */
typedef struct set {
    struct set *next;
    int ndim;
    range axis[ASH_MAX_NDIM];
} set;

/* All boxes that are needed of a space lie in it. */
typedef struct hull {
    int any;
    ash_box box;
} hull;

typedef struct counting {
    ash_plan *plan;
    ash_arena arena;
    set **sets; /* per read */
    hull *hull; /* per space */
    int failed;
} counting;

/* ---- Sets of elements ---- */

static int is_dense(const range *r) {
    return r->high - r->low + 1 == r->count;
}

static int same_range(const range *a, const range *b) {
    return a->low == b->low && a->high == b->high && a->step == b->step && a->count == b->count;
}

static int range_contains(const range *a, const range *b) {
    return same_range(a, b) || (is_dense(a) && b->low >= a->low && b->high <= a->high);
}

static int contains(const set *a, const set *b) {
    for (int k = 0; k < a->ndim; k++) {
        if (!range_contains(&a->axis[k], &b->axis[k])) {
            return 0;
        }
    }
    return 1;
}

/* Joins `b` into `a` where they differ along one axis only, and have no gap there. */
static int join(set *a, const set *b) {
    int differing = -1;
    for (int k = 0; k < a->ndim; k++) {
        if (!same_range(&a->axis[k], &b->axis[k])) {
            if (differing >= 0) {
                return 0;
            }
            differing = k;
        }
    }
    range *x = &a->axis[differing];
    const range *y = &b->axis[differing];
    if (!is_dense(x) || !is_dense(y) || y->low > x->high + 1 || x->low > y->high + 1) {
        return 0;
    }
    x->low = y->low < x->low ? y->low : x->low;
    x->high = y->high > x->high ? y->high : x->high;
    x->count = x->high - x->low + 1;
    return 1;
}

static double set_elements(const set *s) {
    double elements = 1;
    for (int k = 0; k < s->ndim; k++) {
        elements *= (double)s->axis[k].count;
    }
    return elements;
}

/* Elements that two sets have in common: exact for ranges without steps, and for equal ones. */
static double common_elements(const set *a, const set *b) {
    double elements = 1;
    for (int k = 0; k < a->ndim; k++) {
        const range *x = &a->axis[k], *y = &b->axis[k];
        int64_t low = x->low > y->low ? x->low : y->low, high = x->high < y->high ? x->high : y->high;
        double span = high < low ? 0 : (double)(high - low + 1);
        double thin = is_dense(x) && is_dense(y) ? 1 : same_range(x, y) ? (double)x->count / span : 0;
        elements *= span * thin;
    }
    return elements;
}

/* Adds a set to those of its variable, without those that are part of another. */
static void add_set(counting *c, int read, set *s) {
    for (set **at = &c->sets[read]; *at;) {
        if (contains(*at, s)) {
            return;
        }
        if (contains(s, *at) || join(s, *at)) {
            *at = (*at)->next;
            at = &c->sets[read]; /* larger now: once more against all */
            continue;
        }
        at = &(*at)->next;
    }
    s->next = c->sets[read];
    c->sets[read] = s;
}

/* Sets that are in part the same are counted without what pairs have in common. */
static double elements_of(const set *sets) {
    double sum = 0, most = 0;
    int n = 0;
    for (const set *a = sets; a; a = a->next, n++) {
        sum += set_elements(a);
        most = set_elements(a) > most ? set_elements(a) : most;
        for (const set *b = a->next; b && n < SETS_COMPARED; b = b->next) {
            sum -= common_elements(a, b);
        }
    }
    return sum > most ? sum : most;
}

/* ---- What a box of a space needs ---- */

static range map_range(const ash_map *map, const ash_box *box) {
    int64_t low, span, n = ash_map_count(map, box);
    if (!ash_map_range(map, box, &low, &span)) {
        return (range){ .step = 1, .high = -1 };
    }
    int64_t step = map->table || map->axis < 0 || map->step == 0 ? 1 : map->step < 0 ? -map->step : map->step;
    int64_t count = map->table ? (n < span ? n : span) : (span - 1) / step + 1;
    return (range){ low, low + span - 1, step, count };
}

/* What all boxes together need, which lie in one. */
static void need_hull(counting *c, const ash_stage *space, const ash_box *box) {
    for (int k = 0; k < space->noperands && !c->failed; k++) {
        const ash_operand *operand = &space->operand[k];
        if (operand->kind != ASH_OPERAND_FILE) {
            continue;
        }
        set *s = ash_arena_alloc(&c->arena, sizeof *s);
        c->failed = s == NULL;
        for (int d = 0; s && d < operand->ndim; d++) {
            s->axis[d] = map_range(&operand->map[d], box);
        }
        if (s) {
            s->ndim = operand->ndim;
            add_set(c, operand->read, s);
        }
    }
}

static void widen(ash_box *all, const ash_box *box, int ndim, int first) {
    for (int a = 0; a < ndim; a++) {
        int64_t begin = all->start[a], end = begin + all->extent[a], start = box->start[a], last = start + box->extent[a];
        begin = first || start < begin ? start : begin;
        end = first || last > end ? last : end;
        all->start[a] = begin;
        all->extent[a] = end - begin;
    }
}

/* Stored chunks that a part meets. */
static double part_chunks(const ash_operand *operand, const ash_box *box) {
    const ash_variable *variable = operand->value.node->u.file.variable;
    int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
    double chunks = ash_operand_box(operand, box, low, span);
    for (int d = 0; d < operand->ndim && chunks > 0; d++) {
        int64_t size = variable->chunk[d];
        chunks *= size > 0 ? (double)((low[d] + span[d] - 1) / size - low[d] / size + 1) : 1;
    }
    return chunks;
}

static void read_box(void *user, const ash_stage *space, const ash_box *box) {
    counting *c = user;
    ash_plan *plan = c->plan;
    int is_stage = space->id < plan->nstages && plan->stage[space->id] == space;
    hull *h = &c->hull[is_stage ? space->id : plan->nstages + space->id];
    for (int k = 0; k < space->noperands; k++) {
        const ash_operand *operand = &space->operand[k];
        if (operand->kind == ASH_OPERAND_FILE) {
            plan->read[operand->read].bytes += ash_operand_read_bytes(operand, box);
            plan->read[operand->read].part_chunks += is_stage ? 0 : part_chunks(operand, box);
        }
    }
    widen(&h->box, box, space->ndim, !h->any);
    h->any = 1;
}

/* ---- All of it ---- */

/* Finds the variables that are read, and which group reads which. */
static int list_reads(ash_plan *plan, ash_stage *space) {
    for (int k = 0; k < space->noperands; k++) {
        ash_operand *operand = &space->operand[k];
        if (operand->kind != ASH_OPERAND_FILE) {
            continue;
        }
        int r = plan->nreads - 1;
        while (r >= 0 && plan->read[r].node->u.file.variable != operand->value.node->u.file.variable) {
            r--;
        }
        if (r < 0) {
            if (!ash_plan_reserve(plan, (void **)&plan->read, plan->nreads, &plan->read_capacity, sizeof *plan->read)) {
                return 0;
            }
            r = plan->nreads++;
            plan->read[r] = (ash_plan_read){ .node = operand->value.node };
        }
        operand->read = r;
        int again = 0;
        for (int j = 0; j < k; j++) {
            again |= space->operand[j].kind == ASH_OPERAND_FILE && space->operand[j].read == r;
        }
        plan->read[r].passes += !again;
    }
    return 1;
}

static int list_all_reads(ash_plan *plan) {
    int fine = 1;
    for (int s = 0; s < plan->nstages && fine; s++) {
        fine = list_reads(plan, plan->stage[s]);
    }
    for (int w = 0; w < plan->nwork && fine; w++) {
        const ash_blocks *blocks = plan->work[w].kind == ASH_WORK_BLOCKS ? plan->work[w].of.blocks : NULL;
        for (int i = 0; blocks && i < blocks->node->ninputs && fine; i++) {
            fine = list_reads(plan, blocks->space[i]);
        }
    }
    return fine;
}

static void count_written(ash_plan *plan) {
    for (int t = 0; t < plan->ntargets; t++) {
        if (plan->target[t].kind == ASH_TARGET_FILE) {
            const ash_output *output = ash_value_output(plan->target[t].value);
            plan->bytes_written += ash_output_size(output) * ash_dtype_size(output->dtype);
        }
    }
}

int ash_plan_count_bytes(ash_plan *plan) {
    counting c = { .plan = plan };
    plan->bytes_read = plan->bytes_written = 0;
    plan->nreads = 0;
    count_written(plan);
    if (!list_all_reads(plan)) {
        return 0;
    }
    c.sets = ash_arena_alloc(&c.arena, (plan->nreads + 1) * (int64_t)sizeof *c.sets);
    c.hull = ash_arena_alloc(&c.arena, (plan->nstages + plan->nspaces + 1) * (int64_t)sizeof *c.hull);
    c.failed = !c.sets || !c.hull;
    for (uint32_t t = 0; t < plan->ntasks && plan->nreads > 0 && !c.failed; t++) {
        ash_task_boxes(plan, t, read_box, &c);
    }
    for (int k = 0; k < plan->nstages + plan->nspaces && !c.failed; k++) {
        if (c.hull[k].any) {
            need_hull(&c, ash_plan_space(plan, k), &c.hull[k].box);
        }
    }
    for (int r = 0; r < plan->nreads && !c.failed; r++) {
        ash_plan_read *read = &plan->read[r];
        double needed = elements_of(c.sets[r]) * (double)ash_dtype_size(read->node->output[0].dtype);
        read->needed = needed < (double)read->bytes ? (int64_t)needed : read->bytes;
        plan->bytes_read += read->bytes;
    }
    ash_arena_free(&c.arena);
    return !c.failed;
}

int64_t ash_plan_decoded(const ash_plan *plan, int read, int64_t *once) {
    int64_t chunk = plan->read[read].node->u.file.variable->need.decoded;
    double chunks = plan->read[read].part_chunks, different = chunks;
    for (int s = 0; s < plan->nstages && chunk > 0; s++) {
        const ash_stage *stage = plan->stage[s];
        for (int k = 0; k < stage->noperands; k++) {
            if (stage->operand[k].kind == ASH_OPERAND_FILE && stage->operand[k].read == read) {
                double all, once_each;
                ash_operand_chunks(stage, &stage->operand[k], &all, &once_each);
                chunks += (double)plan->cache_bytes >= plan->shared_bytes ? once_each : all;
                different = once_each > different ? once_each : different;
            }
        }
    }
    *once = (int64_t)(different * (double)chunk);
    return (int64_t)(chunks * (double)chunk);
}

/* Held values that a task writes, and what it reads of them: the whole of each buffer. What goes on in the buffer of its first input does both. */
int64_t ash_task_moved(const ash_plan *plan, uint32_t task) {
    int64_t units = 0;
    for (uint32_t k = plan->task[task].input_begin; k < plan->task[task + 1].input_begin; k++) {
        units += plan->buffer_units[plan->input[k]];
    }
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        units += plan->buffer_units[b];
    }
    return units * ASH_UNIT;
}

int64_t ash_plan_moved(const ash_plan *plan) {
    int64_t units = 0;
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        units += plan->buffer_units[b] * (1 + (int64_t)(plan->consumer_begin[b + 1] - plan->consumer_begin[b]));
    }
    return units * ASH_UNIT;
}
