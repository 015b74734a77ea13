/* Chunks, boxes and sizes: what a task touches, from the grids alone. */
#include "plan/plan.h"

enum { PIECE_CACHED = 1 << 20 }; /* bytes that stay in the second cache while a piece is worked on */

int64_t ash_round_bytes(int64_t bytes) {
    int64_t unit = ASH_UNIT;
    if (bytes <= unit) {
        return unit;
    }
    /* Four classes to a doubling: at most a fifth is lost. */
    int64_t step = unit;
    while (step * 8 < bytes) {
        step *= 2;
    }
    return (bytes + step - 1) / step * step;
}

int ash_map_range(const ash_map *map, const ash_box *box, int64_t *low, int64_t *span) {
    int64_t start = ash_map_begin(map, box), extent = ash_map_count(map, box);
    int64_t lowest = INT64_MAX, highest = -1;
    if (!map->table) {
        int64_t first = ash_map_index(map, start), last = ash_map_index(map, start + extent - 1);
        lowest = first < last ? first : last;
        highest = first < last ? last : first;
    } else {
        for (int64_t i = start; i < start + extent; i++) {
            int64_t index = ash_map_index(map, i);
            if (index >= 0) {
                lowest = index < lowest ? index : lowest;
                highest = index > highest ? index : highest;
            }
        }
    }
    *low = lowest;
    *span = highest - lowest + 1;
    return highest >= 0 && extent > 0;
}

int ash_operand_wants_rows(const ash_operand *operand, const ash_box *box, int64_t table_chunk) {
    if (operand->table_map < 0) {
        return 1;
    }
    const ash_map *map = &operand->map[operand->table_map];
    const ash_grid_axis *axis = &operand->held->axis[operand->table_map];
    int64_t begin = ash_axis_start(axis, table_chunk), end = ash_axis_start(axis, table_chunk + 1);
    int64_t start = ash_map_begin(map, box), extent = ash_map_count(map, box);
    for (int64_t i = start; i < start + extent; i++) {
        int64_t index = ash_map_index(map, i);
        if (index >= begin && index < end) {
            return 1;
        }
    }
    return 0;
}

int ash_operand_box(const ash_operand *operand, const ash_box *box, int64_t low[], int64_t span[]) {
    for (int k = 0; k < operand->ndim; k++) {
        if (!ash_map_range(&operand->map[k], box, &low[k], &span[k])) {
            return 0;
        }
    }
    return 1;
}

int ash_operand_in_chunk(const ash_operand *operand, const int64_t low[], const int64_t span[]) {
    for (int k = 0; k < operand->ndim && !operand->aligned; k++) {
        const ash_grid_axis *axis = &operand->held->axis[k];
        if (operand->table_map >= 0 || ash_axis_find(axis, low[k]) != ash_axis_find(axis, low[k] + span[k] - 1)) {
            return 0;
        }
    }
    return 1;
}

static int64_t saturating_product(int64_t a, int64_t b) {
    return b > 0 && a > INT64_MAX / 4 / b ? INT64_MAX / 4 : a * b;
}

/* Elements of the operand that a piece needs, as they are read: its own box. */
static int64_t operand_box_elements(const ash_operand *operand, const int64_t piece[]) {
    const ash_output *output = ash_value_output(operand->value);
    int64_t elements = 1;
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        int64_t rows = map->axis < 0 ? 1 : piece[map->axis], all = output->dim[k].axis.extent;
        int64_t extent = map->table        ? (operand->kind == ASH_OPERAND_FILE && rows < all ? rows : all)
            : map->axis < 0 || map->chunks ? 1
                                           : piece[map->axis];
        if (operand->kind == ASH_OPERAND_HELD && !map->table && extent > 1) { /* put together without gaps, then stepped over */
            int64_t step = map->step < 0 ? -map->step : map->step, whole = output->dim[k].axis.extent;
            extent = step > whole / extent ? whole : (extent - 1) * step + 1;
        }
        elements = saturating_product(elements, extent);
    }
    return elements;
}

int ash_maps_follow(const ash_map map[], int ndim, int axis) {
    int any = 0;
    for (int k = 0; k < ndim; k++) {
        any |= map[k].axis == axis;
    }
    return any;
}

int ash_operand_varies(const ash_stage *stage, const ash_operand *operand) {
    if (operand->pack || stage->run_axes > 1) {
        return 1;
    }
    for (int k = 0; k < operand->ndim; k++) {
        int axis = operand->map[k].axis;
        if (axis >= 0 && stage->piece[axis] < stage->largest[axis]) {
            return 1;
        }
    }
    return 0;
}

int64_t ash_piece_count(const ash_stage *stage, int axis, int64_t start, int64_t end) {
    int64_t pieces = 0;
    for (; start < end; start += ash_piece_extent(stage, axis, start, end)) {
        pieces++;
    }
    return pieces;
}

/* What reading rows that are far apart takes on the way: a list of them, and those of one read. */
static int64_t rows_bytes(const ash_operand *operand, const int64_t piece[]) {
    int64_t rows = operand->table_axis < 0 ? 1 : piece[operand->table_axis], row = operand->size;
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        row = saturating_product(row, k == operand->table_map || map->axis < 0 ? 1 : piece[map->axis]);
    }
    return ash_round_bytes(saturating_product(rows, (int64_t)sizeof(ash_row))) +
        ash_round_bytes(saturating_product(row, ash_rows_together(operand)));
}

int64_t ash_operand_piece_bytes(const ash_operand *operand, const ash_stage *stage, const int64_t piece[]) {
    if (operand->kind == ASH_OPERAND_CONSTANT || operand->kind == ASH_OPERAND_RAMP) {
        return 0;
    }
    int64_t bytes = 0;
    if (operand->kind == ASH_OPERAND_FILE || (operand->kind == ASH_OPERAND_HELD && !operand->aligned)) {
        int64_t own = ash_round_bytes(saturating_product(operand_box_elements(operand, piece), operand->size));
        bytes += operand->stencil ? ash_stencil_piece_bytes(operand, stage, piece, own) : own;
    }
    if (operand->table_map >= 0) { /* a pointer a row */
        bytes += ash_round_bytes((operand->table_axis < 0 ? 1 : piece[operand->table_axis]) * (int64_t)sizeof(char *));
    }
    if (operand->table_map >= 0 && operand->kind == ASH_OPERAND_FILE) {
        bytes += rows_bytes(operand, piece);
    }
    if (operand->pack || stage->run_axes > 1) { /* the whole piece in iteration order */
        int64_t elements = 1;
        for (int a = 0; a < stage->ndim; a++) {
            elements = saturating_product(elements, piece[a]);
        }
        bytes += ash_round_bytes(saturating_product(elements, operand->size));
    }
    return bytes;
}

int64_t ash_stage_work(const ash_stage *stage, const int64_t piece[]) {
    int64_t bytes = stage->scan_bytes > 0 ? ash_round_bytes(stage->scan_bytes) : 0, elements = 1, whole = 1;
    for (int a = 0; a < stage->ndim; a++) {
        elements = saturating_product(elements, piece[a]);
        whole = saturating_product(whole, stage->largest[a]);
    }
    for (int k = 0; k < stage->noperands; k++) {
        bytes += ash_operand_piece_bytes(&stage->operand[k], stage, piece);
    }
    for (int k = 0; k < stage->nsinks; k++) {
        const ash_sink *sink = &stage->sink[k];
        if (sink->kind == ASH_SINK_FILE) {
            bytes += ash_round_bytes(saturating_product(sink->target->whole ? whole : elements, ash_dtype_size(sink->dtype)));
        }
    }
    return bytes;
}

/* The extent of the chunks that an operand is put together from along one of its axes, in a file, on scratch or in buffers; 1: nothing to heed. */
static int64_t chunk_extent(const ash_operand *operand, int axis, int tiles) {
    if (operand->kind == ASH_OPERAND_FILE) {
        return operand->value.node->u.file.variable->chunk[axis];
    }
    const ash_grid_axis *cuts = operand->kind == ASH_OPERAND_HELD && !operand->aligned ? &operand->held->axis[axis] : NULL;
    int64_t tile = tiles && cuts && operand->held->tile ? ash_tile_step(&operand->held->tile[axis]) : 0;
    if (tile > 0) {
        return tile;
    }
    return cuts && !cuts->bounds && cuts->offset == 0 && cuts->count > 1 ? cuts->step : 1;
}

/* Extents that a piece should have multiples of, and where it should be cut, so that stored chunks are decoded whole, and once, and chunks on scratch are read so. */
static void stored_units(ash_stage *stage, int tiles) {
    int64_t *unit = stage->unit;
    for (int a = 0; a < stage->ndim; a++) {
        unit[a] = 1;
        stage->cut[a] = 0;
    }
    for (int k = 0; k < stage->noperands; k++) {
        const ash_operand *operand = &stage->operand[k];
        for (int d = 0; d < operand->ndim; d++) {
            const ash_map *map = &operand->map[d];
            if (map->axis >= 0 && !map->table && !map->chunks && (map->step == 1 || map->step == -1) &&
                chunk_extent(operand, d, tiles) > unit[map->axis]) {
                int64_t chunk = unit[map->axis] = chunk_extent(operand, d, tiles);
                stage->cut[map->axis] = map->step > 0 ? chunk - map->start % chunk : (map->start + 1) % chunk;
            }
        }
    }
}

/* Whether all along `axis` must be seen before the next index along an axis outside it: running values are kept of one such index only, and what is folded along
 * both has an order. */
static int comes_first(const ash_stage *stage, int axis, int outer) {
    int first = stage->scans >> axis & 1;
    for (int k = 0; k < stage->nsinks; k++) {
        const ash_fold *fold = stage->sink[k].fold;
        first |= fold && fold->reduce->reduced[axis] && fold->reduce->reduced[outer]; /* whether they are kept with extent 1 or not */
    }
    return first;
}

/* Where pieces keep whole stored chunks along an outer axis, they would not follow one another in C order. */
static int may_cut(const ash_stage *stage, int axis) {
    for (int a = 0; a < axis; a++) {
        if (stage->piece[a] > 1 && comes_first(stage, axis, a)) {
            return 0;
        }
    }
    return 1;
}

/* Cuts the outermost axis that still can be: folds and scans then see the same sequence of elements however many pieces there are. */
static void cut_piece(ash_stage *stage, const int64_t unit[], int64_t target_bytes) {
    int last = stage->ndim - stage->run_axes;
    for (int a = 0; a < last; a++) {
        while (stage->piece[a] > unit[a] && may_cut(stage, a) && ash_stage_work(stage, stage->piece) > target_bytes) {
            stage->piece[a] = ((stage->piece[a] + 1) / 2 + unit[a] - 1) / unit[a] * unit[a];
        }
    }
}

void ash_stage_choose_piece(ash_stage *stage, int64_t target_bytes, ash_whole whole) {
    int64_t one[ASH_MAX_NDIM], wanted = target_bytes;
    stored_units(stage, whole == ASH_WHOLE_TILES);
    for (int a = 0; a < stage->ndim; a++) {
        stage->piece[a] = stage->largest[a];
        one[a] = 1;
    }
    if (wanted > PIECE_CACHED) {
        wanted = PIECE_CACHED;
    }
    cut_piece(stage, stage->unit, wanted);
    if (!whole) {
        cut_piece(stage, one, target_bytes);
    }
    for (int a = 0; a < stage->ndim; a++) {
        if (stage->piece[a] == stage->largest[a] || stage->piece[a] % stage->unit[a] != 0) {
            stage->unit[a] = 1; /* not cut, or not at the ends of stored chunks */
        }
    }
    ash_stage_settle_stencils(stage);
    stage->work_bytes = ash_stage_work(stage, stage->piece);
}

int64_t ash_held_chunk_bytes(const ash_held *held, int64_t chunk) {
    ash_box box;
    ash_grid_box(held->ndim, held->axis, chunk, &box);
    int64_t elements = 1;
    for (int a = 0; a < held->ndim; a++) {
        elements = saturating_product(elements, box.extent[a]);
    }
    return saturating_product(elements, ash_dtype_size(held->dtype));
}
