/* Kernels: pure loops over pointers and counts. They know no arrays, allocate nothing and hold no state. Sources are compiled once per
 * instruction set level from the same text with -ffp-contract=off, and give the same bits on every level, NaN included.
 */
#ifndef ASH_KERNELS_H
#define ASH_KERNELS_H

#include "base/calendar.h"
#include "base/dtype.h"
#include "kernels/operations.h" /* generated from lib/expr/operations.table and reductions.table: enums ash_op, ash_reduction; descriptors */

/* Elements in a block: what one kernel call works on, sized so that the registers of an expression stay in the L1 cache. Also the leaf of
 * every sum: part of the meaning of results. */
enum { ASH_BLOCK = 256 };
/* The most elements of type T in a block: narrow elements come in longer ones, if all of the expression are so narrow. */
#define ASH_BLOCK_OF(T) (ASH_BLOCK * 16 / sizeof(T))
/* Accumulators of a leaf: element i of a leaf goes to lane i % ASH_LANES; lanes fold as a fixed binary tree (l += l + 8, then 4, 2, 1).
 * Fewer elements than lanes are not a leaf's work: callers fold them in order, by rows(). */
enum { ASH_LANES = 16 };

typedef enum ash_isa { ASH_ISA_BASELINE, ASH_ISA_AVX2, ASH_ISA_AVX512, ASH_ISA_COUNT } ash_isa;
extern const char *const ash_isa_names[ASH_ISA_COUNT]; /* "baseline", "avx2", "avx512" */
int ash_isa_supported(ash_isa isa);                    /* compiled in and the CPU has it */
ash_isa ash_isa_best(void);

/* ---- Elementwise. Contiguous in, contiguous out, n <= ASH_BLOCK_OF the widest of them; an output may be the same memory as an input of the
 * same element size, never overlap otherwise. ---- */
typedef void ash_block_kernel(int64_t n, void *const out[], const void *const in[], const void *parameter);

/* The loop of an operation for a loop dtype, NULL if the operation has none for it. Its parameter is an array of ash_number, one for each
 * parameter of the operation. */
ash_block_kernel *ash_kernel_elementwise(ash_isa isa, ash_op op, ash_dtype loop);
/* What kind of work the loop is, the same for every instruction set: vectors of arithmetic, of quotients and roots, of SLEEF's functions, or element by element. */
typedef enum ash_speed { ASH_SPEED_VECTOR, ASH_SPEED_DIVIDE, ASH_SPEED_TRANSCENDENTAL, ASH_SPEED_SCALAR, ASH_SPEEDS } ash_speed;
ash_speed ash_kernel_speed(ash_op op, ash_dtype loop);
/* The dtype an operation's loop works in for inputs of this common dtype; ASH_DTYPE_COUNT if the operation refuses it. */
ash_dtype ash_op_loop(ash_op op, ash_dtype common);
/* The dtype of an operation's output, from its loop's. */
ash_dtype ash_op_result_dtype(ash_op op, int output, ash_dtype loop);
/* Conversion by the rules of ash_cast; NULL for from == to. */
ash_block_kernel *ash_kernel_cast(ash_isa isa, ash_dtype from, ash_dtype to);

/* CF unpacking: stored integers or floats to floating values: missing -> NaN, then value * scale + offset in the result dtype's arithmetic
 * (no multiplication or addition if absent). What lies outside the range is missing too. */
typedef struct ash_unpack {
    int missing_count;   /* values equal to one of these (compared in the stored dtype) are missing */
    ash_number *missing; /* of the stored dtype */
    int has_scale, has_offset;
    double scale, offset;
    int has_range, range_of_result; /* the limits are compared with stored values, or with results */
    ash_number low, high;           /* of the stored dtype, or `f` */
} ash_unpack;
ash_block_kernel *ash_kernel_unpack(ash_isa isa, ash_dtype stored, ash_dtype to); /* to is float32 or float64; parameter is ash_unpack */

/* One field of the date: float64 or int64 in, int32 out; parameter is ash_date_parameter. */
typedef struct ash_date_parameter {
    ash_time_units units;
    ash_date_field field;
} ash_date_parameter;
ash_block_kernel *ash_kernel_date(ash_dtype from);

/* Looking up in a sorted table. The parameter is followed by the table: n elements of the loop's dtype, or the n places and then the n values of a
 * piecewise linear function in float64. */
typedef struct ash_lookup {
    int64_t n;
    int right;                   /* search: after elements that are equal, instead of before */
    int invert;                  /* search: count from the end; isin: whether it is not there */
    double below, above, period; /* interp: values left and right of the table; period 0: none */
    double unused;
} ash_lookup;
ash_block_kernel *ash_kernel_search(ash_dtype loop); /* int64 out: how many elements of the table come before; NaN comes last. NULL for complex dtypes */
ash_block_kernel *ash_kernel_isin(ash_dtype loop);   /* bool out */
ash_block_kernel *ash_kernel_interp(void);           /* float64 in and out */

/* ---- Moving data ---- */
void ash_fill(ash_dtype dtype, void *out, int64_t n, const void *value);             /* n copies of one element */
void ash_gather(int64_t size, void *out, const void *in, int64_t n, int64_t stride); /* n elements of `size` bytes, `stride` bytes apart */
void ash_ramp(ash_dtype dtype, void *out, int64_t n, int64_t first, int64_t step, ash_number start,
    ash_number increment); /* out[k] = start + (first + k*step) * increment; int64 and float64 */
/* Copies an N-d box of elements; strides in bytes, any sign, 0 in the source for repetition. Transposes work in cache-sized tiles. */
void ash_copy_box(
    int ndim, const int64_t extent[], int64_t size, void *out, const int64_t out_stride[], const void *in, const int64_t in_stride[]);

/* ---- Products of matrices ----
 * c (m x n) = a (m x k) times b (k x n), or that added to c if `more`; last axis fastest, c dense, rows of a and b `lda` and `ldb` elements apart (ldb = 1
 * for a column). Integers wrap; of bool, whether any pair is true. */
typedef void ash_product_kernel(
    int64_t m, int64_t n, int64_t k, const void *a, int64_t lda, const void *b, int64_t ldb, void *c, int more);
ash_product_kernel *ash_kernel_product(ash_isa isa, ash_dtype dtype);

/* ---- Reductions ----
 * A partial result is `fields` planar arrays ("field"), one element a cell, which the caller allocates. `count` is how many elements were
 * folded into each cell of a call so far; kernels that skip NaN keep their own counts in a field instead. Indices are positions in the
 * reduced dimensions, for argmin and argmax. */
typedef struct ash_reduce_parameter {
    double ddof;
} ash_reduce_parameter;

enum { ASH_MAX_FIELDS = 3 };
typedef struct ash_reduce_kernel {
    int fields;
    int64_t field_size[ASH_MAX_FIELDS]; /* bytes of one cell */
    ash_dtype out;                      /* dtype that finish() writes */
    int needs_elements; /* a cell of no elements is an error (min, max, argmin, argmax), instead of an identity or NaN; where it is not,
                         * as in group reductions of floating dtypes, finish with count 0 gives NaN (-1 for positions) */
    /* Cells of no elements. */
    void (*init)(int64_t n, void *const field[]);
    /* One cell from n contiguous elements, 1 <= n <= ASH_BLOCK, lanes as above. Element i has index `index` + i. Overwrites the cell. */
    void (*leaf)(void *const field[], const void *x, int64_t n, int64_t index);
    /* Folds element j of each row into cell j, j < n, row after row; rows are `stride` bytes apart. Elements of row r have index `index` + r.
     * `count` elements were folded into each cell before (0: cells are as init leaves them). */
    void (*rows)(int64_t n, void *const field[], const void *x, int64_t rows, int64_t stride, int64_t count, int64_t index);
    /* a = a merged with b, which follows it in order; count_a, count_b > 0. Cells are independent. */
    void (*merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b);
    /* Results of n cells of `count` elements each. Floating results have one NaN, and min and max no -0.0, so that they do not depend on
     * the order of merging. */
    void (*finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter);
} ash_reduce_kernel;

/* ---- Scans inside a chunk: out[i] = x[0] op ... op x[i]. The state is one element a cell; where `first` is set there is nothing before, and
 * the state is not read. x and out may be the same memory, state not. ---- */
typedef enum ash_scan { ASH_SCAN_SUM, ASH_SCAN_PROD, ASH_SCAN_MAX, ASH_SCAN_MIN, ASH_SCAN_NANMAX, ASH_SCAN_NANMIN, ASH_SCAN_COUNT } ash_scan;
typedef struct ash_scan_kernel {
    void (*run)(int64_t n, void *out, const void *x, void *state, int first);  /* n elements of one cell, 1 <= n <= ASH_BLOCK */
    void (*rows)(int64_t n, void *out, const void *x, void *state, int first); /* the next element of n cells */
} ash_scan_kernel;
const ash_scan_kernel *ash_kernel_scan(ash_isa isa, ash_scan scan, ash_dtype dtype);

/* ---- Quantiles: of n numbers, none of them NaN, which are reordered. NaN for n = 0. ---- */
typedef enum ash_quantile_method {
    ASH_QUANTILE_LINEAR,
    ASH_QUANTILE_LOWER,
    ASH_QUANTILE_HIGHER,
    ASH_QUANTILE_NEAREST,
    ASH_QUANTILE_MIDPOINT,
    ASH_QUANTILE_INVERTED_CDF,
    ASH_QUANTILE_AVERAGED_INVERTED_CDF,
    ASH_QUANTILE_CLOSEST_OBSERVATION,
    ASH_QUANTILE_INTERPOLATED_INVERTED_CDF,
    ASH_QUANTILE_HAZEN,
    ASH_QUANTILE_WEIBULL,
    ASH_QUANTILE_MEDIAN_UNBIASED,
    ASH_QUANTILE_NORMAL_UNBIASED,
    ASH_QUANTILE_METHODS
} ash_quantile_method;
double ash_quantile_of(double *x, int64_t n, double q, ash_quantile_method method);

/* NULL if the reduction does not accept the dtype. */
const ash_reduce_kernel *ash_kernel_reduce(ash_isa isa, ash_reduction reduction, ash_dtype in);

#endif
