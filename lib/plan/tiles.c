/* How chunks lie on scratch: as tiles, each dense and with a checksum, so that a box of a chunk can be read without all of it.
 *
 * Tiles end where chunks do, and where those of the users do that read boxes: then a box is whole tiles. This is the grid between two grids that putting an
 * array on another one takes. Where that would make tiny tiles, every second end is left out; large ones are cut.
 */
#include "plan/plan.h"

#include <stdlib.h>

/* Smaller tiles cost more calls than they save; larger ones would need more room than threads have. */
enum { TILE_SMALLEST = 4 << 10, TILE_ENDS_MOST = 1 << 17 };

/* Ends of tiles along an axis, of which the first begins at `begin`. */
typedef struct ends {
    int64_t *end;
    int64_t begin, count, capacity;
} ends;

static int add_end(ends *list, int64_t end) {
    if (list->count == list->capacity) {
        int64_t capacity = 2 * list->capacity + 64;
        int64_t *grown = ash_realloc(list->end, capacity * (int64_t)sizeof *grown);
        if (!grown) {
            return 0;
        }
        list->end = grown;
        list->capacity = capacity;
    }
    list->end[list->count++] = end;
    return 1;
}

/* The ends of the chunks of an axis, seen through a map. */
static int add_ends(ends *list, const ash_grid_axis *axis, const ash_map *map, int64_t last) {
    if (axis->count + list->count > TILE_ENDS_MOST) {
        return 1;
    }
    for (int64_t c = 0; c <= axis->count; c++) {
        int64_t cut = ash_axis_start(axis, c), end = map ? map->start + map->step * cut + (map->step < 0) : cut;
        if (end > list->begin && end <= last && !add_end(list, end)) {
            return 0;
        }
    }
    return 1;
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort(ends *list) {
    int64_t n = 0;
    if (list->count > 1) {
        qsort(list->end, (size_t)list->count, sizeof *list->end, compare);
    }
    for (int64_t k = 0; k < list->count; k++) {
        if (n == 0 || list->end[n - 1] != list->end[k]) {
            list->end[n++] = list->end[k];
        }
    }
    list->count = n;
}

/* Leaves out every second end that is not one of a chunk's. */
static void coarsen(ends *list, const ash_grid_axis *axis) {
    int64_t n = 0, before = 0;
    for (int64_t k = 0; k < list->count; k++) {
        int64_t end = list->end[k];
        int needed = k == list->count - 1 || ash_axis_start(axis, ash_axis_find(axis, end)) == end;
        before = needed ? 0 : before + 1;
        if (needed || before % 2 == 0) {
            list->end[n++] = end;
        }
    }
    list->count = n;
}

/* Cuts what is longer than `most`. */
static int refine(ends *list, int64_t most) {
    int64_t count = list->count, begin = list->begin;
    for (int64_t k = 0; k < count; k++) {
        for (int64_t cut = begin + most; cut < list->end[k]; cut += most) {
            if (list->count > TILE_ENDS_MOST || !add_end(list, cut)) {
                return 0;
            }
        }
        begin = list->end[k];
    }
    sort(list);
    return 1;
}

static int64_t longest(const ends *list) {
    int64_t most = 0, begin = list->begin;
    for (int64_t k = 0; k < list->count; k++) {
        most = list->end[k] - begin > most ? list->end[k] - begin : most;
        begin = list->end[k];
    }
    return most;
}

/* Bytes of a tile, on average. */
static double mean_bytes(const ash_held *held, const ends list[]) {
    double bytes = (double)ash_dtype_size(held->dtype);
    for (int a = 0; a < held->ndim; a++) {
        bytes *= (double)(list[a].end[list[a].count - 1] - list[a].begin) / (double)list[a].count;
    }
    return bytes;
}

static int limit_sizes(const ash_held *held, ends list[]) {
    while (mean_bytes(held, list) < TILE_SMALLEST) {
        int most = -1;
        for (int a = 0; a < held->ndim; a++) { /* where chunks have most of them */
            int64_t excess = list[a].count - held->axis[a].count;
            most = excess > 0 && (most < 0 || excess > list[most].count - held->axis[most].count) ? a : most;
        }
        if (most < 0) {
            break;
        }
        coarsen(&list[most], &held->axis[most]);
    }
    int64_t bytes = ash_dtype_size(held->dtype);
    for (int a = held->ndim - 1; a >= 0; a--) { /* rows stay whole as long as they can */
        int64_t extent = longest(&list[a]), most = ASH_TILE_BYTES / bytes;
        if (extent > most) {
            if (!refine(&list[a], most)) {
                return 0;
            }
            extent = most;
        }
        bytes *= extent;
    }
    return 1;
}

/* Collects the ends that users of a held value have along one of its axes; *boxes is set where any reads boxes. */
static int collect(const ash_plan *plan, const ash_held *held, int axis, ends *list, int *boxes) {
    int64_t last = ash_axis_start(&held->axis[axis], held->axis[axis].count); /* not the extent, where only a part is needed */
    list->begin = ash_axis_start(&held->axis[axis], 0);
    int fine = add_ends(list, &held->axis[axis], NULL, last);
    for (int s = 0; s < plan->nstages + plan->nspaces && fine; s++) {
        const ash_stage *space = ash_plan_space(plan, s);
        for (int k = 0; k < space->noperands && fine; k++) {
            const ash_operand *operand = &space->operand[k];
            const ash_map *map = &operand->map[axis];
            if (operand->kind != ASH_OPERAND_HELD || operand->held != held || operand->aligned) {
                continue;
            }
            *boxes = 1;
            int plain = s < plan->nstages && map->axis >= 0 && !map->table && !map->chunks && (map->step == 1 || map->step == -1);
            fine = !plain || add_ends(list, &space->axis[map->axis], map, last);
        }
    }
    sort(list);
    return fine;
}

static int choose(ash_plan *plan, ash_held *held) {
    ends list[ASH_MAX_NDIM] = { { 0 } };
    int fine = 1, boxes = 0, bounded = 1;
    for (int a = 0; a < held->ndim; a++) {
        bounded &=
            ash_axis_start(&held->axis[a], held->axis[a].count) > ash_axis_start(&held->axis[a], 0) && held->axis[a].count < TILE_ENDS_MOST;
    }
    for (int a = 0; a < held->ndim && bounded && fine; a++) {
        fine = collect(plan, held, a, &list[a], &boxes);
    }
    if (fine && bounded && boxes && limit_sizes(held, list)) {
        held->tile = ash_arena_alloc(&plan->tile_arena, held->ndim * (int64_t)sizeof *held->tile);
        fine = held->tile != NULL;
    }
    for (int a = 0; a < held->ndim && fine && held->tile; a++) {
        int64_t *bounds = ash_arena_alloc(&plan->tile_arena, (list[a].count + 1) * (int64_t)sizeof *bounds);
        fine = bounds != NULL;
        if (fine) {
            bounds[0] = list[a].begin;
        }
        for (int64_t k = 0; k < list[a].count && fine; k++) {
            bounds[k + 1] = list[a].end[k];
        }
        if (fine) {
            held->tile[a] = (ash_grid_axis){ .extent = held->axis[a].extent, .count = list[a].count, .bounds = bounds };
        }
    }
    for (int a = 0; a < held->ndim; a++) {
        ash_free(list[a].end);
    }
    return fine;
}

int ash_plan_choose_tiles(ash_plan *plan) {
    int fine = 1;
    for (ash_held *held = plan->helds; held && fine && !plan->tiles; held = held->next) {
        fine = choose(plan, held);
    }
    plan->tiles = 1;
    return fine;
}

void ash_held_tiles(const ash_held *held, const ash_box *box, int64_t low[], int64_t high[]) {
    for (int a = 0; a < held->ndim; a++) {
        low[a] = ash_axis_find(&held->tile[a], box->start[a]);
        high[a] = ash_axis_find(&held->tile[a], box->start[a] + box->extent[a] - 1);
    }
}

int64_t ash_held_chunk_tiles(const ash_held *held, int64_t chunk) {
    int64_t low[ASH_MAX_NDIM], high[ASH_MAX_NDIM], tiles = 1;
    ash_box box;
    if (!held || !held->tile) {
        return 1;
    }
    ash_grid_box(held->ndim, held->axis, chunk, &box);
    ash_held_tiles(held, &box, low, high);
    for (int a = 0; a < held->ndim; a++) {
        tiles *= high[a] - low[a] + 1;
    }
    return tiles;
}

int64_t ash_tile_step(const ash_grid_axis *tile) {
    int64_t step = tile->bounds[1] - tile->bounds[0], uniform = tile->bounds[0] % step == 0;
    for (int64_t k = 1; k < tile->count && uniform; k++) {
        int64_t extent = tile->bounds[k + 1] - tile->bounds[k];
        uniform = extent == step || (k == tile->count - 1 && extent < step);
    }
    return uniform ? step : 0;
}

/* Along an axis of the operand, for [start, end) of the stage's axis that it follows: those that lie in the chunk. */
static int64_t tiles_along(const ash_operand *operand, int k, int64_t start, int64_t end, const ash_box *chunk) {
    const ash_map *map = &operand->map[k];
    const ash_grid_axis *tile = &operand->held->tile[k];
    int64_t low, span, from = chunk->start[k], to = from + chunk->extent[k];
    ash_box box;
    if (map->axis >= 0) {
        box.start[map->axis] = start;
        box.extent[map->axis] = end - start;
    }
    if (!ash_map_range(map, &box, &low, &span)) {
        return 0;
    }
    from = low > from ? low : from;
    to = low + span < to ? low + span : to;
    return from < to ? ash_axis_start(tile, ash_axis_find(tile, to - 1) + 1) - ash_axis_start(tile, ash_axis_find(tile, from)) : 0;
}

int64_t ash_operand_tile_elements(
    const ash_stage *stage, const ash_operand *operand, const ash_box *box, const ash_box *chunk, int in_pieces) {
    int64_t elements = 1;
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        int64_t start = ash_map_begin(map, box), end = start + ash_map_count(map, box), along = 0;
        for (int64_t n; start < end; start += n) {
            n = in_pieces && map->axis >= 0 ? ash_piece_extent(stage, map->axis, start, end) : end - start;
            along += tiles_along(operand, k, start, start + n, chunk);
        }
        elements *= along;
    }
    for (int a = 0; a < stage->ndim && in_pieces; a++) {
        if (!ash_maps_follow(operand->map, operand->ndim, a)) {
            elements *= ash_piece_count(stage, a, box->start[a], box->start[a] + box->extent[a]);
        }
    }
    return elements;
}
