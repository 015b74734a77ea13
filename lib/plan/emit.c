/* From values to the program of a stage: operands, instructions, slots. Views compose into the maps of operands, so slices, transposes,
 * broadcasts and new grids cost nothing here; a value used twice in the same way has one slot. */
#include "plan/cost.h"
#include "plan/task_list.h"

#include <string.h>

typedef struct memo_entry {
    ash_node *node;
    int output;
    ash_dtype cast; /* the dtype it was converted to */
    int slot;
    ash_map map[ASH_MAX_NDIM];
} memo_entry;

typedef struct memo {
    int count, capacity;
    memo_entry *entry;
} memo;

/* A value seen from the stage's iteration space. */
typedef struct view {
    ash_value value;
    ash_map map[ASH_MAX_NDIM];
    const unsigned char *missing; /* what elements without a place in the value are, where a map has a table; NULL: NaN */
} view;

int ash_plan_reserve(ash_plan *plan, void **list, int count, int *capacity, int64_t size) {
    if (count < *capacity) {
        return 1;
    }
    int grown = *capacity > 0 ? 2 * *capacity : 2; /* of operands, which are large, most stages have few */
    void *memory = ash_arena_alloc(&plan->arena, grown * size);
    if (!memory) {
        return 0;
    }
    if (count > 0) {
        memcpy(memory, *list, (size_t)(count * size));
    }
    *list = memory;
    *capacity = grown;
    return 1;
}

static int maps_equal(int ndim, const ash_map a[], const ash_map b[]) {
    for (int k = 0; k < ndim; k++) {
        if (a[k].axis != b[k].axis || a[k].start != b[k].start || a[k].step != b[k].step || a[k].table != b[k].table ||
            a[k].chunks != b[k].chunks || a[k].first != b[k].first || a[k].stride != b[k].stride) {
            return 0;
        }
    }
    return 1;
}

static int recall(const ash_stage *stage, const view *v, ash_dtype cast) {
    const memo *m = stage->memo;
    int ndim = ash_value_output(v->value)->ndim;
    for (int k = 0; m && k < m->count; k++) {
        const memo_entry *entry = &m->entry[k];
        if (entry->node == v->value.node && entry->output == v->value.output && entry->cast == cast &&
            maps_equal(ndim, entry->map, v->map)) {
            return entry->slot;
        }
    }
    return -1;
}

static int remember(ash_plan *plan, ash_stage *stage, const view *v, int output, ash_dtype cast, int slot) {
    if (!stage->memo) {
        stage->memo = ash_arena_alloc(&plan->arena, sizeof(memo));
    }
    memo *m = stage->memo;
    if (!m || !ash_plan_reserve(plan, (void **)&m->entry, m->count, &m->capacity, sizeof *m->entry)) {
        return 0;
    }
    memo_entry *entry = &m->entry[m->count++];
    *entry = (memo_entry){ .node = v->value.node, .output = output, .cast = cast, .slot = slot };
    memcpy(entry->map, v->map, sizeof entry->map);
    return 1;
}

int ash_stage_emitted(const ash_stage *stage, int k, ash_emitted *out) {
    const memo *m = stage->memo;
    if (!m || k >= m->count) {
        return 0;
    }
    const memo_entry *entry = &m->entry[k];
    *out = (ash_emitted){ entry->node, entry->slot, entry->map };
    return 1;
}

static int new_slot(ash_plan *plan, ash_stage *stage, ash_dtype dtype, int operand) {
    if (!ash_plan_reserve(plan, (void **)&stage->slot, stage->nslots, &stage->slot_capacity, sizeof *stage->slot)) {
        return -1;
    }
    stage->slot[stage->nslots] = (ash_slot){ .dtype = dtype, .operand = operand, .reg = -1 };
    return stage->nslots++;
}

static ash_instruction *new_instruction(ash_plan *plan, ash_stage *stage) {
    if (!ash_plan_reserve(
            plan, (void **)&stage->instruction, stage->ninstructions, &stage->instruction_capacity, sizeof *stage->instruction)) {
        return NULL;
    }
    ash_instruction *instruction = &stage->instruction[stage->ninstructions++];
    memset(instruction, 0, sizeof *instruction);
    return instruction;
}

/* ---- Operands ---- */

/* Byte strides of an operand's axes as it lies in memory when read: the caller's, or dense. */
static void leaf_strides(const ash_operand *operand, int64_t stride[]) {
    const ash_output *output = ash_value_output(operand->value);
    int64_t dense = operand->size;
    for (int k = operand->ndim - 1; k >= 0; k--) {
        stride[k] = operand->kind == ASH_OPERAND_MEMORY ? operand->value.node->u.memory.stride[k] : dense;
        dense *= output->dim[k].axis.extent;
    }
}

/* Whether the elements run along another axis than the innermost one of the stage, so that block loads would jump. */
static int runs_across(const ash_operand *operand, const ash_stage *stage) {
    int innermost = stage->ndim - 1, fastest = -1;
    int64_t stride[ASH_MAX_NDIM], inner_stride = 0;
    leaf_strides(operand, stride);
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        if (map->axis < 0 || map->table || map->chunks || stage->axis[map->axis].extent == 1) {
            continue;
        }
        int64_t bytes = stride[k] < 0 ? -stride[k] : stride[k];
        if (map->axis == innermost) {
            inner_stride += bytes * (map->step < 0 ? -map->step : map->step);
        } else if (bytes == operand->size) {
            fastest = map->axis;
        }
    }
    return fastest >= 0 && inner_stride > operand->size;
}

/* Whether every chunk of the stage falls into one chunk of a held operand, along each axis without a table. */
static int is_aligned(const ash_operand *operand, const ash_stage *stage) {
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        const ash_grid_axis *axis = &operand->held->axis[k];
        if (axis->count == 1 || map->axis < 0 || map->chunks) {
            continue;
        }
        if (map->table) { /* rows come from several chunks: their other axes must be laid out alike */
            int clipped = axis->high > 0 && axis->step > 1;
            if (k > 0 && (axis->bounds || axis->extent % axis->step != 0 || axis->offset != 0 || clipped)) {
                return 0;
            }
            continue;
        }
        if (map->start != 0 || map->step != 1 || stage->axis[map->axis].extent != axis->extent ||
            !ash_axis_refines(&stage->axis[map->axis], axis)) {
            return 0;
        }
    }
    return 1;
}

static int emit_operand(ash_plan *plan, ash_stage *stage, const view *v, ash_operand_kind kind, ash_dtype dtype, const void *element) {
    if (!ash_plan_reserve(plan, (void **)&stage->operand, stage->noperands, &stage->operand_capacity, sizeof *stage->operand)) {
        return -1;
    }
    ash_operand *operand = &stage->operand[stage->noperands];
    memset(operand, 0, sizeof *operand);
    operand->kind = kind;
    operand->value = v->value;
    operand->dtype = dtype;
    operand->size = ash_dtype_size(dtype);
    operand->ndim = kind == ASH_OPERAND_CONSTANT ? 0 : ash_value_output(v->value)->ndim;
    memcpy(operand->map, v->map, sizeof operand->map);
    operand->table_axis = operand->table_map = -1;
    for (int k = 0; k < operand->ndim; k++) {
        if (operand->map[k].table) {
            operand->table_axis = operand->map[k].axis;
            operand->table_map = k;
        }
    }
    if (element) {
        memcpy(operand->element, element, sizeof operand->element);
    }
    if (v->missing) {
        memcpy(operand->missing, v->missing, sizeof operand->missing);
    } else {
        ash_number_store(dtype, operand->missing, ASH_FLOAT64, (ash_number){ .f = __builtin_nan("") });
    }
    if (kind == ASH_OPERAND_HELD) {
        operand->held = ash_plan_held(plan, v->value);
        operand->aligned = is_aligned(operand, stage);
    }
    if (kind == ASH_OPERAND_MEMORY || kind == ASH_OPERAND_FILE || kind == ASH_OPERAND_HELD) {
        operand->pack = operand->table_axis < 0 && runs_across(operand, stage);
    }
    operand->slot = new_slot(plan, stage, dtype, stage->noperands);
    if (operand->slot < 0 || !remember(plan, stage, v, v->value.output, dtype, operand->slot)) {
        return -1;
    }
    stage->noperands++;
    return operand->slot;
}

/* ---- Composing views ---- */

/* Map of an input axis that is start + step * (index along an output axis with map `outer`). */
static ash_map compose_affine(const ash_map *outer, int64_t start, int64_t step) {
    ash_map map = *outer;
    map.start = start + step * outer->start;
    map.step = step * outer->step;
    return map;
}

/* Map of an input axis that is labels[index along an output axis with map `outer`]. Lowering sees to it that `outer` has no table. */
static ash_map compose_table(const ash_map *outer, const int64_t *labels) {
    ash_map map = { .axis = outer->axis, .start = 0, .step = 1, .table = labels, .first = outer->start, .stride = outer->step };
    if (outer->axis < 0) {
        map.stride = 0;
    }
    return map;
}

/* The map through which a carry sees the position before its own, of those that the stage makes. 0 when out of memory. */
static int position_before(ash_plan *plan, const ash_stage *stage, const ash_map *map, ash_map *out) {
    const ash_grid_axis *axis = map->axis < 0 ? NULL : &stage->axis[map->axis];
    int64_t begin = axis ? ash_axis_start(axis, 0) : 0, count = axis ? ash_axis_start(axis, axis->count) - begin : 1;
    int64_t *before = ash_list_has_room(plan, count) ? ash_arena_alloc(&plan->arena, (count + 1) * (int64_t)sizeof *before) : NULL;
    for (int64_t k = 0; before && k < count; k++) {
        before[k] = ash_map_index(map, begin + k) - 1;
    }
    *out = (ash_map){ .axis = map->axis, .step = 1, .table = before, .first = -begin, .stride = axis ? 1 : 0 };
    return before != NULL;
}

static view look_through(const view *v, int input) {
    const ash_node *node = v->value.node;
    view inner = { .value = ash_plan_input(node, input) };
    int ndim = ash_value_output(inner.value)->ndim;
    for (int k = 0; k < ndim; k++) {
        ash_map nothing = { .axis = -1 };
        if (node->kind == ASH_NODE_VIEW) {
            const ash_view_axis *axis = &node->u.view.axis[k];
            inner.map[k] = axis->axis < 0 ? nothing : compose_affine(&v->map[axis->axis], axis->start, axis->step);
            if (axis->axis < 0) {
                inner.map[k].start = axis->start;
            }
        } else if (node->kind == ASH_NODE_TAKE) {
            inner.map[k] = k == node->u.take.axis ? compose_table(&v->map[k], node->u.take.labels) : v->map[k];
        } else {
            int axis = node->u.elementwise.align[input][k];
            inner.map[k] = axis < 0 ? nothing : v->map[axis];
        }
    }
    return inner;
}

/* ---- Instructions ---- */

static int emit(ash_plan *plan, ash_stage *stage, const view *v);

ash_block_kernel *ash_node_kernel(ash_isa isa, const ash_node *node) {
    const ash_elementwise_node *e = &node->u.elementwise;
    switch (e->function) {
    case ASH_FUNCTION_OPERATION: return ash_kernel_elementwise(isa, e->op, e->loop);
    case ASH_FUNCTION_CAST: return ash_kernel_cast(isa, ash_value_output(ash_plan_input(node, 0))->dtype, e->loop);
    case ASH_FUNCTION_UNPACK: return ash_kernel_unpack(isa, e->loop, node->output[0].dtype);
    case ASH_FUNCTION_DATE: return ash_kernel_date(e->loop);
    case ASH_FUNCTION_SEARCH: return ash_kernel_search(e->loop);
    case ASH_FUNCTION_ISIN: return ash_kernel_isin(e->loop);
    case ASH_FUNCTION_INTERP: return ash_kernel_interp();
    }
    return NULL;
}

/* The slot of `v` converted to `dtype`. Constants are converted here, once. */
static int emit_cast(ash_plan *plan, ash_stage *stage, const view *v, ash_dtype dtype) {
    ash_dtype from = ash_value_output(v->value)->dtype;
    int slot = recall(stage, v, dtype);
    if (slot >= 0) {
        return slot;
    }
    if (v->value.node->kind == ASH_NODE_CONSTANT && !v->value.node->held) {
        unsigned char element[16] = { 0 };
        ash_number_store(dtype, element, from, ash_number_load(from, v->value.node->u.constant.element));
        view bare = { .value = v->value };
        memcpy(bare.map, v->map, sizeof bare.map);
        return emit_operand(plan, stage, &bare, ASH_OPERAND_CONSTANT, dtype, element);
    }
    int source = emit(plan, stage, v);
    if (source < 0 || from == dtype) {
        return source;
    }
    slot = new_slot(plan, stage, dtype, -1);
    ash_instruction *instruction = slot >= 0 ? new_instruction(plan, stage) : NULL;
    if (!instruction) {
        return -1;
    }
    *instruction = (ash_instruction){
        .kernel = ash_kernel_cast(plan->isa, from, dtype), .name = "cast", .nin = 1, .nout = 1, .in = { source }, .out = { slot }
    };
    instruction->ns = ash_cost_of_cast(from, dtype);
    return remember(plan, stage, v, v->value.output, dtype, slot) ? slot : -1;
}

/* An instruction with one result, of the node's dtype; NULL when out of memory. */
static ash_instruction *emit_result(ash_plan *plan, ash_stage *stage, const ash_node *node, const char *name, int nin, const int in[]) {
    int slot = new_slot(plan, stage, node->output[0].dtype, -1);
    ash_instruction *instruction = slot >= 0 ? new_instruction(plan, stage) : NULL;
    if (instruction) {
        *instruction =
            (ash_instruction){ .name = name, .nin = nin, .nout = 1, .out = { slot }, .ns = ash_cost_of_scan(node->output[0].dtype) };
        memcpy(instruction->in, in, (size_t)nin * sizeof in[0]);
    }
    return instruction;
}

/* What the chunks before combine to, added to the values in a slot. */
static int emit_carried(ash_plan *plan, ash_stage *stage, const view *v, int slot) {
    const ash_node *node = v->value.node;
    view carry = { .value = ash_plan_input(node, 1) };
    memcpy(carry.map, v->map, sizeof carry.map);
    carry.map[node->u.scan.axis].chunks = &node->output[0].dim[node->u.scan.axis].axis;
    int carried = emit(plan, stage, &carry);
    ash_instruction *instruction = carried < 0 ? NULL : emit_result(plan, stage, node, "carried", 2, (int[]){ carried, slot });
    if (!instruction) {
        return -1;
    }
    instruction->kernel = ash_kernel_elementwise(plan->isa, node->u.scan.op, node->output[0].dtype);
    return instruction->out[0];
}

/* Running values along an axis of the stage, whose chunks are those of the node (hold.c sees to it). */
static int emit_scan(ash_plan *plan, ash_stage *stage, const view *v) {
    const ash_node *node = v->value.node;
    ash_dtype dtype = node->output[0].dtype;
    int64_t cells = 1;
    view inner = { .value = ash_plan_input(node, 0) };
    memcpy(inner.map, v->map, sizeof inner.map);
    int source = emit(plan, stage, &inner);
    ash_instruction *instruction = source < 0 ? NULL : emit_result(plan, stage, node, "scan", 1, &source);
    if (!instruction) {
        return -1;
    }
    instruction->scan = ash_kernel_scan(plan->isa, node->u.scan.scan, dtype);
    instruction->axis = node->u.scan.axis;
    instruction->state = stage->scan_bytes;
    for (int a = node->u.scan.axis + 1; a < stage->ndim; a++) {
        cells *= stage->largest[a] > 0 ? stage->largest[a] : 1;
    }
    cells = cells > ASH_BLOCK ? cells : ASH_BLOCK; /* an axis of one element is copied block by block through the state */
    stage->scan_bytes += ash_round_bytes(cells * ash_dtype_size(dtype));
    stage->scans |= 1 << node->u.scan.axis;
    int slot = instruction->out[0];
    slot = node->ninputs > 1 ? emit_carried(plan, stage, v, slot) : slot;
    return slot >= 0 && remember(plan, stage, v, 0, dtype, slot) ? slot : -1;
}

/* A carry is made from itself and the totals, both at the position before. */
static int emit_carry(ash_plan *plan, ash_stage *stage, const view *v) {
    const ash_node *node = v->value.node;
    const ash_scan_node *carry = &node->u.scan;
    ash_dtype dtype = node->output[0].dtype;
    ash_value from[2] = { v->value, ash_plan_input(node, 0) };
    ash_map place;
    int in[2];
    if (!position_before(plan, stage, &v->map[carry->axis], &place)) {
        return -1;
    }
    for (int k = 0; k < 2; k++) {
        view before = { .value = from[k], .missing = carry->none };
        memcpy(before.map, v->map, sizeof before.map);
        before.map[carry->axis] = place;
        in[k] = emit_operand(plan, stage, &before, ASH_OPERAND_HELD, dtype, NULL);
        if (in[k] < 0) {
            return -1;
        }
    }
    ash_instruction *instruction = emit_result(plan, stage, node, "carry", 2, in);
    if (!instruction) {
        return -1;
    }
    instruction->kernel = ash_kernel_elementwise(plan->isa, carry->op, dtype);
    return remember(plan, stage, v, 0, dtype, instruction->out[0]) ? instruction->out[0] : -1;
}

static const char *function_name(const ash_node *node) {
    static const char *const names[] = { "", "cast", "unpack", "date", "search", "isin", "interp" };
    return node->u.elementwise.function == ASH_FUNCTION_OPERATION ? ash_op_table[node->u.elementwise.op].name
                                                                  : names[node->u.elementwise.function];
}

static int emit_elementwise(ash_plan *plan, ash_stage *stage, const view *v) {
    const ash_node *node = v->value.node;
    const ash_elementwise_node *e = &node->u.elementwise;
    int in[3];
    for (int k = 0; k < node->ninputs; k++) {
        view inner = look_through(v, k);
        ash_dtype wanted = e->loop;
        if (e->function == ASH_FUNCTION_CAST) {
            wanted = ash_value_output(inner.value)->dtype;
        } else if (e->function == ASH_FUNCTION_OPERATION && ash_op_table[e->op].input_dtype[k] != ASH_DTYPE_COUNT) {
            wanted = ash_op_table[e->op].input_dtype[k];
        }
        in[k] = emit_cast(plan, stage, &inner, wanted);
        if (in[k] < 0) {
            return -1;
        }
    }
    if (e->function == ASH_FUNCTION_CAST && ash_value_output(ash_plan_input(node, 0))->dtype == e->loop) {
        return in[0]; /* a weak scalar made strong */
    }
    int out[2] = { -1, -1 };
    for (int k = 0; k < node->noutputs; k++) {
        out[k] = new_slot(plan, stage, node->output[k].dtype, -1);
        if (out[k] < 0 || !remember(plan, stage, v, k, node->output[k].dtype, out[k])) {
            return -1;
        }
    }
    ash_instruction *instruction = new_instruction(plan, stage);
    if (!instruction) {
        return -1;
    }
    *instruction = (ash_instruction){ .kernel = ash_node_kernel(plan->isa, node),
        .parameter = e->parameter,
        .name = function_name(node),
        .nin = node->ninputs,
        .nout = node->noutputs,
        .ns = ash_cost_of_node(node) };
    memcpy(instruction->in, in, (size_t)node->ninputs * sizeof in[0]);
    memcpy(instruction->out, out, sizeof out);
    return out[v->value.output];
}

/* The slot of `v` in its own dtype; -1 when out of memory. Recursion is as deep as a stage has operations, which lowering bounds. */
static int emit(ash_plan *plan, ash_stage *stage, const view *v) {
    const ash_node *node = v->value.node;
    ash_dtype dtype = ash_value_output(v->value)->dtype;
    int slot = recall(stage, v, dtype);
    if (slot >= 0) {
        return slot;
    }
    const ash_held *held = node->held ? ash_plan_held(plan, v->value) : NULL;
    if (held && (held->stage || held->blocks)) { /* without either yet, it is what is being emitted */
        return emit_operand(plan, stage, v, ASH_OPERAND_HELD, dtype, NULL);
    }
    if (node->kind == ASH_NODE_VIEW || node->kind == ASH_NODE_TAKE) {
        view inner = look_through(v, 0);
        while (!inner.value.node->held &&
            (inner.value.node->kind == ASH_NODE_VIEW || inner.value.node->kind == ASH_NODE_TAKE)) { /* chains of views may be long */
            inner = look_through(&inner, 0);
        }
        slot = emit(plan, stage, &inner);
        return slot < 0 || !held || remember(plan, stage, v, v->value.output, dtype, slot) ? slot : -1; /* held: for what goes on with it */
    }
    switch (node->kind) {
    case ASH_NODE_CONSTANT: return emit_operand(plan, stage, v, ASH_OPERAND_CONSTANT, dtype, node->u.constant.element);
    case ASH_NODE_RAMP: return emit_operand(plan, stage, v, ASH_OPERAND_RAMP, dtype, NULL);
    case ASH_NODE_MEMORY: return emit_operand(plan, stage, v, ASH_OPERAND_MEMORY, dtype, NULL);
    case ASH_NODE_FILE: return emit_operand(plan, stage, v, ASH_OPERAND_FILE, dtype, NULL);
    case ASH_NODE_ELEMENTWISE: return emit_elementwise(plan, stage, v);
    case ASH_NODE_SCAN: return emit_scan(plan, stage, v);
    case ASH_NODE_CARRY: return emit_carry(plan, stage, v);
    default: return -1; /* errors and reductions are never emitted */
    }
}

int ash_emit(ash_plan *plan, ash_stage *stage, ash_value value, int *slot) {
    view whole = { .value = value };
    for (int a = 0; a < ash_value_output(value)->ndim; a++) {
        whole.map[a] = (ash_map){ .axis = a, .step = 1 };
    }
    *slot = emit(plan, stage, &whole);
    return *slot >= 0;
}
