/* Stencils: operands of a group that look at one stored variable at fixed distances from each other, such as u[2:] and u[:-2]. Where the boxes they need of it
 * overlap, the box around them all is read once, for the first of them, and the others look into it.
 *
 * Whether that is less than what each would read by itself depends on the piece: it is settled when pieces are chosen, for the largest one, so that the bound on
 * scratch is exact. */
#include "plan/plan.h"

static const double LARGEST = 0x1p61; /* bytes, where a sum of few still is an integer */

static int64_t magnitude(int64_t x) {
    return x < 0 ? -x : x;
}

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Whether the index of each axis is known without a list, and no two follow the same axis, as they do on a diagonal. */
static int is_plain(const ash_operand *operand) {
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        if (map->table || map->chunks || (map->axis >= 0 && ash_maps_follow(operand->map, k, map->axis))) {
            return 0;
        }
    }
    return operand->kind == ASH_OPERAND_FILE;
}

/* Whether two operands differ by a distance only. They then are bound for the same pieces, and reordered or not alike. */
static int is_parallel(const ash_operand *a, const ash_operand *b) {
    int parallel = a->kind == ASH_OPERAND_FILE && b->kind == ASH_OPERAND_FILE &&
        a->value.node->u.file.variable == b->value.node->u.file.variable && a->ndim == b->ndim;
    for (int k = 0; parallel && k < a->ndim; k++) {
        parallel = a->map[k].axis == b->map[k].axis && a->map[k].step == b->map[k].step;
    }
    return parallel;
}

/* That of an operand by itself. */
static void stencil_of(const ash_operand *operand, ash_stencil *alone) {
    *alone = (ash_stencil){ .members = 1 };
    for (int k = 0; k < operand->ndim; k++) {
        alone->step[k] = ash_map_stride(&operand->map[k]);
    }
}

/* Widens a stencil by an operand that is `distance` away from its first one. */
static void add_member(ash_stencil *s, const ash_operand *first, const ash_operand *operand) {
    s->members++;
    for (int k = 0; k < first->ndim; k++) {
        int64_t distance = operand->map[k].start - first->map[k].start;
        s->below[k] = -distance > s->below[k] ? -distance : s->below[k];
        s->above[k] = distance > s->above[k] ? distance : s->above[k];
        s->step[k] = distance == 0 ? s->step[k] : common_divisor(s->step[k], magnitude(distance));
    }
}

/* What a stencil takes of a piece: elements in memory, and the elements that it spans in the file. */
typedef struct taken {
    double elements, span;
} taken;

static taken taken_of(const ash_stencil *s, const ash_operand *first, const double piece[]) {
    taken e = { 1, 1 };
    for (int k = 0; k < first->ndim; k++) {
        const ash_map *map = &first->map[k];
        double steps = map->axis < 0 ? 0 : piece[map->axis] - 1;
        double distance = (double)magnitude(map->step) * steps + (double)(s->below[k] + s->above[k]);
        e.elements *= distance / (double)s->step[k] + 1;
        e.span *= distance + 1;
    }
    return e;
}

/* Less of the file, and no more memory. */
static int is_less(taken together, taken apart, taken more) {
    return together.elements <= apart.elements + more.elements && together.span < apart.span + more.span;
}

/* Whether it takes less of a piece than its members would by themselves. */
static int pays(const ash_stencil *s, const ash_operand *first, const double piece[]) {
    ash_stencil alone;
    stencil_of(first, &alone);
    taken one = taken_of(&alone, first, piece), others = { one.elements * (s->members - 1), one.span * (s->members - 1) };
    return s->members > 1 && is_less(taken_of(s, first, piece), one, others);
}

/* Makes an operand a member of the stencil of an earlier one, if that takes less of chunks. 1 if it is one now, -1 when out of memory. */
static int join(ash_plan *plan, ash_operand *first, int place, ash_operand *operand, const double chunk[]) {
    ash_stencil alone, apart, together;
    stencil_of(first, &alone);
    together = apart = first->stencil ? *first->stencil : alone;
    add_member(&together, first, operand);
    if (!is_less(taken_of(&together, first, chunk), taken_of(&apart, first, chunk), taken_of(&alone, first, chunk))) {
        return 0;
    }
    first->stencil = first->stencil ? first->stencil : ash_arena_alloc(&plan->arena, sizeof *first->stencil);
    if (!first->stencil) {
        return -1;
    }
    *first->stencil = together;
    first->stencil->first = place;
    first->stencil->used = 1;
    operand->stencil = first->stencil;
    plan->changed[ASH_PASS_STENCIL]++;
    return 1;
}

int ash_stage_find_stencils(ash_plan *plan, ash_stage *stage) {
    double chunk[ASH_MAX_NDIM]; /* extents on average */
    int fine = 1;
    for (int a = 0; a < stage->ndim; a++) {
        const ash_grid_axis *axis = &stage->axis[a];
        chunk[a] = (double)(ash_axis_start(axis, axis->count) - ash_axis_start(axis, 0)) / (double)(axis->count > 0 ? axis->count : 1);
    }
    for (int k = 1; k < stage->noperands && fine && ash_plan_pass(plan, ASH_PASS_STENCIL); k++) {
        int joined = !is_plain(&stage->operand[k]);
        for (int j = 0; j < k && joined == 0; j++) {
            ash_operand *first = &stage->operand[j];
            int leads = !first->stencil || first->stencil->first == j;
            if (leads && is_parallel(first, &stage->operand[k]) && is_plain(first)) {
                joined = join(plan, first, j, &stage->operand[k], chunk);
            }
        }
        fine = joined >= 0;
    }
    return fine;
}

static void extents_of(const ash_stage *stage, const int64_t piece[], double extents[]) {
    for (int a = 0; a < stage->ndim; a++) {
        extents[a] = (double)piece[a];
    }
}

void ash_stage_settle_stencils(ash_stage *stage) {
    double extents[ASH_MAX_NDIM];
    extents_of(stage, stage->piece, extents);
    for (int k = 0; k < stage->noperands; k++) {
        ash_stencil *s = stage->operand[k].stencil;
        if (s && s->first == k) {
            s->used = pays(s, &stage->operand[k], extents);
        }
    }
}

int64_t ash_stencil_piece_bytes(const ash_operand *operand, const ash_stage *stage, const int64_t piece[], int64_t own) {
    const ash_stencil *s = operand->stencil;
    const ash_operand *first = &stage->operand[s->first];
    double extents[ASH_MAX_NDIM];
    extents_of(stage, piece, extents);
    if (!pays(s, first, extents)) {
        return own;
    }
    double bytes = operand == first ? taken_of(s, first, extents).elements * (double)operand->size : 0;
    return bytes < LARGEST ? ash_round_bytes((int64_t)bytes) : (int64_t)LARGEST;
}

int ash_operand_read_box(const ash_operand *operand, const ash_box *box, int64_t low[], int64_t extent[], int64_t step[]) {
    ash_stencil alone;
    const ash_stencil *s = ash_operand_stencil(operand);
    int64_t span[ASH_MAX_NDIM];
    int any = ash_operand_box(operand, box, low, span);
    if (!s) {
        stencil_of(operand, &alone);
        s = &alone;
    }
    for (int k = 0; k < operand->ndim; k++) {
        low[k] = any ? low[k] - s->below[k] : 0;
        step[k] = s->step[k];
        extent[k] = any ? (span[k] - 1 + s->below[k] + s->above[k]) / step[k] + 1 : 0;
    }
    return any;
}
