/* Joining arrays along a dimension. Each chunk of the result is a chunk of one of them along that dimension, so it needs one box of one input. */
#include "base/memory.h"
#include "expr/builder.h"
#include "expr/elementwise.h"
#include "expr/one_block.h"
#include "expr/view.h"

#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* ---- What the plan asks ---- */

typedef struct join_parameter {
    int64_t axis;
    int64_t begin[]; /* per input: where it begins along the axis of the result; not there for the one past the last */
} join_parameter;

static int join_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const join_parameter *join = node->u.blocks.parameter;
    part->box = at->box[0];
    for (int a = 0; a < node->output[0].ndim; a++) {
        if (k > 0 || part->box.extent[a] == 0) {
            return 0;
        }
    }
    int low = 0, high = node->ninputs - 1;
    while (low < high) { /* the last input that begins at or before the chunk, so no empty one */
        int middle = (low + high + 1) / 2;
        low = join->begin[middle] <= part->box.start[join->axis] ? middle : low;
        high = join->begin[middle] <= part->box.start[join->axis] ? high : middle - 1;
    }
    part->input = low;
    part->box.start[join->axis] -= join->begin[low];
    return 1;
}

static int join_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    const join_parameter *join = node->u.blocks.parameter;
    int64_t begin = join->begin[input], end = begin + ash_value_output(node->input[input])->dim[join->axis].axis.extent;
    memcpy(need, box, (size_t)node->output[0].ndim * sizeof *need);
    ash_need *along = &need[join->axis];
    along->begin = (along->begin > begin ? along->begin : begin) - begin;
    along->end = (along->end < end ? along->end : end) - begin;
    return along->begin < along->end;
}

static const ash_blocks_kind join_kind = { .name = "concatenate", .part = join_part, .reach = join_reach, .run = ash_copy_one_block };

/* ---- Building ---- */

typedef struct joiner {
    ash_builder *builder;
    int n, axis;
    ash_value *value;
} joiner;

static const ash_dim *input_dim(const joiner *j, int k, int axis) {
    return &ash_value_output(j->value[k])->dim[axis];
}

static void fail_input(joiner *j, int k, int axis, const char *what) {
    const char *name = input_dim(j, 0, axis)->name;
    ash_fail(&j->builder->error, ASH_ERR_DIMENSION, "%s: arrays[%d] differs from arrays[0] in %s of dimension %d%s%s%s",
        j->builder->function, k, what, axis, name ? " ('" : "", name ? name : "", name ? "')" : "");
}

/* Array k must fit the first, but for its extent along the axis. */
static void check_input(joiner *j, int k) {
    const ash_output *first = ash_value_output(j->value[0]), *output = ash_value_output(j->value[k]);
    if (output->ndim != first->ndim) {
        ash_fail(&j->builder->error, ASH_ERR_SHAPE, "%s: arrays[0] has %d dimensions, arrays[%d] has %d", j->builder->function, first->ndim,
            k, output->ndim);
        return;
    }
    for (int a = 0; a < output->ndim && ash_builder_ok(j->builder); a++) {
        const ash_dim *of_first = input_dim(j, 0, a), *dim = input_dim(j, k, a);
        if (of_first->name && dim->name && strcmp(of_first->name, dim->name) != 0) {
            fail_input(j, k, a, "the name");
        } else if (a != j->axis && dim->axis.extent != of_first->axis.extent) {
            ash_fail(&j->builder->error, ASH_ERR_SHAPE, "%s: axis %d has extent %lld in arrays[0] and %lld in arrays[%d] (must be equal)",
                j->builder->function, a, (long long)of_first->axis.extent, (long long)dim->axis.extent, k);
        } else if (a != j->axis && dim->coord && of_first->coord && !ash_coord_equal(dim->coord, of_first->coord)) {
            fail_input(j, k, a, "the coordinate");
        }
    }
}

static int same_text(const ash_coordinate *a, const ash_coordinate *b, const char *attribute) {
    const char *x = ash_attrs_text(a->attrs, attribute), *y = ash_attrs_text(b->attrs, attribute);
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

/* The coordinates along the axis, one after another; none unless all arrays have one. */
static void join_coordinates(joiner *j, ash_dim *dim) {
    const ash_coordinate *first = input_dim(j, 0, j->axis)->coord;
    for (int k = 0; k < j->n; k++) {
        const ash_coordinate *coord = input_dim(j, k, j->axis)->coord;
        if (!coord || !first) {
            return;
        }
        if (!same_text(first, coord, "units") || !same_text(first, coord, "calendar")) {
            fail_input(j, k, j->axis, "the units of the coordinate");
            return;
        }
    }
    for (int k = 0; k < j->n; k++) { /* of different kinds: there is no coordinate that holds both */
        const ash_coordinate *coord = input_dim(j, k, j->axis)->coord;
        if (coord->dtype != first->dtype || coord->vertices != first->vertices || coord->bounds_dtype != first->bounds_dtype) {
            return;
        }
    }
    dim->coord = ash_coord_slice(first, 0, 1, first->extent);
    for (int k = 1; k < j->n && dim->coord; k++) {
        ash_coordinate *longer = ash_coord_join(dim->coord, input_dim(j, k, j->axis)->coord);
        ash_coord_release(dim->coord);
        dim->coord = longer;
    }
    if (!dim->coord) {
        ash_builder_no_memory(j->builder);
    }
}

/* Whether the chunks of all inputs, one after another, are regular as those of the first are: then there may be any number of them. */
static int joins_regularly(const joiner *j) {
    const ash_grid_axis *first = &input_dim(j, 0, j->axis)->axis;
    for (int k = 0; k < j->n && !first->bounds; k++) {
        const ash_grid_axis *part = &input_dim(j, k, j->axis)->axis;
        int whole = k == j->n - 1 || part->extent % first->step == 0;
        if (part->bounds || part->offset > 0 || part->step != first->step || !whole || part->extent == 0) {
            return 0;
        }
    }
    return !first->bounds;
}

/* The axis of the result: the chunks of all inputs one after another. */
static void join_axis(joiner *j, ash_grid_axis *axis, join_parameter *join) {
    int64_t extent = 0, chunks = 0, most = 1;
    for (int k = 0; k < j->n; k++) {
        const ash_grid_axis *part = &input_dim(j, k, j->axis)->axis;
        join->begin[k] = extent;
        if (__builtin_add_overflow(extent, part->extent, &extent)) {
            ash_fail(
                &j->builder->error, ASH_ERR_SHAPE, "%s: the result would have more elements than can be addressed", j->builder->function);
            return;
        }
        most += part->count;
    }
    if (joins_regularly(j)) {
        *axis = ash_axis_regular(extent, input_dim(j, 0, j->axis)->axis.step, 0);
        return;
    }
    int64_t *bounds = ash_arena_alloc(&j->builder->node->arena, (most + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        ash_builder_no_memory(j->builder);
        return;
    }
    for (int k = 0; k < j->n; k++) {
        const ash_grid_axis *part = &input_dim(j, k, j->axis)->axis;
        for (int64_t c = 0; c < part->count && part->extent > 0; c++) {
            bounds[chunks++] = join->begin[k] + ash_axis_start(part, c);
        }
    }
    bounds[chunks] = extent;
    *axis = chunks > 0 ? ash_axis_listed(chunks, bounds) : ash_axis_regular(0, 1, 0);
}

/* Along other axes the largest array's grid is the result's. */
static int largest_input(const joiner *j) {
    int largest = 0;
    for (int k = 1; k < j->n; k++) {
        largest = input_dim(j, k, j->axis)->axis.extent > input_dim(j, largest, j->axis)->axis.extent ? k : largest;
    }
    return largest;
}

static int copy_dimension(joiner *j, int to, int from) {
    ash_dim *dim = &j->builder->node->output[0].dim[to];
    for (int k = 0; k < j->n && !dim->name; k++) {
        const char *name = input_dim(j, k, to)->name;
        dim->name = name ? ash_arena_strdup(&j->builder->node->arena, name) : NULL;
        if (name && !dim->name) {
            return ash_builder_no_memory(j->builder);
        }
    }
    for (int k = 0; k < j->n && !dim->coord && to != j->axis; k++) {
        ash_coordinate *coord = input_dim(j, k, to)->coord;
        dim->coord = coord ? ash_coord_retain(coord) : NULL;
    }
    const ash_grid_axis *axis = &input_dim(j, from, to)->axis;
    return ash_axis_copy(axis, &j->builder->node->arena, &dim->axis) ? 1 : ash_builder_no_memory(j->builder);
}

static void build(joiner *j) {
    ash_builder *builder = j->builder;
    int ndim = ash_value_output(j->value[0])->ndim;
    if (!ash_builder_node(builder, ASH_NODE_BLOCKS, j->n, 1) ||
        !ash_builder_output(builder, 0, ash_value_output(j->value[0])->dtype, ndim)) {
        return;
    }
    ash_node *node = builder->node;
    int64_t bytes = (int64_t)sizeof(join_parameter) + j->n * (int64_t)sizeof(int64_t);
    join_parameter *join = ash_arena_alloc(&node->arena, bytes);
    if (!join) {
        ash_builder_no_memory(builder);
        return;
    }
    memcpy(node->input, j->value, (size_t)j->n * sizeof j->value[0]);
    join->axis = j->axis;
    node->u.blocks = (ash_blocks_node){ .kind = &join_kind, .parameter = join, .parameter_bytes = bytes, .steps = 1 };
    int from = largest_input(j);
    for (int a = 0; a < ndim && ash_builder_ok(builder); a++) {
        copy_dimension(j, a, from);
    }
    if (ash_builder_ok(builder)) {
        join_axis(j, &node->output[0].dim[j->axis].axis, join);
        join_coordinates(j, &node->output[0].dim[j->axis]);
        ash_builder_inherit(builder, j->value[0], 1);
    }
}

/* The arrays as values of one dtype. */
static void unify(joiner *j, const ash_array arrays[]) {
    ash_builder *builder = j->builder;
    for (int k = 0; k < j->n && ash_builder_ok(builder); k++) {
        ash_builder_value(builder, arrays[k], "arrays", &j->value[k]);
    }
    if (!ash_builder_ok(builder)) {
        return;
    }
    char weak;
    ash_dtype dtype = ash_promote_values(j->n, j->value, &weak);
    for (int k = 0; k < j->n && ash_builder_ok(builder); k++) {
        if (ash_value_output(j->value[k])->ndim == 0) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: arrays[%d] has no dimension to be joined along", builder->function, k);
        } else if (ash_value_output(j->value[k])->dtype != dtype) {
            ash_builder_value(builder, ash_cast(arrays[k], dtype), "arrays", &j->value[k]);
        }
    }
}

static ash_builder begin(const char *function, int n, const ash_array arrays[]) {
    ash_builder builder = ash_builder_begin(n > 0 && arrays ? arrays[0].context : NULL, function);
    if (n < 1 || !arrays) {
        builder.error = (ash_error_state){ 0 };
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: n must be 1 or more, with as many arrays, found %d", function, n);
    }
    return builder;
}

static ash_array concatenate(const char *function, int n, const ash_array arrays[], const char *dim) {
    ash_builder builder = begin(function, n, arrays);
    joiner j = { .builder = &builder, .n = n };
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    j.value = ash_calloc(n, sizeof *j.value);
    if (!j.value) {
        ash_builder_no_memory(&builder);
        return ash_builder_done(&builder);
    }
    unify(&j, arrays);
    if (ash_builder_ok(&builder)) {
        j.axis = dim ? ash_builder_axis(&builder, ash_value_output(j.value[0]), dim) : 0;
    }
    for (int k = 1; k < n && ash_builder_ok(&builder); k++) {
        check_input(&j, k);
    }
    if (ash_builder_ok(&builder)) {
        build(&j);
    }
    ash_free(j.value);
    return ash_builder_done(&builder);
}

ash_array ash_concatenate(int n, const ash_array arrays[], const char *dim) {
    return concatenate("concatenate", n, arrays, dim);
}

ash_array ash_stack(int n, const ash_array arrays[], int axis, const char *name) {
    ash_builder builder = begin("stack", n, arrays);
    ash_array *longer = ash_builder_ok(&builder) ? ash_calloc(n, sizeof *longer) : NULL;
    if (ash_builder_ok(&builder) && !longer) {
        ash_builder_no_memory(&builder);
    }
    for (int k = 0; k < n && ash_builder_ok(&builder); k++) {
        longer[k] = ash_view_expanded("stack", "arrays[0]", arrays[k], axis, name);
    }
    char position[16];
    ash_value first;
    if (!ash_builder_ok(&builder) || !ash_builder_value(&builder, longer[0], "arrays", &first)) {
        ash_free(longer);
        return ash_builder_done(&builder);
    }
    snprintf(position, sizeof position, "%d", axis < 0 ? axis + ash_value_output(first)->ndim : axis);
    ash_array all = concatenate("stack", n, longer, position);
    ash_free(longer);
    return all;
}
