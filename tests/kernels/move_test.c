/* Copies of boxes, fills, gathers and ramps. */
#include "kernels_test.h"

#include <stdlib.h>

/* The naive copy: one element at a time, by its position. */
static void copy_naive(int ndim, const int64_t extent[], int64_t size, char *out, const int64_t out_stride[], const char *in, const int64_t in_stride[])
{
    int64_t count = 1;
    for (int d = 0; d < ndim; d++)
        count *= extent[d];
    for (int64_t k = 0; k < count; k++) {
        int64_t rest = k, to = 0, from = 0;
        for (int d = ndim - 1; d >= 0; d--) {
            to += rest % extent[d] * out_stride[d];
            from += rest % extent[d] * in_stride[d];
            rest /= extent[d];
        }
        memcpy(out + to, in + from, (size_t)size);
    }
}

/* Strides of an array of these extents with its axes in a random order in memory, some gaps and some axes backwards. Returns its bytes and, in *origin, where element 0 is. */
static int64_t random_layout(int ndim, const int64_t extent[], int64_t size, int repeats, uint64_t *random, int64_t stride[], int64_t *origin)
{
    int order[ASH_MAX_NDIM];
    int64_t span = size;
    for (int d = 0; d < ndim; d++)
        order[d] = d;
    for (int d = ndim - 1; d > 0; d--) {
        const int other = (int)(next_random(random) >> 33) % (d + 1), kept = order[d];
        order[d] = order[other];
        order[other] = kept;
    }
    *origin = 0;
    for (int d = ndim - 1; d >= 0; d--) {
        const uint64_t r = next_random(random) >> 20;
        const int axis = order[d];
        if (repeats && r % 5 == 0) {
            stride[axis] = 0;
            continue;
        }
        span = r % 3 == 0 ? span + size * 2 : span;
        stride[axis] = r % 4 == 1 ? -span : span;
        *origin += stride[axis] < 0 && extent[axis] > 0 ? (extent[axis] - 1) * span : 0;
        span *= extent[axis] > 0 ? extent[axis] : 1;
    }
    return span;
}

static void test_copy_box_random(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 4, 8, 16, 3};
    uint64_t random = 20260101;
    for (int round = 0; round < 6000; round++) {
        const int ndim = (int)(next_random(&random) >> 40) % 5;
        const int64_t size = sizes[(next_random(&random) >> 40) % 6];
        int64_t extent[ASH_MAX_NDIM], out_stride[ASH_MAX_NDIM], in_stride[ASH_MAX_NDIM], out_origin, in_origin;
        for (int d = 0; d < ndim; d++) {
            const int64_t r = (int64_t)(next_random(&random) >> 40);
            extent[d] = r % 40 == 0 ? 0 : r % 7 == 0 && ndim < 4 ? 1 + r % 150 : 1 + r % (ndim > 3 ? 9 : 19);
        }
        const int64_t out_bytes = random_layout(ndim, extent, size, 0, &random, out_stride, &out_origin);
        const int64_t in_bytes = random_layout(ndim, extent, size, 1, &random, in_stride, &in_origin);
        char *in = malloc((size_t)in_bytes), *expected = malloc((size_t)out_bytes), *found = malloc((size_t)out_bytes);
        assert_true(in != NULL && expected != NULL && found != NULL);
        for (int64_t i = 0; i < in_bytes; i++)
            in[i] = (char)(next_random(&random) >> 50);
        memset(expected, 0x5A, (size_t)out_bytes);
        memset(found, 0x5A, (size_t)out_bytes);
        copy_naive(ndim, extent, size, expected + out_origin, out_stride, in + in_origin, in_stride);
        ash_copy_box(ndim, extent, size, found + out_origin, out_stride, in + in_origin, in_stride);
        if (memcmp(expected, found, (size_t)out_bytes) != 0)
            fail_msg("round %d: a box of %d axes of %d-byte elements was copied wrongly", round, ndim, (int)size);
        free(in), free(expected), free(found);
    }
}

static void test_fill(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++)
        for (int64_t n = 0; n < 3000; n += 1 + n / 3) {
            const int64_t size = ash_dtype_size((ash_dtype)dtype);
            unsigned char value[16], *out = malloc((size_t)(n * size + 1));
            random_block((ash_dtype)dtype, value, 1, 9);
            out[n * size] = 0x5A;
            ash_fill((ash_dtype)dtype, out, n, value);
            for (int64_t i = 0; i < n; i++)
                assert_memory_equal(out + i * size, value, (size_t)size);
            assert_int_equal(out[n * size], 0x5A);
            free(out);
        }
}

static void test_gather(void **state)
{
    (void)state;
    const int32_t in[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    int32_t out[4] = {9, 9, 9, 9};
    ash_gather(4, out, in, 3, 12);
    assert_true(out[0] == 0 && out[1] == 3 && out[2] == 6 && out[3] == 9);
    ash_gather(4, out, &in[8], 3, -8);
    assert_true(out[0] == 8 && out[1] == 6 && out[2] == 4);
    ash_gather(4, out, &in[5], 4, 0);
    assert_true(out[0] == 5 && out[3] == 5);
    ash_gather(4, out, in, 0, 4);
}

static void test_ramp(void **state)
{
    (void)state;
    int64_t whole[3];
    double real[3];
    ash_ramp(ASH_INT64, whole, 3, 10, 2, (ash_number){.i = 5}, (ash_number){.i = -3});
    assert_true(whole[0] == -25 && whole[1] == -31 && whole[2] == -37);
    ash_ramp(ASH_FLOAT64, real, 3, 1, 1, (ash_number){.f = 0.5}, (ash_number){.f = 0.1});
    assert_true(real[0] == 0.5 + 0.1 && real[1] == 0.5 + 2 * 0.1 && real[2] == 0.5 + 3 * 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_box_random), cmocka_unit_test(test_fill), cmocka_unit_test(test_gather), cmocka_unit_test(test_ramp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
