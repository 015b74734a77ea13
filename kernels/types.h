/* The vocabulary of include-as-template files. A template file is included once a dtype, with DTYPE set to the enumerator without its prefix
 * (FLOAT64), usually by each_dtype.h; the macros below then mean that dtype.
 */
#ifndef ASH_KERNELS_TYPES_H
#define ASH_KERNELS_TYPES_H

#include <complex.h>
#undef I
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

#define ASH_PASTE_TEXT(a, b) a##_##b
#define ASH_PASTE(a, b) ASH_PASTE_TEXT(a, b)

#define FN(name) ASH_PASTE(name, DTYPE) /* the function `name` for this dtype */
#define FN_PART(name) ASH_PASTE(name, ASH_PASTE(PART, DTYPE)) /* the same for the dtype of a complex number's parts */
#define T ASH_PASTE(TYPE, DTYPE)        /* C type of an element */
#define R ASH_PASTE(REAL, DTYPE)        /* C type of its real part */
#define U ASH_PASTE(WRAP, DTYPE)        /* unsigned type for integer arithmetic, never narrower than unsigned int */
#define BITS ((int)(8 * sizeof(T)))
#define DTYPE_KIND ASH_PASTE(KIND, DTYPE)       /* kind letter, for #if */
#define LIBM(name) ASH_PASTE(LIBM, DTYPE)(name) /* the C math function for this precision */
#define ENUMERATOR ASH_PASTE(ASH, DTYPE)

/* This file's copy of a symbol that exists once a level of instruction set. */
#define ASH_ISA(name) ASH_PASTE(name, ASH_ISA_SUFFIX)

/* Iterations touch separate elements: out[i] may be the memory of in[i], but never of in[i + 1]. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed" /* a permission, not a demand */
#define ASH_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define ASH_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define ASH_INDEPENDENT _Pragma("GCC ivdep")
#define ASH_UNROLLED _Pragma("GCC unroll 8")
#endif

/* A product that is rounded before it is added: GCC 12 joins the two in complex arithmetic (vfmaddsub) even where contraction is off. */
#if defined(__has_builtin) && !defined(__clang__)
#if __has_builtin(__builtin_assoc_barrier)
#define ASH_ROUNDED(product) __builtin_assoc_barrier(product)
#endif
#endif
#ifndef ASH_ROUNDED
#define ASH_ROUNDED(product) (product)
#endif

#define TYPE_BOOL uint8_t
#define TYPE_INT8 int8_t
#define TYPE_INT16 int16_t
#define TYPE_INT32 int32_t
#define TYPE_INT64 int64_t
#define TYPE_UINT8 uint8_t
#define TYPE_UINT16 uint16_t
#define TYPE_UINT32 uint32_t
#define TYPE_UINT64 uint64_t
#define TYPE_FLOAT32 float
#define TYPE_FLOAT64 double
#define TYPE_COMPLEX64 float _Complex
#define TYPE_COMPLEX128 double _Complex

#define REAL_BOOL uint8_t
#define REAL_INT8 int8_t
#define REAL_INT16 int16_t
#define REAL_INT32 int32_t
#define REAL_INT64 int64_t
#define REAL_UINT8 uint8_t
#define REAL_UINT16 uint16_t
#define REAL_UINT32 uint32_t
#define REAL_UINT64 uint64_t
#define REAL_FLOAT32 float
#define REAL_FLOAT64 double
#define REAL_COMPLEX64 float
#define REAL_COMPLEX128 double

#define PART_COMPLEX64 FLOAT32
#define PART_COMPLEX128 FLOAT64

#define WRAP_BOOL uint32_t
#define WRAP_INT8 uint32_t
#define WRAP_INT16 uint32_t
#define WRAP_INT32 uint32_t
#define WRAP_INT64 uint64_t
#define WRAP_UINT8 uint32_t
#define WRAP_UINT16 uint32_t
#define WRAP_UINT32 uint32_t
#define WRAP_UINT64 uint64_t

#define KIND_BOOL 'b'
#define KIND_INT8 'i'
#define KIND_INT16 'i'
#define KIND_INT32 'i'
#define KIND_INT64 'i'
#define KIND_UINT8 'u'
#define KIND_UINT16 'u'
#define KIND_UINT32 'u'
#define KIND_UINT64 'u'
#define KIND_FLOAT32 'f'
#define KIND_FLOAT64 'f'
#define KIND_COMPLEX64 'c'
#define KIND_COMPLEX128 'c'

#define LIBM_FLOAT32(name) name##f
#define LIBM_FLOAT64(name) name
#define LIBM_COMPLEX64(name) name##f
#define LIBM_COMPLEX128(name) name

#endif
