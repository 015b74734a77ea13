/* Stored chunks that several pieces need: how often? Axis by axis, because pieces and stored chunks are both boxes of a grid. */
#include "plan/plan.h"

/* How many stored chunks of a variable are needed: by all pieces, counted again for each; different ones; by one chunk of the stage. */
typedef struct touch {
    double all, different, together;
} touch;

static int64_t stored_index(const ash_map *map, int64_t i, int64_t size) {
    return (map->start + map->step * i) / size;
}

/* Along one axis of the variable, whose stored chunks have `size` there. */
static touch count_axis(const ash_stage *stage, const ash_map *map, int64_t size) {
    const ash_grid_axis *axis = &stage->axis[map->axis];
    touch t = { 0 };
    for (int64_t c = 0; c < axis->count; c++) {
        int64_t end = ash_axis_start(axis, c + 1);
        double before = t.all;
        for (int64_t start = ash_axis_start(axis, c), n; start < end; start += n) {
            n = ash_piece_extent(stage, map->axis, start, end);
            int64_t first = stored_index(map, start, size), last = stored_index(map, start + n - 1, size),
                    step = map->step < 0 ? -map->step : map->step;
            int64_t span = (first < last ? last - first : first - last) + 1;
            t.all += (double)(step > size && span > n ? n : span);
        }
        t.together = t.all - before > t.together ? t.all - before : t.together;
    }
    int64_t begin = ash_axis_start(axis, 0), end = ash_axis_start(axis, axis->count);
    int64_t first = stored_index(map, begin, size), last = stored_index(map, end - 1, size);
    int64_t span = (first < last ? last - first : first - last) + 1;
    t.different = (double)(span < end - begin ? span : end - begin);
    return t;
}

/* Of one operand. Tables and repetition along other axes do not count: what they need again is small. */
static touch count_operand(const ash_stage *stage, const ash_operand *operand) {
    const ash_variable *variable = operand->value.node->u.file.variable;
    touch t = { 1, 1, 1 };
    for (int d = 0; d < operand->ndim; d++) {
        const ash_map *map = &operand->map[d];
        if (map->axis >= 0 && !map->table && !map->chunks && variable->chunk[d] > 0 && stage->axis[map->axis].extent > 0) {
            touch along = count_axis(stage, map, variable->chunk[d]);
            t.all *= along.all;
            t.different *= along.different;
            t.together *= along.together;
        }
    }
    return t;
}

void ash_operand_chunks(const ash_stage *stage, const ash_operand *operand, double *all, double *different) {
    touch t = count_operand(stage, operand);
    *all = t.all;
    *different = t.different;
}

static int is_decoded(const ash_operand *operand) {
    return operand->kind == ASH_OPERAND_FILE && operand->value.node->u.file.variable->need.decoded > 0;
}

/* Operands of the same variable count together. */
static void count_stage(ash_plan *plan, const ash_stage *stage) {
    for (int k = 0; k < stage->noperands; k++) {
        touch t = { 0 };
        for (int j = 0; j < stage->noperands && is_decoded(&stage->operand[k]); j++) {
            if (is_decoded(&stage->operand[j]) &&
                stage->operand[j].value.node->u.file.variable == stage->operand[k].value.node->u.file.variable) {
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

void ash_plan_count_needs(ash_plan *plan) {
    plan->needed_times = 1;
    plan->shared_bytes = 0;
    for (int s = 0; s < plan->nstages; s++) {
        count_stage(plan, plan->stage[s]);
    }
}
