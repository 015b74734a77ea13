/* Spilling: a plan whose sequential peak does not fit becomes one that puts chunks on scratch and takes them back.
 *
 * The tasks are gone through in their order. Where what is live and what the next task needs do not fit the budget, the chunk whose next use is farthest away
 * gives way (L. A. Belady, A study of replacement algorithms for a virtual-storage computer, IBM Systems Journal 5, 1966). Before its next use it is loaded
 * again, into another buffer, or read by the boxes that are needed of it. Both are tasks like any other: what spills leaves a *token*, a buffer without bytes, for what loads, so order, admission and
 * executors know nothing of it. Chunks that their task made of nothing but sources are not written: the task is run again.
 */
#include "plan/fit.h"
#include "plan/task_list.h"

enum { LIGHT = 8 }; /* instructions, at most, of what is made again instead of going to scratch */

/* A buffer as enumerated. */
typedef struct life {
    uint32_t id;    /* its copy in memory now, ASH_NO_ID: none */
    uint32_t token; /* of its copy on scratch, ASH_NO_ID: none */
    uint32_t place; /* in plan->spill */
    uint32_t next;  /* its next use, into `consumer` */
    uint32_t maker;
    unsigned char tiled, boxes; /* can be read by boxes, and is */
} life;

/* An entry of the heap of what can give way; stale where `use` is no longer the next one. */
typedef struct candidate {
    uint32_t use, buffer;
} candidate;

/* What gives way on a rank, the farthest first, and what is live there. */
typedef struct rank_memory {
    candidate *heap;
    int64_t nheap, capacity, live;
} rank_memory;

typedef struct spilling {
    ash_plan *plan;
    ash_plan old;   /* the lists as enumerated */
    int64_t budget; /* of each rank */
    rank_memory *rank;
    life *life;
    int dry, failed; /* dry: count only */
    ash_spill_count count;
} spilling;

/* ---- What gives way ---- */

static uint32_t rank_of(const spilling *sp, uint32_t buffer) {
    return sp->old.copy ? sp->old.copy[buffer].rank : 0;
}

/* What is live where a buffer is. */
static int64_t *live_beside(spilling *sp, uint32_t buffer) {
    return &sp->rank[rank_of(sp, buffer)].live;
}

static void push(spilling *sp, uint32_t use, uint32_t buffer) {
    rank_memory *m = &sp->rank[rank_of(sp, buffer)];
    if (!ash_list_grow(sp->plan, (void **)&m->heap, m->nheap + 1, &m->capacity, sizeof *m->heap)) {
        sp->failed = 1;
        return;
    }
    int64_t at = m->nheap++;
    for (; at > 0 && m->heap[(at - 1) / 2].use < use; at = (at - 1) / 2) {
        m->heap[at] = m->heap[(at - 1) / 2];
    }
    m->heap[at] = (candidate){ use, buffer };
}

static void pop(rank_memory *m) {
    candidate last = m->heap[--m->nheap];
    int64_t at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        child += child + 1 < m->nheap && m->heap[child + 1].use > m->heap[child].use;
        if (child >= m->nheap || m->heap[child].use <= last.use) {
            break;
        }
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = last;
}

static int64_t bytes_of(const spilling *sp, uint32_t buffer) {
    return sp->old.buffer_units[buffer] * (int64_t)ASH_UNIT;
}

/* The task that uses a buffer next; ntasks if none does. */
static uint32_t next_use(const spilling *sp, uint32_t buffer) {
    uint32_t next = sp->life[buffer].next;
    return next < sp->old.consumer_begin[buffer + 1] ? sp->old.consumer[next] : sp->old.ntasks;
}

static int is_live(const spilling *sp, uint32_t buffer) {
    return sp->life[buffer].id != ASH_NO_ID;
}

/* Whether running the task again is better than writing what it made: it uses no buffers, makes one, and does little. */
static int can_repeat(const ash_plan *plan, uint32_t task) {
    const ash_task *t = &plan->task[task];
    const ash_work *work = ash_task_work(plan, task);
    if (work->kind != ASH_WORK_STAGE || t->input_begin < t[1].input_begin) {
        return 0;
    }
    const ash_stage *stage = work->of.stage;
    return stage->nsinks == 1 && stage->sink[0].kind == ASH_SINK_HELD && stage->ninstructions <= LIGHT && stage->scans == 0;
}

/* ---- The new lists ---- */

static void begin_task(spilling *sp, int work, int64_t item, uint32_t rank) {
    sp->count.tasks++;
    if (!sp->dry) {
        sp->failed |= !ash_list_begin_task(sp->plan, work, item);
    }
    if (!sp->dry && !sp->failed) {
        sp->plan->task[sp->plan->ntasks].rank = rank;
    }
}

static void add_input(spilling *sp, uint32_t id, int by_box) {
    sp->count.inputs++;
    if (!sp->dry && !sp->failed) {
        ash_list_add_input(sp->plan, id, by_box);
    }
}

/* A buffer that is, or stands for, `buffer` as it was. */
static uint32_t add_buffer(spilling *sp, int64_t units, uint32_t buffer) {
    sp->count.buffers++;
    if (sp->dry || sp->failed) {
        return 0;
    }
    uint32_t id = ash_list_add_units(sp->plan, units);
    ash_copy copy = sp->old.copy ? sp->old.copy[buffer] : (ash_copy){ .origin = buffer, .part = ASH_NO_ID };
    if (id == ASH_NO_ID || !ash_list_note_copy(sp->plan, id, copy)) {
        sp->failed = 1;
        return 0;
    }
    return id;
}

static void end_task(spilling *sp) {
    if (!sp->dry && !sp->failed) {
        ash_list_end_task(sp->plan);
        sp->failed = sp->plan->incomplete;
    }
}

/* ---- Spilling and loading ---- */

static const ash_held *held_of(const spilling *sp, uint32_t buffer, int64_t *chunk) {
    uint32_t maker = sp->life[buffer].maker;
    return ash_task_held(&sp->old, maker, buffer - sp->old.task[maker].buffer_begin, chunk);
}

static void give_place(spilling *sp, uint32_t buffer) {
    ash_plan *plan = sp->plan;
    life *l = &sp->life[buffer];
    int64_t chunk = 0;
    const ash_held *held = l->tiled ? held_of(sp, buffer, &chunk) : NULL;
    l->place = (uint32_t)sp->count.spills++;
    if (!sp->dry && !ash_list_grow(plan, (void **)&plan->spill, sp->count.spills, &plan->spill_capacity, sizeof *plan->spill)) {
        sp->failed = 1;
    } else if (!sp->dry) {
        plan->spill[plan->nspills++] = (ash_spill_place){
            .offset = sp->count.spilled, .bytes = bytes_of(sp, buffer), .check = sp->count.checks, .held = held, .chunk = chunk
        };
    }
    sp->count.spilled += bytes_of(sp, buffer);
    sp->count.checks += ash_held_chunk_tiles(held, chunk);
}

/* Chunks that are read by boxes are better read from scratch than made again for each. */
static int is_repeated(const spilling *sp, uint32_t buffer) {
    return !sp->life[buffer].boxes && can_repeat(&sp->old, sp->life[buffer].maker);
}

static void give_way(spilling *sp, uint32_t buffer) {
    life *l = &sp->life[buffer];
    if (l->token == ASH_NO_ID && !is_repeated(sp, buffer)) {
        give_place(sp, buffer);
        begin_task(sp, sp->plan->spill_work, l->place, rank_of(sp, buffer));
        add_input(sp, l->id, 0);
        l->token = add_buffer(sp, 0, buffer);
        if (!sp->dry && !sp->failed) {
            sp->plan->spill[l->place].token = l->token;
        }
        end_task(sp);
    }
    l->id = ASH_NO_ID;
    *live_beside(sp, buffer) -= bytes_of(sp, buffer);
}

/* One of the inputs of a task that are read by boxes; 0 if all are on scratch. */
static int give_input_way(spilling *sp, uint32_t rank, uint32_t task) {
    for (uint32_t k = sp->old.task[task].input_begin; k < sp->old.task[task + 1].input_begin; k++) {
        uint32_t buffer = sp->old.input[k];
        if (is_live(sp, buffer) && rank_of(sp, buffer) == rank && sp->life[buffer].tiled && ash_input_by_box(&sp->old, k)) {
            give_way(sp, buffer);
            return 1;
        }
    }
    return 0;
}

/* Makes room for `bytes` more on a rank while task `now` is prepared; what it uses stays, unless it can be read by boxes. 0 if there is none. */
static int make_room(spilling *sp, uint32_t rank, uint32_t now, int64_t bytes) {
    rank_memory *m = &sp->rank[rank];
    while (m->live + bytes > sp->budget && !sp->failed) {
        if (m->nheap == 0 || m->heap[0].use <= now) {
            if (!give_input_way(sp, rank, now)) {
                return 0;
            }
            continue;
        }
        candidate top = m->heap[0];
        pop(m);
        if (is_live(sp, top.buffer) && next_use(sp, top.buffer) == top.use) {
            give_way(sp, top.buffer);
        }
    }
    return !sp->failed;
}

static int load(spilling *sp, uint32_t now, uint32_t buffer) {
    life *l = &sp->life[buffer];
    int repeat = is_repeated(sp, buffer);
    if (!make_room(sp, rank_of(sp, buffer), now, bytes_of(sp, buffer) + (repeat ? ash_task_scratch_bytes(&sp->old, l->maker) : 0))) {
        return 0;
    }
    if (repeat) {
        begin_task(sp, (int)sp->old.task[l->maker].work, sp->old.task[l->maker].item, rank_of(sp, buffer));
    } else {
        begin_task(sp, sp->plan->load_work, l->place, rank_of(sp, buffer));
        add_input(sp, l->token, 0);
        sp->count.loaded += bytes_of(sp, buffer);
    }
    l->id = add_buffer(sp, sp->old.buffer_units[buffer], buffer);
    end_task(sp);
    *live_beside(sp, buffer) += bytes_of(sp, buffer);
    return !sp->failed;
}

/* ---- The tasks in order ---- */

/* What the task made and used. */
static void account(spilling *sp, uint32_t task) {
    const ash_task *t = &sp->old.task[task];
    int taken_over = ash_task_takes_over(&sp->old, task);
    for (uint32_t b = t->buffer_begin; b < t[1].buffer_begin; b++) {
        *live_beside(sp, b) += taken_over ? 0 : bytes_of(sp, b);
        if (next_use(sp, b) < sp->old.ntasks) {
            push(sp, next_use(sp, b), b);
        } else {
            *live_beside(sp, b) -= bytes_of(sp, b);
            sp->life[b].id = ASH_NO_ID;
        }
    }
    for (uint32_t k = t->input_begin; k < t[1].input_begin; k++) {
        uint32_t b = sp->old.input[k];
        sp->life[b].next++;
        if (next_use(sp, b) < sp->old.ntasks) {
            push(sp, next_use(sp, b), b);
        } else {
            *live_beside(sp, b) -= !is_live(sp, b) || (taken_over && k == t->input_begin) ? 0 : bytes_of(sp, b);
            sp->life[b].id = ASH_NO_ID;
        }
    }
}

/* Whether input k can stay on scratch. */
static int stays(const spilling *sp, uint32_t k) {
    const life *l = &sp->life[sp->old.input[k]];
    return l->token != ASH_NO_ID && l->tiled && ash_input_by_box(&sp->old, k);
}

static void add_input_of(spilling *sp, uint32_t task, uint32_t k) {
    uint32_t buffer = sp->old.input[k];
    const life *l = &sp->life[buffer];
    int64_t chunk;
    add_input(sp, is_live(sp, buffer) ? l->id : l->token, ash_input_by_box(&sp->old, k));
    if (!is_live(sp, buffer)) {
        const ash_held *held = held_of(sp, buffer, &chunk);
        sp->count.loaded += ash_task_tile_bytes(&sp->old, task, held, chunk);
    }
}

static int place(spilling *sp, uint32_t task) {
    const ash_task *t = &sp->old.task[task];
    for (uint32_t k = t->input_begin; k < t[1].input_begin; k++) {
        if (!is_live(sp, sp->old.input[k]) && !stays(sp, k) && !load(sp, task, sp->old.input[k])) {
            return 0;
        }
    }
    if (!make_room(sp, t->rank, task, ash_task_out_bytes(&sp->old, task) + ash_task_scratch_bytes(&sp->old, task))) {
        return 0;
    }
    begin_task(sp, (int)t->work, t->item, t->rank);
    for (uint32_t k = t->input_begin; k < t[1].input_begin; k++) {
        add_input_of(sp, task, k);
    }
    for (uint32_t b = t->buffer_begin; b < t[1].buffer_begin; b++) {
        sp->life[b].id = add_buffer(sp, sp->old.buffer_units[b], b);
    }
    end_task(sp);
    account(sp, task);
    return !sp->failed;
}

static int begin(spilling *sp) {
    const ash_plan *old = &sp->old;
    sp->life = ash_malloc(((int64_t)old->nbuffers + 1) * (int64_t)sizeof *sp->life);
    if (!sp->life) {
        return 0;
    }
    for (uint32_t t = 0; t < old->ntasks; t++) {
        for (uint32_t b = old->task[t].buffer_begin; b < old->task[t + 1].buffer_begin; b++) {
            int64_t chunk;
            const ash_held *held = ash_task_held(old, t, b - old->task[t].buffer_begin, &chunk);
            sp->life[b] = (life){ ASH_NO_ID, ASH_NO_ID, ASH_NO_ID, old->consumer_begin[b], t, held && held->tile, 0 };
        }
    }
    for (uint32_t k = 0; k < old->ninputs; k++) {
        sp->life[old->input[k]].boxes |= sp->life[old->input[k]].tiled && ash_input_by_box(old, k);
    }
    return 1;
}

static int place_all(spilling *sp) {
    int nranks = sp->plan->nranks;
    sp->rank = ash_calloc(nranks, sizeof *sp->rank);
    sp->failed |= !sp->rank || !begin(sp);
    int fits = !sp->failed;
    for (uint32_t t = 0; fits && t < sp->old.ntasks; t++) {
        fits = place(sp, t);
    }
    for (int r = 0; sp->rank && r < nranks; r++) {
        ash_list_count(sp->plan, -sp->rank[r].capacity * (int64_t)sizeof *sp->rank[r].heap);
        ash_list_release(sp->rank[r].heap, sp->rank[r].capacity * (int64_t)sizeof *sp->rank[r].heap);
    }
    ash_free(sp->rank);
    ash_free(sp->life);
    return fits;
}

int ash_plan_add_scratch(ash_plan *plan) {
    if (plan->load_work == 0) { /* not the first work of a plan */
        plan->spill_work = ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_SPILL }, 0);
        plan->load_work = ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_LOAD }, 0);
    }
    return plan->spill_work >= 0 && plan->load_work >= 0;
}

ash_spill_result ash_plan_count_spill(ash_plan *plan, int64_t budget, ash_spill_count *count) {
    spilling sp = { .plan = plan, .old = *plan, .budget = budget, .dry = 1 };
    int fits = place_all(&sp);
    *count = sp.count;
    return sp.failed ? ASH_SPILL_NO_MEMORY : fits ? ASH_SPILL_FITS : ASH_SPILL_TOO_SMALL;
}

ash_spill_result ash_plan_spill(ash_plan *plan, int64_t budget) {
    if (!ash_plan_add_scratch(plan)) {
        return ASH_SPILL_NO_MEMORY;
    }
    spilling sp = { .plan = plan, .old = *plan, .budget = budget };
    ash_list_detach(plan);
    int fits = ash_list_begin(plan) ? place_all(&sp) : (sp.failed = 1, 0);
    ash_list_free(&sp.old);
    plan->nchecks = sp.count.checks;
    plan->spilled_bytes = sp.count.spilled;
    plan->loaded_bytes = sp.count.loaded;
    return sp.failed || !ash_list_consumers(plan) ? ASH_SPILL_NO_MEMORY : fits ? ASH_SPILL_FITS : ASH_SPILL_TOO_SMALL;
}

int64_t ash_plan_least_budget(const ash_plan *plan, uint32_t *task) {
    int64_t most = -1, chunk;
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        int64_t inputs = 0, beside = ash_task_out_bytes(plan, t) + ash_task_scratch_bytes(plan, t);
        for (uint32_t k = plan->task[t].input_begin; k < plan->task[t + 1].input_begin; k++) {
            uint32_t buffer = plan->input[k], maker = ash_plan_maker(plan, buffer);
            const ash_held *held = ash_task_held(plan, maker, buffer - plan->task[maker].buffer_begin, &chunk);
            if (held && held->tile && ash_input_by_box(plan, k)) {
                continue;
            }
            int64_t repeating = can_repeat(plan, maker) ? ash_task_scratch_bytes(plan, maker) : 0; /* is done with all inputs there */
            beside = repeating > beside ? repeating : beside;
            inputs += plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
        }
        if (inputs + beside > most) {
            most = inputs + beside;
            *task = t;
        }
    }
    return most;
}
