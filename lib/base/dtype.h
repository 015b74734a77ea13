/* Dtypes: kinds, promotion, conversion of single values. */
#ifndef ASH_BASE_DTYPE_H
#define ASH_BASE_DTYPE_H

#include <ashlar/array.h>

/* One number of any dtype, large enough for all; which member is valid follows from the dtype's kind. */
typedef union ash_number {
    int64_t i;   /* bool, signed */
    uint64_t u;  /* unsigned */
    double f;    /* floating */
    double c[2]; /* complex: real, imaginary */
} ash_number;

char ash_dtype_kind(ash_dtype dtype);          /* 'b' 'i' 'u' 'f' 'c', 0 for no dtype */
ash_dtype ash_dtype_real(ash_dtype dtype);     /* float32 for complex64, float64 for complex128, itself otherwise */
ash_dtype ash_dtype_to_float(ash_dtype dtype); /* what a floating function of it works in: float32 for bool and 8/16-bit integers, float64
                                                  for wider ones, itself otherwise */
/* The dtype of `strong` combined with a weak number of kind b, i, f or c (Python scalar promotion of NumPy 2). */
ash_dtype ash_dtype_promote_weak(ash_dtype strong, char weak_kind);
ash_dtype ash_dtype_of_weak(char weak_kind);             /* alone: bool, int64, float64, complex128 */
int ash_dtype_parse(const char *name, ash_dtype *dtype); /* 1 if `name` is a dtype's name */

/* Reads and writes one element in memory, converting by the rules of ash_cast. */
ash_number ash_number_load(ash_dtype dtype, const void *element);
void ash_number_store(ash_dtype dtype, void *element, ash_dtype from, ash_number value);
/* Whether an integer is representable in `dtype` (always true for floating and complex). */
int ash_integer_fits(ash_dtype dtype, int64_t value);

#endif
