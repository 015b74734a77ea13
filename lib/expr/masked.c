/* Selection by a mask: elements, or rows of the trailing axes, in C order. Array and mask are ravelled, and each chunk of the result is what the mask leaves of one
 * chunk of them; chunks of which it leaves nothing are passed over. How many it leaves of each is counted when somebody must know. */
#include "expr/masked.h"

#include "array/engine.h"
#include "base/memory.h"
#include "expr/reshape.h"
#include "expr/view.h"

#include <ashlar/indexing.h>
#include <ashlar/ops.h>
#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* ---- What the plan asks ---- */

/* The parameter: per chunk of the result along its first axis, the chunk of the input that it is selected from. Which rows these are only the mask knows, so it is needed
 * whole, and all rows of its chunk. */
static int64_t first_coordinate(const ash_output *output, int64_t chunk) {
    for (int a = 1; a < output->ndim; a++) {
        chunk /= output->dim[a].axis.count;
    }
    return chunk;
}

static int masked_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const int64_t *chunk_of = node->u.blocks.parameter;
    const ash_output *output = &node->output[0];
    part->box = at->box[0];
    for (int a = 0; a < output->ndim; a++) {
        if (k > 1 || part->box.extent[a] == 0) {
            return 0;
        }
    }
    const ash_grid_axis *from = &ash_value_output(node->input[1])->dim[0].axis;
    int64_t chunk = chunk_of[first_coordinate(output, at->chunk)];
    part->input = k;
    part->box.start[0] = ash_axis_start(from, chunk);
    part->box.extent[0] = ash_axis_extent(from, chunk);
    return 1;
}

static int masked_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    const int64_t *chunk_of = node->u.blocks.parameter;
    const ash_grid_axis *from = &ash_value_output(node->input[1])->dim[0].axis, *rows = &node->output[0].dim[0].axis;
    memcpy(need, box, (size_t)(input == 0 ? node->output[0].ndim : 1) * sizeof *need);
    need[0].begin = ash_axis_start(from, chunk_of[ash_axis_find(rows, box[0].begin)]);
    need[0].end = ash_axis_start(from, chunk_of[ash_axis_find(rows, box[0].end - 1)] + 1);
    return 1;
}

/* The first index from k on whose mask is `wanted`. */
static int64_t next_in(const ash_block *mask, int64_t k, int wanted) {
    int64_t n = mask->part.box.extent[0];
    while (k < n && (mask->base[k * mask->stride[0]] != 0) != wanted) {
        k++;
    }
    return k;
}

/* Copies runs of rows that the mask leaves one behind the other, those of them that are needed. */
static ash_status masked_run(const ash_blocks_call *call) {
    const ash_output *output = &call->node->output[0];
    int64_t size = ash_dtype_size(output->dtype), dense[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], passed = 0;
    ash_box chunk;
    if (call->nblocks < 2) { /* nothing is selected */
        return ASH_OK;
    }
    ash_output_box(output, call->chunk, &chunk);
    memcpy(extent, call->box[0].extent, sizeof extent);
    ash_dense_strides(output->ndim, extent, size, dense);
    const ash_block *from = &call->block[0], *mask = &call->block[1];
    int64_t n = mask->part.box.extent[0], first = call->box[0].start[0] - chunk.start[0], last = first + call->box[0].extent[0];
    for (int64_t begin = next_in(mask, 0, 1), end; begin < n; begin = next_in(mask, end, 1)) {
        end = next_in(mask, begin, 0);
        int64_t low = passed > first ? passed : first, high = passed + end - begin < last ? passed + end - begin : last;
        if (low < high) {
            extent[0] = high - low;
            ash_copy_box(output->ndim, extent, size, (char *)call->out[0] + (low - first) * dense[0], dense,
                from->base + (begin + low - passed) * from->stride[0], from->stride);
        }
        passed += end - begin;
    }
    return passed == chunk.extent[0]
        ? ASH_OK
        : ash_fail(call->error, ASH_ERR_ARGUMENT, "the mask is another one than when its elements were counted");
}

/* Rows that are cut along other axes need the same mask, elements do not. */
static const ash_blocks_kind rows_kind = {
    .name = "masked_select", .repeats = 1, .part = masked_part, .reach = masked_reach, .run = masked_run
};
static const ash_blocks_kind elements_kind = { .name = "masked_select", .part = masked_part, .reach = masked_reach, .run = masked_run };

/* ---- Counting ---- */

/* How many elements the mask leaves of each of its chunks: one number a chunk. */
static ash_array chunk_counts(ash_context *context, ash_value mask) {
    ash_builder builder = ash_builder_begin(context, "masked_select");
    if (ash_builder_node(&builder, ASH_NODE_REDUCE, 1, 1) && ash_builder_output(&builder, 0, ASH_INT64, 1)) {
        builder.node->input[0] = mask;
        builder.node->output[0].dim[0].axis = ash_axis_regular(ash_value_output(mask)->dim[0].axis.count, 1, 0);
        builder.node->u.reduce = (ash_reduce_node){ .reduction = ASH_REDUCE_COUNT_NONZERO, .keepdims = 1, .group_axis = -1, .by_chunk = 0 };
        builder.node->u.reduce.reduced[0] = 1;
    }
    return ash_builder_done(&builder);
}

/* Sets the grid of the first axis from the counts. 0 when out of memory. */
static int set_extent(ash_node *node, int64_t chunks, const int64_t counts[]) {
    int64_t n = 0;
    int64_t *bounds = ash_arena_alloc(&node->arena, (chunks + 1) * (int64_t)sizeof *bounds);
    int64_t *chunk_of = ash_arena_alloc(&node->arena, (chunks + 1) * (int64_t)sizeof *chunk_of);
    if (!bounds || !chunk_of) {
        return 0;
    }
    bounds[0] = 0;
    for (int64_t c = 0; c < chunks; c++) {
        chunk_of[n] = c;
        bounds[n + (counts[c] > 0)] = bounds[n] + counts[c];
        n += counts[c] > 0;
    }
    node->output[0].dim[0].axis = n > 0 ? ash_axis_listed(n, bounds) : ash_axis_regular(0, 1, 0);
    node->u.blocks.parameter = chunk_of;
    node->u.blocks.parameter_bytes = n * (int64_t)sizeof *chunk_of;
    return 1;
}

static ash_status count_selected(ash_context *context, ash_node *node, ash_error_state *error) {
    ash_value value;
    int64_t chunks = ash_value_output(node->input[1])->dim[0].axis.count;
    if (atomic_load(&context->running)) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "masked_select: elements cannot be counted while the context is computing");
    }
    int64_t *counts = ash_malloc(chunks * (int64_t)sizeof *counts);
    if (!counts) {
        return ash_fail_memory(error, "masked_select", chunks * (int64_t)sizeof *counts);
    }
    if (ash_resolve(context, chunk_counts(context, node->input[1]), "masked_select", "mask", &value, error) == ASH_OK &&
        ash_engine_compute(context, value, counts, chunks * (int64_t)sizeof *counts, error) == ASH_OK &&
        !set_extent(node, chunks, counts)) {
        ash_fail_memory(error, "masked_select", chunks * (int64_t)sizeof *counts);
    }
    ash_free(counts);
    return error->status;
}

/* ---- Building ---- */

static void check_mask(ash_builder *builder, const ash_output *output, const ash_output *mask) {
    if (mask->dtype != ASH_BOOL) {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "masked_select: the mask must be bool, found %s", ash_dtype_name(mask->dtype));
    } else if (mask->ndim > output->ndim) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "masked_select: the mask has %d dimensions, a has %d (must be as many or fewer)",
            mask->ndim, output->ndim);
    } else if (mask->ndim == 0 && output->ndim == ASH_MAX_NDIM) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "masked_select: the result would have %d dimensions, at most %d are possible",
            output->ndim + 1, ASH_MAX_NDIM);
    }
    for (int k = 0; k < mask->ndim && ash_builder_ok(builder); k++) {
        const ash_dim *of_mask = &mask->dim[k], *dim = &output->dim[k];
        if (of_mask->axis.extent != dim->axis.extent) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "masked_select: axis %d has extent %lld in a, %lld in the mask (must be equal)", k,
                (long long)dim->axis.extent, (long long)of_mask->axis.extent);
        } else if (of_mask->name && dim->name && strcmp(of_mask->name, dim->name) != 0) {
            ash_fail(
                &builder->error, ASH_ERR_DIMENSION, "masked_select: axis %d is '%s' in a, '%s' in the mask", k, dim->name, of_mask->name);
        }
    }
}

/* A view of the mask with names and grid of an array's first dimensions. */
static ash_array like_array(ash_array mask, const ash_output *output) {
    ash_builder builder = ash_builder_begin(mask.context, "masked_select");
    ash_value value;
    if (!ash_builder_value(&builder, mask, "mask", &value) || !ash_view_begin(&builder, value, ash_value_output(value)->ndim)) {
        return ash_builder_done(&builder);
    }
    for (int k = 0; k < ash_value_output(value)->ndim; k++) {
        ash_dim *dim = &builder.node->output[0].dim[k];
        builder.node->u.view.axis[k] = (ash_view_axis){ .axis = k, .step = 1 };
        dim->axis = output->dim[k].axis;
        dim->name = ash_arena_strdup(&builder.node->arena, output->dim[k].name);
        if (output->dim[k].name && !dim->name) {
            ash_builder_no_memory(&builder);
        }
    }
    return ash_builder_done(&builder);
}

/* The selection of rows of `values`, whose first axis is that of the mask. */
static ash_array select_rows(ash_context *context, ash_array values, ash_array mask) {
    ash_builder builder = ash_builder_begin(context, "masked_select");
    ash_value value, of_mask;
    if (!ash_builder_value(&builder, values, "a", &value) || !ash_builder_value(&builder, mask, "mask", &of_mask)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    if (!ash_axis_equal(&output->dim[0].axis, &ash_value_output(of_mask)->dim[0].axis) &&
        !ash_builder_value(&builder, like_array(mask, output), "mask", &of_mask)) {
        return ash_builder_done(&builder);
    }
    if (!ash_builder_node(&builder, ASH_NODE_BLOCKS, 2, 1) || !ash_builder_output(&builder, 0, output->dtype, output->ndim)) {
        return ash_builder_done(&builder);
    }
    ash_node *node = builder.node;
    int64_t rows = 1; /* chunks side by side */
    for (int k = 0; k < output->ndim; k++) {
        ash_dim *dim = &node->output[0].dim[k];
        dim->axis = output->dim[k].axis;
        rows *= k > 0 ? dim->axis.count : 1;
        if (k > 0 && !ash_node_copy_dim(node, dim, &output->dim[k])) {
            ash_builder_no_memory(&builder);
        }
    }
    node->input[0] = value;
    node->input[1] = of_mask;
    node->u.blocks = (ash_blocks_node){ .kind = rows > 1 ? &rows_kind : &elements_kind, .steps = 1 };
    node->settle = count_selected;
    ash_builder_inherit(&builder, value, 1);
    return ash_builder_done(&builder);
}

ash_array ash_masked_select(ash_array a, ash_array mask) {
    ash_builder builder = ash_builder_begin(a.context, "masked_select");
    ash_value value, of_mask;
    ash_wanted_shape wanted;
    if (!ash_builder_value(&builder, a, "a", &value) || !ash_builder_value(&builder, mask, "mask", &of_mask)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    check_mask(&builder, output, ash_value_output(of_mask));
    int64_t elements = ash_output_size(ash_value_output(of_mask));
    if (!ash_builder_ok(&builder) || !ash_wanted_instead(&builder, output, 0, ash_value_output(of_mask)->ndim, 1, &elements, &wanted)) {
        return ash_builder_done(&builder);
    }
    ash_array values = ash_reshaped("masked_select", a, &wanted);
    return select_rows(a.context, values, ash_ravelled("masked_select", like_array(mask, output)));
}

static int have_same_dimensions(const ash_output *a, const ash_output *b) {
    int same = a->ndim == b->ndim;
    for (int k = 0; same && k < a->ndim; k++) {
        const char *of_a = a->dim[k].name, *of_b = b->dim[k].name;
        same = a->dim[k].axis.extent == b->dim[k].axis.extent && (of_a && of_b ? strcmp(of_a, of_b) == 0 : !of_a && !of_b);
    }
    return same;
}

int ash_is_masked(ash_array a, ash_array *source, ash_array *mask) {
    ash_value value;
    ash_error_state error = { 0 };
    if (!a.context || ash_resolve_unsettled(a.context, a, "a", "a", &value, &error) != ASH_OK || value.node->kind != ASH_NODE_BLOCKS ||
        (value.node->u.blocks.kind != &rows_kind && value.node->u.blocks.kind != &elements_kind)) {
        return 0;
    }
    ash_array *found[2] = { source, mask };
    const ash_output *output[2];
    for (int k = 0; k < 2; k++) { /* both were given their shape by one node of any kind */
        const ash_node *shaped = value.node->input[k].node;
        if (shaped->ninputs != 1) {
            return 0;
        }
        ash_value before = shaped->input[0];
        *found[k] = (ash_array){ .context = a.context, .serial = before.node->serial, .output = before.output };
        output[k] = ash_value_output(before);
    }
    return value.node->output[0].ndim == 1 && have_same_dimensions(output[0], output[1]);
}

/* ---- Where elements are not zero ---- */

/* 0, 1, 2 ... on the grid of the mask. */
static ash_array counting(ash_builder *builder, ash_array mask) {
    ash_value value;
    return ash_builder_value(builder, mask, "a", &value)
        ? like_array(ash_arange(builder->context, 0, ash_output_size(ash_value_output(value)), 1, NULL), ash_value_output(value))
        : ash_builder_done(builder);
}

static ash_array not_zero(const char *function, ash_array a) {
    return ash_ravelled(function, ash_drop_coords(ash_cast(a, ASH_BOOL), NULL));
}

ash_array ash_flatnonzero(ash_array a) {
    ash_builder builder = ash_builder_begin(a.context, "flatnonzero");
    ash_value value;
    if (!ash_builder_value(&builder, a, "a", &value)) {
        return ash_builder_done(&builder);
    }
    ash_array mask = not_zero("flatnonzero", a);
    return select_rows(builder.context, counting(&builder, mask), mask);
}

ash_array ash_argwhere(ash_array a) {
    ash_builder builder = ash_builder_begin(a.context, "argwhere");
    ash_value value;
    if (!ash_builder_value(&builder, a, "a", &value)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    if (output->ndim == 0) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "argwhere: a has no dimensions, expected one or more");
        return ash_builder_done(&builder);
    }
    ash_array mask = not_zero("argwhere", a), place = counting(&builder, mask), column[ASH_MAX_NDIM];
    int64_t step = 1;
    for (int k = output->ndim - 1; k >= 0; k--) {
        int64_t extent = output->dim[k].axis.extent > 0 ? output->dim[k].axis.extent : 1;
        column[k] = ash_remainder(ash_floor_divide(place, ash_int(builder.context, step)), ash_int(builder.context, extent));
        step *= extent;
    }
    return select_rows(builder.context, ash_stack(output->ndim, column, 1, NULL), mask);
}

int ash_nonzero(ash_array a, ash_array indices[]) {
    ash_builder builder = ash_builder_begin(a.context, "nonzero");
    ash_array where = ash_argwhere(a);
    ash_value value;
    int ndim = ash_ndim(a);
    if (!indices) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "nonzero: indices is NULL");
    }
    if (!ash_builder_value(&builder, where, "a", &value)) {
        if (builder.context) {
            ash_record(builder.context, &builder.error);
        }
        return -1;
    }
    for (int k = 0; k < ndim; k++) {
        char text[32];
        snprintf(text, sizeof text, ":, %d", k);
        indices[k] = ash_index(where, text);
    }
    return ndim;
}
