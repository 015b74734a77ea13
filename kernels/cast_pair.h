/* Template: the loop that converts FROM to DTYPE, by the rules of ash_cast(). */
#define S ASH_PASTE(TYPE, FROM)
#define S_REAL ASH_PASTE(REAL, FROM)
#define S_KIND ASH_PASTE(KIND, FROM)
#define CAST ASH_PASTE(ASH_PASTE(cast, FROM), DTYPE)
#if S_KIND == 'c'
#define REAL_PART(x) __real__(x)
#define IMAG_PART(x) __imag__(x)
#else
#define REAL_PART(x) (x)
#define IMAG_PART(x) 0
#endif

static void CAST(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const S *x = in[0];
    T *y = out[0];
    (void)parameter;
    ASH_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
#if DTYPE_KIND == 'b'
        y[i] = (REAL_PART(x[i]) != 0) | (IMAG_PART(x[i]) != 0);
#elif DTYPE_KIND == 'c'
        const R real = (R)REAL_PART(x[i]), imag = (R)IMAG_PART(x[i]);
        y[i] = FN(complex_of)(real, imag);
#elif DTYPE_KIND != 'f' && (S_KIND == 'f' || S_KIND == 'c')
        /* Only values that fit are converted: C leaves the others undefined. Both bounds are powers of two (or 0), so exact in S. */
        const S_REAL value = REAL_PART(x[i]);
        const T inside = (T)(((value >= (S_REAL)LOWEST) & (value < (S_REAL)HIGHEST_PLUS_1)) ? value : 0);
        const T bounded = value >= (S_REAL)HIGHEST_PLUS_1 ? (T)HIGHEST : inside;
        y[i] = value < (S_REAL)LOWEST ? (T)LOWEST : bounded;
#else
        y[i] = (T)REAL_PART(x[i]);
#endif
    }
}

#undef S
#undef S_REAL
#undef S_KIND
#undef CAST
#undef REAL_PART
#undef IMAG_PART
