/* Template: the scans of one dtype, as the table scans_<DTYPE>. Sums and products run in the widest dtype of a kind only, which is what
 * they accumulate in. */
#if DTYPE_KIND == 'f' || DTYPE_KIND == 'c'
#define ADD(a, b) ((a) + (b))
#else
#define ADD(a, b) ((T)((U)(a) + (U)(b)))
#endif
#if DTYPE_KIND == 'c'
#define TIMES(a, b) FN(product)(a, b)
#elif DTYPE_KIND == 'f'
#define TIMES(a, b) ((a) * (b))
#else
#define TIMES(a, b) ((T)((U)(a) * (U)(b)))
#endif

/* Extremes have one NaN and no -0.0, so that they do not depend on how an array is cut. */
#if DTYPE_KIND == 'c'
static inline T FN(scan_extreme)(T x) {
    return FN(isnan)(x) ? FN(complex_of)((R)NAN, (R)NAN) : FN(complex_of)(__real__ x + 0, __imag__ x + 0);
}
#define SETTLED(x) FN(settled)(x)
#define EXTREME(x) FN(scan_extreme)(x)
#elif DTYPE_KIND == 'f'
#define SETTLED(x) FN(settled)(x)
#define EXTREME(x) FN(settled)((x) + 0)
#else
#define SETTLED(x) (x)
#define EXTREME(x) (x)
#endif

#define SCAN sum
#define ELEMENT(x) (x)
#define COMBINE(a, b) ADD(a, b)
#include "kernels/scan_fold.h"

#define SCAN prod
#define ELEMENT(x) (x)
#define COMBINE(a, b) TIMES(a, b)
#include "kernels/scan_fold.h"

#define SCAN max
#define ELEMENT(x) EXTREME(x)
#define COMBINE(a, b) FN(maximum)(a, b)
#include "kernels/scan_fold.h"

#define SCAN min
#define ELEMENT(x) EXTREME(x)
#define COMBINE(a, b) FN(minimum)(a, b)
#include "kernels/scan_fold.h"

#if DTYPE_KIND == 'f' || DTYPE_KIND == 'c'
#define SCAN nanmax
#define ELEMENT(x) EXTREME(x)
#define COMBINE(a, b) FN(fmax)(a, b)
#include "kernels/scan_fold.h"

#define SCAN nanmin
#define ELEMENT(x) EXTREME(x)
#define COMBINE(a, b) FN(fmin)(a, b)
#include "kernels/scan_fold.h"
#define SKIPPING(name) \
    { FN(nan##name##_run), FN(nan##name##_rows) }
#else /* no NaN to skip */
#define SKIPPING(name) \
    { FN(name##_run), FN(name##_rows) }
#endif

static const ash_scan_kernel FN(scans)[ASH_SCAN_COUNT] = {
    [ASH_SCAN_SUM] = { FN(sum_run), FN(sum_rows) },
    [ASH_SCAN_PROD] = { FN(prod_run), FN(prod_rows) },
    [ASH_SCAN_MAX] = { FN(max_run), FN(max_rows) },
    [ASH_SCAN_MIN] = { FN(min_run), FN(min_rows) },
    [ASH_SCAN_NANMAX] = SKIPPING(max),
    [ASH_SCAN_NANMIN] = SKIPPING(min),
};

#undef ADD
#undef TIMES
#undef SKIPPING
#undef SETTLED
#undef EXTREME
