/* When memory runs out: every allocation of opening datasets, asking them, selecting and computing fails once, alone and with all after it. Each time there is
 * a clean error, nothing is lost (the sanitizer sees that) and the context works afterwards. Links the library's objects, for the hook. */
#include "netcdf_support.h"

#include "base/memory.h"

enum { RECORDS = 3, LON = 8, FILES = 3 };

/* Packing and time units differ; there are bounds, a group and a text. */
static void make_file(int k) {
    char name[16], units[64];
    int file, group, time_dim, lon_dim, nv, time, bounds, t, lon, note;
    double scale = k == 1 ? 0.5 : 1;
    snprintf(name, sizeof name, "f%d.nc", k);
    snprintf(units, sizeof units, "days since 2000-01-0%d", k + 1);
    nc_done(nc_create(test_path(name), NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "time", NC_UNLIMITED, &time_dim));
    nc_done(nc_def_dim(file, "lon", LON, &lon_dim));
    nc_done(nc_def_dim(file, "nv", 2, &nv));
    nc_done(nc_def_grp(file, "grp", &group));
    nc_done(nc_put_att_text(group, NC_GLOBAL, "kind", 4, "test"));
    nc_done(nc_def_var(file, "time", NC_INT, 1, &time_dim, &time));
    nc_done(nc_put_att_text(file, time, "units", strlen(units), units));
    nc_done(nc_put_att_text(file, time, "bounds", 4, "edge"));
    nc_done(nc_def_var(file, "edge", NC_INT, 2, (int[]){ time_dim, nv }, &bounds));
    nc_done(nc_def_var(file, "lon", NC_SHORT, 1, &lon_dim, &lon));
    nc_done(nc_put_att_text(file, lon, "units", 12, "degrees_east"));
    nc_done(nc_def_var(file, "note", NC_CHAR, 1, &lon_dim, &note));
    nc_done(nc_def_var(group, "t", NC_SHORT, 2, (int[]){ time_dim, lon_dim }, &t));
    nc_done(nc_put_att_double(group, t, "scale_factor", NC_DOUBLE, 1, &scale));
    nc_done(nc_enddef(file));
    int16_t values[RECORDS * LON], lons[LON];
    for (int r = 0; r < RECORDS; r++) {
        int at = r + 2 * k, edges[2] = { at, at + 1 };
        nc_done(nc_put_var1_int(file, time, (size_t[]){ (size_t)r }, &at));
        nc_done(nc_put_vara_int(file, bounds, (size_t[]){ (size_t)r, 0 }, (size_t[]){ 1, 2 }, edges));
    }
    for (int i = 0; i < RECORDS * LON; i++) {
        values[i] = (int16_t)(i + k);
        lons[i % LON] = (int16_t)(i % LON * 45);
    }
    nc_done(nc_put_vara_short(group, t, (size_t[]){ 0, 0 }, (size_t[]){ RECORDS, LON }, values));
    nc_done(nc_put_var_short(file, lon, lons));
    nc_done(nc_put_var_text(file, note, "a text  "));
    nc_done(nc_close(file));
}

typedef struct outcome {
    ash_status status;
    double values[16];
} outcome;

static char path_of_all[600];

static outcome once(ash_context *ctx, const ash_dataset_options *options) {
    outcome o = { .status = ASH_OK };
    int64_t n;
    const char *const *texts;
    ash_dataset data = ash_dataset_open(ctx, path_of_all, options);
    o.status = ash_dataset_status(data);
    if (o.status == ASH_OK && !ash_dataset_describe(data)) {
        o.status = ash_error_status(ctx);
    }
    if (o.status == ASH_OK) {
        o.status = ash_dataset_text(data, "note", &n, &texts);
    }
    if (o.status != ASH_OK) {
        return o;
    }
    ash_array t = ash_dataset_variable(data, "grp/t", NULL);
    ash_array part = ash_sel(t, "lon=300:100");
    part = options->stack ? part : ash_sel(part, "time=2000-01-02:2000-01-09");
    ash_array parts[] = { ash_sum(part, NULL), ash_sum(ash_mul(part, ash_cast(ash_coord(part, "lon"), ASH_FLOAT64)), NULL),
        ash_sum(ash_cast(ash_dataset_variable(data, "edge", NULL), ASH_FLOAT64), NULL) };
    void *buffers[] = { &o.values[0], &o.values[1], &o.values[2] };
    o.status = ash_compute_many(ctx, 3, parts, buffers, (int64_t[]){ 8, 8, 8 }, NULL);
    if (o.status == ASH_OK) {
        o.status = ash_dataset_write(data, test_path("out.zarr"), "lon, edge", NULL);
    }
    return o;
}

static int fail_at(int64_t n, int onward, const ash_dataset_options *options, const outcome *expected) {
    ash_context *ctx = context_with(1, "serial");
    ash_fail_allocations(n, onward);
    outcome o = once(ctx, options);
    ash_fail_allocations(0, 0);
    int reached = o.status != ASH_OK;
    if (reached && (o.status != ASH_ERR_MEMORY || !strstr(ash_error(ctx), "the system gave no memory"))) {
        fail_msg("allocation %lld: expected no memory, found status %d: %s", (long long)n, o.status, ash_error(ctx));
    }
    if (!reached) {
        assert_memory_equal(o.values, expected->values, sizeof o.values);
    }
    outcome again = once(ctx, options);
    if (again.status != ASH_OK) {
        fail_msg("after allocation %lld: %s", (long long)n, ash_error(ctx));
    }
    assert_memory_equal(again.values, expected->values, sizeof again.values);
    ash_context_free(ctx);
    return reached;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    static const ash_dataset_options cases[] = { { .join = "time" }, { .join = "time", .sort = true }, { .stack = "member" } };
    for (int k = 0; k < FILES; k++) {
        make_file(k);
    }
    snprintf(path_of_all, sizeof path_of_all, "%s", test_path("f*.nc"));
    for (int c = 0; c < 3; c++) {
        ash_context *ctx = context_with(1, "serial");
        outcome expected = once(ctx, &cases[c]);
        if (expected.status != ASH_OK) {
            fail_msg("%s", ash_error(ctx));
        }
        ash_context_free(ctx);
        for (int onward = 0; onward < 2; onward++) {
            /* Every one where files are joined; of the other ways, which share most of it, every so many. */
            int64_t n = 1, quiet = 0, stride = (c > 0 ? 7 : 1) * (onward ? 11 : 1);
            /* An allocation whose failure only costs something, such as bounds of a coordinate, is not the last. */
            for (; quiet < 30; n += stride) {
                quiet = fail_at(n, onward, &cases[c], &expected) ? 0 : quiet + 1;
            }
            assert_true(n > 400);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
