/* Template: one scan. Set by the includer: SCAN, its name, ELEMENT(x), what an element counts as, and COMBINE(a, b),
 * where a comes before b. */
#define NAME(part) FN(ASH_PASTE(SCAN, part))

/* Four at a time: the running value is then combined once in four elements, which hides how long one combination takes. The tree is fixed
 * by an element's place in its block. NaN are made the same NaN afterwards, where that vectorises. */
static void NAME(run)(int64_t n, void *to, const void *from, void *state, int first) {
    const T *x = from;
    T *out = to;
    int64_t i = 0;
    T running;
    memcpy(&running, state, sizeof running);
    if (first) {
        running = out[i] = ELEMENT(x[i]);
        i++;
    }
    for (; i + 4 <= n; i += 4) {
        const T a = ELEMENT(x[i]), b = ELEMENT(x[i + 1]), c = ELEMENT(x[i + 2]), d = ELEMENT(x[i + 3]);
        const T ab = COMBINE(a, b), abc = COMBINE(ab, c), abcd = COMBINE(ab, COMBINE(c, d));
        out[i] = COMBINE(running, a);
        out[i + 1] = COMBINE(running, ab);
        out[i + 2] = COMBINE(running, abc);
        running = out[i + 3] = COMBINE(running, abcd);
    }
    for (; i < n; i++)
        running = out[i] = COMBINE(running, ELEMENT(x[i]));
    running = SETTLED(running);
    memcpy(state, &running, sizeof running);
    for (i = 0; i < n; i++)
        out[i] = SETTLED(out[i]);
}

static void NAME(rows)(int64_t n, void *to, const void *from, void *state, int first) {
    const T *x = from;
    T *out = to, *running = state;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n && first; j++) {
        const T value = SETTLED(ELEMENT(x[j]));
        running[j] = value;
        out[j] = value;
    }
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n && !first; j++) {
        const T value = SETTLED(COMBINE(running[j], ELEMENT(x[j])));
        running[j] = value;
        out[j] = value;
    }
}

#undef NAME
#undef SCAN
#undef COMBINE
#undef ELEMENT
