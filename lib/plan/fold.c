/* The geometry of reductions: which chunks make which partial results, and how large they are.
 *
 * A partial result (a state) is laid out as: one int64 count a group, then each field of the kernel, one cell an element of the result's
 * chunk, each part starting at a multiple of ASH_UNIT unless the whole is small.
 */
#include "plan/plan.h"

#include <string.h>

static int64_t part_bytes(int64_t bytes) {
    return (bytes + 15) / 16 * 16;
}

int64_t ash_fold_groups_in(const ash_fold *fold, int64_t out_chunk) {
    if (fold->reduce->group_axis < 0) {
        return 1;
    }
    ash_box box;
    ash_grid_box(fold->held->ndim, fold->held->axis, out_chunk, &box);
    return box.extent[fold->out_axis[fold->reduce->group_axis]];
}

int64_t ash_fold_cells(const ash_fold *fold, int64_t out_chunk) {
    ash_box box;
    ash_grid_box(fold->held->ndim, fold->held->axis, out_chunk, &box);
    int64_t cells = 1;
    for (int a = 0; a < fold->cell_axes; a++) {
        cells *= box.extent[a];
    }
    return cells;
}

int64_t ash_fold_state_bytes(const ash_fold *fold, int64_t out_chunk) {
    int64_t cells = ash_fold_cells(fold, out_chunk);
    int64_t bytes = part_bytes(ash_fold_groups_in(fold, out_chunk) * (int64_t)sizeof(int64_t));
    for (int f = 0; f < fold->kernel->fields; f++) {
        bytes += part_bytes(cells * fold->kernel->field_size[f]);
    }
    return bytes;
}

/* The axis lists of a result's chunk: along reduced axes all chunks of the stage, along the group axis those with members. */
static int64_t leaves_along(const ash_fold *fold, const int64_t out_coordinate[], int axis) {
    if (fold->reduce->group_axis == axis) {
        int64_t g = out_coordinate[fold->out_axis[axis]];
        return fold->member_begin[g + 1] - fold->member_begin[g];
    }
    return fold->reduce->reduced[axis] && fold->reduce->by_chunk != axis ? fold->stage->axis[axis].count : 1;
}

int64_t ash_fold_leaves(const ash_fold *fold, int64_t out_chunk) {
    int64_t coordinate[ASH_MAX_NDIM], leaves = 1;
    ash_grid_coordinates(fold->held->ndim, fold->held->axis, out_chunk, coordinate);
    for (int a = 0; a < fold->stage->ndim; a++) {
        leaves *= leaves_along(fold, coordinate, a);
    }
    return leaves;
}

int64_t ash_fold_leaf_chunk(const ash_fold *fold, int64_t out_chunk, int64_t leaf) {
    int64_t out[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    ash_grid_coordinates(fold->held->ndim, fold->held->axis, out_chunk, out);
    for (int a = fold->stage->ndim - 1; a >= 0; a--) {
        int64_t n = leaves_along(fold, out, a);
        int64_t k = leaf % n;
        leaf /= n;
        if (fold->reduce->group_axis == a) {
            coordinate[a] = fold->member[fold->member_begin[out[fold->out_axis[a]]] + k];
        } else {
            coordinate[a] = fold->reduce->reduced[a] && fold->reduce->by_chunk != a ? k : out[fold->out_axis[a]];
        }
    }
    return ash_grid_ordinal(fold->stage->ndim, fold->stage->axis, coordinate);
}

int64_t ash_fold_out_chunks(const ash_fold *fold, int64_t chunk) {
    if (fold->reduce->group_axis < 0) {
        return 1;
    }
    int64_t coordinate[ASH_MAX_NDIM];
    ash_grid_coordinates(fold->stage->ndim, fold->stage->axis, chunk, coordinate);
    int64_t c = coordinate[fold->reduce->group_axis];
    return fold->group_begin[c + 1] - fold->group_begin[c];
}

/* Position of chunk `c` among the members of group chunk `g`, by bisection: members are sorted. */
static int64_t member_position(const ash_fold *fold, int64_t g, int64_t c) {
    int64_t low = fold->member_begin[g], high = fold->member_begin[g + 1] - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (fold->member[middle] < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - fold->member_begin[g];
}

int64_t ash_fold_out_chunk(const ash_fold *fold, int64_t chunk, int64_t k, int64_t *leaf) {
    int64_t coordinate[ASH_MAX_NDIM], out[ASH_MAX_NDIM] = { 0 };
    ash_grid_coordinates(fold->stage->ndim, fold->stage->axis, chunk, coordinate);
    *leaf = 0;
    for (int a = 0; a < fold->stage->ndim; a++) {
        if (fold->reduce->group_axis == a) {
            int64_t g = fold->group[fold->group_begin[coordinate[a]] + k];
            out[fold->out_axis[a]] = g;
            *leaf = *leaf * (fold->member_begin[g + 1] - fold->member_begin[g]) + member_position(fold, g, coordinate[a]);
        } else if (fold->reduce->reduced[a] && fold->reduce->by_chunk != a) {
            *leaf = *leaf * fold->stage->axis[a].count + coordinate[a];
        } else {
            out[fold->out_axis[a]] = coordinate[a];
        }
    }
    return ash_grid_ordinal(fold->held->ndim, fold->held->axis, out);
}

/* Lists of (chunk along the group axis, chunk of groups) pairs in both orders, and ranks. */
static int init_groups(ash_plan *plan, ash_fold *fold) {
    const ash_reduce_node *reduce = fold->reduce;
    const ash_grid_axis *axis = &fold->stage->axis[reduce->group_axis];
    int64_t group_chunks = fold->held->axis[fold->out_axis[reduce->group_axis]].count;
    int64_t *last =
        ash_arena_alloc(&plan->arena, (group_chunks + 1) * (int64_t)sizeof *last); /* chunk + 1 that was last counted for a group chunk */
    int64_t *seen = ash_arena_alloc(&plan->arena, (reduce->groups + 1) * 2 * (int64_t)sizeof *seen);
    fold->member_begin = ash_arena_alloc(&plan->arena, (group_chunks + 2) * (int64_t)sizeof(int64_t));
    fold->group_begin = ash_arena_alloc(&plan->arena, (axis->count + 2) * (int64_t)sizeof(int64_t));
    fold->rank = ash_arena_alloc(&plan->arena, (axis->extent + 1) * (int64_t)sizeof(int32_t));
    if (!last || !seen || !fold->member_begin || !fold->group_begin || !fold->rank) {
        return 0;
    }
    int64_t pairs = 0;
    for (int64_t c = 0; c < axis->count; c++) {
        for (int64_t i = ash_axis_start(axis, c); i < ash_axis_start(axis, c + 1); i++) {
            int64_t label = reduce->labels[i];
            if (label < 0) {
                continue;
            }
            int64_t *count = &seen[2 * label]; /* chunk + 1, members so far in it */
            count[1] = count[0] == c + 1 ? count[1] + 1 : 0;
            count[0] = c + 1;
            fold->rank[i] = (int32_t)count[1];
            int64_t g = label / reduce->group_chunk;
            if (last[g] != c + 1) {
                last[g] = c + 1;
                fold->member_begin[g + 1]++;
                fold->group_begin[c + 1]++;
                pairs++;
            }
        }
    }
    fold->member = ash_arena_alloc(&plan->arena, (pairs + 1) * (int64_t)sizeof(int64_t));
    fold->group = ash_arena_alloc(&plan->arena, (pairs + 1) * (int64_t)sizeof(int64_t));
    if (!fold->member || !fold->group) {
        return 0;
    }
    for (int64_t g = 0; g < group_chunks; g++) {
        fold->member_begin[g + 1] += fold->member_begin[g];
    }
    memset(last, 0, (size_t)group_chunks * sizeof *last);
    int64_t *fill = last; /* how many members of each group chunk are entered */
    for (int64_t c = 0; c < axis->count; c++) {
        int64_t begin = fold->group_begin[c], n = 0;
        for (int64_t i = ash_axis_start(axis, c); i < ash_axis_start(axis, c + 1); i++) {
            if (reduce->labels[i] < 0) {
                continue;
            }
            int64_t g = reduce->labels[i] / reduce->group_chunk;
            int64_t at = fold->member_begin[g] + fill[g];
            if (fill[g] == 0 || fold->member[at - 1] != c) {
                fold->member[at] = c;
                fill[g]++;
                fold->group[begin + n++] = g;
            }
        }
        fold->group_begin[c + 1] = begin + n;
    }
    return 1;
}

int ash_plan_kept_axis(const ash_node *node, int axis) {
    const ash_reduce_node *reduce = &node->u.reduce;
    int out = 0;
    for (int a = 0; a < axis; a++) {
        out += !reduce->reduced[a] || reduce->keepdims;
    }
    return reduce->reduced[axis] ? -1 : out;
}

int ash_fold_init(ash_plan *plan, ash_fold *fold) {
    const ash_reduce_node *reduce = fold->reduce;
    const ash_output *whole = ash_value_output(ash_plan_input(fold->node, 0));
    int ndim = fold->stage->ndim, out = 0;
    int64_t stride = 1, largest = 1;
    fold->cell_axes = fold->held->ndim - (reduce->results > 0);
    for (int a = 0; a < ndim; a++) {
        fold->out_axis[a] = !reduce->reduced[a] || reduce->keepdims ? out++ : -1;
        /* Of whole chunks, also where only a part of them is made: the order of merging must not depend on that. */
        largest *= reduce->reduced[a] ? 1 : ash_axis_largest(&whole->dim[a].axis);
    }
    for (int a = ndim - 1; a >= 0; a--) {
        fold->index_stride[a] = reduce->reduced[a] ? stride : 0;
        stride *= reduce->reduced[a] ? fold->stage->axis[a].extent : 1;
    }
    /* Small states merge many at a time, so that merges cost little; large ones in pairs, so that few live at once. */
    fold->arity = largest * fold->kernel->field_size[0] <= 4096 ? 16 : 2;
    return reduce->group_axis < 0 || init_groups(plan, fold);
}
