/* Quantiles of a list of numbers. */
#include "kernels/kernels.h"

#include <math.h>

static void sift_down(double *x, int64_t k, int64_t n) {
    const double moved = x[k];
    for (int64_t child = 2 * k + 1; child < n; child = 2 * k + 1) {
        child += child + 1 < n && x[child] < x[child + 1];
        if (!(moved < x[child]))
            break;
        x[k] = x[child];
        k = child;
    }
    x[k] = moved;
}

static void heap_sort(double *x, int64_t n) {
    for (int64_t k = n / 2; k-- > 0;)
        sift_down(x, k, n);
    for (int64_t last = n - 1; last > 0; last--) {
        const double largest = x[0];
        x[0] = x[last];
        x[last] = largest;
        sift_down(x, 0, last);
    }
}

/* Puts the k-th smallest element at position k, smaller ones before it. Hoare's selection with the median of three as pivot; where that makes too
 * little progress, what is left is sorted. There are no NaN. */
static double select_smallest(double *x, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1, budget = 8 * n;
    while (low < high) {
        budget -= high - low;
        if (budget < 0) {
            heap_sort(x + low, high - low + 1);
            break;
        }
        const double a = x[low], b = x[low + (high - low) / 2], c = x[high];
        const double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i <= j) {
                const double swap = x[i];
                x[i++] = x[j];
                x[j--] = swap;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

/* The smallest element from position k on. */
static double least_from(const double *x, int64_t n, int64_t k) {
    double least = x[k];
    for (int64_t i = k + 1; i < n; i++)
        least = x[i] < least ? x[i] : least;
    return least;
}

/* Where the quantile lies: between elements floor(position) and the next one, of which `weight` counts. The methods by which the position follows from
 * two numbers are Hyndman and Fan's, with these as alpha and beta. */
static double position_of(ash_quantile_method method, int64_t n, double q, double *weight) {
    static const double plotting[ASH_QUANTILE_METHODS][2] = { [ASH_QUANTILE_INTERPOLATED_INVERTED_CDF] = { 0, 1 },
        [ASH_QUANTILE_HAZEN] = { 0.5, 0.5 },
        [ASH_QUANTILE_WEIBULL] = { 0, 0 },
        [ASH_QUANTILE_MEDIAN_UNBIASED] = { 1.0 / 3, 1.0 / 3 },
        [ASH_QUANTILE_NORMAL_UNBIASED] = { 3.0 / 8, 3.0 / 8 } };
    const double count = (double)n;
    double position, below;
    switch (method) {
    case ASH_QUANTILE_LINEAR:
    case ASH_QUANTILE_LOWER:
    case ASH_QUANTILE_HIGHER:
    case ASH_QUANTILE_NEAREST:
    case ASH_QUANTILE_MIDPOINT: position = (count - 1) * q; break;
    case ASH_QUANTILE_INVERTED_CDF:
    case ASH_QUANTILE_AVERAGED_INVERTED_CDF: position = count * q - 1; break;
    case ASH_QUANTILE_CLOSEST_OBSERVATION: position = count * q - 1.5; break;
    default: position = count * q + plotting[method][0] + q * (1 - plotting[method][0] - plotting[method][1]) - 1;
    }
    below = floor(position);
    *weight = position - below;
    switch (method) {
    case ASH_QUANTILE_LOWER: *weight = 0; break;
    case ASH_QUANTILE_HIGHER:
    case ASH_QUANTILE_INVERTED_CDF: *weight = *weight > 0; break;
    case ASH_QUANTILE_NEAREST: *weight = *weight == 0.5 ? fmod(below, 2) != 0 : *weight > 0.5; break;
    case ASH_QUANTILE_MIDPOINT: *weight = *weight > 0 ? 0.5 : 0; break;
    case ASH_QUANTILE_AVERAGED_INVERTED_CDF: *weight = *weight > 0 ? 1 : 0.5; break;
    case ASH_QUANTILE_CLOSEST_OBSERVATION: *weight = *weight > 0 || fmod(below, 2) == 0; break; /* counted from 1 the even one */
    default: break;
    }
    return below;
}

double ash_quantile_of(double *x, int64_t n, double q, ash_quantile_method method) {
    double weight, below;
    if (n == 0)
        return NAN;
    below = position_of(method, n, q, &weight);
    if (below < 0)
        return least_from(x, n, 0);
    if (below >= (double)(n - 1))
        return select_smallest(x, n, n - 1);
    const int64_t k = (int64_t)below;
    const double first = select_smallest(x, n, k);
    if (weight == 0)
        return first;
    const double second = least_from(x, n, k + 1);
    if (weight == 1 || first == second)
        return second;
    const double gap = second - first;
    if (isinf(gap)) /* a neighbour is infinite, or both are very large */
        return first * (1 - weight) + second * weight;
    return weight < 0.5 ? first + gap * weight : second - gap * (1 - weight);
}
