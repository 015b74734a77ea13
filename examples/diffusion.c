/* A stencil over chunks with halos: heat that spreads on a globe, in small steps, each from the step before. Longitudes go around, at the poles nothing flows out,
 * so that the sum stays what it was. A field of any size works within the memory limit, and has the same bits for any number of threads.
 *
 *     diffusion [STEPS]
 */
#include <ashlar/ashlar.h>
#include <stdio.h>
#include <stdlib.h>

enum { LATITUDES = 180, LONGITUDES = 360 };

/* One step of a chunk. Beyond its ends lie the neighbours that `depth` asks for: x[-1] is the element to the west, also of the first column. */
static ash_status spread(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    const double rate = *(const double *)call->argument;
    const int64_t row = in->stride[0] / (int64_t)sizeof(double); /* elements from one latitude to the next, halo included */
    (void)user;
    for (int64_t i = 0; i < out->extent[0]; i++) {
        const double *x = (const double *)in->data + i * row;
        double *to = (double *)out->data + i * out->extent[1];
        for (int64_t j = 0; j < out->extent[1]; j++) {
            to[j] = x[j] + rate * (x[j - 1] + x[j + 1] + x[j - row] + x[j + row] - 4 * x[j]);
        }
    }
    return ASH_OK;
}

int main(int argc, char **argv) {
    int steps = argc > 1 ? atoi(argv[1]) : 10;
    if (argc > 2 || steps < 1 || steps > 1000) {
        fprintf(stderr, "usage: diffusion [STEPS], from 1 to 1000\n");
        return 2;
    }
    ash_context *ctx = ash_context_new(NULL);
    if (!ctx) {
        fprintf(stderr, "diffusion: error: %s\n", ash_error(NULL));
        return 1;
    }
    ash_register(ctx, &(ash_function_definition){ .name = "spread", .function = spread, .pure = true });

    /* A warm square on a cold globe, in chunks of 45 by 90. */
    static double start[LATITUDES][LONGITUDES];
    for (int i = 80; i < 100; i++) {
        for (int j = 0; j < 20; j++) {
            start[i][j] = 10;
        }
    }
    ash_array heat = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ LATITUDES, LONGITUDES }, start, &(ash_make_options){ .dims = "lat,lon", .chunks = "45,90" });
    const double rate = 0.2;
    for (int k = 0; k < steps; k++) { /* builds the expression; nothing runs */
        ash_array next;
        ash_map_overlap_with(ctx, "spread", 1, &heat, "lat=1, lon=1", "lat=nearest, lon=periodic", 1,
            &(ash_map_output){ .dtype = ASH_FLOAT64 }, &(ash_map_options){ .argument = &rate, .argument_bytes = sizeof rate }, &next);
        heat = next;
    }

    ash_array results[3] = { ash_sum(heat, NULL), ash_max(heat, NULL), ash_index(heat, "lat=90, lon=-1") };
    double value[3];
    void *buffers[3] = { &value[0], &value[1], &value[2] };
    ash_status status = ash_compute_many(ctx, 3, results, buffers, (int64_t[]){ 8, 8, 8 }, NULL);
    if (status == ASH_OK) {
        printf("after %d steps: sum %.6f, warmest %.6f, west of the square %.6f\n", steps, value[0], value[1], value[2]);
    } else {
        fprintf(stderr, "diffusion: error: %s\n", ash_error(ctx));
    }
    ash_context_free(ctx);
    return status != ASH_OK;
}
