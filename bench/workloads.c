#include "workloads.h"

#include <stdio.h>
#include <string.h>

/* ---- Inputs ---- */

static ash_array open_input(ash_context *ctx, const workload_place *place, const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s.nc", place->folder, name);
    return ash_open(ctx, path, "x", NULL);
}

static ash_array wind_u(ash_context *ctx, const workload_place *place) {
    return open_input(ctx, place, "u");
}

static ash_array wind_v(ash_context *ctx, const workload_place *place) {
    return open_input(ctx, place, "v");
}

/* Month of each time step, six-hourly. */
static ash_array months(ash_context *ctx, ash_array x) {
    int64_t steps = ash_extent(x, 0);
    ash_array step = ash_arange(ctx, 0, steps, 1, &(ash_make_options){ .dims = "time" });
    return ash_remainder(ash_floor_divide(step, ash_int(ctx, 120)), ash_int(ctx, 12));
}

/* ---- Workloads ---- */

static int time_mean(ash_context *ctx, const workload_place *place, ash_array out[]) {
    out[0] = ash_mean(wind_u(ctx, place), "time");
    return 1;
}

static int weighted_mean(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place);
    ash_array latitude = ash_linspace(ctx, -1.5, 1.5, ash_extent(u, 1), &(ash_make_options){ .dims = "lat" });
    out[0] = ash_average(u, ash_cos(latitude), "lat");
    return 1;
}

static int climatology(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place);
    out[0] = ash_group_mean(u, "time", months(ctx, u));
    return 1;
}

static int anomaly(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place), month = months(ctx, u);
    out[0] = ash_sub(u, ash_group_take(ash_group_mean(u, "time", month), "time", month));
    return 1;
}

static int quadratic_means(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place), v = wind_v(ctx, place);
    out[0] = ash_mean(ash_mul(u, u), "time");
    out[1] = ash_mean(ash_mul(v, v), "time");
    out[2] = ash_mean(ash_mul(u, v), "time");
    return 3;
}

static int vorticity(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place), v = wind_v(ctx, place);
    ash_array along_x = ash_sub(ash_index(v, ":, 1:-1, 2:"), ash_index(v, ":, 1:-1, :-2"));
    ash_array along_y = ash_sub(ash_index(u, ":, 2:, 1:-1"), ash_index(u, ":, :-2, 1:-1"));
    out[0] = ash_sub(along_x, along_y);
    return 1;
}

static int double_difference(ash_context *ctx, const workload_place *place, ash_array out[]) {
    out[0] = ash_sum(ash_sub(ash_index(wind_u(ctx, place), ":, 1:, 1:"), ash_index(wind_v(ctx, place), ":, :-1, :-1")), NULL);
    return 1;
}

static int streaming_sum(ash_context *ctx, const workload_place *place, ash_array out[]) {
    out[0] = ash_sum(wind_u(ctx, place), NULL);
    return 1;
}

static int sum_of_residuals(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place);
    out[0] = ash_sum(ash_square(ash_sub(u, ash_mean(u, NULL))), NULL);
    return 1;
}

static int square_sum(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array a = open_input(ctx, place, "matrix");
    out[0] = ash_sum(ash_matmul(a, ash_transpose(a, NULL)), NULL);
    return 1;
}

static int rechunk_in_memory(ash_context *ctx, const workload_place *place, ash_array out[]) {
    out[0] = ash_max(ash_cumsum(ash_rechunk(wind_u(ctx, place), "-1,8,8"), "time"), NULL);
    return 1;
}

static int rechunk_to_file(ash_context *ctx, const workload_place *place, ash_array out[]) {
    out[0] = ash_rechunk(wind_u(ctx, place), "-1,8,8");
    return 1;
}

static int slices(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array a = open_input(ctx, place, "chunks");
    out[0] = ash_index(a, "17, 19");
    out[1] = ash_sum(ash_index(a, "75:150, 3"), NULL);
    out[2] = ash_sum(ash_index(a, "700:1400, 700:1400"), NULL);
    return 3;
}

static int twelve_statistics(ash_context *ctx, const workload_place *place, ash_array out[]) {
    ash_array u = wind_u(ctx, place);
    ash_array all[WORKLOAD_MOST] = { ash_mean(u, "time"), ash_std(u, "time"), ash_var(u, NULL), ash_min(u, "time"), ash_max(u, "time"),
        ash_sum(u, "lat,lon"), ash_count(u, NULL), ash_argmax(u, "time"), ash_argmin(u, "time"), ash_ptp(u, NULL), ash_mean(u, "lon"),
        ash_norm(u, NULL, 2) };
    memcpy(out, all, sizeof all);
    return WORKLOAD_MOST;
}

/* Room for the states of twelve statistics at once, for the writer with NetCDF-C's buffers, and for blocks of products, which do not shrink with the input. */
enum { MiB = 1 << 20 };

const workload workloads[] = {
    { "time_mean", "mean over time", time_mean, .passes = 1, .inputs = 1 },
    { "weighted_mean", "mean over latitude, weighted", weighted_mean, .passes = 1, .inputs = 1 },
    { "climatology", "mean of each month", climatology, .passes = 1, .inputs = 1 },
    { "anomaly", "differences from the mean of the month, to a file", anomaly, .is_written = true, .passes = 2, .inputs = 1,
        .least = 16 * MiB },
    { "quadratic_means", "means over time of u*u, v*v and u*v", quadratic_means, .passes = 1, .inputs = 2, .least = 16 * MiB },
    { "vorticity", "differences of neighbours of u and v, to a file", vorticity, .is_written = true, .passes = 1, .inputs = 2 },
    { "double_difference", "sum of u[1:, 1:] - v[:-1, :-1]", double_difference, .passes = 1, .inputs = 2 },
    { "streaming_sum", "sum of all", streaming_sum, .passes = 1, .inputs = 1 },
    { "sum_of_residuals", "sum of squared differences from the mean", sum_of_residuals, .passes = 2, .inputs = 1 },
    { "square_sum", "(a . a^T).sum() of a square matrix", square_sum, .compute_bound = true, .passes = 40, .inputs = 1, .least = 64 * MiB,
        .flaw = "blocks of products have one size for all limits: 27 MiB on one thread, 16 MiB more for each other one" },
    { "rechunk_in_memory", "from steps to columns of all time, then running sums and their maximum", rechunk_in_memory, .passes = 40,
        .inputs = 1 },
    { "rechunk_to_file", "from steps to columns of all time, to a file in such chunks", rechunk_to_file, .is_written = true,
        .chunks = "-1,8,8", .passes = 40, .inputs = 1 },
    { "slices", "an element, a column and a box of an array of 40,000 chunks", slices, .passes = 1, .inputs = 1 },
    { "twelve_statistics", "twelve statistics of one file", twelve_statistics, .passes = 1, .inputs = 1, .least = 64 * MiB,
        .flaw = "with less memory than all of them need at once they are computed one after another, each with a pass of its own" },
};
const int workload_count = sizeof workloads / sizeof *workloads;
