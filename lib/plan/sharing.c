/* Stored chunks that several pieces need: how often? Axis by axis, because pieces and stored chunks are both boxes of a grid. */
#include "plan/plan.h"

enum { PAGE = 4096 }; /* bytes; a read of less takes as long */

/* How many stored chunks of a variable are needed: by all pieces, counted again for each; different ones; by one chunk of the stage. */
typedef struct touch {
    double all, different, together;
} touch;

/* Stored chunks that a read for indices [start, start + n) needs along an axis of the variable. */
static double chunks_along(const ash_operand *operand, int d, int64_t start, int64_t n) {
    const ash_stencil *stencil = ash_operand_stencil(operand);
    const ash_map *map = &operand->map[d];
    int64_t size = operand->value.node->u.file.variable->chunk[d], step = stencil ? stencil->step[d] : ash_map_stride(map);
    int64_t low = map->start + map->step * (map->step < 0 ? start + n - 1 : start),
            high = map->start + map->step * (map->step < 0 ? start : start + n - 1);
    low -= stencil ? stencil->below[d] : 0;
    high += stencil ? stencil->above[d] : 0;
    int64_t span = high / size - low / size + 1, count = (high - low) / step + 1;
    return (double)(span < count ? span : count);
}

/* The same for all pieces. */
static touch count_axis(const ash_stage *stage, const ash_operand *operand, int d) {
    const ash_map *map = &operand->map[d];
    if (map->axis < 0) {
        double chunks = chunks_along(operand, d, 0, 1);
        return (touch){ chunks, chunks, chunks };
    }
    const ash_grid_axis *axis = &stage->axis[map->axis];
    touch t = { 0 };
    for (int64_t c = 0; c < axis->count; c++) {
        int64_t end = ash_axis_start(axis, c + 1);
        double before = t.all;
        for (int64_t start = ash_axis_start(axis, c), n; start < end; start += n) {
            n = ash_piece_extent(stage, map->axis, start, end);
            t.all += chunks_along(operand, d, start, n);
        }
        t.together = t.all - before > t.together ? t.all - before : t.together;
    }
    int64_t begin = ash_axis_start(axis, 0), end = ash_axis_start(axis, axis->count);
    t.different = chunks_along(operand, d, begin, end - begin);
    return t;
}

/* Of one operand, for the cache. Tables and repetition along other axes do not count: no cache is made for them. */
static touch count_operand(const ash_stage *stage, const ash_operand *operand) {
    const ash_variable *variable = operand->value.node->u.file.variable;
    touch t = { 1, 1, 1 };
    if (ash_operand_looks_on(stage, operand)) {
        return (touch){ 0 };
    }
    for (int d = 0; d < operand->ndim; d++) {
        const ash_map *map = &operand->map[d];
        if (!map->table && !map->chunks && variable->chunk[d] > 0 && (map->axis < 0 || stage->axis[map->axis].extent > 0)) {
            touch along = count_axis(stage, operand, d);
            t.all *= along.all;
            t.different *= along.different;
            t.together *= along.together;
        }
    }
    const ash_stencil *stencil = ash_operand_stencil(operand);
    t.together *= stencil ? stencil->members : 1; /* the next piece that needs them comes later, as if each member read by itself */
    return t;
}

/* Stored chunks that rows of a list lie in, for a piece that begins at `start`: at most. */
static double chunks_of_rows(const ash_map *map, int64_t start, int64_t end, int64_t size) {
    ash_box rows = { { 0 }, { 0 } };
    int64_t low, span;
    rows.start[map->axis] = start;
    rows.extent[map->axis] = end - start;
    if (!ash_map_range(map, &rows, &low, &span)) {
        return 0;
    }
    int64_t chunks = (low + span - 1) / size - low / size + 1;
    return (double)(chunks < end - start ? chunks : end - start);
}

/* Along an axis whose rows are taken by a list: of all pieces, and different ones. */
static void count_rows(const ash_stage *stage, const ash_map *map, int64_t size, double *all, double *different) {
    const ash_grid_axis *axis = &stage->axis[map->axis];
    *all = 0;
    for (int64_t c = 0; c < axis->count; c++) {
        int64_t end = ash_axis_start(axis, c + 1);
        for (int64_t start = ash_axis_start(axis, c), n; start < end; start += n) {
            n = ash_piece_extent(stage, map->axis, start, end);
            *all += chunks_of_rows(map, start, start + n, size);
        }
    }
    *different = chunks_of_rows(map, ash_axis_start(axis, 0), ash_axis_start(axis, axis->count), size);
}

/* How often an operand is read for what it is repeated along: for each chunk there, or each piece. */
static double repetitions(const ash_stage *stage, const ash_operand *operand) {
    int varies = ash_operand_varies(stage, operand);
    double times = 1;
    for (int a = 0; a < stage->ndim; a++) {
        const ash_grid_axis *axis = &stage->axis[a];
        if (ash_maps_follow(operand->map, operand->ndim, a)) {
            continue;
        }
        double pieces = varies ? 0 : (double)axis->count;
        for (int64_t c = 0; varies && c < axis->count; c++) {
            pieces += (double)ash_piece_count(stage, a, ash_axis_start(axis, c), ash_axis_start(axis, c + 1));
        }
        times *= pieces;
    }
    return times;
}

ash_chunks_needed ash_operand_chunks(const ash_stage *stage, const ash_operand *operand) {
    const ash_variable *variable = operand->value.node->u.file.variable;
    touch t = count_operand(stage, operand);
    double times = repetitions(stage, operand);
    ash_chunks_needed needed = { t.all * times, t.different * times, t.different };
    for (int d = 0; d < operand->ndim; d++) {
        const ash_map *map = &operand->map[d];
        if (map->table && map->axis >= 0 && variable->chunk[d] > 0) {
            double all, different;
            count_rows(stage, map, variable->chunk[d], &all, &different);
            needed.all *= all;
            needed.cached *= all;
            needed.different *= different;
        }
    }
    return needed;
}

static int is_decoded(const ash_operand *operand) {
    return operand->kind == ASH_OPERAND_FILE && operand->value.node->u.file.variable->need.decoded > 0;
}

static int same_variable(const ash_operand *a, const ash_operand *b) {
    return is_decoded(a) && is_decoded(b) && a->read == b->read;
}

static int first_of_variable(const ash_stage *stage, int k) {
    int first = is_decoded(&stage->operand[k]);
    for (int j = 0; j < k && first; j++) {
        first = !same_variable(&stage->operand[j], &stage->operand[k]);
    }
    return first;
}

/* Operands of the same variable count together, each of them once: that takes as long as there are pieces along the axes. */
static void count_stage(ash_plan *plan, const ash_stage *stage) {
    for (int k = 0; k < stage->noperands; k++) {
        touch t = { 0 };
        int n = first_of_variable(stage, k) ? stage->noperands : k;
        for (int j = k; j < n; j++) {
            if (same_variable(&stage->operand[j], &stage->operand[k])) {
                touch one = count_operand(stage, &stage->operand[j]);
                t.all += one.all;
                t.together += one.together;
                t.different = one.different > t.different ? one.different : t.different;
            }
        }
        if (t.all > t.different) {
            double times = t.all / t.different, bytes = t.together * (double)stage->operand[k].value.node->u.file.variable->need.decoded;
            plan->needed_times = times > plan->needed_times ? times : plan->needed_times;
            plan->shared_bytes = bytes > plan->shared_bytes ? bytes : plan->shared_bytes;
        }
    }
}

/* How many pieces come to a page of a file for a part of it, since what a piece needs lies in short runs. */
static double page_times(const ash_stage *stage, const ash_operand *operand) {
    const ash_variable *variable = operand->value.node->u.file.variable;
    double run = (double)operand->size, page = run;
    int whole = 1;
    if (!ash_file_read_need(operand->value.node->u.file.file, variable).by_runs) {
        return 1;
    }
    for (int d = operand->ndim - 1; d >= 0; d--) {
        const ash_map *map = &operand->map[d];
        int dense = map->axis >= 0 && !map->table && (map->step == 1 || map->step == -1);
        int64_t n = dense ? stage->piece[map->axis] : 1;
        int64_t stored = variable->chunk[d] > 0 ? variable->chunk[d] : variable->shape[d];
        run *= whole ? (double)(n < stored ? n : stored) : 1;
        page *= (double)stored;
        whole &= n >= stored;
    }
    page = page < PAGE ? page : PAGE;
    return run < page ? page / run : 1;
}

static void count_pages(ash_plan *plan, const ash_stage *stage) {
    for (int k = 0; k < stage->noperands; k++) {
        double times = stage->operand[k].kind == ASH_OPERAND_FILE ? page_times(stage, &stage->operand[k]) : 1;
        plan->page_times = times > plan->page_times ? times : plan->page_times;
    }
}

void ash_plan_count_needs(ash_plan *plan) {
    plan->needed_times = plan->page_times = 1;
    plan->shared_bytes = 0;
    for (int s = 0; s < plan->nstages; s++) {
        count_stage(plan, plan->stage[s]);
        count_pages(plan, plan->stage[s]);
    }
}
