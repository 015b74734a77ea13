/* What every test of this folder includes, in the order CMocka wants: the public API and little helpers on top of it. */
#ifndef ASH_CORE_TEST_H
#define ASH_CORE_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <ashlar/ashlar.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A context with its own options, whatever the environment says. */
static inline ash_context *context_with(int num_threads, const char *executor) {
    ash_context *ctx =
        ash_context_new(&(ash_context_options){ .num_threads = num_threads, .executor = executor, .memory_limit = (int64_t)1 << 30 });
    if (!ctx) {
        fail_msg("ash_context_new: %s", ash_error(NULL));
    }
    return ctx;
}

/* The call succeeded; if not, the recorded sentence is shown. */
#define assert_done(ctx, call) \
    do { \
        if ((call) != ASH_OK) \
            fail_msg("%s: %s", #call, ash_error(ctx)); \
    } while (0)

#define assert_good(array) \
    do { \
        ash_array good_ = (array); \
        if (!ash_ok(good_)) \
            fail_msg("%s: %s", #array, ash_error(good_.context)); \
    } while (0)

/* The last recorded error has this status and holds these words. */
static inline void assert_sentence(ash_context *ctx, ash_status status, const char *words) {
    if (ash_error_status(ctx) != status || !strstr(ash_error(ctx), words)) {
        fail_msg("expected status %d (%s) and '%s', found status %d: '%s'", status, ash_status_text(status), words, ash_error_status(ctx),
            ash_error(ctx));
    }
}

/* A 1-D array over the caller's elements, cut as `chunks` says. */
static inline ash_array vector_of(ash_context *ctx, ash_dtype dtype, int64_t n, const void *data, const char *chunks) {
    return ash_from_buffer(ctx, dtype, 1, &n, data, &(ash_make_options){ .chunks = chunks });
}

/* The values of an array in fresh memory, which the caller frees. */
static inline void *values_of(ash_array a) {
    int64_t bytes = ash_size(a) * ash_dtype_size(ash_array_dtype(a));
    if (bytes < 0) {
        ash_ok(a);
        fail_msg("values of a failed array: %s", ash_error(a.context));
    }
    void *values = malloc((size_t)bytes + 1);
    assert_non_null(values);
    assert_done(a.context, ash_compute(a, values, bytes, NULL));
    return values;
}

/* The one value of a float64 array without dimensions. */
static inline double real_of(ash_array a) {
    double value = 0;
    assert_done(a.context, ash_compute(a, &value, sizeof value, NULL));
    return value;
}

static inline int64_t integer_of(ash_array a) {
    int64_t value = 0;
    assert_done(a.context, ash_compute(a, &value, sizeof value, NULL));
    return value;
}

/* Elements of an array's largest chunk. */
static inline int64_t largest_chunk(ash_array a) {
    int64_t elements = 1;
    for (int k = 0; k < ash_ndim(a); k++) {
        int64_t largest = 0;
        for (int64_t c = 0; c < ash_chunk_count(a, k); c++) {
            largest = ash_chunk_extent(a, k, c) > largest ? ash_chunk_extent(a, k, c) : largest;
        }
        elements *= largest;
    }
    return elements;
}

#endif
