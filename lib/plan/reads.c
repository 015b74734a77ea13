/* The bytes of a plan: read from files, needed of them at least, decoded, moved through chunk buffers, written. */
#include "plan/plan.h"

#include <stdlib.h>

enum { SETS_COMPARED = 16 }; /* of a variable, each with all others: the rest is taken to have nothing in common */

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
    set **sets;   /* per read */
    hull *hull;   /* per space */
    ash_row *row; /* scratch: rows of a list */
    int64_t rows;
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

/* Of the box around all sets. */
static double elements_around(const set *sets) {
    double elements = 1;
    for (int k = 0; sets && k < sets->ndim; k++) {
        int64_t low = sets->axis[k].low, high = sets->axis[k].high;
        for (const set *s = sets->next; s; s = s->next) {
            low = s->axis[k].low < low ? s->axis[k].low : low;
            high = s->axis[k].high > high ? s->axis[k].high : high;
        }
        elements *= (double)(high - low + 1);
    }
    return elements;
}

/* Sets that are in part the same are counted without what pairs have in common: no less than the largest, no more than the box around them all. */
static double elements_of(const set *sets) {
    double sum = 0, most = 0, around = elements_around(sets);
    int n = 0;
    for (const set *a = sets; a; a = a->next, n++) {
        sum += set_elements(a);
        most = set_elements(a) > most ? set_elements(a) : most;
        for (const set *b = a->next; b && n < SETS_COMPARED; b = b->next) {
            sum -= common_elements(a, b);
        }
    }
    sum = sum < around ? sum : around;
    return sum > most ? sum : most;
}

/* ---- Rows that are taken by a list ---- */

/* Lists the rows of [start, end) in scratch; returns how many there are. */
static int64_t list_rows(counting *c, const ash_map *map, int64_t start, int64_t end) {
    if (end - start > c->rows) {
        ash_row *grown = ash_realloc(c->row, (end - start) * (int64_t)sizeof *grown);
        if (!grown) {
            c->failed = 1;
            return 0;
        }
        c->row = grown;
        c->rows = end - start;
    }
    return ash_rows_list(map, start, end, c->row);
}

/* Those that are taken several times are counted once. */
static int64_t different_rows(counting *c, const ash_map *map, int64_t start, int64_t end) {
    int64_t n = list_rows(c, map, start, end), different = 0;
    for (int64_t k = 0; k < n; k++) {
        different += k == 0 || c->row[k].index != c->row[k - 1].index;
    }
    return different;
}

/* How many rows are read for those of [start, end), what lies between them included; as bind.c reads them. */
static int64_t rows_read(counting *c, const ash_operand *operand, int64_t start, int64_t end) {
    int64_t n = list_rows(c, &operand->map[operand->table_map], start, end), count = 0;
    int64_t span = n > 0 ? c->row[n - 1].index - c->row[0].index + 1 : 0;
    if (span <= end - start) {
        return span;
    }
    for (int64_t first = 0, last; first < n; first = last) {
        last = first + ash_rows_at_once(operand, c->row + first, n - first);
        count += c->row[last - 1].index - c->row[first].index + 1;
    }
    return count;
}

/* ---- What a box of a space needs ---- */

static range map_range(counting *c, const ash_map *map, const ash_box *box) {
    int64_t low, span;
    if (!ash_map_range(map, box, &low, &span)) {
        return (range){ .step = 1, .high = -1 };
    }
    int64_t step = ash_map_stride(map), first = ash_map_begin(map, box);
    int64_t count = map->table ? different_rows(c, map, first, first + ash_map_count(map, box)) : (span - 1) / step + 1;
    return (range){ low, low + span - 1, step, count };
}

/* Rows that are read along an axis of the operand for [start, end): each piece has its own list of them, and reads again what lies beside it. */
static int64_t extent_read(
    counting *c, const ash_stage *space, const ash_operand *operand, int k, int64_t start, int64_t end, int in_pieces) {
    const ash_map *map = &operand->map[k];
    const ash_stencil *stencil = ash_operand_stencil(operand);
    int64_t beyond = stencil ? stencil->below[k] + stencil->above[k] : 0, rows = 0;
    if (!map->table && beyond == 0) {
        return end - start;
    }
    for (int64_t n; start < end; start += n) {
        n = in_pieces && map->axis >= 0 ? ash_piece_extent(space, map->axis, start, end) : end - start;
        rows += map->table ? rows_read(c, operand, start, start + n) : (ash_map_stride(map) * (n - 1) + beyond) / stencil->step[k] + 1;
    }
    return rows;
}

/* Bytes that are read of a stored operand for a box; for operands of stencils all of it is the first one's. Each piece of a chunk reads again what is repeated. */
static int64_t read_bytes(counting *c, const ash_stage *space, const ash_operand *operand, const ash_box *box, int in_pieces) {
    int64_t bytes = ash_operand_looks_on(space, operand) ? 0 : operand->size;
    for (int k = 0; k < operand->ndim && bytes > 0; k++) {
        int64_t start = ash_map_begin(&operand->map[k], box), end = start + ash_map_count(&operand->map[k], box);
        bytes *= extent_read(c, space, operand, k, start, end, in_pieces);
    }
    for (int a = 0; a < space->ndim; a++) {
        if (in_pieces && !ash_maps_follow(operand->map, operand->ndim, a)) {
            bytes *= ash_piece_count(space, a, box->start[a], box->start[a] + box->extent[a]);
        }
    }
    return bytes;
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
            s->axis[d] = map_range(c, &operand->map[d], box);
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
    for (int a = 0; a < space->ndim; a++) {
        if (box->extent[a] == 0) {
            return; /* nothing is computed, so nothing is read for it, not even what is repeated */
        }
    }
    int is_stage = space->id < plan->nstages && plan->stage[space->id] == space;
    hull *h = &c->hull[is_stage ? space->id : plan->nstages + space->id];
    for (int k = 0; k < space->noperands; k++) {
        const ash_operand *operand = &space->operand[k];
        if (operand->kind == ASH_OPERAND_FILE) {
            plan->read[operand->read].bytes += read_bytes(c, space, operand, box, is_stage && ash_operand_varies(space, operand));
            plan->read[operand->read].part_chunks += is_stage ? 0 : part_chunks(operand, box);
        }
    }
    widen(&h->box, box, space->ndim, !h->any);
    h->any = 1;
}

/* ---- Which variables are read ---- */

/* An operand that is a stored variable; `place` among all such, `first` that of the first one of the same variable. */
typedef struct use {
    ash_operand *operand;
    int space, place, first;
} use;

static uintptr_t variable_of(const use *u) {
    return (uintptr_t)u->operand->value.node->u.file.variable;
}

static int by_variable(const void *a, const void *b) {
    const use *x = a, *y = b;
    uintptr_t first = variable_of(x), second = variable_of(y);
    return first != second ? (first < second ? -1 : 1) : x->place - y->place;
}

static int by_place(const void *a, const void *b) {
    return ((const use *)a)->place - ((const use *)b)->place;
}

/* Their number, and, unless it is NULL, the list of them. */
static int list_uses(const ash_plan *plan, use uses[]) {
    int n = 0;
    for (int s = 0; s < plan->nstages + plan->nspaces; s++) {
        const ash_stage *space = ash_plan_space(plan, s);
        for (int k = 0; k < space->noperands; k++) {
            if (space->operand[k].kind != ASH_OPERAND_FILE) {
                continue;
            }
            if (uses) {
                uses[n] = (use){ .operand = &space->operand[k], .space = s, .place = n };
            }
            n++;
        }
    }
    return n;
}

static void find_first_uses(use uses[], int n) {
    qsort(uses, (size_t)n, sizeof *uses, by_variable);
    for (int k = 0; k < n; k++) {
        int again = k > 0 && variable_of(&uses[k]) == variable_of(&uses[k - 1]);
        uses[k].first = again ? uses[k - 1].first : uses[k].place;
    }
    qsort(uses, (size_t)n, sizeof *uses, by_place);
}

/* A variable in the order in which it is first used. `first->space` is the last one that counts as a pass. */
static int add_use(ash_plan *plan, use *u, use *first) {
    if (u == first) {
        if (!ash_plan_reserve(plan, (void **)&plan->read, plan->nreads, &plan->read_capacity, sizeof *plan->read)) {
            return 0;
        }
        plan->read[plan->nreads] = (ash_plan_read){ .node = u->operand->value.node, .passes = 1 };
        u->operand->read = plan->nreads++;
        return 1;
    }
    u->operand->read = first->operand->read;
    plan->read[u->operand->read].passes += first->space != u->space;
    first->space = u->space;
    return 1;
}

int ash_plan_list_reads(ash_plan *plan) {
    int n = list_uses(plan, NULL), fine = 1;
    use *uses = n > 0 ? ash_malloc(n * (int64_t)sizeof *uses) : NULL;
    if (!uses) {
        return n == 0;
    }
    list_uses(plan, uses);
    find_first_uses(uses, n);
    for (int k = 0; k < n && fine; k++) {
        fine = add_use(plan, &uses[k], &uses[uses[k].first]);
    }
    ash_free(uses);
    return fine;
}

/* ---- All of it ---- */

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
    for (int r = 0; r < plan->nreads; r++) {
        plan->read[r].bytes = 0;
        plan->read[r].part_chunks = 0;
    }
    count_written(plan);
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
    ash_free(c.row);
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
                ash_chunks_needed needed = ash_operand_chunks(stage, &stage->operand[k]);
                chunks += (double)plan->cache_bytes >= plan->shared_bytes ? needed.cached : needed.all;
                different = needed.different > different ? needed.different : different;
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
