/* Workloads in processes of their own, whose peak memory is nobody else's. */
#include "workloads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const FILES[] = { "u", "v", "matrix", "chunks", "out" };

static void file_path(const workload_place *place, const char *name, char path[600]) {
    snprintf(path, 600, "%s/%s.nc", place->folder, name);
}

/* ---- Making the inputs ---- */

/* Values that differ along every axis and are computed chunk by chunk. */
static ash_array field(ash_context *ctx, int ndim, const int64_t shape[], const char *const names[], double factor) {
    ash_array x = ash_real(ctx, 0);
    for (int a = 0; a < ndim; a++) {
        ash_array ramp = ash_linspace(ctx, 0, factor * (a + 1), shape[a], &(ash_make_options){ .dims = names[a] });
        x = a == 0 ? ramp : ash_add(x, ramp);
    }
    return ash_cast(ash_sin(x), ASH_FLOAT32);
}

static bool write_input(ash_context *ctx, const workload_place *place, const char *name, ash_array x, const char *chunks) {
    char path[600];
    file_path(place, name, path);
    if (ash_write(ash_rechunk(x, chunks), path, "x", &(ash_write_options){ .chunks = chunks }) != ASH_OK) {
        fprintf(stderr, "%s: %s\n", path, ash_error(ctx));
        return false;
    }
    return true;
}

bool workload_make_inputs(const workload_place *place) {
    ash_context *ctx = ash_context_new(&(ash_context_options){ .memory_limit = INT64_C(1) << 28 });
    if (!ctx) {
        fprintf(stderr, "%s\n", ash_error(NULL));
        return false;
    }
    static const char *const names[] = { "time", "lat", "lon" };
    int64_t elements = place->bytes / 4, width = (int64_t)fmax(cbrt((double)elements / 4), 8) / 8 * 8; /* a quarter as long as wide */
    int64_t shape[] = { elements / (2 * width * width), width, 2 * width };
    int64_t edge = (int64_t)sqrt((double)elements), small = edge / 200 > 0 ? edge / 200 : 1, square[] = { edge, edge },
            grid[] = { 200 * small, 200 * small };
    char chunks[64];
    snprintf(chunks, sizeof chunks, "%lld,%lld", (long long)small, (long long)small);
    bool fine = write_input(ctx, place, "u", field(ctx, 3, shape, names, 40), "1,-1,-1") &&
        write_input(ctx, place, "v", field(ctx, 3, shape, names, 33), "1,-1,-1") &&
        write_input(ctx, place, "matrix", field(ctx, 2, square, names, 50), "128,-1") &&
        write_input(ctx, place, "chunks", field(ctx, 2, grid, names, 50), chunks);
    ash_context_free(ctx);
    return fine;
}

void workload_remove(const workload_place *place) {
    for (size_t k = 0; k < sizeof FILES / sizeof *FILES; k++) {
        char path[600];
        file_path(place, FILES[k], path);
        remove(path);
    }
}

/* ---- In the child ---- */

static int64_t high_water(void) {
    char line[256];
    long long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %lld kB", &kilobytes) != 1) {}
    if (status) {
        fclose(status);
    }
    return kilobytes * 1024;
}

static void run_it(ash_context *ctx, const workload *which, const workload_place *place, workload_figures *f) {
    ash_array out[WORKLOAD_MOST];
    const char *const name = "x";
    void *buffer[WORKLOAD_MOST] = { NULL };
    int64_t bytes[WORKLOAD_MOST], results = 0, before = high_water();
    int n = which->build(ctx, place, out);
    ash_plan_info plan = { .size = sizeof plan };
    char path[600];
    file_path(place, "out", path);
    const ash_write_options how = { .chunks = which->chunks };
    f->status = which->is_written ? ash_write_query(ctx, 1, out, path, &name, &how, &plan) : ash_plan_query(ctx, n, out, NULL, &plan);
    for (int k = 0; k < n && f->status == ASH_OK && !which->is_written; k++) {
        bytes[k] = ash_size(out[k]) * ash_dtype_size(ash_array_dtype(out[k]));
        buffer[k] = calloc(1, (size_t)bytes[k]);
        results += bytes[k];
    }
    if (f->status == ASH_OK && which->is_written) {
        f->status = ash_write(out[0], path, name, &how);
    } else if (f->status == ASH_OK) {
        f->status = ash_compute_many(ctx, n, out, buffer, bytes, NULL);
    }
    ash_plan_info run = ash_last_run(ctx);
    snprintf(f->text, sizeof f->text, "%s", f->status == ASH_OK ? "" : ash_error(ctx));
    f->high_water = high_water() - results;
    f->grown = f->high_water - before;
    f->read_predicted = plan.bytes_read;
    f->read = run.bytes_read;
    f->peak_predicted = plan.peak_bytes;
    f->peak = run.peak_bytes;
    f->sequential_peak = plan.sequential_peak;
    f->least_limit = plan.least_limit;
    f->largest_task = (plan.peak_bytes - plan.sequential_peak) / (2 * plan.num_threads);
    f->seconds = run.seconds;
    for (int k = 0; k < n && !which->is_written; k++) {
        free(buffer[k]);
    }
}

static int keep_to(int64_t bytes) {
    struct rlimit most = { (rlim_t)bytes, (rlim_t)bytes };
    return setrlimit(RLIMIT_DATA, &most);
}

int workload_child(int argc, char **argv) {
    if (argc != 9 || strcmp(argv[1], "--workload") != 0) {
        return -1;
    }
    workload_place place = { argv[3], atoll(argv[4]), atoll(argv[8]) };
    if (place.allowance > 0 && keep_to(atoll(argv[5]) + place.allowance) != 0) {
        return 1;
    }
    workload_figures f = { .input_bytes = place.bytes };
    int threads = atoi(argv[6]);
    ash_context *ctx = ash_context_new(
        &(ash_context_options){ .memory_limit = atoll(argv[5]), .num_threads = threads, .executor = threads == 1 ? "serial" : "openmp" });
    if (!ctx) {
        return 1;
    }
    run_it(ctx, &workloads[atoi(argv[2])], &place, &f);
    ash_context_free(ctx);
    return write(atoi(argv[7]), &f, sizeof f) == (ssize_t)sizeof f ? 0 : 1;
}

/* ---- In the parent ---- */

bool workload_run(const workload *which, const workload_place *place, int64_t limit, int threads, workload_figures *out) {
    char number[6][32];
    int ends[2], status;
    if (pipe(ends) != 0) {
        return false;
    }
    snprintf(number[0], sizeof number[0], "%d", (int)(which - workloads));
    snprintf(number[1], sizeof number[1], "%lld", (long long)place->bytes);
    snprintf(number[2], sizeof number[2], "%lld", (long long)limit);
    snprintf(number[3], sizeof number[3], "%d", threads);
    snprintf(number[4], sizeof number[4], "%d", ends[1]);
    snprintf(number[5], sizeof number[5], "%lld", (long long)place->allowance);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        if (place->allowance > 0) { /* else OpenBLAS reserves room for all its threads as soon as it is loaded, used or not */
            setenv("OPENBLAS_NUM_THREADS", "1", 1);
        }
        execl("/proc/self/exe", "workload", "--workload", number[0], place->folder, number[1], number[2], number[3], number[4], number[5],
            (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    ssize_t got = child > 0 ? read(ends[0], out, sizeof *out) : -1;
    close(ends[0]);
    return child > 0 && waitpid(child, &status, 0) == child && got == (ssize_t)sizeof *out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
