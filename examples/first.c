/* The first example: sum(A * B + C) over arrays cut into chunks. Prints 66. */
#include <ashlar/ashlar.h>
#include <stdio.h>

int main(void) {
    const double a[5] = { 3, 4, 2, 1, 2 }, b[5] = { 2, 3, 3, 9, 4 }, c[5] = { 5, 8, 6, 0, 6 };
    const int64_t shape[1] = { 5 };
    const ash_make_options chunked = { .chunks = "3" }; /* chunks of 3 and 2 elements */

    ash_context *ctx = ash_context_new(NULL);
    if (!ctx) {
        fprintf(stderr, "first: error: %s\n", ash_error(NULL));
        return 1;
    }

    /* The library uses the memory where it is; nothing is computed yet. */
    ash_array A = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, a, &chunked);
    ash_array B = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, b, &chunked);
    ash_array C = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, c, &chunked);
    ash_array f = ash_sum(ash_add(ash_mul(A, B), C), NULL);

    /* Now it runs: chunk by chunk, multiply, add and sum in one pass. One check covers all that came before. */
    double result;
    ash_status status = ash_compute(f, &result, sizeof result, NULL);
    if (status == ASH_OK)
        printf("%g\n", result);
    else
        fprintf(stderr, "first: error: %s\n", ash_error(ctx));
    ash_context_free(ctx); /* frees every array made from it */
    return status != ASH_OK;
}
