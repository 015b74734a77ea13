/* Statistics made of reductions and elementwise operations. */
#include "expr/reduce.h"

#include <ashlar/ops.h>
#include <ashlar/statistics.h>

#include <math.h>

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

static ash_array kept(ash_reduction reduction, ash_array a, const char *dims) {
    return ash_reduce(reduction, a, dims, &(ash_reduce_options){ .keepdims = true });
}

/* Checks the array and the dimensions under the name that the user called. 0 with the error as an array. */
static int check(ash_array a, const char *dims, const char *function, const char *refused_kinds, ash_array *failed) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value value;
    if (ash_builder_value(&builder, a, "a", &value)) {
        int count, axes[ASH_MAX_NDIM];
        ash_dtype dtype = ash_value_output(value)->dtype;
        for (const char *k = refused_kinds; *k; k++) {
            if (ash_dtype_kind(dtype) == *k) {
                ash_fail(&builder.error, ASH_ERR_DTYPE, "%s: does not accept %s", function, ash_dtype_name(dtype));
            }
        }
        ash_builder_axes(&builder, ash_value_output(value), dims, &count, axes);
    }
    if (!ash_builder_ok(&builder)) {
        *failed = ash_builder_done(&builder);
        return 0;
    }
    return 1;
}

static ash_array range(ash_array a, const char *dims, const char *function, ash_reduction largest, ash_reduction smallest) {
    ash_array failed;
    if (!check(a, dims, function, "b", &failed)) {
        return failed;
    }
    return ash_sub(ash_reduce(largest, a, dims, NULL), ash_reduce(smallest, a, dims, NULL));
}

ash_array ash_ptp(ash_array a, const char *dims) {
    return range(a, dims, "ptp", ASH_REDUCE_MAX, ASH_REDUCE_MIN);
}

ash_array ash_nanptp(ash_array a, const char *dims) {
    return range(a, dims, "nanptp", ASH_REDUCE_NANMAX, ASH_REDUCE_NANMIN);
}

ash_array ash_count_nonzero(ash_array a, const char *dims) {
    ash_array failed;
    return check(a, dims, "count_nonzero", "", &failed) ? ash_sum(ash_cast(a, ASH_BOOL), dims) : failed;
}

/* Weights are repeated to the array's shape by a choice between the weights and themselves (or 0, where elements are missing). */
static ash_array average(ash_array a, ash_array weights, const char *dims, const char *function, int skips) {
    ash_array failed;
    if (!check(a, dims, function, "", &failed) || !check(weights, NULL, function, "", &failed)) {
        return failed;
    }
    ash_array missing = ash_isnan(a);
    ash_array x = is_floating(a) || is_floating(weights) ? a : ash_cast(a, ASH_FLOAT64);
    ash_array none = kind_of(weights) == 'b' ? ash_bool(a.context, false) : ash_int(a.context, 0);
    ash_array parts = ash_where(missing, skips ? none : weights, weights), products = ash_mul(x, weights);
    return ash_div(skips ? ash_nansum(products, dims) : ash_sum(products, dims), ash_sum(parts, dims));
}

ash_array ash_average(ash_array a, ash_array weights, const char *dims) {
    return average(a, weights, dims, "average", 0);
}

ash_array ash_nanaverage(ash_array a, ash_array weights, const char *dims) {
    return average(a, weights, dims, "nanaverage", 1);
}

ash_array ash_moment(ash_array a, const char *dims, int64_t order) {
    ash_array failed;
    if (!check(a, dims, "moment", "", &failed)) {
        return failed;
    }
    if (order < 0) {
        ash_builder builder = ash_builder_begin(a.context, "moment");
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "moment: order must be 0 or more, found %lld", (long long)order);
        return ash_builder_done(&builder);
    }
    ash_array x = floating(a);
    return ash_mean(ash_pow(ash_sub(x, kept(ASH_REDUCE_MEAN, x, dims)), ash_int(a.context, order)), dims);
}

ash_array ash_norm(ash_array a, const char *dims, double order) {
    ash_array failed;
    if (!check(a, dims, "norm", "", &failed)) {
        return failed;
    }
    ash_array size = ash_absolute(floating(a));
    ash_dtype result = ash_array_dtype(size);
    if (isnan(order)) {
        ash_builder builder = ash_builder_begin(a.context, "norm");
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "norm: order must be a number, found NaN");
        return ash_builder_done(&builder);
    }
    if (isinf(order)) {
        return order > 0 ? ash_max(size, dims) : ash_min(size, dims);
    }
    if (order == 0) {
        return ash_cast(ash_count_nonzero(a, dims), result);
    }
    if (order == 1) {
        return ash_sum(size, dims);
    }
    ash_array wide = ash_cast(size, ASH_FLOAT64);
    if (order == 2) {
        return ash_cast(ash_sqrt(ash_sum(ash_square(wide), dims)), result);
    }
    ash_array power = ash_real(a.context, order), root = ash_real(a.context, 1 / order);
    return ash_cast(ash_pow(ash_sum(ash_pow(wide, power), dims), root), result);
}

ash_array ash_logsumexp(ash_array a, const char *dims) {
    ash_array failed;
    if (!check(a, dims, "logsumexp", "c", &failed)) {
        return failed;
    }
    ash_array x = floating(a), zero = ash_int(a.context, 0);
    ash_array largest = kept(ASH_REDUCE_MAX, x, dims), flat = ash_max(x, dims); /* infinities are not subtracted from themselves */
    ash_array sum = ash_sum(ash_exp(ash_sub(x, ash_where(ash_isfinite(largest), largest, zero))), dims);
    return ash_add(ash_log(sum), ash_where(ash_isfinite(flat), flat, zero));
}
