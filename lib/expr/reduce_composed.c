/* Options of reductions that are made of other nodes. All folds of one input share a pass, so nothing is read twice. */
#include "expr/reduce.h"
#include "expr/view.h"

#include <ashlar/ops.h>

#include <math.h>
#include <string.h>

typedef struct composition {
    ash_reduction reduction;
    const ash_reduction_descriptor *info;
    const char *dims;
    const ash_reduce_options *options;
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

/* Checks the arrays among the options. A mask must not make the array larger. */
static void check_arrays(ash_builder *builder, const composition *c, ash_value input) {
    ash_value value;
    if (c->options->initial.context && ash_builder_value(builder, c->options->initial, "initial", &value) &&
        ash_value_output(value)->ndim != 0) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: initial must be a single number, found %d dimensions", builder->function,
            ash_value_output(value)->ndim);
    }
    if (c->options->where.context && ash_builder_value(builder, c->options->where, "where", &value)) {
        const ash_output *a = ash_value_output(input);
        ash_array both = ash_where(c->options->where, ash_bool(builder->context, true), ash_bool(builder->context, true));
        if (ash_ndim(both) > a->ndim || ash_size(both) > ash_output_size(a)) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: where must not be larger than a, found %lld elements for %lld", builder->function,
                (long long)ash_size(both), (long long)ash_output_size(a));
        }
    }
}

static ash_array reduced(const composition *c, ash_reduction reduction, ash_array x) {
    return ash_reduce(reduction, x, c->dims, &c->plain);
}

/* How many elements count, in the shape of the result. */
static ash_array counted(const composition *c, ash_array x) {
    ash_array there = ash_logical_not(ash_isnan(x));
    there = c->options->where.context ? ash_logical_and(there, c->options->where) : there;
    return ash_reduce(ASH_REDUCE_SUM, there, c->dims, &(ash_reduce_options){ .keepdims = c->plain.keepdims });
}

/* The reduction of what the mask leaves. */
static ash_array masked(const composition *c, ash_array x) {
    ash_array mask = c->options->where;
    if (c->reduction == ASH_REDUCE_COUNT) {
        return counted(c, x);
    }
    if (has_identity(c->reduction)) {
        return reduced(c, c->reduction, ash_where(mask, x, number(x, identity_of(c->reduction))));
    }
    if (c->info->takes_initial) {
        return reduced(c, c->reduction, ash_where(mask, x, ash_cast(c->options->initial, ash_array_dtype(x))));
    }
    x = is_floating(x) ? x : ash_cast(x, ASH_FLOAT64);
    ash_array missing = ash_real(x.context, NAN);
    ash_array result = reduced(c, skipping(c->reduction), ash_where(mask, x, missing));
    if (c->info->skips_missing) {
        return result;
    }
    ash_array spoiled = ash_logical_and(ash_isnan(x), mask); /* a NaN that the mask leaves is not skipped */
    return ash_where(ash_reduce(ASH_REDUCE_ANY, spoiled, c->dims, &(ash_reduce_options){ .keepdims = c->plain.keepdims }), missing, result);
}

static ash_array with_initial(const composition *c, ash_array result) {
    ash_array initial = ash_cast(c->options->initial, ash_array_dtype(result));
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
    ash_array initial = ash_cast(c->options->initial, ash_array_dtype(x));
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

ash_array ash_reduce_composed(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options) {
    composition c = { .reduction = reduction, .info = &ash_reduction_table[reduction], .dims = dims, .options = options };
    ash_builder builder = ash_builder_begin(a.context, c.info->name);
    ash_value input;
    c.plain.keepdims = options->keepdims;
    c.plain.ddof = options->ddof;
    if (ash_builder_value(&builder, a, "a", &input)) {
        check_options(&builder, &c);
        check_arrays(&builder, &c, input);
        int count, axes[ASH_MAX_NDIM];
        ash_builder_axes(&builder, ash_value_output(input), dims, &count, axes);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    ash_dtype dtype;
    ash_array x = options->dtype && ash_dtype_parse(options->dtype, &dtype) ? ash_cast(a, dtype) : a, result;
    if (options->initial.context && !has_identity(reduction) && ash_size(a) == 0) {
        result = extreme_of_nothing(&c, x);
    } else {
        result = options->where.context ? masked(&c, x) : reduced(&c, reduction, x);
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
        result = ash_where(enough, result, ash_real(a.context, NAN));
    }
    ash_value plain; /* has the attributes */
    if (ash_size(a) == 0 || !ash_builder_value(&builder, ash_reduce(reduction, a, dims, &c.plain), "a", &plain)) {
        return ash_builder_ok(&builder) ? ash_reduce_named(c.info->name, result) : ash_builder_done(&builder);
    }
    return ash_reduce_named(c.info->name, ash_view_dressed(builder.function, result, plain));
}
