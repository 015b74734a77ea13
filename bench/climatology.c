/* The main job, from a NetCDF file to a NetCDF file: monthly climatology, anomalies, monthly standard deviation and area-weighted mean.
 *
 * Its limit is the same job in plain C with NetCDF-C, which reads the input twice and knows one thread; `read_limit_seconds` is the part
 * of it spent in nc_get_vara.
 */
#include "cases.h"
#include "climatology_plain.h"
#include "sample.h"

#include <errno.h>
#include <math.h>
#include <netcdf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESULTS = 4, INPUT = 0, OUTPUT = 1, PLAIN = 2, FILES = 3 };

static const char *const names[RESULTS] = { "t2m_climatology", "t2m_anomaly", "t2m_std", "t2m_global_mean" };

typedef struct climatology_job {
    int64_t steps;
    ash_array result[RESULTS];
    double read_seconds;
} climatology_job;

/* ---- Files: in a folder of their own, removed however the program ends ---- */

static char folder[3800], path[FILES][4096];

static void remove_files(void) {
    for (int k = 0; k < FILES; k++)
        unlink(path[k]);
    rmdir(folder);
}

static void on_signal(int number) {
    remove_files();
    _exit(128 + number);
}

static bool make_folder(void) {
    static const char *const file[FILES] = { "sample.nc", "ashlar.nc", "plain.nc" };
    const char *where = getenv("TMPDIR");
    where = where && *where ? where : "/tmp";
    if (snprintf(folder, sizeof folder, "%s/ashlar-bench-XXXXXX", where) >= (int)sizeof folder || !mkdtemp(folder))
        return bench_fail("climatology: no folder for its files in %s: %s", where, strerror(errno));
    for (int k = 0; k < FILES; k++)
        snprintf(path[k], sizeof path[k], "%s/%s", folder, file[k]);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return true;
}

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
    if (!make_folder() || !sample_write(path[INPUT], c->steps))
        return false;
    ash_array t = ash_open(job->ctx, path[INPUT], "t2m", NULL);
    build(t, c->result);
    return ash_ok(t) || bench_fail("climatology: %s", ash_error(job->ctx));
}

static bool measured(bench_job *job) {
    climatology_job *c = job->state;
    if (ash_write_many(job->ctx, RESULTS, c->result, path[OUTPUT], names, NULL) != ASH_OK)
        return bench_fail("climatology: %s", ash_error(job->ctx));
    ash_plan_info run = ash_last_run(job->ctx);
    job->bytes = run.bytes_read + run.bytes_written;
    return true;
}

static bool limit(bench_job *job) {
    climatology_job *c = job->state;
    return climatology_plain(path[INPUT], path[PLAIN], c->steps, &c->read_seconds);
}

/* ---- Whether both files say the same ---- */

static bool read_result(int which, int k, double *values) {
    int file, variable;
    int status = nc_open(path[which], NC_NOWRITE, &file);
    if (!status) {
        status = nc_inq_varid(file, names[k], &variable);
        status = status ? status : nc_get_var_double(file, variable, values);
        nc_close(file);
    }
    return status ? bench_fail("climatology: reading %s of %s: %s", names[k], path[which], nc_strerror(status)) : true;
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
    remove_files();
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
