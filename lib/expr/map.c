/* Functions of the user's over the chunks of arrays, with or without a halo: checking, aligning, the grid, the outputs. */
#include "expr/map.h"

#include "array/context.h"
#include "base/memory.h"
#include "base/options.h"
#include "expr/apply.h"
#include "expr/call.h"
#include "expr/registered.h"

#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

enum { MOST_CHUNKS = 1 << 24 }; /* of which a list is made */

/* A call of one of the public functions at work. */
typedef struct mapper {
    ash_builder *builder;
    const ash_registered *function;
    int halos; /* a depth is given */
    int n, noutputs;
    ash_value input[ASH_ALIGN_MOST];
    ash_map_output output[ASH_BLOCKS_OUTPUTS];
    ash_map_options options;
    ash_alignment align;
    ash_boundaries halo;
    ash_map_shape shape[ASH_BLOCKS_OUTPUTS];
    ash_map_parameter *p;
    ash_map_grid *grid;
} mapper;

/* ---- What is given ---- */

static int check_counts(mapper *m, const ash_array inputs[], const ash_map_output outputs[]) {
    ash_builder *builder = m->builder;
    if (m->n < 1 || m->n > ASH_ALIGN_MOST || !inputs) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: n must be from 1 to %d, with as many inputs, found %d%s", builder->function,
            ASH_ALIGN_MOST, m->n, inputs ? "" : " and no inputs");
    } else if (m->noutputs < 1 || m->noutputs > ASH_BLOCKS_OUTPUTS || !outputs) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: noutputs must be from 1 to %d, with as many outputs, found %d%s",
            builder->function, ASH_BLOCKS_OUTPUTS, m->noutputs, outputs ? "" : " and no outputs");
    } else if (m->options.argument_bytes < 0 || m->options.argument_bytes > INT32_MAX ||
        (m->options.argument_bytes > 0 && !m->options.argument)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: argument_bytes must be from 0 to %d, with an argument, found %lld%s",
            builder->function, INT32_MAX, (long long)m->options.argument_bytes, m->options.argument ? "" : " and no argument");
    }
    return ash_builder_ok(builder);
}

/* The outputs lie as far apart as the caller's header has it. */
static void copy_outputs(mapper *m, const ash_map_output outputs[]) {
    int64_t step = outputs[0].size > 0 ? outputs[0].size : (int64_t)sizeof *outputs;
    for (int k = 0; k < m->noutputs; k++) {
        ash_options_copy(&m->output[k], sizeof m->output[k], (const char *)outputs + k * step, sizeof m->output[k]);
        if (ash_dtype_size(m->output[k].dtype) == 0) {
            ash_fail(&m->builder->error, ASH_ERR_DTYPE, "%s: the dtype of output %d, %d, is none", m->builder->function, k,
                (int)m->output[k].dtype);
        }
    }
}

/* The inputs, and how they are aligned. */
static int align_inputs(mapper *m, const ash_array inputs[]) {
    char words[ASH_ALIGN_MOST][32];
    const char *argument[ASH_ALIGN_MOST];
    for (int i = 0; i < m->n; i++) {
        snprintf(words[i], sizeof words[i], "inputs[%d]", i);
        argument[i] = words[i];
        if (!ash_builder_value(m->builder, inputs[i], words[i], &m->input[i])) {
            return 0;
        }
    }
    return ash_align(m->builder->function, m->n, m->input, argument, &m->align, &m->builder->error) == ASH_OK;
}

static ash_dim_names grid_names(const mapper *m) {
    ash_dim_names names = { .ndim = m->align.ndim };
    for (int g = 0; g < m->align.ndim; g++) {
        names.name[g] = m->align.dim[g].name;
    }
    return names;
}

/* The axes of an input in the order of the grid: a view of it where they stand otherwise. */
static int order_axes(mapper *m, int i) {
    signed char *axis = m->align.axis[i], sorted[ASH_MAX_NDIM];
    int ndim = ash_value_output(m->input[i])->ndim, order[ASH_MAX_NDIM], in_order = 1;
    char text[ASH_MAX_NDIM * 4] = "";
    for (int k = 0; k < ndim; k++) { /* by insertion; repeated axes stay in front */
        int at = k;
        for (; at > 0 && axis[order[at - 1]] > axis[k]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = k;
        in_order &= at == k;
    }
    if (in_order) {
        return 1;
    }
    for (int k = 0; k < ndim; k++) {
        sorted[k] = axis[order[k]];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", k ? "," : "", order[k]);
    }
    memcpy(axis, sorted, (size_t)ndim);
    ash_array handle = { .context = m->builder->context, .serial = m->input[i].node->serial, .output = m->input[i].output };
    return ash_builder_value(m->builder, ash_transpose(handle, text), "inputs", &m->input[i]);
}

/* ---- Grid ---- */

/* Dimensions that every call sees all of: those named, and those that an output drops. */
static int core_axes(mapper *m, char core[ASH_MAX_NDIM]) {
    ash_dim_names names = grid_names(m);
    int count = 0, axes[ASH_MAX_NDIM];
    memset(core, 0, ASH_MAX_NDIM);
    if (m->options.core_dims && *m->options.core_dims &&
        ash_parse_axes(m->options.core_dims, &names, m->builder->function, &count, axes, &m->builder->error) != ASH_OK) {
        return 0;
    }
    for (int k = 0; k < count; k++) {
        core[axes[k]] = 1;
    }
    for (int k = 0; k < m->noutputs; k++) {
        char kept[ASH_MAX_NDIM] = { 0 };
        for (int a = 0; a < m->shape[k].ndim; a++) {
            if (m->shape[k].axis[a] >= 0) {
                kept[m->shape[k].axis[a]] = 1;
            }
        }
        for (int g = 0; g < m->align.ndim; g++) {
            core[g] |= !kept[g];
        }
    }
    return 1;
}

/* The inputs as the node sees them: which axes of the grid theirs are, what their windows are like. */
static int describe_inputs(mapper *m) {
    ash_node *node = m->builder->node;
    char *repeats = ash_arena_alloc(&node->arena, m->n), *dense = ash_arena_alloc(&node->arena, m->n);
    if (!repeats || !dense) {
        return ash_builder_no_memory(m->builder);
    }
    for (int i = 0; i < m->n; i++) {
        const ash_output *output = ash_value_output(m->input[i]);
        ash_map_input *in = &m->p->input[i];
        char met[ASH_MAX_NDIM] = { 0 };
        for (int k = 0; k < output->ndim; k++) {
            int g = in->axis[k] = m->align.axis[i][k];
            if (g < 0) {
                continue;
            }
            met[g] = 1;
            if (!ash_boundary_axis(m->builder, &m->halo, g, output->dtype, &in->window[k])) {
                return 0;
            }
            int wide = in->window[k].before + in->window[k].after > 0;
            in->filled |= wide && in->window[k].boundary != ASH_BOUNDARY_NONE;
            repeats[i] |= wide || !ash_axis_refines(&output->dim[k].axis, &m->grid->axis[g]);
        }
        for (int g = 0; g < m->align.ndim; g++) { /* seen by all chunks along an axis that it has not */
            repeats[i] |= !met[g] && m->grid->axis[g].count > 1;
        }
        dense[i] = !in->filled && !m->function->function.strided;
    }
    node->u.blocks.repeats = repeats;
    node->u.blocks.dense = dense;
    return 1;
}

static int build_grid(mapper *m) {
    ash_node *node = m->builder->node;
    char core[ASH_MAX_NDIM];
    int64_t bytes = (int64_t)sizeof *m->p + m->options.argument_bytes;
    m->p = ash_arena_alloc(&node->arena, bytes);
    m->grid = ash_arena_alloc(&node->arena, sizeof *m->grid);
    if (!m->p || !m->grid) {
        return ash_builder_no_memory(m->builder);
    }
    if (!core_axes(m, core)) {
        return 0;
    }
    m->p->ndim = m->align.ndim;
    m->p->keep_halo = m->options.keep_halo;
    m->p->argument_bytes = m->options.argument_bytes;
    if (m->options.argument_bytes > 0) {
        memcpy(m->p->argument, m->options.argument, (size_t)m->options.argument_bytes);
    }
    for (int g = 0; g < m->align.ndim; g++) {
        const ash_grid_axis *axis = &m->align.dim[g].axis;
        m->grid->axis[g] = core[g] ? ash_axis_regular(axis->extent, axis->extent > 0 ? axis->extent : 1, 0) : *axis;
        m->p->halo[g] = (ash_window_axis){ .boundary = m->halo.boundary[g], .before = m->halo.before[g], .after = m->halo.after[g] };
        if (!ash_boundary_check(m->builder, &m->p->halo[g], axis->extent, g)) {
            return 0;
        }
    }
    memcpy(node->input, m->input, (size_t)m->n * sizeof m->input[0]);
    node->u.blocks = (ash_blocks_node){ .kind = &ash_map_kind,
        .parameter = m->p,
        .parameter_bytes = bytes,
        .steps = 1,
        .derived = m->grid,
        .function = m->function,
        .once = !m->function->function.pure };
    return describe_inputs(m);
}

/* ---- Outputs ---- */

static int too_large(mapper *m) {
    ash_fail(&m->builder->error, ASH_ERR_SHAPE, "%s: the result would have more elements than can be addressed", m->builder->function);
    return 0;
}

/* An axis with the extents of chunks that its text gives. */
static int sized_axis(mapper *m, const ash_map_shape *shape, int a, int64_t chunks, ash_grid_axis *out) {
    int64_t n = shape->nsizes[a];
    if (n != 1 && n != chunks) {
        ash_fail(&m->builder->error, ASH_ERR_SHAPE, "%s: dims: %lld extents of chunks for a dimension of %lld chunks", m->builder->function,
            (long long)n, (long long)chunks);
        return 0;
    }
    if (chunks > 1 && shape->sizes[a][0] == 0) {
        ash_fail(&m->builder->error, ASH_ERR_SHAPE, "%s: dims: chunks of 0 elements in a dimension of %lld chunks", m->builder->function,
            (long long)chunks);
        return 0;
    }
    if (n == 1) { /* any number of them */
        int64_t extent;
        if (__builtin_mul_overflow(chunks, shape->sizes[a][0], &extent)) {
            return too_large(m);
        }
        *out = ash_axis_regular(extent, extent > 0 ? shape->sizes[a][0] : 1, 0);
        return 1;
    }
    int64_t *bounds = ash_arena_alloc(&m->builder->node->arena, (chunks + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return ash_builder_no_memory(m->builder);
    }
    for (int64_t c = 0; c < chunks; c++) {
        if (__builtin_add_overflow(bounds[c], shape->sizes[a][c], &bounds[c + 1])) {
            return too_large(m);
        }
    }
    *out = bounds[chunks] > 0 ? ash_axis_listed(chunks, bounds) : ash_axis_regular(0, 1, 0);
    return 1;
}

/* The grid's axis with every chunk extended by its halo. */
static int extended_axis(mapper *m, int g, ash_grid_axis *out) {
    const ash_grid_axis *axis = &m->grid->axis[g];
    const ash_window_axis *halo = &m->p->halo[g];
    if (axis->count > MOST_CHUNKS) {
        ash_fail(&m->builder->error, ASH_ERR_SHAPE, "%s: more than 2^24 chunks to be kept with their halo along axis %d",
            m->builder->function, g);
        return 0;
    }
    int64_t *bounds = ash_arena_alloc(&m->builder->node->arena, (axis->count + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return ash_builder_no_memory(m->builder);
    }
    for (int64_t c = 0; c < axis->count; c++) {
        int64_t start = ash_axis_start(axis, c), end = ash_axis_start(axis, c + 1), before = halo->before, after = halo->after;
        before = halo->boundary == ASH_BOUNDARY_NONE && before > start ? start : before;
        after = halo->boundary == ASH_BOUNDARY_NONE && after > axis->extent - end ? axis->extent - end : after;
        if (__builtin_add_overflow(bounds[c], end - start + before + after, &bounds[c + 1])) {
            return too_large(m);
        }
    }
    *out = bounds[axis->count] > 0 ? ash_axis_listed(axis->count, bounds) : ash_axis_regular(0, 1, 0);
    return 1;
}

static int build_dimension(mapper *m, int k, int a) {
    ash_node *node = m->builder->node;
    const ash_map_shape *shape = &m->shape[k];
    int g = shape->axis[a];
    const ash_dim *from = g < 0 ? NULL : &m->align.dim[g];
    ash_dim *to = &node->output[k].dim[a];
    const char *name = g < 0 ? (*shape->name[a] ? shape->name[a] : NULL) : from->name;
    int extended = g >= 0 && m->options.keep_halo && m->halo.before[g] + m->halo.after[g] > 0;
    m->p->output_axis[k][a] = shape->sizes[a] ? -1 : g;
    to->name = ash_arena_strdup(&node->arena, name);
    if (name && !to->name) {
        return ash_builder_no_memory(m->builder);
    }
    if (shape->sizes[a]) {
        return sized_axis(m, shape, a, g < 0 ? 1 : m->grid->axis[g].count, &to->axis);
    }
    if (extended) {
        return extended_axis(m, g, &to->axis);
    }
    to->axis = m->grid->axis[g];
    to->coord = from->coord ? ash_coord_retain(from->coord) : NULL;
    return 1;
}

static int build_outputs(mapper *m) {
    for (int k = 0; k < m->noutputs; k++) {
        if (!ash_builder_output(m->builder, k, m->output[k].dtype, m->shape[k].ndim)) {
            return 0;
        }
        for (int a = 0; a < ASH_MAX_NDIM; a++) {
            m->p->output_axis[k][a] = -1;
        }
        for (int a = 0; a < m->shape[k].ndim; a++) {
            if (!build_dimension(m, k, a)) {
                return 0;
            }
        }
    }
    return 1;
}

/* ---- The whole ---- */

static int parse_texts(mapper *m, const char *depth, const char *boundary) {
    ash_dim_names names = grid_names(m);
    if (m->halos &&
        (!ash_parse_widths(m->builder, "depth", depth, &names, &m->halo) ||
            !ash_parse_boundaries(m->builder, "boundary", boundary, ash_halo_boundaries, 1, &names, &m->halo))) {
        return 0;
    }
    for (int k = 0; k < m->noutputs; k++) {
        if (!ash_map_parse_output(m->builder, m->output[k].dims, &names, &m->shape[k])) {
            return 0;
        }
    }
    return 1;
}

static void build(mapper *m, const ash_array inputs[], const ash_map_output outputs[], const char *depth, const char *boundary) {
    if (!check_counts(m, inputs, outputs)) {
        return;
    }
    copy_outputs(m, outputs);
    if (!ash_builder_ok(m->builder) || !align_inputs(m, inputs) || !parse_texts(m, depth, boundary)) {
        return;
    }
    for (int i = 0; i < m->n; i++) {
        if (!order_axes(m, i)) {
            return;
        }
    }
    if (ash_builder_node(m->builder, ASH_NODE_BLOCKS, m->n, m->noutputs) && build_grid(m)) {
        build_outputs(m);
    }
}

static void map(int halos, ash_context *context, const char *function, int n, const ash_array inputs[], const char *depth,
    const char *boundary, int noutputs, const ash_map_output outputs[], const ash_map_options *options, ash_array results[]) {
    ash_builder builder = ash_builder_begin(context, halos ? "map_overlap" : "map_blocks");
    mapper *m = ash_builder_ok(&builder) ? ash_calloc(1, sizeof *m) : NULL;
    if (m) {
        *m = (mapper){ .builder = &builder, .halos = halos, .n = n, .noutputs = noutputs };
        ash_options_copy(&m->options, sizeof m->options, options, sizeof m->options);
        m->function = ash_registered_find(&builder, ASH_REGISTERED_FUNCTION, function);
        if (m->function) {
            build(m, inputs, outputs, depth, boundary);
        }
        for (int k = 0; k < noutputs && k < ASH_BLOCKS_OUTPUTS; k++) {
            ash_map_shape_free(&m->shape[k]);
        }
        ash_free(m);
    } else if (ash_builder_ok(&builder)) {
        ash_builder_no_memory(&builder);
    }
    int fine = ash_builder_ok(&builder);
    ash_array first = ash_builder_done(&builder);
    fine = fine && ash_builder_ok(&builder) && first.serial > 0;
    for (int k = 0; results && k < noutputs; k++) {
        results[k] = first;
        results[k].output = fine ? k : 0;
    }
}

ash_array ash_map_blocks(ash_context *context, const char *function, int n, const ash_array inputs[], ash_dtype dtype) {
    ash_array result = { 0 };
    map(0, context, function, n, inputs, NULL, NULL, 1, &(ash_map_output){ .dtype = dtype }, NULL, &result);
    return result;
}

void ash_map_blocks_with(ash_context *context, const char *function, int n, const ash_array inputs[], int noutputs,
    const ash_map_output outputs[], const ash_map_options *options, ash_array results[]) {
    map(0, context, function, n, inputs, NULL, NULL, noutputs, outputs, options, results);
}

ash_array ash_map_overlap(
    ash_context *context, const char *function, int n, const ash_array inputs[], const char *depth, const char *boundary, ash_dtype dtype) {
    ash_array result = { 0 };
    ash_map_overlap_with(context, function, n, inputs, depth, boundary, 1, &(ash_map_output){ .dtype = dtype }, NULL, &result);
    return result;
}

void ash_map_overlap_with(ash_context *context, const char *function, int n, const ash_array inputs[], const char *depth,
    const char *boundary, int noutputs, const ash_map_output outputs[], const ash_map_options *options, ash_array results[]) {
    map(1, context, function, n, inputs, depth, boundary, noutputs, outputs, options, results);
}

ash_array ash_map_of(ash_context *context, int n, const ash_array inputs[], const char *function, const char *depth, const char *boundary,
    ash_dtype dtype, const char *dims, const char *core_dims) {
    ash_array result = { 0 };
    map(depth != NULL, context, function, n, inputs, depth, boundary, 1, &(ash_map_output){ .dtype = dtype, .dims = dims },
        &(ash_map_options){ .core_dims = core_dims }, &result);
    return result;
}
