/* Corners of arrays of 10^15 elements: only the chunks that are asked for cost anything. */
#include "core_test.h"

#include <sys/resource.h>

static ash_array cube(ash_context *ctx) {
    return ash_zeros(ctx, ASH_FLOAT64, 3, (int64_t[]){ 100000, 100000, 100000 }, &(ash_make_options){ .chunks = "100, 100, 100" });
}

static ash_array row(ash_context *ctx) {
    int64_t n = 1000000000000000;
    return ash_full(ctx, ASH_FLOAT64, 1, &n, ash_real(ctx, 2), &(ash_make_options){ .chunks = "1000" });
}

static ash_array sum_on_new_grid(ash_context *ctx) {
    return ash_index(ash_rechunk(ash_add(cube(ctx), ash_real(ctx, 1)), "70, 70, 70"), "0:2, -3, 99999");
}

static ash_array mean_of_pencils(ash_context *ctx) {
    return ash_index(ash_mean(ash_add(ash_index(cube(ctx), ":, :, ::1000"), ash_real(ctx, 1)), "2"), "5:7, 99999");
}

static ash_array mean_of_a_mean(ash_context *ctx) {
    ash_array rows = ash_mean(ash_index(cube(ctx), ":, :, ::10000"), "2");
    return ash_index(ash_sub(ash_real(ctx, 1), ash_index(rows, "::-1, :")), "77777, 40:42");
}

static ash_array end_of_a_row(ash_context *ctx) {
    return ash_index(ash_div(ash_rechunk(row(ctx), "700"), ash_int(ctx, 2)), "-2:");
}

static ash_array joined_rows(ash_context *ctx) {
    ash_array rows[] = { row(ctx), row(ctx), row(ctx) };
    return ash_index(ash_sub(ash_concatenate(3, rows, "0"), ash_int(ctx, 1)), "1000000000000001:1000000000000003");
}

static ash_array stacked_cubes(ash_context *ctx) {
    ash_array cubes[] = { cube(ctx), ash_add(cube(ctx), ash_real(ctx, 1)) };
    return ash_index(ash_stack(2, cubes, 0, NULL), "1, 99999, 99999, 99998:");
}

static ash_array product_of_corners(ash_context *ctx) {
    int64_t shape[] = { 30000000, 30000000 };
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 2, shape, &(ash_make_options){ .chunks = "500, 500" });
    ash_array left = ash_index(a, ":, :100"), right = ash_index(a, ":100, :");
    return ash_div(ash_index(ash_matmul(left, right), "29999999, 29999998:"), ash_int(ctx, 100));
}

static ash_status divide_by_neighbour(const ash_function_call *call, void *user) {
    const double *x = call->input[0]->data;
    (void)user;
    for (int64_t k = 0; k < call->output[0]->extent[0]; k++) {
        ((double *)call->output[0]->data)[k] = x[k] / x[k - 1];
    }
    return ASH_OK;
}

static ash_array stencil_of_a_row(ash_context *ctx) {
    ash_register(ctx, &(ash_function_definition){ .name = "divide", .function = divide_by_neighbour });
    ash_array r = row(ctx);
    return ash_index(ash_map_overlap(ctx, "divide", 1, &r, "1", "periodic", ASH_FLOAT64), "::999999999999999");
}

static ash_array padded_row(ash_context *ctx) {
    ash_array padded = ash_pad_with(row(ctx), "3:500", NULL, &(ash_pad_options){ .value = ash_int(ctx, 1) });
    return ash_index(padded, "2::1000000000000001");
}

static ash_array chunk_with_halo(ash_context *ctx) {
    return ash_index(ash_sub(ash_chunk(ash_overlap(row(ctx), "7", "mirror"), "-1"), ash_int(ctx, 1)), "1012:1014");
}

static ash_array ravelled_cube(ash_context *ctx) {
    return ash_index(ash_ravel(ash_add(cube(ctx), ash_real(ctx, 1))), "99999999999999:100000000000001");
}

static ash_array cube_of_a_row(ash_context *ctx) {
    return ash_index(ash_reshape(ash_sub(row(ctx), ash_real(ctx, 1)), "100000, -1, 10000"), "99999, 7, 9998:");
}

static ash_array running_sum_of_a_row(ash_context *ctx) {
    ash_array count = ash_cumsum(ash_div(row(ctx), ash_int(ctx, 2)), "0");
    ash_array place = ash_arange(ctx, 0, 1e15, 1, &(ash_make_options){ .chunks = "1000" });
    return ash_index(ash_sub(count, place), "4999:5001");
}

/* Each gives two ones. */
static ash_array (*const corners[])(ash_context *ctx) = { sum_on_new_grid, mean_of_pencils, mean_of_a_mean, end_of_a_row, joined_rows,
    stacked_cubes, product_of_corners, stencil_of_a_row, padded_row, chunk_with_halo, ravelled_cube, cube_of_a_row, running_sum_of_a_row };

static void corners_cost_what_they_need(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof corners / sizeof *corners; k++) {
        ash_context *ctx = context_with(2, "openmp");
        double out[2] = { 0 };
        ash_array corner = corners[k](ctx);
        assert_good(corner);
        if (ash_compute(corner, out, sizeof out, NULL) != ASH_OK) {
            fail_msg("corner %zu: %s", k, ash_error(ctx));
        }
        assert_true(out[0] == 1 && out[1] == 1);
        assert_true(ash_last_run(ctx).tasks < 3000);
        assert_true(ash_last_run(ctx).plan_bytes < 4 << 20);
        ash_context_free(ctx);
    }
}

static void the_whole_is_refused(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    double sum;
    assert_int_equal(ash_compute(ash_sum(cube(ctx), NULL), &sum, sizeof sum, NULL), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "too many chunks");
    /* 10^24 chunks cannot even be numbered. */
    int64_t shape[] = { 1000000000, 1000000000, 1000000000 };
    ash_array fine = ash_zeros(ctx, ASH_INT8, 3, shape, &(ash_make_options){ .chunks = "10, 10, 10" });
    assert_false(ash_ok(fine) && ash_compute(ash_index(ash_mean(fine, "0"), "0, 0"), &sum, sizeof sum, NULL) == ASH_OK);
    ash_context_free(ctx);
}

static long most_kibibytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Far too many chunks are not listed up to the limit before they are refused. */
static void refusals_list_no_chunks(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    const ash_compute_options options = { .memory_limit = (int64_t)8 << 30 };
    ash_array whole[] = { ash_sum(cube(ctx), NULL), ash_sin(cube(ctx)), ash_cumsum(cube(ctx), "2") };
    long before = most_kibibytes();
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++) {
        ash_plan_info info = { 0 };
        assert_good(whole[k]);
        assert_int_equal(ash_plan_query(ctx, 1, &whole[k], &options, &info), ASH_ERR_LIMIT);
        assert_sentence(ctx, ASH_ERR_LIMIT, "too many chunks");
    }
    assert_true(most_kibibytes() - before < 256 << 10);
    ash_context_free(ctx);
}

/* A chunk that is too large to be counted is no matter of the system's memory. */
static void chunks_may_be_too_large(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    double out;
    ash_array one = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 1000000, 1000000 }, &(ash_make_options){ .chunks = "-1, -1" });
    ash_array products = ash_index(ash_matmul(one, one), "5, 5");
    assert_good(products);
    assert_int_equal(ash_compute(products, &out, sizeof out, NULL), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "use smaller chunks");
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(corners_cost_what_they_need), cmocka_unit_test(the_whole_is_refused),
        cmocka_unit_test(refusals_list_no_chunks), cmocka_unit_test(chunks_may_be_too_large) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
