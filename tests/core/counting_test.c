/* What is taken from files and what is decoded, counted: each stored byte once, for several results of one pass, by any number of threads. */
#include "netcdf_support.h"

#include <hdf5.h>

enum { STEPS = 130, LAT = 90, LON = 120, ELEMENTS = STEPS * LAT * LON };
static float values[ELEMENTS];

/* Chunks that fit no axis, shuffled and deflated, or neither. */
static void make_form(const char *name, int mode, const size_t chunk[3], int deflate) {
    int file, dimension[3], variable;
    uint32_t noise = 1;
    for (int k = 0; k < ELEMENTS; k++) {
        noise = noise * 1664525u + 1013904223u;
        values[k] = (float)(k / (LAT * LON)) + (float)(noise >> 26) / 8;
    }
    nc_done(nc_create(test_path(name), mode, &file));
    nc_done(nc_def_dim(file, "time", STEPS, &dimension[0]));
    nc_done(nc_def_dim(file, "lat", LAT, &dimension[1]));
    nc_done(nc_def_dim(file, "lon", LON, &dimension[2]));
    nc_done(nc_def_var(file, "t", NC_FLOAT, 3, dimension, &variable));
    if (mode & NC_NETCDF4) {
        nc_done(nc_def_var_chunking(file, variable, chunk ? NC_CHUNKED : NC_CONTIGUOUS, chunk));
        nc_done(nc_def_var_deflate(file, variable, deflate, deflate, 4));
    } else {
        nc_done(nc_enddef(file));
    }
    nc_done(nc_put_var_float(file, variable, values));
    nc_done(nc_close(file));
}

static void make_file(const char *name, const size_t chunk[3], int deflate) {
    make_form(name, NC_NETCDF4, chunk, deflate);
}

/* Bytes of the chunks of "t": stored, and decoded. `most` is what reading all of them once may take: the little that lies between neighbours is
 * read with them. */
static void count_stored(const char *name, const size_t chunk[3], int64_t *stored, int64_t *most, int64_t *decoded) {
    hid_t file = H5Fopen(test_path(name), H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, "t", H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hsize_t chunks;
    assert_true(H5Dget_num_chunks(dataset, space, &chunks) >= 0);
    *stored = 0;
    *decoded = (int64_t)(chunks * chunk[0] * chunk[1] * chunk[2] * sizeof(float));
    for (hsize_t k = 0; k < chunks; k++) {
        hsize_t bytes;
        assert_true(H5Dget_chunk_info(dataset, space, k, NULL, NULL, NULL, &bytes) >= 0);
        *stored += (int64_t)bytes;
    }
    *most = *stored + *stored / 50;
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
}

/* mean, std and max together. */
static ash_plan_info run_three(ash_context *ctx, const char *name, const char *chunks, const char *index, const char *dims) {
    ash_array t = ash_open(ctx, test_path(name), "t", &(ash_open_options){ .chunks = chunks });
    t = index ? ash_index(t, index) : t;
    ash_array result[3] = { ash_mean(t, dims), ash_std(t, dims), ash_max(t, dims) };
    void *buffer[3];
    int64_t bytes[3];
    for (int k = 0; k < 3; k++) {
        assert_good(result[k]);
        bytes[k] = ash_size(result[k]) * 4;
        buffer[k] = malloc((size_t)bytes[k] + 1);
    }
    assert_done(ctx, ash_compute_many(ctx, 3, result, buffer, bytes, NULL));
    for (int k = 0; k < 3; k++) {
        free(buffer[k]);
    }
    return ash_last_run(ctx);
}

static const size_t chunk_shapes[][3] = { { 24, 45, 60 }, { 1, LAT, LON }, { STEPS, 13, 17 }, { 50, 40, 50 } };

static void three_statistics_read_and_decode_once(void **state) {
    (void)state;
    static const char *const dims[] = { NULL, "time", "lat", "lon", "time,lon" };
    static const char *const grids[] = { NULL, "time=31", "7,-1,50" };
    for (size_t s = 0; s < sizeof chunk_shapes / sizeof *chunk_shapes; s++) {
        int64_t stored, most, decoded;
        make_file("once.nc", chunk_shapes[s], 1);
        count_stored("once.nc", chunk_shapes[s], &stored, &most, &decoded);
        for (int threads = 1; threads <= 4; threads *= 2) {
            for (int d = 0; d < 5; d++) {
                for (int g = 0; g < 3; g++) {
                    ash_context *ctx = context_with(threads, NULL);
                    ash_plan_info info = run_three(ctx, "once.nc", grids[g], NULL, dims[d]);
                    if (info.stored_bytes_read < stored || info.stored_bytes_read > most || info.bytes_decoded != decoded) {
                        fail_msg("chunks %d, %d threads, over %s, grid %s: %lld of %lld stored bytes read, %lld of %lld decoded", (int)s,
                            threads, dims[d] ? dims[d] : "all", grids[g] ? grids[g] : "as stored", (long long)info.stored_bytes_read,
                            (long long)stored, (long long)info.bytes_decoded, (long long)decoded);
                    }
                    assert_int_equal(info.bytes_read, ELEMENTS * 4);
                    ash_context_free(ctx);
                }
            }
        }
    }
}

/* The same in little memory: with the stored chunks as they are nothing needs to be read again. */
static void small_limits(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof chunk_shapes / sizeof *chunk_shapes; s++) {
        int64_t stored, most, decoded;
        make_file("once.nc", chunk_shapes[s], 1);
        count_stored("once.nc", chunk_shapes[s], &stored, &most, &decoded);
        for (int threads = 1; threads <= 4; threads *= 2) {
            ash_context *ctx = context_with(threads, NULL);
            ash_plan_info least = { 0 };
            ash_array all = ash_mean(ash_open(ctx, test_path("once.nc"), "t", NULL), NULL);
            assert_done(ctx, ash_plan_query(ctx, 1, &all, NULL, &least));
            ash_context_free(ctx);
            ctx = ash_context_new(&(ash_context_options){ .num_threads = threads, .memory_limit = least.least_limit + (5 << 20) });
            assert_non_null(ctx);
            ash_plan_info info = run_three(ctx, "once.nc", NULL, NULL, NULL);
            assert_true(info.stored_bytes_read >= stored && info.stored_bytes_read <= most);
            assert_int_equal(info.bytes_decoded, decoded);
            ash_context_free(ctx);
        }
    }
}

/* Slices that cut stored chunks, and several that overlap: all that is needed of them is decoded once. */
static void chunks_that_pieces_share(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof chunk_shapes / sizeof *chunk_shapes; s++) {
        int64_t stored, most, decoded;
        make_file("once.nc", chunk_shapes[s], 1);
        count_stored("once.nc", chunk_shapes[s], &stored, &most, &decoded);
        for (int threads = 1; threads <= 4; threads *= 2) {
            ash_context *ctx = context_with(threads, NULL);
            ash_plan_info info = run_three(ctx, "once.nc", NULL, "time=7:-3, lat=3:-1, lon=::-1", "time");
            assert_true(info.bytes_decoded <= decoded && info.stored_bytes_read <= most);
            ash_array t = ash_open(ctx, test_path("once.nc"), "t", NULL);
            double found = real_of(ash_mean(ash_cast(ash_add(ash_drop_coords(ash_index(t, "time=2:, lat=:-1"), NULL),
                                                         ash_drop_coords(ash_index(t, "time=:-2, lat=1:"), NULL)),
                                                ASH_FLOAT64),
                       NULL)),
                   expected = 0;
            info = ash_last_run(ctx);
            for (int64_t k = 0; k < STEPS - 2; k++) {
                for (int64_t i = 0; i < (LAT - 1) * LON; i++) {
                    expected += (double)(values[(k + 2) * LAT * LON + i] + values[k * LAT * LON + LON + i]);
                }
            }
            expected /= (double)(STEPS - 2) * (LAT - 1) * LON;
            assert_true(found > expected - 1e-6 && found < expected + 1e-6);
            /* A thread that is held up may decode what has left the cache meanwhile; neighbours that another one is about to decode may be fetched along. */
            assert_true(info.bytes_decoded >= decoded && info.bytes_decoded <= (threads > 1 ? 2 * decoded : decoded));
            assert_true(info.stored_bytes_read <= (threads > 1 ? 2 * stored : most));
            ash_context_free(ctx);
        }
    }
}

/* Where memory does not allow it, the plan says so before, and the numbers are the same. */
static void when_memory_is_short(void **state) {
    (void)state;
    make_file("once.nc", chunk_shapes[1], 1);
    ash_context *ctx = context_with(2, NULL);
    ash_array t = ash_open(ctx, test_path("once.nc"), "t", &(ash_open_options){ .chunks = "-1,9,9" }), sum = ash_sum(t, "time");
    static float wide[LAT * LON], narrow[LAT * LON];
    assert_done(ctx, ash_compute(sum, wide, sizeof wide, NULL));
    ash_compute_options tight = { .memory_limit = 4500000 }; /* less than the variable has */
    assert_null(strstr(ash_explain(ctx, 1, &sum, NULL), "stored chunks   needed"));
    assert_non_null(strstr(ash_explain(ctx, 1, &sum, &tight), "stored chunks   needed"));
    assert_done(ctx, ash_compute(sum, narrow, sizeof narrow, &tight));
    assert_memory_equal(wide, narrow, sizeof wide);
    assert_true(ash_last_run(ctx).bytes_decoded > ELEMENTS * 4);
    assert_true(ash_last_run(ctx).peak_bytes <= tight.memory_limit);
    ash_context_free(ctx);
}

static void without_filters(void **state) {
    (void)state;
    make_file("plain.nc", NULL, 0);
    ash_context *ctx = context_with(2, NULL);
    ash_plan_info info = run_three(ctx, "plain.nc", NULL, NULL, "time");
    assert_int_equal(info.stored_bytes_read, ELEMENTS * 4);
    assert_int_equal(info.bytes_decoded, 0);
    int64_t stored, most, decoded;
    make_file("chunked.nc", chunk_shapes[0], 0);
    count_stored("chunked.nc", chunk_shapes[0], &stored, &most, &decoded);
    info = run_three(ctx, "chunked.nc", NULL, NULL, "time");
    assert_int_equal(info.bytes_decoded, 0);
    assert_true(info.stored_bytes_read <= stored && info.stored_bytes_read >= ELEMENTS * 4);
    ash_context_free(ctx);
}

/* A slice of "t" that lies in [16, 26) of time, [10, 20) of lat and [30, 40) of lon, computed and compared; what was read. */
static ash_plan_info read_slice(const char *name, const char *chunks, int with_arithmetic) {
    enum { TIME = 16, ROW = 10, COLUMN = 30, EXTENT = 10, COUNT = EXTENT * EXTENT * EXTENT };
    static float found[COUNT];
    ash_context *ctx = context_with(2, NULL);
    ash_array t = ash_open(ctx, test_path(name), "t", &(ash_open_options){ .chunks = chunks });
    t = with_arithmetic ? ash_mul(t, ash_real(ctx, 2)) : t;
    ash_array slice = ash_index(t, "time=16:26, lat=19:9:-1, lon=30:40");
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &slice, NULL, &info));
    assert_int_equal(info.bytes_read, COUNT * sizeof(float));
    assert_done(ctx, ash_compute(slice, found, sizeof found, NULL));
    for (int k = 0; k < COUNT; k++) {
        int time = TIME + k / (EXTENT * EXTENT), row = ROW + EXTENT - 1 - k / EXTENT % EXTENT, column = COLUMN + k % EXTENT;
        assert_true(found[k] == values[(time * LAT + row) * LON + column] * (with_arithmetic ? 2 : 1));
    }
    info = ash_last_run(ctx);
    ash_context_free(ctx);
    return info;
}

/* Slices of a variable that was opened with chunks of the user's read the stored chunks and rows that they meet, as those of one that was opened without. */
static void slices_read_what_they_meet(void **state) {
    (void)state;
    static const char *const grids[] = { NULL, "time=31", "7,-1,50", "-1,9,9", "1,1,1000", "lon=1" };
    static const size_t chunk[3] = { 8, 15, 20 };
    const int64_t chunks_met = 2 * 2 * 1; /* chunks 2 and 3 of time, 0 and 1 of lat, 1 of lon */
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
        for (int arithmetic = 0; arithmetic < 2; arithmetic++) {
            make_file("once.nc", chunk, 1);
            ash_plan_info info = read_slice("once.nc", grids[g], arithmetic);
            assert_true(info.bytes_decoded <= chunks_met * 8 * 15 * 20 * 4);
            make_file("chunked.nc", chunk, 0);
            info = read_slice("chunked.nc", grids[g], arithmetic);
            assert_true(info.stored_bytes_read <= chunks_met * 8 * 15 * 20 * 4);
            make_file("plain.nc", NULL, 0);
            info = read_slice("plain.nc", grids[g], arithmetic);
            assert_true(info.stored_bytes_read <= 10 * 10 * LON * 4); /* rows near each other are read together */
            make_form("classic.nc", NC_CLOBBER, NULL, 0);
            info = read_slice("classic.nc", grids[g], arithmetic);
            assert_true(info.stored_bytes_read <= 10 * 10 * LON * 4);
        }
    }
}

/* What several slices need together is held once. */
static void shifted_slices_share_what_is_held(void **state) {
    (void)state;
    static const size_t chunk[3] = { 8, 15, 20 };
    make_file("once.nc", chunk, 1);
    ash_context *ctx = context_with(2, NULL);
    ash_array t = ash_drop_coords(ash_open(ctx, test_path("once.nc"), "t", &(ash_open_options){ .chunks = "5,7,11" }), NULL);
    ash_array change = ash_cast(ash_sub(ash_index(t, "17:33, 0:30, 40:60"), ash_index(t, "16:32, 0:30, 40:60")), ASH_FLOAT64);
    double expected = 0;
    for (int i = 0; i < 30 * 20; i++) {
        int at = i / 20 * LON + 40 + i % 20;
        expected += (double)values[32 * LAT * LON + at] - (double)values[16 * LAT * LON + at];
    }
    double found = real_of(ash_sum(change, NULL));
    assert_true(found > expected - 1e-3 && found < expected + 1e-3);
    assert_int_equal(ash_last_run(ctx).bytes_decoded, (16 + 8) * 30 * 20 * 4);
    ash_context_free(ctx);
}

/* The plan tells what is read, and not less than is decoded: also where each piece of a chunk reads a repeated variable, or rows of a list, again. */
static void what_pieces_read_again(void **state) {
    (void)state;
    enum { TIMES = 2, ROW = LAT * LON };
    static const size_t chunk[3] = { 8, 45, 60 };
    static const int64_t shape[4] = { TIMES, STEPS, LAT, LON }, rows[] = { 70, 3, 129, 3, 68, -1, 71, 0 };
    static float found[TIMES * ELEMENTS];
    make_file("once.nc", chunk, 1);
    make_form("classic.nc", NC_CLOBBER, NULL, 0);
    for (int k = 0; k < 8; k++) {
        ash_context *ctx = context_with(1, NULL);
        ash_array t = ash_open(ctx, test_path(k % 2 ? "once.nc" : "classic.nc"), "t", &(ash_open_options){ .chunks = "-1,-1,-1" });
        ash_array twice = ash_full(
            ctx, ASH_FLOAT32, 4, shape, ash_real(ctx, 2), &(ash_make_options){ .dims = "n,time,lat,lon", .chunks = "-1,-1,-1,-1" });
        ash_array a = k / 2 % 2 ? ash_take_list(t, 8, rows, "time") : ash_mul(twice, t);
        ash_compute_options options = { .passes = "-repeat,-regrid" };
        ash_plan_info info = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &info));
        options.memory_limit = k / 4 ? info.least_limit : 0;
        assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &info));
        assert_done(ctx, ash_compute(a, found, ash_size(a) * 4, &options));
        ash_plan_info run = ash_last_run(ctx);
        assert_int_equal(run.bytes_read, info.bytes_read);
        assert_true(run.bytes_decoded <= info.bytes_decoded);
        assert_true(info.bytes_needed <= info.bytes_read && info.decoded_needed <= info.bytes_decoded);
        if (k / 2 % 2) {
            assert_int_equal(info.bytes_needed, 6 * ROW * 4); /* 129 is -1, and 3 is there twice */
        } else {
            assert_int_equal(info.bytes_read, (int64_t)TIMES * ELEMENTS * 4);
        }
        ash_context_free(ctx);
    }
}

/* The list of stored chunks is in the plan, and one that does not fit is refused when the variable is opened. */
static void lists_of_chunks_count(void **state) {
    (void)state;
    enum { MANY = 400000, ENTRY = 24 };
    static const size_t one = 1, all = MANY;
    int file, dimension, variable;
    nc_done(nc_create(test_path("many.nc"), NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "x", MANY, &dimension));
    for (int k = 0; k < 2; k++) {
        nc_done(nc_def_var(file, k ? "few" : "many", NC_DOUBLE, 1, &dimension, &variable));
        nc_done(nc_def_var_chunking(file, variable, NC_CHUNKED, k ? &all : &one));
    }
    nc_done(nc_close(file));
    ash_context *ctx = context_with(1, NULL);
    ash_plan_info info[2] = { { 0 } };
    for (int k = 0; k < 2; k++) {
        ash_array sum = ash_sum(ash_open(ctx, test_path("many.nc"), k ? "few" : "many", NULL), NULL);
        assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &info[k]));
    }
    assert_true(info[0].reserve_bytes > MANY * ENTRY && info[0].reserve_bytes < MANY * ENTRY * 3 / 2);
    assert_true(info[0].least_limit > MANY * ENTRY);
    assert_true(info[1].reserve_bytes < MANY * ENTRY);
    ash_context_free(ctx);
    ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = MANY * ENTRY - 1 });
    ash_open(ctx, test_path("many.nc"), "many", NULL);
    assert_sentence(ctx, ASH_ERR_LIMIT, "the list of them takes 9.2 MiB (9600000 bytes), more than the memory limit of 9.2 MiB");
    assert_good(ash_open(ctx, test_path("many.nc"), "few", NULL));
    ash_context_free(ctx);
}

/* However many parts of a variable overlap, no more of it is needed than there is. */
static void no_more_is_needed_than_there_is(void **state) {
    (void)state;
    make_file("once.nc", chunk_shapes[0], 0);
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_drop_coords(ash_open(ctx, test_path("once.nc"), "t", NULL), NULL), sum = ash_sum(t, NULL);
    ash_plan_info all = { 0 }, parts = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &all));
    for (int k = 0; k < 60; k++) {
        char part[80];
        if (k < 30) {
            snprintf(part, sizeof part, "time=%d:%d, lat=%d:%d", k, k + STEPS - 30, k, k + LAT - 30);
        } else {
            snprintf(part, sizeof part, "time=%d, lat=%d, lon=%d", k, LAT - 1, k);
        }
        ash_array one = ash_sum(ash_index(t, part), NULL);
        sum = k == 0 ? one : ash_add(sum, one);
    }
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, &(ash_compute_options){ .passes = "-keep" }, &parts));
    assert_true(parts.bytes_read > all.bytes_read && parts.bytes_needed <= all.bytes_read);
    ash_context_free(ctx);
}

/* A chunk without elements reads nothing, not even what is repeated along its empty dimension. */
static void nothing_is_read_for_nothing(void **state) {
    (void)state;
    make_file("once.nc", chunk_shapes[0], 0);
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_drop_coords(ash_open(ctx, test_path("once.nc"), "t", NULL), NULL);
    ash_array sum = ash_sum(ash_add(ash_index(t, "time=3:3"), ash_index(t, "time=5")), "time");
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &info));
    assert_int_equal(info.bytes_read, 0);
    assert_int_equal(info.bytes_needed, 0);
    free(values_of(sum));
    assert_int_equal(ash_last_run(ctx).bytes_read, 0);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_statistics_read_and_decode_once),
        cmocka_unit_test(small_limits),
        cmocka_unit_test(chunks_that_pieces_share),
        cmocka_unit_test(when_memory_is_short),
        cmocka_unit_test(without_filters),
        cmocka_unit_test(lists_of_chunks_count),
        cmocka_unit_test(slices_read_what_they_meet),
        cmocka_unit_test(shifted_slices_share_what_is_held),
        cmocka_unit_test(what_pieces_read_again),
        cmocka_unit_test(no_more_is_needed_than_there_is),
        cmocka_unit_test(nothing_is_read_for_nothing),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
