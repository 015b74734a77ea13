/* Template: one function of two arguments; see transcendental_unary.h. LIMIT is about the first one, RESULT_LIMIT about the
 * result. ACCURACY: as SLEEF names it. */
#define NAME FN(ASH_PASTE(FUNCTION, loop))

static void NAME(int64_t n, void *const outputs[], const void *const inputs[], const void *parameter) {
    const T *x = inputs[0], *y = inputs[1];
    T *out = outputs[0], kept[2][ASH_BLOCK_OF(T)];
    VECTOR v, w;
    int64_t i = 0;
    (void)parameter;
    const int limited = (double)LIMIT < (double)INFINITY;
    if (limited) { /* out may be the memory of x or y */
        memcpy(kept[0], x, (size_t)n * sizeof(T));
        memcpy(kept[1], y, (size_t)n * sizeof(T));
    }
    for (; i + LANES <= n; i += LANES) {
        memcpy(&v, x + i, sizeof v);
        memcpy(&w, y + i, sizeof w);
        v = FN(settled)(SLEEF(FUNCTION, ACCURACY)(v, w));
        memcpy(out + i, &v, sizeof v);
    }
    if (i < n) {
        T first[sizeof v / sizeof(T)] = { 0 }, second[sizeof v / sizeof(T)] = { 0 };
        memcpy(first, x + i, (size_t)(n - i) * sizeof(T));
        memcpy(second, y + i, (size_t)(n - i) * sizeof(T));
        memcpy(&v, first, sizeof v);
        memcpy(&w, second, sizeof w);
        v = FN(settled)(SLEEF(FUNCTION, ACCURACY)(v, w));
        memcpy(first, &v, sizeof v);
        memcpy(out + i, first, (size_t)(n - i) * sizeof(T));
    }
    const int beyond = limited && (FN(any_beyond)(kept[0], n, LIMIT) | FN(any_beyond)(out, n, RESULT_LIMIT));
    for (i = 0; beyond && i < n; i++)
        if (LIBM(fabs)(kept[0][i]) > LIMIT || LIBM(fabs)(out[i]) > RESULT_LIMIT)
            out[i] = LIBM(FUNCTION)(kept[0][i], kept[1][i]);
}

#undef NAME
#undef FUNCTION
#undef ACCURACY
#undef LIMIT
#undef RESULT_LIMIT
