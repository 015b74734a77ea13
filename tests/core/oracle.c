#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cell cell_unknown = { .error = INFINITY };

/* ---- Dense arrays ---- */

dense *dense_new(ash_dtype dtype, int ndim, const int64_t shape[], const char name[]) {
    dense *a = calloc(1, sizeof *a);
    a->dtype = dtype;
    a->ndim = ndim;
    a->size = 1;
    for (int k = 0; k < ndim; k++) {
        a->shape[k] = shape[k];
        a->name[k] = name ? name[k] : 0;
        a->size *= shape[k];
    }
    a->cell = calloc((size_t)a->size + 1, sizeof *a->cell);
    return a;
}

void dense_free(dense *a) {
    if (a) {
        free(a->cell);
        free(a);
    }
}

int dense_is_exact(const dense *a) {
    for (int64_t k = 0; k < a->size; k++) {
        if (a->cell[k].error > 0) {
            return 0;
        }
    }
    return 1;
}

int64_t dense_position(const dense *a, const int64_t index[]) {
    int64_t position = 0;
    for (int k = 0; k < a->ndim; k++) {
        position = position * a->shape[k] + index[k];
    }
    return position;
}

void dense_index(const dense *a, int64_t position, int64_t index[]) {
    for (int k = a->ndim - 1; k >= 0; k--) {
        index[k] = position % a->shape[k];
        position /= a->shape[k];
    }
}

/* ---- dtypes ---- */

char oracle_kind(ash_dtype dtype) {
    return dtype == ASH_BOOL ? 'b' : dtype <= ASH_INT64 ? 'i' : dtype <= ASH_UINT64 ? 'u' : dtype <= ASH_FLOAT64 ? 'f' : 'c';
}

/* Integers fit float32 if they have at most 16 bits. */
static ash_dtype real_for(ash_dtype dtype) {
    switch (oracle_kind(dtype)) {
    case 'f': return dtype;
    case 'c': return dtype == ASH_COMPLEX64 ? ASH_FLOAT32 : ASH_FLOAT64;
    default: return ash_dtype_size(dtype) <= 2 ? ASH_FLOAT32 : ASH_FLOAT64;
    }
}

/* NumPy's rules in words: bool gives way; of one kind the wider; signed with unsigned the narrowest signed that holds both, float64 if none
 * does; with floating a float that holds the integer; with complex the same for its parts. */
ash_dtype oracle_promote(ash_dtype a, ash_dtype b) {
    char ka = oracle_kind(a), kb = oracle_kind(b);
    if (a == ASH_BOOL || b == ASH_BOOL) {
        return a == ASH_BOOL ? b : a;
    }
    if (ka == 'c' || kb == 'c' || ka == 'f' || kb == 'f') {
        ash_dtype real = real_for(a) == ASH_FLOAT64 || real_for(b) == ASH_FLOAT64 ? ASH_FLOAT64 : ASH_FLOAT32;
        return ka != 'c' && kb != 'c' ? real : real == ASH_FLOAT64 ? ASH_COMPLEX128 : ASH_COMPLEX64;
    }
    int64_t size_a = ash_dtype_size(a), size_b = ash_dtype_size(b);
    if (ka == kb) {
        return size_a >= size_b ? a : b;
    }
    int64_t size_i = ka == 'i' ? size_a : size_b, size_u = ka == 'u' ? size_a : size_b;
    static const ash_dtype of_size[] = { [1] = ASH_INT8, [2] = ASH_INT16, [4] = ASH_INT32, [8] = ASH_INT64 };
    int64_t needed = size_i > size_u ? size_i : 2 * size_u;
    return needed > 8 ? ASH_FLOAT64 : of_size[needed];
}

long double oracle_epsilon(ash_dtype dtype) {
    return real_for(dtype) == ASH_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
}
long double oracle_largest(ash_dtype dtype) {
    return real_for(dtype) == ASH_FLOAT32 ? FLT_MAX : DBL_MAX;
}
long double oracle_least(ash_dtype dtype) {
    return real_for(dtype) == ASH_FLOAT32 ? FLT_TRUE_MIN : DBL_TRUE_MIN;
}

static long double round_to(ash_dtype dtype, long double x) {
    return real_for(dtype) == ASH_FLOAT32 ? (long double)(float)x : (long double)(double)x;
}

cell cell_rounded(ash_dtype dtype, long double re, long double im, long double error) {
    cell out = { .re = round_to(dtype, re), .im = round_to(dtype, im) };
    long double size = fabsl(re) > fabsl(im) ? fabsl(re) : fabsl(im);
    if (isnan(re) || isnan(im) || isinf(re) || isinf(im)) {
        out.error = error == 0 || (isnan(re) && isnan(im)) || (isnan(re) && im == 0) ? 0 : INFINITY;
        return out;
    }
    if (size + error > oracle_largest(dtype) * 0.999L) { /* the library may be on the other side of an overflow */
        out.error = size - error > oracle_largest(dtype) * 1.01L && im == 0 ? 0 : INFINITY;
        return out;
    }
    out.error = error > 0 ? error + size * oracle_epsilon(dtype) + oracle_least(dtype) : 0;
    return out;
}

static cell integer_from_real(long double x, ash_dtype to) {
    static const long double highest[] = { [ASH_INT8] = INT8_MAX,
        [ASH_INT16] = INT16_MAX,
        [ASH_INT32] = INT32_MAX,
        [ASH_INT64] = INT64_MAX,
        [ASH_UINT8] = UINT8_MAX,
        [ASH_UINT16] = UINT16_MAX,
        [ASH_UINT32] = UINT32_MAX,
        [ASH_UINT64] = UINT64_MAX };
    long double top = highest[to], bottom = oracle_kind(to) == 'u' ? 0 : -top - 1;
    if (isnan(x)) {
        return (cell){ .i = 0 };
    }
    x = truncl(x);
    x = x > top ? top : x < bottom ? bottom : x;
    return (cell){ .i = oracle_kind(to) == 'u' ? (int64_t)(uint64_t)x : (int64_t)x };
}

static int64_t wrap(int64_t value, ash_dtype to) {
    switch (to) {
    case ASH_BOOL: return value != 0;
    case ASH_INT8: return (int8_t)(uint64_t)value;
    case ASH_INT16: return (int16_t)(uint64_t)value;
    case ASH_INT32: return (int32_t)(uint64_t)value;
    case ASH_UINT8: return (uint8_t)value;
    case ASH_UINT16: return (uint16_t)value;
    case ASH_UINT32: return (uint32_t)value;
    default: return value;
    }
}

cell oracle_cast_cell(cell value, ash_dtype from, ash_dtype to) {
    char source = oracle_kind(from), target = oracle_kind(to);
    int floating = source == 'f' || source == 'c';
    if (value.error == INFINITY) {
        return cell_unknown;
    }
    if (target == 'f' || target == 'c') {
        long double real = floating ? value.re : source == 'u' ? (long double)(uint64_t)value.i : (long double)value.i;
        if (!floating || value.error == 0) { /* one rounding, the same for everybody */
            return (cell){ .re = round_to(to, real), .im = target == 'c' ? round_to(to, value.im) : 0 };
        }
        return cell_rounded(to, real, target == 'c' ? value.im : 0, value.error);
    }
    if (floating && value.error > 0) {
        int certain = to == ASH_BOOL && (fabsl(value.re) > value.error || (source == 'c' && fabsl(value.im) > value.error));
        return certain ? (cell){ .i = 1 } : cell_unknown;
    }
    if (to == ASH_BOOL) {
        return (cell){ .i = floating ? value.re != 0 || value.im != 0 : value.i != 0 };
    }
    return floating ? integer_from_real(value.re, to) : (cell){ .i = wrap(value.i, to) };
}

dense *oracle_cast(const dense *a, ash_dtype dtype) {
    dense *out = dense_new(dtype, a->ndim, a->shape, a->name);
    for (int64_t k = 0; k < a->size; k++) {
        out->cell[k] = oracle_cast_cell(a->cell[k], a->dtype, dtype);
    }
    return out;
}

/* ---- Memory ---- */

cell cell_load(ash_dtype dtype, const void *memory) {
    cell out = { 0 };
#define LOAD(type) \
    type value; \
    memcpy(&value, memory, sizeof value)
    switch (dtype) {
    case ASH_FLOAT32: {
        LOAD(float);
        out.re = value;
        break;
    }
    case ASH_FLOAT64: {
        LOAD(double);
        out.re = value;
        break;
    }
    case ASH_COMPLEX64: {
        LOAD(float _Complex);
        out.re = __real__ value;
        out.im = __imag__ value;
        break;
    }
    case ASH_COMPLEX128: {
        LOAD(double _Complex);
        out.re = __real__ value;
        out.im = __imag__ value;
        break;
    }
    default:
        memcpy(&out.i, memory, (size_t)ash_dtype_size(dtype)); /* little endian, as every machine the project knows */
        out.i = wrap(out.i, dtype == ASH_BOOL ? ASH_UINT8 : dtype);
    }
#undef LOAD
    return out;
}

void cell_store(ash_dtype dtype, void *memory, cell value) {
    float re = (float)value.re, im = (float)value.im;
    double wide_re = (double)value.re, wide_im = (double)value.im;
    switch (dtype) {
    case ASH_COMPLEX64: memcpy((char *)memory + sizeof im, &im, sizeof im); /* fall through */
    case ASH_FLOAT32: memcpy(memory, &re, sizeof re); break;
    case ASH_COMPLEX128: memcpy((char *)memory + sizeof wide_im, &wide_im, sizeof wide_im); /* fall through */
    case ASH_FLOAT64: memcpy(memory, &wide_re, sizeof wide_re); break;
    default: memcpy(memory, &value.i, (size_t)ash_dtype_size(dtype));
    }
}

/* ---- Views ---- */

dense *oracle_view(
    const dense *a, int ndim, const int64_t shape[], const char name[], const int to[], const int64_t start[], const int64_t step[]) {
    dense *out = dense_new(a->dtype, ndim, shape, name);
    int64_t index[ASH_MAX_NDIM], source[ASH_MAX_NDIM];
    for (int64_t k = 0; k < out->size; k++) {
        dense_index(out, k, index);
        for (int axis = 0; axis < a->ndim; axis++) {
            source[axis] = start[axis] + (to[axis] >= 0 ? step[axis] * index[to[axis]] : 0);
        }
        out->cell[k] = a->cell[dense_position(a, source)];
    }
    return out;
}

dense *oracle_take(const dense *a, int axis, const int64_t labels[], int64_t n) {
    int64_t shape[ASH_MAX_NDIM], index[ASH_MAX_NDIM];
    memcpy(shape, a->shape, sizeof shape);
    shape[axis] = n;
    dense *out = dense_new(a->dtype, a->ndim, shape, a->name);
    for (int64_t k = 0; k < out->size; k++) {
        dense_index(out, k, index);
        index[axis] = labels[index[axis]];
        out->cell[k] = index[axis] < 0 ? (cell){ .re = NAN } : a->cell[dense_position(a, index)];
    }
    return out;
}

/* ---- Comparing ---- */

static int part_agrees(long double expected, long double found, long double error) {
    if (isnan(expected) || isnan(found)) {
        return isnan(expected) && isnan(found);
    }
    return expected == found || fabsl(expected - found) <= error;
}

int64_t oracle_compare(const dense *expected, const void *found, char *text, int64_t size, int64_t *checked) {
    int64_t bytes = ash_dtype_size(expected->dtype);
    for (int64_t k = 0; k < expected->size; k++) {
        cell e = expected->cell[k], f = cell_load(expected->dtype, (const char *)found + k * bytes);
        if (e.error == INFINITY) {
            continue;
        }
        ++*checked;
        char kind = oracle_kind(expected->dtype);
        if (kind == 'f' || kind == 'c') {
            if (!part_agrees(e.re, f.re, e.error) || !part_agrees(e.im, f.im, e.error)) {
                snprintf(text, (size_t)size, "expected %.20Lg%+.20Lgi, found %.20Lg%+.20Lgi, allowed difference %.3Lg", e.re, e.im, f.re,
                    f.im, e.error);
                return k;
            }
        } else if (e.i != f.i) {
            snprintf(text, (size_t)size, "expected %lld, found %lld", (long long)e.i, (long long)f.i);
            return k;
        }
    }
    return -1;
}
