/* ashlar-workloads [--size BYTES] [--threads N] [--limited] [--allowance BYTES] [NAME...]
 *
 * Runs each workload at a twentieth of its input in memory, and prints one line of JSON: what it took of memory and how much it read, beside what the plan said. Then
 * with room for every thread's largest task, against as much memory as it likes: how much of the speed is left. With --limited that is left out. With --allowance
 * the system refuses the process any data beyond the limit and so many bytes (RLIMIT_DATA). */
#include "workloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double best_seconds(const workload *which, const workload_place *place, int64_t limit, int threads, workload_figures *f) {
    double best = 0;
    for (int k = 0; k < 3; k++) {
        if (!workload_run(which, place, limit, threads, f) || f->status != ASH_OK)
            return 0;
        best = k == 0 || f->seconds < best ? f->seconds : best;
    }
    return best;
}

static int report(const workload *which, const workload_place *place, int threads, bool limited) {
    workload_figures f, free_one;
    int64_t limit = place->bytes / 20 > which->least ? place->bytes / 20 : which->least, ample = INT64_C(1) << 40;
    workload_place unbound = { place->folder, place->bytes, 0 };
    free_one.status = ASH_ERR_LIMIT;
    if (!workload_run(which, place, limit, threads, &f) || (!limited && !workload_run(which, &unbound, ample, threads, &free_one)))
        return 1;
    printf("{\"workload\":\"%s\",\"threads\":%d,\"limit\":%lld,\"status\":\"%s\"", which->name, threads, (long long)limit,
        f.status == ASH_OK ? "ok" : f.text);
    if (f.status == ASH_OK) {
        printf(",\"high_water\":%lld,\"grown\":%lld,\"peak\":%lld,\"peak_predicted\":%lld,\"read\":%lld,\"read_predicted\":%lld,"
               "\"seconds\":%.4g",
            (long long)f.high_water, (long long)f.grown, (long long)f.peak, (long long)f.peak_predicted, (long long)f.read,
            (long long)f.read_predicted, f.seconds);
    }
    printf(",\"sequential_peak\":%lld,\"least_limit\":%lld", (long long)f.sequential_peak, (long long)f.least_limit);
    if (free_one.status == ASH_OK) {
        double free_seconds = best_seconds(which, &unbound, ample, threads, &f);
        double kept = best_seconds(which, &unbound, free_one.sequential_peak + threads * free_one.largest_task, threads, &f);
        if (kept > 0)
            printf(",\"unlimited_seconds\":%.4g,\"speed_at_peak_and_tasks\":%.3g", free_seconds, free_seconds / kept);
    }
    if (which->flaw)
        printf(",\"flaw\":\"%s\"", which->flaw);
    puts("}");
    fflush(stdout);
    return 0;
}

static int64_t bytes_of(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return (int64_t)(value * (*end == 'G' ? 1 << 30 : *end == 'M' ? 1 << 20 : *end == 'k' ? 1 << 10 : 1));
}

int main(int argc, char **argv) {
    int status = workload_child(argc, argv), threads = 2, names = 0;
    const char *temporary = getenv("TMPDIR");
    char folder[400];
    workload_place place = { .folder = folder, .bytes = INT64_C(1) << 30 };
    bool limited = false;
    if (status >= 0)
        return status;
    snprintf(folder, sizeof folder, "%s/ashlar-workloads-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    for (int k = 1; k < argc; k++) {
        if (k + 1 < argc && strcmp(argv[k], "--size") == 0)
            place.bytes = bytes_of(argv[++k]);
        else if (k + 1 < argc && strcmp(argv[k], "--threads") == 0)
            threads = atoi(argv[++k]);
        else if (k + 1 < argc && strcmp(argv[k], "--allowance") == 0)
            place.allowance = bytes_of(argv[++k]);
        else if (strcmp(argv[k], "--limited") == 0)
            limited = true;
        else
            argv[++names] = argv[k];
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    status = workload_make_inputs(&place) ? 0 : 1;
    for (int w = 0; w < workload_count && status == 0; w++) {
        int asked = names == 0;
        for (int k = 1; k <= names; k++)
            asked |= strcmp(argv[k], workloads[w].name) == 0;
        status |= asked && report(&workloads[w], &place, threads, limited);
    }
    workload_remove(&place);
    remove(folder);
    return status;
}
