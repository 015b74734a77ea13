/* Statistics made of reductions and elementwise operations. */
#include "base/options.h"
#include "expr/reduce.h"

#include <ashlar/ops.h>
#include <ashlar/statistics.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static char kind_of(ash_array a) {
    ash_dtype dtype = ash_array_dtype(a);
    return dtype == ASH_DTYPE_COUNT ? 0 : ash_dtype_kind(dtype);
}

static int is_floating(ash_array a) {
    return kind_of(a) == 'f' || kind_of(a) == 'c';
}

static ash_array floating(ash_array a) {
    return is_floating(a) ? a : ash_cast(a, ASH_FLOAT64);
}

/* A statistic under way: how the user called it, and what of. */
typedef struct statistic {
    const char *function, *dims;
    ash_array a;
    ash_reduce_options plain; /* of the last reduction */
} statistic;

static ash_array reduced(const statistic *s, ash_reduction reduction, ash_array x) {
    return ash_reduce(reduction, x, s->dims, &s->plain);
}

static ash_array kept(const statistic *s, ash_reduction reduction, ash_array x) {
    return ash_reduce(reduction, x, s->dims, &(ash_reduce_options){ .keepdims = true });
}

static void check_options(ash_builder *builder, statistic *s, const ash_reduce_options *options, int takes_ddof) {
    ash_reduce_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    s->plain.keepdims = o.keepdims;
    if ((o.ddof != 0 && !takes_ddof) || o.groups != 0 || o.dtype || o.where.context || o.initial.context || o.min_count != 0) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: takes the option%s keepdims only", s->function, takes_ddof ? "s ddof and" : "");
    }
}

/* Checks array, dimensions and options under the name that the user called. 0 with the error as an array. */
static int begin(statistic *s, const ash_reduce_options *options, int takes_ddof, const char *refused_kinds, ash_array *failed) {
    ash_builder builder = ash_builder_begin(s->a.context, s->function);
    ash_value value;
    if (ash_builder_value(&builder, s->a, "a", &value)) {
        int count, axes[ASH_MAX_NDIM];
        ash_dtype dtype = ash_value_output(value)->dtype;
        if (strchr(refused_kinds, ash_dtype_kind(dtype))) {
            ash_fail(&builder.error, ASH_ERR_DTYPE, "%s: does not accept %s", s->function, ash_dtype_name(dtype));
        }
        if (ash_builder_ok(&builder) && ash_builder_axes(&builder, ash_value_output(value), s->dims, &count, axes)) {
            check_options(&builder, s, options, takes_ddof);
        }
    }
    if (!ash_builder_ok(&builder)) {
        *failed = ash_builder_done(&builder);
        return 0;
    }
    return 1;
}

static ash_array refuse(const statistic *s, const char *sentence) {
    ash_builder builder = ash_builder_begin(s->a.context, s->function);
    ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: %s", s->function, sentence);
    return ash_builder_done(&builder);
}

static ash_array range(statistic s, const ash_reduce_options *options, ash_reduction largest, ash_reduction smallest) {
    ash_array failed;
    if (!begin(&s, options, 0, "b", &failed)) {
        return failed;
    }
    return ash_reduce_named(s.function, ash_sub(reduced(&s, largest, s.a), reduced(&s, smallest, s.a)));
}

ash_array ash_ptp(ash_array a, const char *dims) {
    return ash_ptp_with(a, dims, NULL);
}

ash_array ash_ptp_with(ash_array a, const char *dims, const ash_reduce_options *options) {
    return range((statistic){ .function = "ptp", .dims = dims, .a = a }, options, ASH_REDUCE_MAX, ASH_REDUCE_MIN);
}

ash_array ash_nanptp(ash_array a, const char *dims) {
    return ash_nanptp_with(a, dims, NULL);
}

ash_array ash_nanptp_with(ash_array a, const char *dims, const ash_reduce_options *options) {
    return range((statistic){ .function = "nanptp", .dims = dims, .a = a }, options, ASH_REDUCE_NANMAX, ASH_REDUCE_NANMIN);
}

/* Weights are repeated to the array's shape by a choice between the weights and themselves (or 0, where elements are missing). Both are taken in the dtype of
 * the result, so that it depends on neither which sum is of what, and sums of narrow weights are not rounded before they divide. */
static ash_array average(statistic s, ash_array weights, const ash_reduce_options *options, int skips) {
    ash_array failed;
    statistic of_weights = { .function = s.function, .a = weights };
    if (!begin(&s, options, 0, "", &failed) || !begin(&of_weights, NULL, 0, "", &failed)) {
        return failed;
    }
    ash_array both = ash_mul(s.a, weights);
    if (!ash_ok(both)) {
        return ash_reduce_named(s.function, both);
    }
    if (ash_ndim(both) > ash_ndim(s.a) || ash_size(both) > ash_size(s.a)) {
        return refuse(&s, "the weights must not be larger than a");
    }
    ash_array missing = ash_isnan(s.a);
    ash_dtype common = ash_array_dtype(both), result = is_floating(s.a) ? common : ash_dtype_promote(common, ASH_FLOAT64);
    ash_array w = ash_cast(weights, result), products = ash_mul(ash_cast(s.a, result), w), none = ash_int(s.a.context, 0);
    products = skips ? ash_where(missing, none, products) : products;
    ash_array parts = ash_where(missing, skips ? none : w, w);
    return ash_reduce_named(s.function, ash_div(reduced(&s, ASH_REDUCE_SUM, products), reduced(&s, ASH_REDUCE_SUM, parts)));
}

ash_array ash_average(ash_array a, ash_array weights, const char *dims) {
    return ash_average_with(a, weights, dims, NULL);
}

ash_array ash_average_with(ash_array a, ash_array weights, const char *dims, const ash_reduce_options *options) {
    return average((statistic){ .function = "average", .dims = dims, .a = a }, weights, options, 0);
}

ash_array ash_nanaverage(ash_array a, ash_array weights, const char *dims) {
    return ash_nanaverage_with(a, weights, dims, NULL);
}

ash_array ash_nanaverage_with(ash_array a, ash_array weights, const char *dims, const ash_reduce_options *options) {
    return average((statistic){ .function = "nanaverage", .dims = dims, .a = a }, weights, options, 1);
}

ash_array ash_moment(ash_array a, const char *dims, int64_t order) {
    return ash_moment_with(a, dims, order, NULL);
}

ash_array ash_moment_with(ash_array a, const char *dims, int64_t order, const ash_reduce_options *options) {
    statistic s = { .function = "moment", .dims = dims, .a = a };
    ash_array failed;
    if (!begin(&s, options, 1, "", &failed)) {
        return failed;
    }
    if (order < 0) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, "order must be 0 or more, found %lld", (long long)order);
        return refuse(&s, sentence);
    }
    ash_array x = floating(a), powers = ash_pow(ash_sub(x, kept(&s, ASH_REDUCE_MEAN, x)), ash_int(a.context, order));
    ash_reduce_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    if (o.ddof == 0) {
        return ash_reduce_named(s.function, reduced(&s, ASH_REDUCE_MEAN, powers));
    }
    ash_array count = reduced(&s, ASH_REDUCE_SUM, ash_where(ash_isnan(x), ash_int(a.context, 1), ash_int(a.context, 1)));
    ash_array divisor = ash_maximum(ash_sub(ash_cast(count, ASH_FLOAT64), ash_real(a.context, o.ddof)), ash_int(a.context, 0));
    return ash_reduce_named(s.function, ash_cast(ash_div(reduced(&s, ASH_REDUCE_SUM, powers), divisor), ash_array_dtype(x)));
}

static ash_array norm_of(const statistic *s, double order) {
    ash_array size = ash_absolute(floating(s->a));
    ash_dtype result = ash_array_dtype(size);
    if (!ash_ok(size)) {
        return size;
    }
    if (isinf(order)) {
        return reduced(s, order > 0 ? ASH_REDUCE_MAX : ASH_REDUCE_MIN, size);
    }
    if (order == 0) {
        return ash_cast(reduced(s, ASH_REDUCE_COUNT_NONZERO, s->a), result);
    }
    if (order == 1) {
        return reduced(s, ASH_REDUCE_SUM, size);
    }
    ash_array wide = ash_cast(size, ASH_FLOAT64);
    if (order == 2) {
        return ash_cast(ash_sqrt(reduced(s, ASH_REDUCE_SUM, ash_square(wide))), result);
    }
    ash_array power = ash_real(s->a.context, order), root = ash_real(s->a.context, 1 / order);
    return ash_cast(ash_pow(reduced(s, ASH_REDUCE_SUM, ash_pow(wide, power)), root), result);
}

ash_array ash_norm(ash_array a, const char *dims, double order) {
    return ash_norm_with(a, dims, order, NULL);
}

ash_array ash_norm_with(ash_array a, const char *dims, double order, const ash_reduce_options *options) {
    statistic s = { .function = "norm", .dims = dims, .a = a };
    ash_array failed;
    if (!begin(&s, options, 0, "", &failed)) {
        return failed;
    }
    return isnan(order) ? refuse(&s, "order must be a number, found NaN") : ash_reduce_named(s.function, norm_of(&s, order));
}

ash_array ash_logsumexp(ash_array a, const char *dims) {
    return ash_logsumexp_with(a, dims, NULL);
}

ash_array ash_logsumexp_with(ash_array a, const char *dims, const ash_reduce_options *options) {
    statistic s = { .function = "logsumexp", .dims = dims, .a = a };
    ash_array failed;
    if (!begin(&s, options, 0, "c", &failed)) {
        return failed;
    }
    ash_array x = floating(a), zero = ash_int(a.context, 0);
    ash_array largest = kept(&s, ASH_REDUCE_MAX, x),
              flat = reduced(&s, ASH_REDUCE_MAX, x); /* infinities are not subtracted from themselves */
    ash_array sum = reduced(&s, ASH_REDUCE_SUM, ash_exp(ash_sub(x, ash_where(ash_isfinite(largest), largest, zero))));
    return ash_reduce_named(s.function, ash_add(ash_log(sum), ash_where(ash_isfinite(flat), flat, zero)));
}
