/* Binding operands: where the elements of one piece are. Stored values are read into scratch, chunks of held values are put together where
 * a piece spans several, and what runs across the stage's innermost axis is reordered. */
#include "base/system.h"
#include "run/watch.h"

#include <string.h>

static void *take_scratch(ash_run *run, ash_worker *worker, ash_binding *binding, int64_t bytes) {
    bytes = ash_round_bytes(bytes);
    void *memory = ash_run_scratch(run, bytes, worker);
    if (memory) {
        binding->scratch[binding->nscratch] = memory;
        binding->scratch_bytes[binding->nscratch++] = bytes;
    }
    return memory;
}

void ash_unbind(ash_run *run, ash_worker *worker, ash_binding *binding) {
    for (int k = 0; k < binding->nscratch; k++) {
        ash_run_scratch_give(run, binding->scratch[k], binding->scratch_bytes[k], worker);
    }
    binding->nscratch = 0;
}

/* How a block of elements in memory is addressed: strides of the operand's axes, and the index that `base` stands for. */
typedef struct layout {
    const char *base;
    int64_t origin[ASH_MAX_NDIM], stride[ASH_MAX_NDIM];
    int64_t divisor[ASH_MAX_NDIM]; /* the block holds every divisor-th index */
} layout;

/* Turns a layout into a base and strides per iteration axis, the table axis left out. */
static void layout_strides(const ash_operand *operand, const ash_box *piece, const layout *from, ash_binding *binding) {
    const char *base = from->base;
    memset(binding->stride, 0, sizeof binding->stride);
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        if (map->table) {
            continue;
        }
        int64_t index = ash_map_index(map, ash_map_begin(map, piece));
        base += (index - from->origin[k]) / from->divisor[k] * from->stride[k];
        if (map->axis >= 0 && !map->chunks) {
            binding->stride[map->axis] += map->step / from->divisor[k] * from->stride[k];
        }
    }
    binding->base = base;
}

/* The same with row pointers for the table axis. */
static ash_status apply_layout(
    ash_run *run, ash_worker *worker, const ash_operand *operand, const ash_box *piece, const layout *from, ash_binding *binding) {
    layout_strides(operand, piece, from, binding);
    if (operand->table_map < 0) {
        return ASH_OK;
    }
    const ash_map *map = &operand->map[operand->table_map];
    int k = operand->table_map;
    int64_t n = ash_map_count(map, piece), start = ash_map_begin(map, piece);
    const char **row = take_scratch(run, worker, binding, n * (int64_t)sizeof *row);
    if (!row) {
        return worker->error.status;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t index = ash_map_index(map, start + i);
        row[i] = index < 0 ? NULL : binding->base + (index - from->origin[k]) * from->stride[k];
    }
    binding->row = row;
    return ASH_OK;
}

/* ---- Rows of a file by a list ---- */

/* What of each axis of a file's variable is read: its box, each step-th index. */
typedef struct file_box {
    int64_t low[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
} file_box;

static ash_status read_file(ash_run *run, ash_worker *worker, const ash_operand *operand, const file_box *box, char *memory) {
    const ash_node *node = operand->value.node;
    int64_t bytes = ash_dense_strides(operand->ndim, box->extent, operand->size, NULL);
    int64_t began = run->watch ? ash_system_now_ns() : 0, decoded = worker->reading.bytes_decoded;
    if (ash_file_read(node->u.file.file, node->u.file.variable, box->low, box->extent, box->step, memory, &worker->reading,
            &worker->error) != ASH_OK) {
        return worker->error.status;
    }
    ash_run_lock(run);
    run->bytes_read += bytes;
    run->variable_bytes[operand->read] += bytes;
    ash_run_unlock(run);
    if (run->watch) {
        ash_watch_read(run, worker, began, bytes, worker->reading.bytes_decoded - decoded);
    }
    return ASH_OK;
}

/* Reads rows [0, count), which lie in one chunk, into `between`, and copies each to its place in memory. */
static ash_status read_rows(ash_run *run, ash_worker *worker, const ash_operand *operand, file_box *box, const ash_row rows[],
    int64_t count, char *between, char *memory, int64_t row_bytes) {
    int t = operand->table_map;
    int64_t from[ASH_MAX_NDIM], to[ASH_MAX_NDIM], extent[ASH_MAX_NDIM];
    box->low[t] = rows[0].index;
    box->extent[t] = rows[count - 1].index - rows[0].index + 1;
    for (int k = 0; k < operand->ndim; k++) {
        extent[k] = k == t ? 1 : box->extent[k];
    }
    ash_dense_strides(operand->ndim, box->extent, operand->size, from);
    ash_dense_strides(operand->ndim, extent, operand->size, to);
    if (read_file(run, worker, operand, box, between) != ASH_OK) {
        return worker->error.status;
    }
    for (int64_t r = 0; r < count; r++) {
        ash_copy_box(operand->ndim, extent, operand->size, memory + rows[r].place * row_bytes, to,
            between + (rows[r].index - box->low[t]) * from[t], from);
    }
    return ASH_OK;
}

/* Rows that are far apart: each stored chunk once, from its first row that is wanted to its last. `box` tells what of the other axes. */
static ash_status bind_rows(
    ash_run *run, ash_worker *worker, const ash_operand *operand, const ash_box *piece, file_box *box, ash_binding *binding) {
    int t = operand->table_map;
    const ash_map *map = &operand->map[t];
    int64_t n = ash_map_count(map, piece), row_bytes = operand->size;
    layout rows_apart = { .base = NULL };
    for (int k = operand->ndim - 1; k >= 0; k--) {
        rows_apart.origin[k] = box->low[k];
        rows_apart.divisor[k] = box->step[k];
        rows_apart.stride[k] = row_bytes;
        row_bytes *= k == t ? 1 : box->extent[k];
    }
    int64_t list_bytes = ash_round_bytes(n * (int64_t)sizeof(ash_row)),
            between_bytes = ash_round_bytes(ash_rows_together(operand) * row_bytes);
    char *memory = take_scratch(run, worker, binding, n * row_bytes);
    const char **row = memory ? take_scratch(run, worker, binding, n * (int64_t)sizeof *row) : NULL;
    ash_row *rows = row ? ash_run_scratch(run, list_bytes, worker) : NULL;
    char *between = rows ? ash_run_scratch(run, between_bytes, worker) : NULL;
    int64_t count = between ? ash_rows_list(map, ash_map_begin(map, piece), ash_map_begin(map, piece) + n, rows) : 0;
    for (int64_t first = 0, last; first < count && worker->error.status == ASH_OK; first = last) {
        last = first + ash_rows_at_once(operand, rows + first, count - first);
        read_rows(run, worker, operand, box, rows + first, last - first, between, memory, row_bytes);
    }
    if (between) {
        ash_run_scratch_give(run, between, between_bytes, worker);
    }
    if (rows) {
        ash_run_scratch_give(run, rows, list_bytes, worker);
    }
    if (worker->error.status != ASH_OK) {
        return worker->error.status;
    }
    rows_apart.base = memory;
    layout_strides(operand, piece, &rows_apart, binding);
    for (int64_t i = 0; i < n; i++) {
        row[i] = ash_map_index(map, ash_map_begin(map, piece) + i) < 0 ? NULL : binding->base + i * row_bytes;
    }
    binding->row = row;
    return ASH_OK;
}

/* Reads what the piece needs into scratch, or finds it there: where the first operand of a stencil has read it. */
static ash_status bind_file(
    ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_operand *operand, const ash_box *piece, ash_binding *binding) {
    int looks_on = ash_operand_looks_on(stage, operand), t = operand->table_map;
    const ash_operand *reader = looks_on ? &stage->operand[operand->stencil->first] : operand;
    file_box box;
    layout in_scratch = { .base = NULL };
    int any = ash_operand_read_box(reader, piece, box.low, box.extent, box.step);
    if (any && t >= 0 && box.extent[t] > ash_map_count(&operand->map[t], piece)) {
        return bind_rows(run, worker, operand, piece, &box, binding);
    }
    memcpy(in_scratch.origin, box.low, sizeof box.low);
    memcpy(in_scratch.divisor, box.step, sizeof box.step);
    int64_t bytes = ash_dense_strides(operand->ndim, box.extent, operand->size, in_scratch.stride);
    if (any && looks_on) {
        in_scratch.base = worker->binding[operand->stencil->first].scratch[0];
    } else if (any) {
        char *memory = take_scratch(run, worker, binding, bytes);
        if (!memory || read_file(run, worker, operand, &box, memory) != ASH_OK) {
            return worker->error.status;
        }
        in_scratch.base = memory;
    }
    return apply_layout(run, worker, operand, piece, &in_scratch, binding);
}

/* Where a chunk of a held value is for the task under way. */
static uint32_t chunk_input(const ash_run *run, ash_worker *worker, const ash_held *held, int64_t chunk) {
    return ash_run_input(run, worker, ash_sparse_get(&held->buffer, chunk));
}

/* Dense layout of one chunk of a held value, or of the part of it that was moved here. */
static layout chunk_layout(const ash_run *run, const ash_held *held, int64_t chunk, uint32_t input) {
    const ash_plan *plan = run->plan;
    uint32_t part = plan->copy ? plan->copy[input].part : ASH_NO_ID;
    layout block = { .base = run->buffer[input] };
    ash_box box;
    if (part == ASH_NO_ID) {
        ash_grid_box(held->ndim, held->axis, chunk, &box);
    } else {
        box = plan->transfer[part].box;
    }
    ash_dense_strides(held->ndim, box.extent, ash_dtype_size(held->dtype), block.stride);
    for (int k = 0; k < held->ndim; k++) {
        block.origin[k] = box.start[k];
        block.divisor[k] = 1;
    }
    return block;
}

/* The piece lies in one chunk, but for the table axis, whose rows may come from several chunks that are laid out alike. */
static ash_status bind_chunks(
    ash_run *run, ash_worker *worker, const ash_operand *operand, const ash_box *piece, const int64_t low[], ash_binding *binding) {
    const ash_held *held = operand->held;
    int64_t coordinate[ASH_MAX_NDIM];
    for (int k = 0; k < held->ndim; k++) {
        coordinate[k] = ash_axis_find(&held->axis[k], low[k]);
    }
    int64_t chunk = ash_grid_ordinal(held->ndim, held->axis, coordinate);
    layout block = chunk_layout(run, held, chunk, chunk_input(run, worker, held, chunk));
    ash_status status = apply_layout(run, worker, operand, piece, &block, binding);
    if (operand->table_map < 0 || status != ASH_OK) {
        return status;
    }
    int t = operand->table_map;
    const ash_map *map = &operand->map[t];
    int64_t n = ash_map_count(map, piece), start = ash_map_begin(map, piece);
    for (int64_t i = 0; i < n; i++) {
        int64_t index = ash_map_index(map, start + i);
        if (index < 0) {
            continue;
        }
        coordinate[t] = ash_axis_find(&held->axis[t], index);
        int64_t other = ash_grid_ordinal(held->ndim, held->axis, coordinate);
        const char *memory = run->buffer[chunk_input(run, worker, held, other)];
        binding->row[i] = memory + (binding->base - block.base) + (index - ash_axis_start(&held->axis[t], coordinate[t])) * block.stride[t];
    }
    return ASH_OK;
}

/* Copies a part of a chunk, from memory or from scratch. */
static ash_status copy_part(
    ash_run *run, ash_worker *worker, const ash_held *held, int64_t chunk, const ash_box *part, char *out, const int64_t stride[]) {
    uint32_t input = chunk_input(run, worker, held, chunk);
    if (!run->buffer[input]) {
        return ash_run_read_box(run, worker, input, part, out, stride);
    }
    layout block = chunk_layout(run, held, chunk, input);
    const char *in = block.base;
    for (int k = 0; k < held->ndim; k++) {
        in += (part->start[k] - block.origin[k]) * block.stride[k];
    }
    ash_copy_box(held->ndim, part->extent, ash_dtype_size(held->dtype), out, stride, in, block.stride);
    return ASH_OK;
}

/* The piece spans several chunks, or they are on scratch: copies what it needs of each into one box. Chunks that no row needs may not be there, and are left out.
 */
static ash_status assemble(ash_run *run, ash_worker *worker, const ash_operand *operand, const ash_box *piece, const int64_t low[],
    const int64_t span[], ash_binding *binding) {
    const ash_held *held = operand->held;
    int ndim = held->ndim;
    layout whole = { .base = NULL };
    int64_t first[ASH_MAX_NDIM], last[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    for (int k = 0; k < ndim; k++) {
        whole.origin[k] = low[k];
        whole.divisor[k] = 1;
        first[k] = coordinate[k] = ash_axis_find(&held->axis[k], low[k]);
        last[k] = ash_axis_find(&held->axis[k], low[k] + span[k] - 1);
    }
    char *memory = take_scratch(run, worker, binding, ash_dense_strides(ndim, span, operand->size, whole.stride));
    if (!memory) {
        return worker->error.status;
    }
    whole.base = memory;
    for (int more = 1; more;) {
        int64_t chunk = ash_grid_ordinal(ndim, held->axis, coordinate);
        if (ash_operand_wants_rows(operand, piece, operand->table_map < 0 ? 0 : coordinate[operand->table_map])) {
            char *out = memory;
            ash_box part;
            for (int k = 0; k < ndim; k++) {
                int64_t begin = ash_axis_start(&held->axis[k], coordinate[k]), end = ash_axis_start(&held->axis[k], coordinate[k] + 1);
                begin = begin > low[k] ? begin : low[k];
                end = end < low[k] + span[k] ? end : low[k] + span[k];
                part.start[k] = begin;
                part.extent[k] = end - begin;
                out += (begin - low[k]) * whole.stride[k];
            }
            if (copy_part(run, worker, held, chunk, &part, out, whole.stride) != ASH_OK) {
                return worker->error.status;
            }
        }
        more = 0;
        for (int k = ndim - 1; k >= 0 && !more; k--) {
            more = ++coordinate[k] <= last[k];
            coordinate[k] = more ? coordinate[k] : first[k];
        }
    }
    return apply_layout(run, worker, operand, piece, &whole, binding);
}

static int is_on_scratch(const ash_run *run, ash_worker *worker, const ash_held *held, const int64_t index[]) {
    int64_t coordinate[ASH_MAX_NDIM];
    if (run->plan->nspills == 0) {
        return 0;
    }
    for (int k = 0; k < held->ndim; k++) {
        coordinate[k] = ash_axis_find(&held->axis[k], index[k]);
    }
    return !run->buffer[chunk_input(run, worker, held, ash_grid_ordinal(held->ndim, held->axis, coordinate))];
}

static ash_status bind_held(ash_run *run, ash_worker *worker, const ash_operand *operand, const ash_box *piece, ash_binding *binding) {
    int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
    if (!ash_operand_box(operand, piece, low, span)) { /* nothing but missing rows */
        layout nothing = { .base = NULL };
        for (int k = 0; k < operand->ndim; k++) {
            nothing.divisor[k] = 1;
        }
        return apply_layout(run, worker, operand, piece, &nothing, binding);
    }
    int in_place = ash_operand_in_chunk(operand, low, span) && (operand->aligned || !is_on_scratch(run, worker, operand->held, low));
    return in_place ? bind_chunks(run, worker, operand, piece, low, binding) : assemble(run, worker, operand, piece, low, span, binding);
}

static void bind_memory(const ash_operand *operand, layout *block) {
    const ash_node *node = operand->value.node;
    block->base = node->u.memory.data;
    for (int k = 0; k < operand->ndim; k++) {
        block->origin[k] = 0;
        block->divisor[k] = 1;
        block->stride[k] = node->u.memory.stride[k];
    }
}

/* ---- Reordering ---- */

/* Whether the trailing `axes` of the piece can be walked with one stride. */
static int collapses(const ash_stage *stage, const ash_binding *binding, const ash_box *piece, int axes) {
    int64_t stride = 0, elements = 0; /* of the collapsed part so far */
    for (int a = stage->ndim - 1; a >= stage->ndim - axes; a--) {
        if (piece->extent[a] == 1) {
            continue;
        }
        if (elements > 0 && binding->stride[a] != stride * elements) {
            return 0;
        }
        stride = elements > 0 ? stride : binding->stride[a];
        elements = (elements > 0 ? elements : 1) * piece->extent[a];
    }
    return 1;
}

/* Whether the piece lies as it would alone. */
static int is_dense(const ash_stage *stage, const ash_operand *operand, const ash_binding *binding, const ash_box *piece) {
    int64_t stride = operand->size;
    for (int a = stage->ndim - 1; a >= 0; a--) {
        if (piece->extent[a] > 1 && binding->stride[a] != stride) {
            return 0;
        }
        stride *= piece->extent[a];
    }
    return 1;
}

/* Copies the piece into iteration order; afterwards it has no rows any more. */
static ash_status pack(
    ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_operand *operand, const ash_box *piece, ash_binding *binding) {
    int64_t dense[ASH_MAX_NDIM], extent[ASH_MAX_NDIM];
    char *memory = take_scratch(run, worker, binding, ash_dense_strides(stage->ndim, piece->extent, operand->size, dense));
    if (!memory) {
        return worker->error.status;
    }
    memcpy(extent, piece->extent, sizeof extent);
    if (!binding->row) {
        ash_copy_box(stage->ndim, extent, operand->size, memory, dense, binding->base, binding->stride);
    } else {
        int t = operand->table_axis;
        int64_t n = t < 0 ? 1 : extent[t], none[ASH_MAX_NDIM] = { 0 };
        for (int64_t i = 0; i < n; i++) {
            if (t >= 0) {
                extent[t] = 1;
            }
            const char *row = binding->row[i];
            ash_copy_box(stage->ndim, extent, operand->size, memory + (t < 0 ? 0 : i * dense[t]), dense,
                row ? row : (const char *)operand->missing, row ? binding->stride : none);
        }
        binding->row = NULL;
    }
    binding->base = memory;
    memcpy(binding->stride, dense, sizeof dense);
    return ASH_OK;
}

ash_status ash_bind(
    ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_operand *operand, const ash_box *piece, ash_binding *binding) {
    ash_status status = ASH_OK;
    layout block;
    binding->row = NULL;
    binding->filled = NULL;
    binding->nscratch = 0;
    switch (operand->kind) {
    case ASH_OPERAND_CONSTANT:
    case ASH_OPERAND_RAMP: return ASH_OK;
    case ASH_OPERAND_MEMORY:
        bind_memory(operand, &block);
        status = apply_layout(run, worker, operand, piece, &block, binding);
        break;
    case ASH_OPERAND_FILE: status = bind_file(run, worker, stage, operand, piece, binding); break;
    case ASH_OPERAND_HELD: status = bind_held(run, worker, operand, piece, binding); break;
    }
    int table_in_run = binding->row && operand->table_axis >= stage->ndim - stage->run_axes;
    int reorder = operand->pack || (stage->dense && !is_dense(stage, operand, binding, piece)) ||
        (stage->run_axes > 1 && (table_in_run || !collapses(stage, binding, piece, stage->run_axes)));
    return status == ASH_OK && reorder ? pack(run, worker, stage, operand, piece, binding) : status;
}
