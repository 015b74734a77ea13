/* The oracle: a second, naive implementation of what arrays mean, to compare the library with. Dense arrays in row-major order, one element
 * at a time, no chunks, no laziness, nothing shared with the library but the dtype enum. Real numbers are kept in long double beside a
 * bound on what a correct library may differ by. */
#ifndef ASH_TEST_ORACLE_H
#define ASH_TEST_ORACLE_H

#include <ashlar/ashlar.h>

/* One value. Integers and bool in `i` (uint64 as its bits), floating in `re`, complex in both. A correct result differs by at most `error`
 * in each part: 0 means equal, infinite means that nothing is known. NaN and infinities are exact. */
typedef struct cell {
    int64_t i;
    long double re, im, error;
} cell;

/* re + im i; not every compiler has CMPLXL(). */
static inline long double _Complex complex_of(long double re, long double im) {
    long double _Complex z;
    __real__ z = re;
    __imag__ z = im;
    return z;
}

typedef struct dense {
    ash_dtype dtype;
    char weak; /* a scalar of which only the kind counts */
    int ndim;
    int64_t shape[ASH_MAX_NDIM];
    char name[ASH_MAX_NDIM]; /* a letter, 0: anonymous */
    int64_t size;
    cell *cell;
} dense;

dense *dense_new(ash_dtype dtype, int ndim, const int64_t shape[], const char name[]);
void dense_free(dense *a);
int dense_is_exact(const dense *a);
/* Position of an element in row-major order from its index per axis, and back. */
int64_t dense_position(const dense *a, const int64_t index[]);
void dense_index(const dense *a, int64_t position, int64_t index[]);
/* Reads an element from memory, and writes one there (exact values only). */
cell cell_load(ash_dtype dtype, const void *memory);
void cell_store(ash_dtype dtype, void *memory, cell value);

/* ---- dtypes ---- */
char oracle_kind(ash_dtype dtype);
ash_dtype oracle_promote(ash_dtype a, ash_dtype b);
cell oracle_cast_cell(cell value, ash_dtype from, ash_dtype to);
long double oracle_epsilon(ash_dtype dtype); /* of the real dtype */
long double oracle_largest(ash_dtype dtype);
long double oracle_least(ash_dtype dtype); /* least denormal */
extern const cell cell_unknown;
/* The value rounded to the dtype, with its bound: what may have overflowed is unknown. */
cell cell_rounded(ash_dtype dtype, long double re, long double im, long double error);

/* ---- Operations ---- */
typedef struct oracle_op {
    int id;
    const char *name;
    int inputs, outputs;
    const char *kinds;
    char promotion; /* c common, i integer, f float, d divide, x double */
    char result;    /* l loop, b bool, r real, 8 uint8, e loop and int64 */
    int smooth;     /* a small error of an input makes a small error of the result, and the oracle bounds it */
    long double (*real1)(long double);
    long double _Complex (*complex1)(long double _Complex);
    ash_array (*call1)(ash_array);
    ash_array (*call2)(ash_array, ash_array);
    ash_array (*call3)(ash_array, ash_array, ash_array);
    void (*call1_2)(ash_array, ash_array *, ash_array *); /* two outputs */
    void (*call2_2)(ash_array, ash_array, ash_array *, ash_array *);
} oracle_op;

extern const oracle_op oracle_ops[];
extern const int oracle_op_count;

/* The dtype the operation works in for these inputs; ASH_DTYPE_COUNT if it refuses them. */
ash_dtype oracle_loop(const oracle_op *op, const dense *const in[]);
/* The results; 0 if the operation refuses the inputs. Shapes must broadcast. */
int oracle_apply(const oracle_op *op, const dense *const in[], dense *out[2]);
dense *oracle_cast(const dense *a, ash_dtype dtype);
/* The dtype in which arrays meet. */
ash_dtype oracle_common(int n, const dense *const in[]);
/* Shape and names of what arrays are broadcast to, and for every axis of theirs the result's; and the element that an array gives there. */
void oracle_broadcast(int n, const dense *const in[], dense *out, int axis_of[][ASH_MAX_NDIM]);
cell oracle_fetch(const dense *in, const int axis_of[], const int64_t index[]);
/* One cell of any loop. */
void oracle_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]);
/* One cell of an operation, loops of real and of complex dtypes (oracle_real.c, oracle_complex.c). */
void oracle_integer_cell(int id, ash_dtype loop, const cell in[], cell out[2]);
void oracle_real_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]);
void oracle_complex_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]);

/* ---- Views ---- */
/* Input axis k is indexed start[k] + step[k] * (index along output axis to[k]), or start[k] alone where to[k] is -1. */
dense *oracle_view(
    const dense *a, int ndim, const int64_t shape[], const char name[], const int to[], const int64_t start[], const int64_t step[]);
dense *oracle_take(const dense *a, int axis, const int64_t labels[], int64_t n);

/* ---- Reductions ---- */
typedef struct oracle_reduction {
    const char *name;
    char method; /* s sum, p prod, m mean, v var, d std, l min, h max, L argmin, H argmax, a any, A all, c count, n count_nonzero, r range,
                    o moment, N norm, 0 norm of order 0, + and - of infinite order, x logsumexp, M median, Q quantile (by the method of that
                    name), w average, K root of the mean of squares */
    int skips;
    const char *kinds; /* of dtypes; NULL: all */
    double parameter;  /* order of moments and norms, q */
    ash_array (*call)(ash_array, const char *);
    ash_array (*call_with)(ash_array, const char *, const ash_reduce_options *);
    ash_array (*call_group)(ash_array, const char *, ash_array, const ash_reduce_options *);
} oracle_reduction;

extern const oracle_reduction oracle_reductions[];
extern const int oracle_reduction_count;
/* Reduces the marked axes. With labels: the one marked axis becomes `groups` groups. */
dense *oracle_reduce(const oracle_reduction *reduction, const dense *a, const char reduced[], int keepdims, double ddof,
    const int64_t *labels, int64_t groups);

/* The same of the elements that the mask (bool, of the same shape) leaves; with an `initial` number that takes part once in every cell, unless NULL. */
dense *oracle_reduce_where(const oracle_reduction *reduction, const dense *a, const dense *mask, const int64_t *initial,
    const char reduced[], int keepdims, double ddof);

/* The mean of an array of a floating dtype with weights of that dtype and its shape. */
dense *oracle_average(const dense *a, const dense *weights, const char reduced[], int keepdims, int skips);
extern const char *const oracle_quantile_methods[];
extern const int oracle_quantile_method_count;
/* Quantiles along a new first axis, named `name`. */
dense *oracle_quantiles(
    const dense *a, const char reduced[], int keepdims, int n, const double q[], const char *method, int skips, char name);

/* ---- Scans and differences ---- */
typedef struct oracle_scan {
    const char *name, *reduction;
    ash_array (*call)(ash_array, const char *);
} oracle_scan;

extern const oracle_scan oracle_scans[];
extern const int oracle_scan_count;
dense *oracle_scan_along(const oracle_scan *scan, const dense *a, int axis);
dense *oracle_diff(const dense *a, int axis, int64_t n);
/* Integrals along an axis by the trapezoidal rule; x is a weak number, the distance of points, or has them along that axis. */
dense *oracle_trapezoid(const dense *y, const dense *x, int axis, int cumulative);

/* ---- Looking up and choosing ---- */
/* -1, 0 or 1 as a comes before, with or after b; NaN come last. */
int oracle_order(ash_dtype dtype, cell a, cell b);
/* How many elements of the table come before every x; `equal`: or are equal to it; `down`: the table descends. */
dense *oracle_search(const dense *table, const dense *x, int equal, int down);
dense *oracle_isin(const dense *x, const dense *values, int invert);
dense *oracle_interp(const dense *x, const dense *xp, const dense *fp, const ash_interp_options *options);
/* The first n operands are conditions, the next ones the choices, the last one is otherwise. */
dense *oracle_select(int n, const dense *const operands[]);
/* The first operand is the index, n choices follow. */
dense *oracle_choose(int n, const dense *const operands[], int wrap);

/* ---- Comparing ---- */
/* Position of the first element that differs, -1 if none does; `text` gets the two values. `checked` counts the elements of which
 * something is known. */
int64_t oracle_compare(const dense *expected, const void *found, char *text, int64_t size, int64_t *checked);

#endif
