/* Template: one scan. Set by the includer: SCAN, its name, and COMBINE(a, b), where a comes before b. */
#define NAME(part) FN(ASH_PASTE(SCAN, part))

/* Four at a time: the running value is then combined once in four elements, which hides how long one combination takes. The tree is fixed
 * by an element's place in its block. */
static void NAME(run)(int64_t n, void *to, const void *from, void *state, int first) {
    const T *x = from;
    T *out = to;
    int64_t i = 0;
    T running;
    memcpy(&running, state, sizeof running);
    if (first) {
        running = out[i] = x[i];
        i++;
    }
    for (; i + 4 <= n; i += 4) {
        const T a = x[i], ab = COMBINE(a, x[i + 1]), abc = COMBINE(ab, x[i + 2]);
        const T abcd = COMBINE(ab, COMBINE(x[i + 2], x[i + 3]));
        out[i] = COMBINE(running, a);
        out[i + 1] = COMBINE(running, ab);
        out[i + 2] = COMBINE(running, abc);
        running = out[i + 3] = COMBINE(running, abcd);
    }
    for (; i < n; i++)
        running = out[i] = COMBINE(running, x[i]);
    memcpy(state, &running, sizeof running);
}

static void NAME(rows)(int64_t n, void *to, const void *from, void *state, int first) {
    const T *x = from;
    T *out = to, *running = state;
    if (first) {
        memcpy(running, x, (size_t)n * sizeof(T));
        memmove(out, x, (size_t)n * sizeof(T));
        return;
    }
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        const T value = COMBINE(running[j], x[j]);
        running[j] = value;
        out[j] = value;
    }
}

#undef NAME
#undef SCAN
#undef COMBINE
