/* Transcendental functions of float32 and float64 by SLEEF, one vector width.
 *
 * SLEEF's "finz" functions use fused multiply-add and give the same bits in every width, so all levels agree; processors that have no FMA
 * get the "cinz" functions, which differ in last bits. Errors are at most 1 unit in the last place. Where a function loses its way (huge
 * arguments, results near an overflow), the C math library is called for those elements.
 */
#include "kernels/levels.h"
#include "kernels/types.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#include <sleef.h>

/* Names of SLEEF's functions: Sleef_<variant>_<function><lanes>_<accuracy><extension>. */
#define SLEEF_TEXT(variant, function, lanes, accuracy, extension) Sleef_##variant##_##function##lanes##_##accuracy##extension
#define SLEEF_NAME(variant, function, lanes, accuracy, extension) SLEEF_TEXT(variant, function, lanes, accuracy, extension)

#if ASH_VECTOR_BYTES == 64
#define VECTOR_FLOAT32 __m512
#define VECTOR_FLOAT64 __m512d
#define SLEEF_FLOAT32(function, accuracy) SLEEF_NAME(finz, function, f16, accuracy, avx512f)
#define SLEEF_FLOAT64(function, accuracy) SLEEF_NAME(finz, function, d8, accuracy, avx512f)
#elif ASH_VECTOR_BYTES == 32
#define VECTOR_FLOAT32 __m256
#define VECTOR_FLOAT64 __m256d
#define SLEEF_FLOAT32(function, accuracy) SLEEF_NAME(finz, function, f8, accuracy, avx2)
#define SLEEF_FLOAT64(function, accuracy) SLEEF_NAME(finz, function, d4, accuracy, avx2)
#elif defined(__aarch64__)
#define VECTOR_FLOAT32 float32x4_t
#define VECTOR_FLOAT64 float64x2_t
#define SLEEF_FLOAT32(function, accuracy) SLEEF_NAME(finz, function, f4, accuracy, advsimd)
#define SLEEF_FLOAT64(function, accuracy) SLEEF_NAME(finz, function, d2, accuracy, advsimd)
#else
#define VECTOR_FLOAT32 __m128
#define VECTOR_FLOAT64 __m128d
#ifdef __FMA__
#define SLEEF_FLOAT32(function, accuracy) SLEEF_NAME(finz, function, f4, accuracy, avx2128)
#define SLEEF_FLOAT64(function, accuracy) SLEEF_NAME(finz, function, d2, accuracy, avx2128)
#else
#define SLEEF_FLOAT32(function, accuracy) SLEEF_NAME(cinz, function, f4, accuracy, sse2)
#define SLEEF_FLOAT64(function, accuracy) SLEEF_NAME(cinz, function, d2, accuracy, sse2)
#endif
#endif

#define SLEEF(function, accuracy) ASH_PASTE(SLEEF, DTYPE)(function, accuracy)
#define VECTOR ASH_PASTE(VECTOR, DTYPE)
#define LANES ((int64_t)(sizeof(VECTOR) / sizeof(T)))
#define SINGLE (sizeof(T) == 4)

#define DTYPE FLOAT32
#include "kernels/transcendental_dtype.h"
#undef DTYPE
#define DTYPE FLOAT64
#include "kernels/transcendental_dtype.h"
#undef DTYPE

const ash_transcendental_table ASH_ISA(ash_transcendental_loops) = { loops_FLOAT32, loops_FLOAT64 };
