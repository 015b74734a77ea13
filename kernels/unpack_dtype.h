/* Template: CF unpacking of one stored dtype into TO (float or double), as the function unpack_<TO_NAME>_<DTYPE>. */
#define UNPACK ASH_PASTE(ASH_PASTE(unpack, TO_NAME), DTYPE)
#if DTYPE_KIND == 'f'
#define MEMBER f
#elif DTYPE_KIND == 'u'
#define MEMBER u
#else
#define MEMBER i
#endif

/* Multiplying by 1 and adding -0.0 change no value, so absent attributes need no loops of their own. */
static void UNPACK(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const ash_unpack *unpack = parameter;
    const TO scale = unpack->has_scale ? (TO)unpack->scale : 1;
    const TO offset = unpack->has_offset ? (TO)unpack->offset : (TO)-0.0;
    const T *x = in[0];
    TO *y = out[0];

    if (unpack->missing_count == 0 && !unpack->has_range) {
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            y[i] = (TO)x[i] * scale + offset;
        return;
    }
    T stored[ASH_BLOCK_OF(T)];
    if (unpack->missing_count > 2 ||
        unpack->has_range) { /* the values are compared again after y, which may be the same memory, is written */
        memcpy(stored, x, (size_t)n * sizeof(T));
        x = stored;
    }
    if (unpack->missing_count == 0) {
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            y[i] = (TO)x[i] * scale + offset;
    } else {
        const T first = (T)unpack->missing[0].MEMBER;
        const T second = (T)unpack->missing[unpack->missing_count > 1].MEMBER;
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++) {
            const TO value = (TO)x[i] * scale + offset;
            y[i] = ((x[i] == first) | (x[i] == second)) ? (TO)NAN : value;
        }
    }
    for (int m = 2; m < unpack->missing_count; m++) {
        const T missing = (T)unpack->missing[m].MEMBER;
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] == missing ? (TO)NAN : y[i];
    }
    if (unpack->has_range && unpack->range_of_result) {
        const TO low = (TO)unpack->low.f, high = (TO)unpack->high.f;
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            y[i] = ((y[i] < low) | (y[i] > high)) ? (TO)NAN : y[i];
    } else if (unpack->has_range) {
        const T low = (T)unpack->low.MEMBER, high = (T)unpack->high.MEMBER;
        ASH_INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            y[i] = ((x[i] < low) | (x[i] > high)) ? (TO)NAN : y[i];
    }
}

#undef UNPACK
#undef MEMBER
