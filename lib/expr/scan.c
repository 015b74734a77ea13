/* Scans: running values along a dimension.
 *
 * A scan over several chunks is three nodes: totals of the chunks (a reduction by chunk), the carry made from them, and the scan of each
 * chunk on top of its carry. Sums and products run in the widest dtype of their kind.
 */
#include "base/memory.h"
#include "base/options.h"
#include "expr/view.h"

#include <ashlar/ops.h>
#include <ashlar/scan.h>

#include <math.h>
#include <string.h>

/* One public scan. */
typedef struct scan_kind {
    const char *name;
    ash_scan scan;
    ash_op op;
    ash_reduction total;
    int widens;  /* accumulates in, and for integers gives, the widest dtype of the kind */
    int skips;   /* NaN counts as what nothing combines to */
    double none; /* what nothing combines to; where NaN is passed over, that is NaN for floating dtypes */
} scan_kind;

static const scan_kind cumsum = { "cumsum", ASH_SCAN_SUM, ASH_OP_ADD, ASH_REDUCE_SUM, 1, 0, -0.0 };
static const scan_kind cumprod = { "cumprod", ASH_SCAN_PROD, ASH_OP_MUL, ASH_REDUCE_PROD, 1, 0, 1 };
static const scan_kind nancumsum = { "nancumsum", ASH_SCAN_SUM, ASH_OP_ADD, ASH_REDUCE_SUM, 1, 1, -0.0 };
static const scan_kind nancumprod = { "nancumprod", ASH_SCAN_PROD, ASH_OP_MUL, ASH_REDUCE_PROD, 1, 1, 1 };
static const scan_kind cummax = { "cummax", ASH_SCAN_MAX, ASH_OP_MAXIMUM, ASH_REDUCE_MAX, 0, 0, -INFINITY };
static const scan_kind cummin = { "cummin", ASH_SCAN_MIN, ASH_OP_MINIMUM, ASH_REDUCE_MIN, 0, 0, INFINITY };
static const scan_kind nancummax = { "nancummax", ASH_SCAN_NANMAX, ASH_OP_FMAX, ASH_REDUCE_NANMAX, 0, 0, -INFINITY };
static const scan_kind nancummin = { "nancummin", ASH_SCAN_NANMIN, ASH_OP_FMIN, ASH_REDUCE_NANMIN, 0, 0, INFINITY };

static ash_dtype widest(ash_dtype dtype) {
    switch (ash_dtype_kind(dtype)) {
    case 'u': return ASH_UINT64;
    case 'f': return ASH_FLOAT64;
    case 'c': return ASH_COMPLEX128;
    default: return ASH_INT64;
    }
}

/* What nothing combines to, as an element of `dtype`: casts saturate, so infinities become the limits of integers. */
static void store_none(const scan_kind *kind, ash_dtype dtype, unsigned char element[16]) {
    char letter = ash_dtype_kind(dtype);
    int passes_over = kind->op == ASH_OP_FMAX || kind->op == ASH_OP_FMIN;
    double real = passes_over && (letter == 'f' || letter == 'c') ? NAN : kind->none;
    ash_number none = { .c = { real, kind->widens ? 0 : real } };
    memset(element, 0, 16);
    if (letter == 'b') {
        element[0] = real > 0;
    } else {
        ash_number_store(dtype, element, letter == 'c' ? ASH_COMPLEX128 : ASH_FLOAT64, none);
    }
}

/* A node with the dimensions of `like`, but for `axis`, which has the grid given (NULL: the same). */
static int begin_node(ash_builder *builder, ash_node_kind kind, int ninputs, ash_value like, int axis, const ash_grid_axis *grid) {
    const ash_output *source = ash_value_output(like);
    if (!ash_builder_node(builder, kind, ninputs, 1) || !ash_builder_output(builder, 0, source->dtype, source->ndim)) {
        return 0;
    }
    builder->node->input[0] = like;
    for (int a = 0; a < source->ndim; a++) {
        ash_dim *dim = &builder->node->output[0].dim[a];
        dim->axis = grid && a == axis ? *grid : source->dim[a].axis;
        if ((!grid || a != axis) && !ash_node_copy_dim(builder->node, dim, &source->dim[a])) {
            return ash_builder_no_memory(builder);
        }
    }
    return 1;
}

/* One result a chunk along the axis. */
static ash_array chunk_totals(ash_context *context, const scan_kind *kind, ash_value x, int axis) {
    ash_builder builder = ash_builder_begin(context, kind->name);
    ash_grid_axis grid = ash_axis_regular(ash_value_output(x)->dim[axis].axis.count, 1, 0);
    if (begin_node(&builder, ASH_NODE_REDUCE, 1, x, axis, &grid)) {
        ash_reduce_node *reduce = &builder.node->u.reduce;
        *reduce = (ash_reduce_node){ .reduction = kind->total, .keepdims = 1, .group_axis = -1, .by_chunk = axis };
        reduce->reduced[axis] = 1;
    }
    return ash_builder_done(&builder);
}

/* What the chunks before each one combine to. */
static ash_array carry_of(ash_context *context, const scan_kind *kind, ash_array totals, int axis) {
    ash_builder builder = ash_builder_begin(context, kind->name);
    ash_value value;
    if (!ash_builder_value(&builder, totals, "a", &value) || !begin_node(&builder, ASH_NODE_CARRY, 1, value, axis, NULL)) {
        return ash_builder_done(&builder);
    }
    ash_scan_node *carry = &builder.node->u.scan;
    *carry = (ash_scan_node){ .op = kind->op, .axis = axis };
    store_none(kind, ash_value_output(value)->dtype, carry->none);
    return ash_builder_done(&builder);
}

static ash_array scan_node(ash_context *context, const scan_kind *kind, ash_array a, int axis) {
    ash_builder builder = ash_builder_begin(context, kind->name);
    ash_value x, carry;
    if (!ash_builder_value(&builder, a, "a", &x)) {
        return ash_builder_done(&builder);
    }
    int carries = ash_value_output(x)->dim[axis].axis.count > 1;
    if (carries && !ash_builder_value(&builder, carry_of(context, kind, chunk_totals(context, kind, x, axis), axis), "a", &carry)) {
        return ash_builder_done(&builder);
    }
    if (begin_node(&builder, ASH_NODE_SCAN, 1 + carries, x, axis, NULL)) {
        builder.node->u.scan = (ash_scan_node){ .scan = kind->scan, .op = kind->op, .axis = axis };
        if (carries) {
            builder.node->input[1] = carry;
        }
    }
    return ash_builder_done(&builder);
}

/* The dtype of the result; 0 with an error if the option names none. */
static int result_dtype(ash_builder *builder, const scan_kind *kind, ash_dtype input, const char *wanted, ash_dtype *result) {
    char letter = ash_dtype_kind(input);
    *result = kind->widens && letter != 'f' && letter != 'c' ? widest(input) : input;
    if (wanted && !ash_dtype_parse(wanted, result)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: dtype must be the name of a dtype such as float64, found '%s'", builder->function,
            wanted);
        return 0;
    }
    return 1;
}

static ash_array running(const scan_kind *kind, ash_array a, const char *dim, const ash_scan_options *given) {
    ash_builder builder = ash_builder_begin(a.context, kind->name);
    ash_scan_options options;
    ash_options_copy(&options, sizeof options, given, sizeof options);
    ash_value input;
    ash_dtype result;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int axis = ash_builder_axis(&builder, source, source->ndim == 1 && (!dim || !*dim) ? "0" : dim);
    if (axis < 0 || !result_dtype(&builder, kind, source->dtype, options.dtype, &result)) {
        return ash_builder_done(&builder);
    }
    char letter = ash_dtype_kind(result);
    ash_array x = ash_cast(a, result);
    if (kind->skips && (letter == 'f' || letter == 'c')) {
        x = ash_fill_missing(x, ash_real(a.context, kind->none + 0.0)); /* 0, not -0 */
    }
    x = scan_node(a.context, kind, kind->widens ? ash_cast(x, widest(result)) : x, axis);
    return ash_view_dressed(kind->name, ash_cast(x, result), input);
}

ash_array ash_cumsum(ash_array a, const char *dim) {
    return running(&cumsum, a, dim, NULL);
}

ash_array ash_cumsum_with(ash_array a, const char *dim, const ash_scan_options *options) {
    return running(&cumsum, a, dim, options);
}

ash_array ash_cumprod(ash_array a, const char *dim) {
    return running(&cumprod, a, dim, NULL);
}

ash_array ash_cumprod_with(ash_array a, const char *dim, const ash_scan_options *options) {
    return running(&cumprod, a, dim, options);
}

ash_array ash_nancumsum(ash_array a, const char *dim) {
    return running(&nancumsum, a, dim, NULL);
}

ash_array ash_nancumsum_with(ash_array a, const char *dim, const ash_scan_options *options) {
    return running(&nancumsum, a, dim, options);
}

ash_array ash_nancumprod(ash_array a, const char *dim) {
    return running(&nancumprod, a, dim, NULL);
}

ash_array ash_nancumprod_with(ash_array a, const char *dim, const ash_scan_options *options) {
    return running(&nancumprod, a, dim, options);
}

ash_array ash_cummax(ash_array a, const char *dim) {
    return running(&cummax, a, dim, NULL);
}

ash_array ash_cummin(ash_array a, const char *dim) {
    return running(&cummin, a, dim, NULL);
}

ash_array ash_nancummax(ash_array a, const char *dim) {
    return running(&nancummax, a, dim, NULL);
}

ash_array ash_nancummin(ash_array a, const char *dim) {
    return running(&nancummin, a, dim, NULL);
}
