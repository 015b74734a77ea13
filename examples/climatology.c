/* Monthly climatology, anomalies, monthly standard deviation and global mean of a variable, however large, in one run of the plan.
 *
 *     climatology [OPTIONS] FILE VARIABLE [OUT.nc]
 *
 * Results are written chunk by chunk while the input is read; memory stays within ASH_MEMORY_LIMIT. See climatology --help.
 */
#include "anomaly_map.h"
#include "canvas.h"
#include "cf_axes.h"
#include "climatology_options.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RESULTS = 4, NAME_BYTES = 300, TEXT_BYTES = 512 };

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("climatology: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return 1;
}

/* ---- The expressions ---- */

/* The mean over latitude and longitude, weighted by cos(latitude), of what is not missing. */
static ash_array area_mean(ash_array t, const cf_axes *axes) {
    char area[TEXT_BYTES];
    snprintf(area, sizeof area, "%s%s%s", axes->latitude, axes->longitude ? "," : "", axes->longitude ? axes->longitude : "");
    ash_array latitude = ash_cast(ash_coord(t, axes->latitude), ASH_FLOAT64);
    ash_array weight = ash_cos(ash_radians(latitude));
    ash_array weight_present = ash_where(ash_isnan(t), ash_real(t.context, 0), weight);
    return ash_div(ash_nansum(ash_mul(t, weight), area), ash_sum(weight_present, area));
}

/* Numbers the months 1 to 12. */
static ash_array number_months(ash_array a) {
    ash_array month = ash_cast(ash_arange(a.context, 1, 13, 1, &(ash_make_options){ .dims = "month" }), ASH_INT32);
    return ash_set_coord(a, "month", ash_set_attr(ash_set_attr(month, "long_name", "month of the year"), "units", "1"));
}

/* Sets what describes a result, and removes attributes that would not hold for it: limits in packed units, and names of variables that the file will not have. */
static ash_array describe(ash_array a, ash_array source, const char *what, const char *method) {
    static const char *const untrue[] = { "valid_min", "valid_max", "valid_range", "actual_range", "missing_value", "coordinates",
        "grid_mapping", "cell_measures", "ancillary_variables", "bounds" };
    for (size_t k = 0; k < sizeof untrue / sizeof *untrue; k++)
        a = ash_set_attr(a, untrue[k], NULL);

    const char *about = ash_attr(source, "long_name"), *units = ash_attr(source, "units"), *before = ash_attr(source, "cell_methods");
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "%s of %s", what, about ? about : ash_array_name(source));
    a = ash_set_attr(ash_set_attr(a, "long_name", text), "units", units);
    snprintf(text, sizeof text, "%s%s%s", before ? before : "", before && *method ? " " : "", method);
    return ash_set_attr(a, "cell_methods", *text ? text : NULL);
}

static void build(ash_array t, const cf_axes *axes, ash_array result[RESULTS]) {
    const ash_reduce_options all_months = { .groups = 12 }; /* those that do not occur are missing */
    ash_array month = ash_sub(ash_time_field(ash_coord(t, axes->time), "month"), ash_int(t.context, 1));
    ash_array group = ash_set_dims(month, "month"); /* the name of the labels' dimension is that of the groups */

    ash_array mean = ash_group_nanmean_with(t, axes->time, group, &all_months);
    ash_array anomaly = ash_sub(t, ash_group_take(mean, "month", month));
    ash_array deviation = ash_group_nanstd_with(t, axes->time, group, &all_months);
    result[0] = describe(number_months(mean), t, "monthly climatology", "time: mean (of each month of the year)");
    result[1] = describe(anomaly, t, "anomaly from the monthly climatology", "");
    result[2] =
        describe(number_months(deviation), t, "monthly standard deviation", "time: standard_deviation (of each month of the year, ddof 0)");
    result[3] = describe(area_mean(t, axes), t, "area-weighted mean", "area: mean (weighted by cos(latitude))");
}

/* ---- The input ---- */

static const char *dimension_list(ash_array t, char *text, size_t size) {
    snprintf(text, size, "%s", ash_ndim(t) ? "" : "none");
    for (int k = 0; k < ash_ndim(t); k++) {
        const char *name = ash_dim_name(t, k);
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", k ? ", " : "", name ? name : "(no name)");
    }
    return text;
}

/* Opens the variable and finds its axes; 0, or the exit status after a sentence. */
static int open_input(ash_context *ctx, const climatology_options *o, ash_array *t, cf_axes *axes) {
    char dims[TEXT_BYTES];
    *t = ash_open(ctx, o->input, o->variable, &(ash_open_options){ .chunks = o->chunks });
    if (!ash_ok(*t))
        return fail("%s", ash_error(ctx));
    if (ash_array_dtype(*t) != ASH_FLOAT32)
        *t = ash_cast(*t, ASH_FLOAT64);
    *axes = cf_find_axes(*t);
    const char *lacks = !axes->time ? "time dimension (a coordinate with units \"... since ...\")"
        : !axes->latitude           ? "latitude dimension (a coordinate with units \"degrees_north\")"
                                    : NULL;
    if (lacks)
        return fail("%s: %s has no %s; its dimensions: %s", o->input, o->variable, lacks, dimension_list(*t, dims, sizeof dims));
    return 0;
}

/* Whether two names are of one file; where one does not exist yet, whether they are the same name. */
static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* ---- The report ---- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A figure of /proc/self/status in bytes, such as "VmHWM:", the most memory this process has had; 0 where there is no /proc. */
static int64_t process_memory(const char *figure) {
    char line[256];
    long long kibibytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, figure, strlen(figure)) == 0)
            kibibytes = atoll(line + strlen(figure));
    if (status)
        fclose(status);
    return kibibytes * 1024;
}

static void report(ash_context *ctx, ash_array t, const climatology_options *o, double seconds, int64_t memory_before) {
    ash_plan_info run = ash_last_run(ctx);
    double values = (double)ash_size(t) * (double)ash_dtype_size(ash_array_dtype(t)), MiB = 1 << 20;
    printf("input   %.4g GB: %s of %s,", values / 1e9, o->variable, o->input);
    for (int k = 0; k < ash_ndim(t); k++)
        printf("%s%lld", k ? " x " : " ", (long long)ash_extent(t, k));
    printf(" %s; read from the file: %.4g GB\n", ash_dtype_name(ash_array_dtype(t)), (double)run.bytes_read / 1e9);
    printf(
        "time    %.2f s, %.3g GB/s, %d thread%s\n", seconds, values / 1e9 / seconds, (int)run.num_threads, run.num_threads == 1 ? "" : "s");
    printf("memory  peak %.0f MiB (VmHWM), limit %.0f MiB above the %.0f MiB of the process at its start\n",
        (double)process_memory("VmHWM:") / MiB, (double)ash_context_get_options(ctx).memory_limit / MiB, (double)memory_before / MiB);
    printf("output  %s (%.4g GB)\n", o->output, (double)run.bytes_written / 1e9);
}

/* ---- The job ---- */

static ash_context *running;

static void on_signal(int number) {
    (void)number;
    ash_cancel(running);
}

/* Runs the plan. Ctrl-C ends it in good order, so that nothing half-made is left. */
static ash_status write_results(ash_context *ctx, const ash_array result[RESULTS], const char *path, const char *const names[RESULTS]) {
    running = ctx;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    ash_status status = ash_write_many(ctx, RESULTS, result, path, names, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    return status;
}

/* Whether a file of this name can be made, so that a long run does not end in disappointment; if not, errno says why. */
static bool can_create(const char *path) {
    const char *slash = strrchr(path, '/');
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return access(folder, W_OK) == 0;
}

static int draw_map(const climatology_options *o, const cf_axes *axes, const char *anomaly) {
    char error[4 * TEXT_BYTES];
    const char *reason = !canvas_can_write() ? "this program was built without libpng"
        : !axes->longitude                   ? "there is no longitude dimension"
                                             : NULL;
    if (!reason && !anomaly_map_draw(o->output, anomaly, axes, o->map, error, sizeof error))
        return fail("%s", error);
    if (!o->quiet)
        printf("map     %s%s\n", reason ? "left out: " : "", reason ? reason : o->map);
    return 0;
}

static int run(ash_context *ctx, const climatology_options *o) {
    static const char *const suffix[RESULTS] = { "climatology", "anomaly", "std", "global_mean" };
    char text[RESULTS][NAME_BYTES];
    const char *names[RESULTS];
    const char *slash = strrchr(o->variable, '/'), *base = slash ? slash + 1 : o->variable; /* of a variable in a group */
    for (int k = 0; k < RESULTS; k++) {
        snprintf(text[k], sizeof text[k], "%.200s_%s", base, suffix[k]);
        names[k] = text[k];
    }

    cf_axes axes;
    ash_array t, result[RESULTS];
    int64_t memory_before = process_memory("VmRSS:");
    double start = now();
    if (open_input(ctx, o, &t, &axes) != 0)
        return 1;
    if (same_file(o->input, o->output))
        return fail("%s is the input; choose another name for the output", o->output);
    if (o->draw_map && (same_file(o->input, o->map) || same_file(o->output, o->map)))
        return fail("%s is the input or the output; choose another name for the map", o->map);
    if (!can_create(o->output))
        return fail("%s: %s", o->output, strerror(errno));
    if (o->draw_map && !can_create(o->map))
        return fail("%s: %s", o->map, strerror(errno));
    build(t, &axes, result);
    if (write_results(ctx, result, o->output, names) != ASH_OK)
        return fail("%s", ash_error(ctx));
    if (!o->quiet)
        report(ctx, t, o, now() - start, memory_before);
    return o->draw_map ? draw_map(o, &axes, names[1]) : 0;
}

int main(int argc, char **argv) {
    climatology_options options;
    int status = climatology_parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.quiet)
        unsetenv("ASH_PROGRESS");

    ash_context *ctx =
        ash_context_new(&(ash_context_options){ .progress = !options.quiet && isatty(STDERR_FILENO) ? ash_progress_bar : NULL });
    if (!ctx) {
        fail("%s", ash_error(NULL));
        return ash_error_status(NULL) == ASH_ERR_ARGUMENT ? 2 : 1; /* a value of --threads, --memory or the environment */
    }
    status = run(ctx, &options);
    ash_context_free(ctx);
    return status;
}
