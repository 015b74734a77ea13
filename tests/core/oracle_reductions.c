/* The table of reductions, each with how it is called. */
#include "oracle.h"

#include <math.h>

/* Statistics of an order, as functions without it. */
#define ORDER(word, suffix, order) \
    static ash_array word##_##suffix(ash_array a, const char *dims) { \
        return ash_##word(a, dims, order); \
    } \
    static ash_array word##_##suffix##_with(ash_array a, const char *dims, const ash_reduce_options *options) { \
        return ash_##word##_with(a, dims, order, options); \
    }
ORDER(norm, zero, 0)
ORDER(norm, one, 1)
ORDER(norm, two, 2)
ORDER(norm, three, 3)
ORDER(norm, root, 0.5)
ORDER(norm, inverse, -1)
ORDER(norm, largest, (double)INFINITY)
ORDER(norm, least, -(double)INFINITY)
ORDER(moment, zero, 0)
ORDER(moment, one, 1)
ORDER(moment, two, 2)
ORDER(moment, three, 3)
ORDER(moment, four, 4)

#define PLAIN(word, method_letter, skip) \
    { .name = #word, .method = method_letter, .skips = skip, .call = ash_##word, .call_with = ash_##word##_with }
#define GROUPED(word, method_letter, skip) \
    { \
        .name = #word, .method = method_letter, .skips = skip, .call = ash_##word, .call_with = ash_##word##_with, \
        .call_group = ash_group_##word##_with \
    }
#define STATISTIC(word, method_letter, skip, accepts) \
    { .name = #word, .method = method_letter, .skips = skip, .kinds = accepts, .call = ash_##word, .call_with = ash_##word##_with }
#define OF_ORDER(word, method_letter, order) \
    { .name = #word, .method = method_letter, .parameter = order, .call = word, .call_with = word##_with }
const oracle_reduction oracle_reductions[] = {
    GROUPED(sum, 's', 0),
    GROUPED(prod, 'p', 0),
    GROUPED(mean, 'm', 0),
    GROUPED(var, 'v', 0),
    GROUPED(std, 'd', 0),
    GROUPED(min, 'l', 0),
    GROUPED(max, 'h', 0),
    PLAIN(argmin, 'L', 0),
    PLAIN(argmax, 'H', 0),
    GROUPED(any, 'a', 0),
    GROUPED(all, 'A', 0),
    GROUPED(count, 'c', 0),
    GROUPED(count_nonzero, 'n', 0),
    GROUPED(nansum, 's', 1),
    GROUPED(nanprod, 'p', 1),
    GROUPED(nanmean, 'm', 1),
    GROUPED(nanvar, 'v', 1),
    GROUPED(nanstd, 'd', 1),
    GROUPED(nanmin, 'l', 1),
    GROUPED(nanmax, 'h', 1),
    PLAIN(nanargmin, 'L', 1),
    PLAIN(nanargmax, 'H', 1),
    GROUPED(nanany, 'a', 1),
    GROUPED(nanall, 'A', 1),
    STATISTIC(ptp, 'r', 0, "iufc"),
    STATISTIC(nanptp, 'r', 1, "iufc"),
    STATISTIC(logsumexp, 'x', 0, "biuf"),
    STATISTIC(median, 'M', 0, "biuf"),
    STATISTIC(nanmedian, 'M', 1, "biuf"),
    OF_ORDER(norm_zero, '0', 0),
    OF_ORDER(norm_one, 'N', 1),
    OF_ORDER(norm_two, 'N', 2),
    OF_ORDER(norm_three, 'N', 3),
    OF_ORDER(norm_root, 'N', 0.5),
    OF_ORDER(norm_inverse, 'N', -1),
    OF_ORDER(norm_largest, '+', 0),
    OF_ORDER(norm_least, '-', 0),
    OF_ORDER(moment_zero, 'o', 0),
    OF_ORDER(moment_one, 'o', 1),
    OF_ORDER(moment_two, 'o', 2),
    OF_ORDER(moment_three, 'o', 3),
    OF_ORDER(moment_four, 'o', 4),
};
const int oracle_reduction_count = sizeof oracle_reductions / sizeof oracle_reductions[0];
