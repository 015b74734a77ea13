/* Rows of an array by lists of positions, which are known when the array is built. */
#include "expr/gather.h"

#include "array/engine.h"
#include "base/memory.h"
#include "expr/reshape.h"

#include <ashlar/indexing.h>
#include <ashlar/ops.h>
#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

ash_grid_axis ash_take_axis(const ash_output *source, int axis, int64_t extent) {
    int64_t row = ash_dtype_size(source->dtype);
    for (int a = 0; a < source->ndim; a++) {
        row *= a == axis ? 1 : ash_axis_largest(&source->dim[a].axis);
    }
    int64_t step = row > 0 ? ASH_CHUNK_BYTES / row : extent;
    return ash_axis_regular(extent, step > 0 ? step : 1, 0);
}

/* ---- The node ---- */

enum { SPARSE = 4 }; /* one row in so many is too few for reading whole chunks */

/* Whether chunks of the rows share chunks of the array, of which they take a good part: then these had better be held than read again. */
static int is_scattered(const ash_grid_axis *from, const ash_grid_axis *to, const int64_t positions[]) {
    int64_t *last = ash_calloc(from->count, sizeof *last),
            touched = 0; /* per chunk of the array: 1 + the last chunk of the rows that takes of it */
    int shared = 0;
    for (int64_t c = 0; last && c < to->count; c++) {
        for (int64_t k = ash_axis_start(to, c); k < ash_axis_start(to, c + 1); k++) {
            int64_t *before = &last[ash_axis_find(from, positions[k])];
            touched += *before == 0;
            shared |= *before != 0 && *before != c + 1;
            *before = c + 1;
        }
    }
    ash_free(last);
    return shared && to->extent >= touched * ash_axis_largest(from) / SPARSE;
}

/* Name and coordinate of the axis that has the rows. */
static void dress(ash_builder *builder, ash_dim *to, const ash_dim *from, const ash_dim *like, int64_t n, const int64_t positions[]) {
    if (like) {
        if (!ash_node_copy_dim(builder->node, to, like)) {
            ash_builder_no_memory(builder);
        }
        return;
    }
    to->name = ash_arena_strdup(&builder->node->arena, from->name);
    to->coord = from->coord ? ash_coord_take(from->coord, n, positions) : NULL;
    if ((from->name && !to->name) || (from->coord && !to->coord)) {
        ash_builder_no_memory(builder);
    }
}

static void check_names(ash_builder *builder, int axis) {
    const ash_output *output = &builder->node->output[0];
    const char *name = output->dim[axis].name;
    for (int a = 0; a < output->ndim; a++) {
        if (a != axis && name && output->dim[a].name && strcmp(name, output->dim[a].name) == 0) {
            ash_fail(
                &builder->error, ASH_ERR_DIMENSION, "%s: the indices' dimension '%s' is a dimension of a already", builder->function, name);
        }
    }
}

ash_array ash_gather_rows(const char *function, ash_array a, int axis, int64_t n, const int64_t positions[], const ash_dim *like) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_node(&builder, ASH_NODE_TAKE, 1, 1) || !ash_builder_output(&builder, 0, source->dtype, source->ndim)) {
        return ash_builder_done(&builder);
    }
    ash_node *node = builder.node;
    int64_t *labels = ash_arena_alloc(&node->arena, (n + 1) * (int64_t)sizeof *labels);
    if (labels && n > 0) {
        memcpy(labels, positions, (size_t)n * sizeof *labels);
    }
    node->input[0] = input;
    for (int k = 0; k < source->ndim && labels; k++) {
        ash_dim *dim = &node->output[0].dim[k];
        dim->axis = k == axis ? ash_take_axis(source, axis, n) : source->dim[k].axis;
        if (k == axis) {
            dress(&builder, dim, &source->dim[k], like, n, labels);
        } else if (!ash_node_copy_dim(node, dim, &source->dim[k])) {
            ash_builder_no_memory(&builder);
        }
    }
    if (!labels) {
        ash_builder_no_memory(&builder);
        return ash_builder_done(&builder);
    }
    check_names(&builder, axis);
    node->u.take = (ash_take_node){
        .axis = axis, .labels = labels, .scattered = is_scattered(&source->dim[axis].axis, &node->output[0].dim[axis].axis, labels)
    };
    ash_builder_inherit(&builder, input, 1);
    return ash_builder_done(&builder);
}

/* ---- Positions ---- */

/* Where something is taken from: all elements in one dimension, or along an axis. */
typedef struct source {
    ash_array a;
    int axis;
    int64_t extent;
} source;

static int find_source(ash_builder *builder, ash_array a, const char *dim, source *from) {
    ash_value value;
    from->a = dim && *dim ? a : ash_ravelled(builder->function, a);
    if (!ash_builder_value(builder, from->a, "a", &value)) {
        return 0;
    }
    from->axis = dim && *dim ? ash_builder_axis(builder, ash_value_output(value), dim) : 0;
    from->extent = from->axis >= 0 ? ash_value_output(value)->dim[from->axis].axis.extent : 0;
    return ash_builder_ok(builder);
}

/* Counts negative positions from the end; each must lie in [0, extent). */
static int wrap_positions(ash_builder *builder, const source *from, int64_t n, int64_t positions[]) {
    for (int64_t k = 0; k < n; k++) {
        if (positions[k] < -from->extent || positions[k] >= from->extent) {
            ash_fail(&builder->error, ASH_ERR_INDEX, "%s: axis %d has extent %lld, found index %lld (number %lld of them)",
                builder->function, from->axis, (long long)from->extent, (long long)positions[k], (long long)k);
            return 0;
        }
        positions[k] += positions[k] < 0 ? from->extent : 0;
    }
    return 1;
}

/* The elements of a small array of integers in C order, in memory to be freed; those of uint64 that do not fit are the largest. NULL with an error. */
static int64_t *integers_of(ash_builder *builder, ash_value value) {
    const ash_output *output = ash_value_output(value);
    char kind = ash_dtype_kind(output->dtype);
    if (kind != 'i' && kind != 'u') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: indices must be integers, found %s%s", builder->function,
            ash_dtype_name(output->dtype), kind == 'b' ? "; ash_compress() and ash_masked_select() take masks" : "");
        return NULL;
    }
    int64_t n = ash_output_size(output), size = ash_dtype_size(output->dtype);
    char *stored = ash_malloc((n + 1) * (int64_t)sizeof(int64_t)); /* widened in place, from the end */
    if (!stored) {
        ash_builder_no_memory(builder);
        return NULL;
    }
    if (ash_engine_compute(builder->context, value, stored, n * size, &builder->error) != ASH_OK) {
        ash_free(stored);
        return NULL;
    }
    for (int64_t k = n - 1; k >= 0; k--) {
        ash_number number = ash_number_load(output->dtype, stored + k * size);
        int64_t position = kind == 'u' && number.u > INT64_MAX ? INT64_MAX : number.i;
        memcpy(stored + k * (int64_t)sizeof position, &position, sizeof position);
    }
    return (int64_t *)(void *)stored;
}

/* The taken axis as the dimensions of the indices. */
static ash_array split_taken(ash_builder *builder, ash_array taken, int axis, const ash_output *indices) {
    ash_value value;
    ash_wanted_shape wanted;
    int64_t extent[ASH_MAX_NDIM];
    ash_output_shape(indices, extent);
    if (!ash_builder_value(builder, taken, "a", &value) ||
        !ash_wanted_instead(builder, ash_value_output(value), axis, 1, indices->ndim, extent, &wanted)) {
        return ash_builder_done(builder);
    }
    for (int k = 0; k < indices->ndim; k++) {
        wanted.name[axis + k] = indices->dim[k].name;
    }
    return ash_reshaped(builder->function, taken, &wanted);
}

ash_array ash_take(ash_array a, ash_array indices, const char *dim) {
    ash_builder builder = ash_builder_begin(a.context, "take");
    ash_value value;
    source from;
    if (!find_source(&builder, a, dim, &from) || !ash_builder_value(&builder, indices, "indices", &value)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    int64_t n = ash_output_size(output), *positions = integers_of(&builder, value);
    if (!positions || !wrap_positions(&builder, &from, n, positions)) {
        ash_free(positions);
        return ash_builder_done(&builder);
    }
    const ash_dim nameless = { 0 }, *like = output->ndim != 1 ? &nameless : output->dim[0].name ? &output->dim[0] : NULL;
    ash_array taken = ash_gather_rows("take", from.a, from.axis, n, positions, like);
    ash_free(positions);
    return output->ndim == 1 ? taken : split_taken(&builder, taken, from.axis, output);
}

ash_array ash_take_list(ash_array a, int64_t n, const int64_t positions[], const char *dim) {
    ash_builder builder = ash_builder_begin(a.context, "take_list");
    source from;
    if (!find_source(&builder, a, dim, &from)) {
        return ash_builder_done(&builder);
    }
    int64_t *copy = n >= 0 && n < INT64_MAX / 16 && (n == 0 || positions) ? ash_malloc((n + 1) * (int64_t)sizeof *copy) : NULL;
    if (n < 0 || (n > 0 && !positions)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "take_list: n must be 0 or more, with as many positions, found %lld%s", (long long)n,
            positions ? "" : " and NULL");
    } else if (!copy) {
        ash_builder_no_memory(&builder);
    } else if (n > 0) {
        memcpy(copy, positions, (size_t)n * sizeof *copy);
    }
    ash_array result = ash_builder_ok(&builder) && wrap_positions(&builder, &from, n, copy)
        ? ash_gather_rows("take_list", from.a, from.axis, n, copy, NULL)
        : ash_builder_done(&builder);
    ash_free(copy);
    return result;
}

/* ---- Masks along one dimension ---- */

static ash_array compress_by(ash_builder *builder, const source *from, ash_value mask) {
    int64_t n = ash_output_size(ash_value_output(mask)), count = 0;
    char *stored = ash_malloc(n + 1);
    int64_t *positions = ash_malloc((n + 1) * (int64_t)sizeof *positions);
    if (!stored || !positions) {
        ash_builder_no_memory(builder);
    } else {
        ash_engine_compute(builder->context, mask, stored, n, &builder->error);
    }
    for (int64_t k = 0; k < n && ash_builder_ok(builder); k++) {
        positions[count] = k;
        count += stored[k] != 0;
    }
    ash_array result =
        ash_builder_ok(builder) ? ash_gather_rows("compress", from->a, from->axis, count, positions, NULL) : ash_builder_done(builder);
    ash_free(stored);
    ash_free(positions);
    return result;
}

ash_array ash_compress(ash_array a, ash_array mask, const char *dim) {
    ash_builder builder = ash_builder_begin(a.context, "compress");
    ash_value value;
    source from;
    if (!find_source(&builder, a, dim, &from) || !ash_builder_value(&builder, mask, "mask", &value)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    if (output->dtype != ASH_BOOL) {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "compress: the mask must be bool, found %s", ash_dtype_name(output->dtype));
    } else if (output->ndim != 1 || output->dim[0].axis.extent > from.extent) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "compress: the mask must be 1-D with at most %lld elements, found %d-D with %lld",
            (long long)from.extent, output->ndim, (long long)ash_output_size(output));
    }
    return ash_builder_ok(&builder) ? compress_by(&builder, &from, value) : ash_builder_done(&builder);
}

/* ---- One element for each position ---- */

/* What counts along an axis of a shape from 0 by `step`, as an array with as many dimensions. */
static ash_array counting_along(ash_context *context, int ndim, int axis, int64_t extent, int64_t step) {
    char text[8 * ASH_MAX_NDIM + 32] = "";
    for (int k = 0; k < ndim; k++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? "," : "", k == axis ? ":" : "newaxis");
    }
    return ash_mul(ash_index(ash_arange(context, 0, extent, 1, NULL), text), ash_int(context, step));
}

/* Positions along the axis as positions among all elements. */
static ash_array positions_among_all(ash_builder *builder, const ash_output *output, ash_array indices, int axis) {
    int64_t step = 1, extent = output->dim[axis].axis.extent;
    ash_context *context = builder->context;
    ash_array along = ash_cast(indices, ASH_INT64), all = { 0 };
    along = ash_where(ash_less(along, ash_int(context, 0)), ash_add(along, ash_int(context, extent)), along);
    for (int k = output->ndim - 1; k >= 0; k--) {
        ash_array one =
            k == axis ? ash_mul(along, ash_int(context, step)) : counting_along(context, output->ndim, k, output->dim[k].axis.extent, step);
        all = all.context ? ash_add(all, one) : one;
        step *= output->dim[k].axis.extent;
    }
    return all;
}

static void check_along(ash_builder *builder, const ash_output *output, const ash_output *indices, int axis) {
    char kind = ash_dtype_kind(indices->dtype);
    if (kind != 'i' && kind != 'u') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "take_along_axis: indices must be integers, found %s", ash_dtype_name(indices->dtype));
    } else if (indices->ndim != output->ndim) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "take_along_axis: a has %d dimensions, indices have %d (must be as many)", output->ndim,
            indices->ndim);
    }
    for (int k = 0; k < output->ndim && ash_builder_ok(builder); k++) {
        if (k != axis && indices->dim[k].axis.extent != output->dim[k].axis.extent) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "take_along_axis: axis %d has extent %lld in a, %lld in indices (must be equal)", k,
                (long long)output->dim[k].axis.extent, (long long)indices->dim[k].axis.extent);
        }
    }
}

/* Positions outside the axis would be elements of another row: an error here. */
static void check_range(ash_builder *builder, ash_value indices, int axis, int64_t extent) {
    int64_t n = ash_output_size(ash_value_output(indices)), *positions = integers_of(builder, indices);
    source from = { .axis = axis, .extent = extent };
    if (positions) {
        wrap_positions(builder, &from, n, positions);
    }
    ash_free(positions);
}

ash_array ash_take_along_axis(ash_array a, ash_array indices, const char *dim) {
    ash_builder builder = ash_builder_begin(a.context, "take_along_axis");
    ash_value value, index;
    int axis = -1;
    if (ash_builder_value(&builder, a, "a", &value) && ash_builder_value(&builder, indices, "indices", &index)) {
        axis = ash_builder_axis(&builder, ash_value_output(value), dim);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(value);
    check_along(&builder, output, ash_value_output(index), axis);
    if (ash_builder_ok(&builder)) {
        check_range(&builder, index, axis, output->dim[axis].axis.extent);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    char nameless[ASH_MAX_NDIM] = "";
    memset(nameless, ',', (size_t)output->ndim - 1);
    ash_array all = positions_among_all(&builder, output, ash_set_dims(indices, nameless), axis);
    ash_wanted_shape wanted = { .ndim = output->ndim };
    for (int k = 0; k < output->ndim; k++) {
        wanted.extent[k] = ash_value_output(index)->dim[k].axis.extent;
        wanted.name[k] = output->dim[k].name;
    }
    return ash_reshaped(
        "take_along_axis", ash_take(ash_ravelled("take_along_axis", a), ash_ravelled("take_along_axis", all), NULL), &wanted);
}
