/* Template: one function of one argument. FUNCTION is its name in the C library, LIMIT the size up to which SLEEF is right. Tails run on a
 * padded vector: the same code for every element. */
#define NAME FN(ASH_PASTE(FUNCTION, loop))

static void NAME(int64_t n, void *const outputs[], const void *const inputs[], const void *parameter) {
    const T *x = inputs[0];
    T *out = outputs[0], kept[ASH_BLOCK_OF(T)];
    VECTOR v;
    int64_t i = 0;
    (void)parameter;
    const int beyond = (double)LIMIT < (double)INFINITY && FN(any_beyond)(x, n, LIMIT);
    if (beyond) /* out may be the memory of x */
        memcpy(kept, x, (size_t)n * sizeof(T));
    for (; i + LANES <= n; i += LANES) {
        memcpy(&v, x + i, sizeof v);
        v = FN(settled)(SLEEF(FUNCTION, u10)(v));
        memcpy(out + i, &v, sizeof v);
    }
    if (i < n) {
        T padded[sizeof v / sizeof(T)] = { 0 };
        memcpy(padded, x + i, (size_t)(n - i) * sizeof(T));
        memcpy(&v, padded, sizeof v);
        v = FN(settled)(SLEEF(FUNCTION, u10)(v));
        memcpy(padded, &v, sizeof v);
        memcpy(out + i, padded, (size_t)(n - i) * sizeof(T));
    }
    for (i = 0; beyond && i < n; i++)
        if (LIBM(fabs)(kept[i]) > LIMIT)
            out[i] = LIBM(FUNCTION)(kept[i]);
}

#undef NAME
#undef FUNCTION
#undef LIMIT
