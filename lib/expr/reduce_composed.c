/* Options of reductions that are made of other nodes. All folds of one input share a pass, so nothing is read twice. */
#include "expr/masked.h"
#include "expr/reduce.h"
#include "expr/view.h"

#include <ashlar/ops.h>
#include <ashlar/shape.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct composition {
    ash_reduction reduction;
    const ash_reduction_descriptor *info;
    const char *dims;
    const ash_reduce_options *options;
    ash_array where;          /* the mask, its dimensions in the order of the array's */
    ash_reduce_options plain; /* what is left to the plain reduction */
} composition;

static int is_floating(ash_array a) {
    char kind = ash_dtype_kind(ash_array_dtype(a));
    return kind == 'f' || kind == 'c';
}

/* A number that any dtype holds. */
static ash_array number(ash_array like, int value) {
    return ash_array_dtype(like) == ASH_BOOL ? ash_bool(like.context, value) : ash_int(like.context, value);
}

/* Whether the reduction leaves out what is masked by giving it a value that changes nothing. */
static int has_identity(ash_reduction reduction) {
    switch (reduction) {
    case ASH_REDUCE_SUM:
    case ASH_REDUCE_NANSUM:
    case ASH_REDUCE_PROD:
    case ASH_REDUCE_NANPROD:
    case ASH_REDUCE_ANY:
    case ASH_REDUCE_NANANY:
    case ASH_REDUCE_ALL:
    case ASH_REDUCE_NANALL:
    case ASH_REDUCE_COUNT_NONZERO: return 1;
    default: return 0;
    }
}

static int identity_of(ash_reduction reduction) {
    return reduction == ASH_REDUCE_PROD || reduction == ASH_REDUCE_NANPROD || reduction == ASH_REDUCE_ALL || reduction == ASH_REDUCE_NANALL;
}

/* The form that skips NaN, for reductions that divide by a count. */
static ash_reduction skipping(ash_reduction reduction) {
    switch (reduction) {
    case ASH_REDUCE_MEAN: return ASH_REDUCE_NANMEAN;
    case ASH_REDUCE_VAR: return ASH_REDUCE_NANVAR;
    case ASH_REDUCE_STD: return ASH_REDUCE_NANSTD;
    default: return reduction;
    }
}

static void check_options(ash_builder *builder, const composition *c) {
    const ash_reduce_options *o = c->options;
    const ash_reduction_descriptor *info = c->info;
    ash_dtype dtype;
    const char *refused = o->dtype && !info->takes_dtype ? "dtype"
        : o->where.context && info->is_index             ? "where"
        : o->initial.context && !info->takes_initial     ? "initial"
        : o->min_count != 0 && !info->takes_min_count    ? "min_count"
                                                         : NULL;
    if (refused) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: does not take the option %s", builder->function, refused);
    } else if (o->dtype && !ash_dtype_parse(o->dtype, &dtype)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: dtype must be the name of a dtype such as float64, found '%s'", builder->function,
            o->dtype);
    } else if (o->min_count < 0) {
        ash_fail(
            &builder->error, ASH_ERR_ARGUMENT, "%s: min_count must be 0 or more, found %lld", builder->function, (long long)o->min_count);
    } else if (o->where.context && info->takes_initial && !has_identity(c->reduction) && !o->initial.context) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: where needs initial, the value of what has no elements", builder->function);
    }
}

/* Whether a mask leaves the shape of the array as it is; so does one that does not fit at all, which is another error. */
static int keeps_shape(ash_array a, ash_array mask) {
    ash_array both = ash_logical_and(ash_isnan(a), mask);
    int same = ash_ndim(both) <= ash_ndim(a);
    for (int k = 0; k < ash_ndim(both) && same; k++) {
        same = ash_extent(both, k) == ash_extent(a, k);
    }
    return same;
}

/* Checks the arrays among the options. */
static void check_arrays(ash_builder *builder, const composition *c, ash_array a) {
    ash_value value;
    if (c->options->initial.context && ash_builder_value(builder, c->options->initial, "initial", &value) &&
        ash_value_output(value)->ndim != 0) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: initial must be a single number, found %d dimensions", builder->function,
            ash_value_output(value)->ndim);
    }
    if (c->options->where.context && ash_builder_value(builder, c->options->where, "where", &value)) {
        if (!keeps_shape(a, c->options->where)) {
            char found[400], expected[400];
            int64_t extents[ASH_MAX_NDIM];
            ash_format_shape(ash_shape(c->options->where, extents), extents, found, sizeof found);
            ash_format_shape(ash_shape(a, extents), extents, expected, sizeof expected);
            ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: where must broadcast to the shape of a, %s, found %s", builder->function,
                expected, found);
        }
    }
}

/* The mask with its named dimensions in the order of the array's: of two operands with as many dimensions the first gives the order, and in a choice
 * that is the mask. */
static ash_array in_order_of(ash_array a, ash_array mask) {
    char order[ASH_MAX_NDIM * 4] = "";
    int ndim = ash_ndim(a), moved = 0;
    for (int k = 0, length = 0; k < ndim && ash_ndim(mask) == ndim; k++) {
        const char *name = ash_dim_name(a, k);
        int from = name ? ash_axis(mask, name) : -1;
        from = from >= 0 ? from : k;
        moved |= from != k;
        length += snprintf(order + length, sizeof order - (size_t)length, "%s%d", k ? "," : "", from);
    }
    return moved ? ash_transpose(mask, order) : mask;
}

static ash_array reduced(const composition *c, ash_reduction reduction, ash_array x) {
    return ash_reduce(reduction, x, c->dims, &c->plain);
}

/* How many elements count, in the shape of the result. */
static ash_array counted(const composition *c, ash_array x) {
    ash_array there = ash_logical_not(ash_isnan(x));
    there = c->where.context ? ash_logical_and(there, c->where) : there;
    return ash_reduce(ASH_REDUCE_SUM, there, c->dims, &(ash_reduce_options){ .keepdims = c->plain.keepdims });
}

/* The initial value as another dtype. One that does not fit is an error, as for ash_full(). */
static ash_array initial_as(const composition *c, ash_dtype dtype) {
    ash_array initial = c->options->initial;
    ash_builder builder = ash_builder_begin(initial.context, c->info->name);
    ash_value value;
    char to = ash_dtype_kind(dtype);
    if (ash_builder_value(&builder, initial, "initial", &value)) {
        const ash_output *output = ash_value_output(value);
        char from = ash_dtype_kind(output->dtype);
        int64_t integer = output->weak && value.node->kind == ASH_NODE_CONSTANT && from == 'i'
            ? ash_number_load(output->dtype, value.node->u.constant.element).i
            : 0;
        if (from == 'c' && to != 'c') {
            ash_fail(&builder.error, ASH_ERR_DTYPE, "%s: initial is complex, the result %s", builder.function, ash_dtype_name(dtype));
        } else if ((to == 'i' || to == 'u') && !ash_integer_fits(dtype, integer)) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: the integer %lld for initial does not fit %s", builder.function,
                (long long)integer, ash_dtype_name(dtype));
        }
    }
    return ash_builder_ok(&builder) ? ash_cast(initial, dtype) : ash_builder_done(&builder);
}

/* NaN for an array of this dtype, in both parts of complex numbers: none of them is known. */
static ash_array nan_for(ash_array x) {
    ash_dtype dtype = ash_array_dtype(x);
    return dtype == ASH_COMPLEX64 || dtype == ASH_COMPLEX128 ? ash_complex(x.context, NAN, NAN) : ash_real(x.context, NAN);
}

/* The reduction of what the mask leaves. */
static ash_array masked(const composition *c, ash_array x) {
    ash_array mask = c->where;
    if (c->reduction == ASH_REDUCE_COUNT) {
        return counted(c, x);
    }
    if (has_identity(c->reduction)) {
        return reduced(c, c->reduction, ash_where(mask, x, number(x, identity_of(c->reduction))));
    }
    if (c->info->takes_initial) {
        return reduced(c, c->reduction, ash_where(mask, x, initial_as(c, ash_array_dtype(x))));
    }
    x = is_floating(x) ? x : ash_cast(x, ASH_FLOAT64);
    ash_array result = reduced(c, skipping(c->reduction), ash_where(mask, x, nan_for(x)));
    if (c->info->skips_missing) {
        return result;
    }
    ash_array spoiled = ash_logical_and(ash_isnan(x), mask); /* a NaN that the mask leaves is not skipped */
    return ash_where(
        ash_reduce(ASH_REDUCE_ANY, spoiled, c->dims, &(ash_reduce_options){ .keepdims = c->plain.keepdims }), nan_for(result), result);
}

static ash_array with_initial(const composition *c, ash_array result) {
    if (!ash_ok(result)) {
        return result;
    }
    ash_array initial = initial_as(c, ash_array_dtype(result));
    switch (c->reduction) {
    case ASH_REDUCE_SUM:
    case ASH_REDUCE_NANSUM: return ash_add(result, initial);
    case ASH_REDUCE_PROD:
    case ASH_REDUCE_NANPROD: return ash_mul(result, initial);
    case ASH_REDUCE_MIN: return ash_minimum(result, initial);
    case ASH_REDUCE_NANMIN: return ash_fmin(result, initial);
    case ASH_REDUCE_MAX: return ash_maximum(result, initial);
    default: return ash_fmax(result, initial);
    }
}

/* The extreme of no elements is the initial value: a reduction that cannot fail gives the shape. */
static ash_array extreme_of_nothing(const composition *c, ash_array x) {
    ash_array shape = ash_reduce(ASH_REDUCE_ANY, x, c->dims, &(ash_reduce_options){ .keepdims = c->plain.keepdims });
    ash_array initial = initial_as(c, ash_array_dtype(x));
    return ash_where(shape, initial, initial);
}

ash_array ash_reduce_named(const char *function, ash_array result) {
    ash_builder inner = ash_builder_begin(result.context, function), builder = inner;
    ash_value value;
    if (ash_builder_value(&inner, result, "a", &value)) {
        return result;
    }
    const char *sentence = strstr(inner.error.text, ": ");
    ash_fail(&builder.error, inner.error.status, "%s: %s", function, sentence ? sentence + 2 : inner.error.text);
    return ash_builder_done(&builder);
}

int ash_reduce_masked(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options, ash_array *result) {
    const ash_reduction_descriptor *info = &ash_reduction_table[reduction];
    ash_reduce_options masked_options = *options;
    ash_array source;
    int whole = (!dims || !*dims || strcmp(dims, "0") == 0 || strcmp(dims, "-1") == 0) && !options->keepdims && !options->where.context;
    int by_where = !info->is_index && (!info->takes_initial || has_identity(reduction) || options->initial.context);
    if (!whole || !by_where || !ash_is_masked(a, &source, &masked_options.where)) {
        return 0;
    }
    *result = ash_reduce_composed(reduction, source, NULL, &masked_options);
    return 1;
}

ash_array ash_reduce_composed(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options) {
    composition c = { .reduction = reduction, .info = &ash_reduction_table[reduction], .dims = dims, .options = options };
    ash_builder builder = ash_builder_begin(a.context, c.info->name);
    ash_value input;
    c.plain.keepdims = options->keepdims;
    c.plain.ddof = options->ddof;
    if (ash_builder_value(&builder, a, "a", &input)) {
        check_options(&builder, &c);
        check_arrays(&builder, &c, a);
        int count, axes[ASH_MAX_NDIM];
        ash_builder_axes(&builder, ash_value_output(input), dims, &count, axes);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    c.where = options->where.context ? in_order_of(a, options->where) : c.where;
    ash_dtype dtype;
    ash_array x = options->dtype && ash_dtype_parse(options->dtype, &dtype) ? ash_cast(a, dtype) : a, result;
    if (options->initial.context && !has_identity(reduction) && ash_size(a) == 0) {
        result = extreme_of_nothing(&c, x);
    } else {
        result = c.where.context ? masked(&c, x) : reduced(&c, reduction, x);
        result = options->initial.context ? with_initial(&c, result) : result;
    }
    if (options->dtype && c.info->takes_dtype && ash_array_dtype(result) != dtype && !strstr(c.info->name, "var") &&
        !strstr(c.info->name, "std")) {
        result = ash_cast(result, dtype); /* integers are summed in 64 bits: modulo the dtype that is the same */
    }
    if (options->min_count > 0) {
        if (ash_ok(result) && !is_floating(result)) {
            ash_fail(&builder.error, ASH_ERR_DTYPE, "%s: min_count gives NaN, which %s cannot hold; set dtype", builder.function,
                ash_dtype_name(ash_array_dtype(result)));
            return ash_builder_done(&builder);
        }
        ash_array enough = ash_greater_equal(counted(&c, a), ash_int(a.context, options->min_count));
        result = ash_where(enough, result, nan_for(result));
    }
    ash_value plain; /* has the attributes */
    if (ash_size(a) == 0 || !ash_builder_value(&builder, ash_reduce(reduction, a, dims, &c.plain), "a", &plain)) {
        return ash_builder_ok(&builder) ? ash_reduce_named(c.info->name, result) : ash_builder_done(&builder);
    }
    return ash_reduce_named(c.info->name, ash_view_dressed(builder.function, result, plain));
}
