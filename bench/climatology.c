/* The main job, from a NetCDF file to a NetCDF file: monthly climatology, anomalies, monthly standard deviation and area-weighted mean.
 *
 * Its limit is the same job in plain C with NetCDF-C, which reads the input twice and knows one thread; `read_limit_seconds` is the part
 * of it spent in nc_get_vara.
 */
#include "cases.h"
#include "climatology_plain.h"
#include "files.h"
#include "sample.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS = 4, INPUT = 0, OUTPUT = 1, PLAIN = 2, FILES = 3 };

static const char *const names[RESULTS] = { "t2m_climatology", "t2m_anomaly", "t2m_std", "t2m_global_mean" };

typedef struct climatology_job {
    int64_t steps;
    ash_array result[RESULTS];
    double read_seconds;
} climatology_job;

/* ---- The expressions ---- */

static ash_array area_mean(ash_array t) {
    ash_array weight = ash_cos(ash_radians(ash_coord(t, "latitude")));
    ash_array present = ash_where(ash_isnan(t), ash_real(t.context, 0), weight);
    return ash_div(ash_nansum(ash_mul(t, weight), "latitude,longitude"), ash_sum(present, "latitude,longitude"));
}

static void build(ash_array t, ash_array result[RESULTS]) {
    const ash_reduce_options all_months = { .groups = SAMPLE_MONTHS };
    ash_array month = ash_sub(ash_time_field(ash_coord(t, "time"), "month"), ash_int(t.context, 1));
    ash_array group = ash_set_dims(month, "month");
    ash_array mean = ash_group_nanmean_with(t, "time", group, &all_months);
    result[0] = mean;
    result[1] = ash_sub(t, ash_group_take(mean, "month", month));
    result[2] = ash_group_nanstd_with(t, "time", group, &all_months);
    result[3] = area_mean(t);
}

static bool begin(bench_job *job) {
    climatology_job *c = job->state = calloc(1, sizeof *c);
    if (!c)
        return bench_fail("climatology: no memory");
    c->steps = job->size / (SAMPLE_CELLS * 8);
    c->steps = c->steps < SAMPLE_CHUNK * SAMPLE_MONTHS ? SAMPLE_CHUNK * SAMPLE_MONTHS
        : c->steps > 525600                            ? 525600
                                                       : c->steps; /* a step a minute at most */
    static const char *const file[FILES] = { "sample.nc", "ashlar.nc", "plain.nc" };
    if (!bench_files_begin("climatology", FILES, file) || !sample_write(bench_file(INPUT), c->steps))
        return false;
    ash_array t = ash_open(job->ctx, bench_file(INPUT), "t2m", NULL);
    build(t, c->result);
    return ash_ok(t) || bench_fail("climatology: %s", ash_error(job->ctx));
}

static bool measured(bench_job *job) {
    climatology_job *c = job->state;
    if (ash_write_many(job->ctx, RESULTS, c->result, bench_file(OUTPUT), names, NULL) != ASH_OK)
        return bench_fail("climatology: %s", ash_error(job->ctx));
    ash_plan_info run = ash_last_run(job->ctx);
    job->bytes = run.bytes_read + run.bytes_written;
    return true;
}

static bool limit(bench_job *job) {
    climatology_job *c = job->state;
    return climatology_plain(bench_file(INPUT), bench_file(PLAIN), c->steps, &c->read_seconds);
}

/* ---- Whether both files say the same ---- */

static bool read_result(int which, int k, double *values) {
    int file, variable;
    int status = nc_open(bench_file(which), NC_NOWRITE, &file);
    if (!status) {
        status = nc_inq_varid(file, names[k], &variable);
        status = status ? status : nc_get_var_double(file, variable, values);
        nc_close(file);
    }
    return status ? bench_fail("climatology: reading %s of %s: %s", names[k], bench_file(which), nc_strerror(status)) : true;
}

static bool compare(int k, int64_t n, const double *found, const double *expected) {
    for (int64_t i = 0; i < n; i++) {
        bool both_missing = isnan(found[i]) && isnan(expected[i]);
        if (!both_missing && !(fabs(found[i] - expected[i]) <= 1e-8))
            return bench_fail("climatology: element %lld of %s is %.17g, expected %.17g", (long long)i, names[k], found[i], expected[i]);
    }
    return true;
}

static bool check(bench_job *job) {
    const climatology_job *c = job->state;
    bool same = true;
    for (int k = 0; k < RESULTS && same; k++) {
        int64_t n = ash_size(c->result[k]);
        double *values = malloc(2 * (size_t)n * sizeof *values);
        if (!values)
            return bench_fail("climatology: no memory to check the results");
        same = read_result(OUTPUT, k, values) && read_result(PLAIN, k, values + n) && compare(k, n, values, values + n);
        free(values);
    }
    return same;
}

static void end(bench_job *job) {
    bench_files_end();
    free(job->state);
}

static void report(const bench_job *job, double seconds) {
    const climatology_job *c = job->state;
    (void)seconds;
    printf(",\"read_limit_seconds\":%.6g,\"steps\":%lld", c->read_seconds, (long long)c->steps);
}

const bench_case bench_climatology = {
    .name = "climatology",
    .about = "monthly climatology, anomalies, std and global mean, NetCDF to NetCDF",
    .size = 128 << 20,
    .begin = begin,
    .measured = measured,
    .limit = limit,
    .check = check,
    .end = end,
    .report = report,
};
