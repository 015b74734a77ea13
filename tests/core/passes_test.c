/* The passes of the optimiser: what each is good for, counted in bytes and passes over files. That they change no bits is tested by core_random. */
#include "netcdf_support.h"

#include <fcntl.h>

enum { STEPS = 40, LAT = 30, LON = 50, ELEMENTS = STEPS * LAT * LON };
static float values[ELEMENTS];

/* Chunks that are deflated; of noise, so that some bytes are left. */
static int make_packed(const char *name, nc_type type) {
    int file, dimension[3], variable;
    double scale = 0.5;
    uint32_t noise = 1;
    for (int k = 0; k < ELEMENTS; k++) {
        noise = noise * 1664525u + 1013904223u;
        values[k] = (float)(noise >> 22) / 8;
    }
    nc_done(nc_create(test_path(name), NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "time", STEPS, &dimension[0]));
    nc_done(nc_def_dim(file, "lat", LAT, &dimension[1]));
    nc_done(nc_def_dim(file, "lon", LON, &dimension[2]));
    nc_done(nc_def_var(file, "t", type, 3, dimension, &variable));
    nc_done(nc_def_var_chunking(file, variable, NC_CHUNKED, (size_t[]){ 10, 15, 50 }));
    nc_done(nc_def_var_deflate(file, variable, 1, 1, 4));
    if (type == NC_SHORT) {
        nc_done(nc_put_att_double(file, variable, "scale_factor", NC_DOUBLE, 1, &scale));
    }
    nc_done(nc_put_var_float(file, variable, values));
    nc_done(nc_close(file));
    return 1;
}

static int make_files(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    for (int k = 0; k < ELEMENTS; k++) {
        values[k] = (float)(k % 1009) / 7 - (float)(k / LON % 31);
    }
    for (int f = 0; f < 3; f++) {
        static const char *const names[] = { "t.nc", "u.nc", "packed.nc" };
        int file, dimension[3], variable;
        double scale = 0.5;
        nc_done(nc_create(test_path(names[f]), NC_NETCDF4, &file));
        nc_done(nc_def_dim(file, "time", STEPS, &dimension[0]));
        nc_done(nc_def_dim(file, "lat", LAT, &dimension[1]));
        nc_done(nc_def_dim(file, "lon", LON, &dimension[2]));
        nc_done(nc_def_var(file, "t", f == 2 ? NC_SHORT : NC_FLOAT, 3, dimension, &variable));
        if (f == 2) {
            nc_done(nc_put_att_double(file, variable, "scale_factor", NC_DOUBLE, 1, &scale));
        }
        nc_done(nc_put_var_float(file, variable, values));
        nc_done(nc_close(file));
    }
    return make_packed("deflated.nc", NC_FLOAT) && make_packed("short.nc", NC_SHORT) ? 0 : -1;
}

static ash_array open_again(ash_context *ctx, const char *name) {
    ash_array t = ash_open(ctx, test_path(name), "t", &(ash_open_options){ .chunks = "time=10,lat=15,lon=50" });
    assert_good(t);
    return t;
}

static ash_plan_info query(ash_context *ctx, int n, const ash_array arrays[], const char *passes) {
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, n, arrays, &(ash_compute_options){ .passes = passes }, &info));
    return info;
}

static int64_t bytes_read(ash_array a, const char *passes) {
    return query(a.context, 1, &a, passes).bytes_read;
}

/* ---- The list of passes ---- */

static void lists_of_passes(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_mean(open_again(ctx, "t.nc"), NULL);
    static const char *const good[] = { "", "all", "none", "none,same", "-same,-demand", "none,share,link,-share", "same," };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        query(ctx, 1, &a, good[k]);
    }
    float value;
    static const char *const bad[] = { "cse", "-", "same,,none,x", "no", "-samex", " same" };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_int_equal(ash_compute(a, &value, sizeof value, &(ash_compute_options){ .passes = bad[k] }), ASH_ERR_ARGUMENT);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, "passes (ASH_PASSES) must be a list of all, none, same");
    }
    setenv("ASH_PASSES", "bad", 1);
    assert_int_equal(ash_compute(a, &value, sizeof value, NULL), ASH_ERR_ARGUMENT);
    assert_done(
        ctx, ash_compute(a, &value, sizeof value, &(ash_compute_options){ .passes = "none" })); /* options go before the environment */
    unsetenv("ASH_PASSES");
    ash_context_free(ctx);
}

/* ---- Equal subexpressions ---- */

static void files_opened_twice_are_read_once(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array both[2] = { ash_mean(open_again(ctx, "t.nc"), "time"), ash_std(open_again(ctx, "t.nc"), "time") };
    assert_int_equal(query(ctx, 2, both, NULL).bytes_read, ELEMENTS * 4);
    assert_int_equal(query(ctx, 2, both, "-same").bytes_read, 2 * ELEMENTS * 4);
    ash_array sum = ash_add(ash_sin(open_again(ctx, "t.nc")), ash_sin(open_again(ctx, "t.nc")));
    assert_int_equal(bytes_read(sum, NULL), ELEMENTS * 4);
    ash_array other[2] = { ash_mean(open_again(ctx, "t.nc"), "time"), ash_mean(open_again(ctx, "u.nc"), "time") };
    assert_int_equal(query(ctx, 2, other, NULL).bytes_read, 2 * ELEMENTS * 4);
    ash_context_free(ctx);
}

/* A file that has changed since is another one. */
static void changed_files_are_others(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array before = open_again(ctx, "u.nc");
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000000 } };
    assert_int_equal(utimensat(AT_FDCWD, test_path("u.nc"), times, 0), 0);
    ash_array both = ash_add(ash_mean(before, NULL), ash_mean(open_again(ctx, "u.nc"), NULL));
    assert_int_equal(bytes_read(both, NULL), 2 * ELEMENTS * 4);
    ash_context_free(ctx);
}

static void memory_is_the_same_where_it_lies(void **state) {
    (void)state;
    static double data[2][6] = { { 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4, 5, 6 } };
    const int64_t shape[1] = { 6 }, stride[1] = { 8 };
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, data[0], NULL),
              b = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, data[0], &(ash_make_options){ .strides = stride });
    ash_array c = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, data[1], NULL), d = ash_from_buffer(ctx, ASH_INT64, 1, shape, data[0], NULL);
    ash_array same = ash_add(ash_exp(a), ash_exp(b)), apart = ash_add(ash_exp(a), ash_exp(c)), type = ash_add(ash_exp(a), ash_exp(d));
    assert_int_equal(query(ctx, 1, &same, NULL).nodes, 3);
    assert_int_equal(query(ctx, 1, &apart, NULL).nodes, 5);
    assert_int_equal(query(ctx, 1, &type, NULL).nodes, 5);
    double found[6];
    data[1][2] = 7; /* read at each compute */
    assert_done(ctx, ash_compute(apart, found, sizeof found, NULL));
    assert_true(found[1] < found[2] && found[2] > 1000);
    ash_context_free(ctx);
}

static void parameters_tell_apart(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_arange(ctx, 0, 12, 1, NULL);
    ash_array pairs[][2] = {
        { ash_index(a, "1:"), ash_index(a, ":-1") },
        { ash_var_with(a, NULL, &(ash_reduce_options){ .ddof = 1 }), ash_var(a, NULL) },
        { ash_add(a, ash_real(ctx, 1)), ash_add(a, ash_real(ctx, 2)) },
        { ash_cast(a, ASH_FLOAT32), ash_cast(a, ASH_FLOAT64) },
        { ash_sub(a, ash_real(ctx, 3)), ash_sub(ash_real(ctx, 3), a) },
    };
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        double out[2][2][12];
        for (int p = 0; p < 2; p++) {
            ash_array both[2] = { ash_cast(pairs[k][0], ASH_FLOAT64), ash_cast(pairs[k][1], ASH_FLOAT64) };
            int64_t bytes[2] = { ash_size(both[0]) * 8, ash_size(both[1]) * 8 };
            assert_done(ctx,
                ash_compute_many(
                    ctx, 2, both, (void *[]){ out[p][0], out[p][1] }, bytes, &(ash_compute_options){ .passes = p ? "none" : NULL }));
            assert_memory_equal(out[p][0], out[0][0], (size_t)bytes[0]);
            assert_memory_equal(out[p][1], out[0][1], (size_t)bytes[1]);
        }
        assert_true(k == 3 || memcmp(out[0][0], out[0][1], 8) != 0);
    }
    ash_context_free(ctx);
}

/* ---- Casts and views ---- */

static int64_t nodes(ash_array a) {
    assert_good(a);
    return query(a.context, 1, &a, NULL).nodes;
}

static void casts_that_change_nothing(void **state) {
    (void)state;
    static const ash_dtype chains[][4] = {
        /* from, between, to, whether the one between can go */
        { ASH_FLOAT32, ASH_FLOAT64, ASH_FLOAT32, 2 },
        { ASH_INT16, ASH_INT32, ASH_FLOAT64, 1 },
        { ASH_INT16, ASH_FLOAT32, ASH_FLOAT64, 1 },
        { ASH_INT16, ASH_FLOAT64, ASH_INT16, 2 },
        { ASH_UINT8, ASH_INT16, ASH_INT8, 1 },
        { ASH_FLOAT32, ASH_COMPLEX64, ASH_COMPLEX128, 1 },
        { ASH_FLOAT64, ASH_FLOAT32, ASH_FLOAT64, 0 },
        { ASH_INT32, ASH_FLOAT32, ASH_FLOAT64, 0 },
        { ASH_INT32, ASH_INT16, ASH_INT32, 0 },
        { ASH_INT8, ASH_UINT8, ASH_INT16, 0 },
        { ASH_INT64, ASH_FLOAT64, ASH_INT64, 0 },
        { ASH_FLOAT32, ASH_FLOAT64, ASH_INT32, 0 },
        { ASH_INT32, ASH_FLOAT64, ASH_FLOAT32, 0 },
        { ASH_INT8, ASH_BOOL, ASH_INT8, 0 },
    };
    ash_context *ctx = context_with(1, NULL);
    for (size_t k = 0; k < sizeof chains / sizeof *chains; k++) {
        static const unsigned char bytes[64];
        ash_array a = ash_from_buffer(ctx, chains[k][0], 1, (int64_t[]){ 4 }, (void *)(uintptr_t)bytes, NULL);
        assert_int_equal(nodes(ash_cast(ash_cast(a, chains[k][1]), chains[k][2])), 3 - (int)chains[k][3]);
    }
    ash_context_free(ctx);
}

static void views_that_undo_each_other(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = open_again(ctx, "t.nc");
    int64_t one = nodes(t);
    assert_int_equal(nodes(ash_transpose(ash_transpose(t, "2,0,1"), "1,2,0")), one);
    assert_int_equal(nodes(ash_index(ash_index(t, "time=::-1"), "time=::-1")), one);
    assert_int_equal(nodes(ash_rechunk(ash_rechunk(t, "7,7,7"), "time=10,lat=15,lon=50")), one);
    assert_int_equal(nodes(ash_transpose(ash_transpose(t, "2,0,1"), "2,0,1")), one + 2);
    assert_int_equal(nodes(ash_index(ash_index(t, "time=::-1"), "time=1:")), one + 2);
    ash_context_free(ctx);
}

/* ---- Links ---- */

static void a_third_one_links_two(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array u = open_again(ctx, "t.nc"), v = open_again(ctx, "u.nc");
    ash_array all[3];
    all[0] = ash_mean(ash_mul(u, u), "time");
    all[1] = ash_mean(ash_mul(v, v), "time");
    all[2] = ash_mean(ash_mul(u, v), "time");
    assert_int_equal(query(ctx, 3, all, "-regrid").bytes_read, 2 * ELEMENTS * 4);
    assert_int_equal(query(ctx, 3, all, "-regrid,-link").bytes_read, 3 * ELEMENTS * 4);
    assert_int_equal(query(ctx, 2, all, "-regrid").groups, 4); /* nothing links two of them, so they stay apart; and each is copied */
    ash_context_free(ctx);
}

/* What is linked takes more memory than passes one after another. Where there is too little, some partial results go to scratch; only without scratch the files are
 * read more often. */
static void links_hold_in_little_memory(void **state) {
    (void)state;
    const int64_t shape[] = { 64, 200, 300 }, bytes = 64 * 200 * 300 * 4;
    for (int scratch = 0; scratch < 2; scratch++) {
        ash_context *ctx = ash_context_new(
            &(ash_context_options){ .num_threads = 1, .memory_limit = 1 << 30, .executor = "serial", .scratch = scratch ? "." : "none" });
        ash_array field = ash_zeros(ctx, ASH_FLOAT32, 3, shape, &(ash_make_options){ .dims = "time,lat,lon" });
        assert_done(ctx, ash_write_many(ctx, 2, (ash_array[]){ field, field }, test_path("wide.nc"), (const char *[]){ "u", "v" }, NULL));
        ash_array u = ash_open(ctx, test_path("wide.nc"), "u", &(ash_open_options){ .chunks = "time=1" });
        ash_array v = ash_open(ctx, test_path("wide.nc"), "v", &(ash_open_options){ .chunks = "time=1" });
        ash_array all[3] = { ash_mean(ash_mul(u, u), "time"), ash_mean(ash_mul(v, v), "time"), ash_mean(ash_mul(u, v), "time") };
        int64_t linked = query(ctx, 3, all, "-regrid").sequential_peak, apart = query(ctx, 3, all, "-regrid,-link").sequential_peak;
        assert_true(apart < linked);
        ash_plan_info info = { 0 };
        ash_compute_options tight = { .passes = "-regrid", .memory_limit = (apart + linked) / 2 };
        assert_done(ctx, ash_plan_query(ctx, 3, all, &tight, &info));
        assert_int_equal(info.bytes_read, (scratch ? 2 : 3) * bytes);
        assert_true((info.bytes_spilled > 0) == scratch);
        ash_context_free(ctx);
    }
}

/* ---- Demand ---- */

/* Elements that a slice of an array reads of the files are as many as they must be. */
static void expect_reads(ash_array a, const char *index, int64_t elements) {
    assert_good(a);
    ash_array slice = ash_index(a, index);
    assert_good(slice);
    int64_t found = bytes_read(slice, NULL) / 4;
    if (found != elements) {
        fail_msg("%s: %lld elements read, expected %lld", index, (long long)found, (long long)elements);
    }
}

static void slices_reach_the_sources(void **state) {
    (void)state;
    enum { ROW = STEPS * LON };
    ash_context *ctx = context_with(1, NULL);
    ash_array t = open_again(ctx, "t.nc"), two[2] = { t, t };
    ash_array steps = ash_arange(ctx, 0, STEPS, 1, &(ash_make_options){ .dims = "time" });
    ash_array season = ash_remainder(steps, ash_int(ctx, 4)), plane = ash_index(t, "0");
    expect_reads(ash_mean(t, "time"), "lat=3", ROW);
    expect_reads(ash_std(t, "time"), "lat=3:5, lon=7", STEPS * 2);
    expect_reads(ash_median(t, "time"), "lat=3, lon=7", STEPS);
    expect_reads(ash_mean(t, "lat,lon"), "time=3", LAT * LON);
    expect_reads(ash_argmax(t, "lat"), "time=3", LAT * LON);
    expect_reads(ash_sub(t, ash_mean(t, "time")), "time=2, lat=3", ROW); /* one pass: the row that it is taken from is among them */
    expect_reads(ash_group_mean(t, "time", season), "lat=3", ROW);
    expect_reads(ash_transpose(t, NULL), "lat=3", ROW);
    expect_reads(ash_take(t, ash_arange(ctx, 0, 5, 1, NULL), "time"), "lat=3", 5 * LON);
    expect_reads(ash_where(ash_greater(t, ash_real(ctx, 1)), t, ash_real(ctx, 1)), "lat=3", ROW);
    expect_reads(ash_matmul(plane, ash_transpose(plane, NULL)), "3", LAT * LON);
    expect_reads(ash_mean(open_again(ctx, "packed.nc"), "time"), "lat=3", ROW / 2); /* of 2 bytes each */
    /* By blocks. Each operation is looked at in slices_test.c. */
    expect_reads(ash_concatenate(2, two, "time"), "time=3", LAT * LON);
    expect_reads(ash_concatenate(2, two, "time"), "lat=3", ROW); /* for both */
    expect_reads(ash_stack(2, two, 0, "k"), "k=1, lat=3", ROW);
    expect_reads(ash_reshape(t, "-1"), "3", 1);
    expect_reads(ash_pad(t, "time=1:1", "constant"), "time=3", LAT * LON);
    expect_reads(ash_overlap(t, "time=1", "reflect"), "lat=3", ROW);
    ash_context_free(ctx);
}

/* Neighbouring parts of two statistics are one pass, parts far from each other are two. */
static void parts_of_statistics(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = open_again(ctx, "t.nc"), mean = ash_mean(t, "time"), std = ash_std(t, "time");
    ash_array near[2] = { ash_index(mean, "lat=0:10"), ash_index(std, "lat=1:11") },
              far[2] = { ash_index(mean, "lat=3"), ash_index(std, "lat=29") };
    assert_int_equal(query(ctx, 2, near, NULL).bytes_read, 11 * STEPS * LON * 4);
    assert_int_equal(query(ctx, 2, far, "-regrid").bytes_read, 2 * STEPS * LON * 4);
    ash_context_free(ctx);
}

/* ---- What several groups need ---- */

static ash_array anomaly(ash_context *ctx, const char *name) {
    ash_array t = open_again(ctx, name);
    return ash_sub(t, ash_mean(t, "time"));
}

/* Read once where it fits, twice where it does not, with the same bits. */
static void expect_kept(ash_context *ctx, ash_array a, int64_t once, const char *reason) {
    static double found[2][ELEMENTS];
    int64_t bytes = ash_size(a) * ash_dtype_size(ash_array_dtype(a));
    for (int kept = 0; kept < 2; kept++) {
        const ash_compute_options options = { .passes = kept ? NULL : "-keep" };
        assert_done(ctx, ash_compute(a, found[kept], bytes, &options));
        assert_int_equal(ash_last_run(ctx).bytes_read, (2 - kept) * once);
        if ((strstr(ash_explain_last(ctx), reason) != NULL) != kept) {
            fail_msg("%s", ash_explain_last(ctx));
        }
    }
    assert_memory_equal(found[0], found[1], (size_t)bytes);
    ash_plan_info ample = query(ctx, 1, &a, NULL), again = query(ctx, 1, &a, "-keep"), tight = { 0 };
    assert_true(ample.sequential_peak >= once + again.plan_bytes);
    assert_int_equal(ample.least_limit, again.least_limit); /* which is that of the way that needs least */
    for (int64_t limit = again.least_limit; limit < ample.sequential_peak; limit += (ample.sequential_peak - again.least_limit) / 3) {
        const ash_compute_options options = { .memory_limit = limit };
        assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &tight));
        assert_int_equal(tight.bytes_read, 2 * once);
        assert_int_equal(tight.bytes_spilled, 0);
        assert_done(ctx, ash_compute(a, found[0], bytes, &options));
        assert_true(ash_last_run(ctx).peak_bytes <= limit);
        assert_memory_equal(found[0], found[1], (size_t)bytes);
    }
}

static void dear_inputs_are_kept(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    expect_kept(ctx, anomaly(ctx, "deflated.nc"), ELEMENTS * 4, "kept: cheaper than reading it again");
    expect_kept(ctx, anomaly(ctx, "short.nc"), ELEMENTS * 2, "kept: cheaper than reading it again"); /* as stored, which is least */
    ash_context_free(ctx);
}

/* Copying bytes out of the page cache is cheaper than keeping them. */
static void cheap_inputs_are_read_again(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_open(ctx, test_path("t.nc"), "t", NULL), a = ash_sub(t, ash_mean(t, "time"));
    assert_int_equal(query(ctx, 1, &a, NULL).bytes_read, 2 * ELEMENTS * 4);
    assert_int_equal(query(ctx, 1, &a, "-worth").bytes_read, ELEMENTS * 4);
    ash_context_free(ctx);
}

/* What is kept is reduced, and stored where it is asked for, by the group that makes it; what others made of it shares that pass too. */
static void what_is_kept_shares_a_pass(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = open_again(ctx, "deflated.nc"), a[4];
    a[0] = ash_std(t, "time");
    a[1] = ash_mean(ash_mul(t, t), "lat,lon");
    a[2] = t;
    a[3] = ash_sub(t, ash_mean(t, "time"));
    ash_plan_info kept = query(ctx, 4, a, NULL), again = query(ctx, 4, a, "-keep");
    assert_int_equal(kept.bytes_read, ELEMENTS * 4);
    assert_int_equal(again.bytes_read, 2 * ELEMENTS * 4);
    assert_int_equal(kept.groups, again.groups);
    ash_context_free(ctx);
}

/* A reduction of each chunk by itself: a chunk is kept until its result is there, not all of them. */
static void chunks_are_kept_while_they_are_needed(void **state) {
    (void)state;
    enum { CHUNK = 10 * 30 * LON * 4 };
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_open(ctx, test_path("deflated.nc"), "t", &(ash_open_options){ .chunks = "time=10,lat=30,lon=50" });
    ash_array spread = ash_sum(ash_square(ash_sub(t, ash_mean(t, "lat,lon"))), NULL);
    ash_plan_info kept = query(ctx, 1, &spread, NULL);
    assert_int_equal(kept.bytes_read, ELEMENTS * 4);
    assert_true(kept.sequential_peak - query(ctx, 1, &spread, "-keep").sequential_peak < 2 * CHUNK);
    ash_context_free(ctx);
}

static void dear_operations_are_computed_once(void **state) {
    (void)state;
    static double data[ELEMENTS], found[2][ELEMENTS];
    const int64_t shape[1] = { ELEMENTS };
    for (int k = 0; k < ELEMENTS; k++) {
        data[k] = k % 1009 / 500.0;
    }
    ash_context *ctx = context_with(1, NULL);
    ash_array x = ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, data, &(ash_make_options){ .chunks = "6000" });
    ash_array dear = ash_add(ash_fmod(x, ash_real(ctx, 0.7)), ash_fmod(x, ash_real(ctx, 0.6))), cheap = ash_add(ash_mul(x, x), x);
    for (int k = 0; k < 2; k++) {
        ash_array y = k ? cheap : dear, centred = ash_sub(y, ash_mean(y, NULL));
        for (int off = 0; off < 2; off++) {
            assert_done(ctx, ash_compute(centred, found[off], sizeof found[off], &(ash_compute_options){ .passes = off ? "-keep" : NULL }));
            int kept = strstr(ash_explain_last(ctx), "kept: cheaper than computing it again") != NULL;
            assert_int_equal(kept, !k && !off);
        }
        assert_memory_equal(found[0], found[1], sizeof found[0]);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_passes),
        cmocka_unit_test(files_opened_twice_are_read_once),
        cmocka_unit_test(changed_files_are_others),
        cmocka_unit_test(memory_is_the_same_where_it_lies),
        cmocka_unit_test(parameters_tell_apart),
        cmocka_unit_test(casts_that_change_nothing),
        cmocka_unit_test(views_that_undo_each_other),
        cmocka_unit_test(a_third_one_links_two),
        cmocka_unit_test(links_hold_in_little_memory),
        cmocka_unit_test(slices_reach_the_sources),
        cmocka_unit_test(parts_of_statistics),
        cmocka_unit_test(dear_inputs_are_kept),
        cmocka_unit_test(cheap_inputs_are_read_again),
        cmocka_unit_test(what_is_kept_shares_a_pass),
        cmocka_unit_test(chunks_are_kept_while_they_are_needed),
        cmocka_unit_test(dear_operations_are_computed_once),
    };
    return cmocka_run_group_tests_name("passes", tests, make_files, remove_test_folder);
}
