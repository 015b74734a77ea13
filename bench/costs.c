/* ashlar-costs [--size BYTES] [--threads N] [--rounds N]
 *
 * What the plan believes about costs, beside what they are here. First nanoseconds of a thread for an element or a byte: kernels, stored bytes, bytes that are held.
 * Then, for values that two passes need, the seconds of three ways in alternation: as the plan chooses, read or computed again ("-keep"), and kept by hand
 * (ash_persist() of the value, then the rest): one line of JSON each. */
#include <ashlar/ashlar.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAYS = 3, MOST_ROUNDS = 99 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[], int n) {
    qsort(values, (size_t)n, sizeof *values, by_size);
    return values[n / 2];
}

typedef struct place {
    char folder[300];
    int64_t elements;
    int threads, rounds;
    float *single;
    double *wide;
} place;

static void check(ash_context *ctx, ash_status status, const char *what) {
    if (status != ASH_OK) {
        fprintf(stderr, "ashlar-costs: %s: %s\n", what, ash_error(ctx));
        exit(1);
    }
}

static ash_context *new_context(int threads) {
    return ash_context_new(&(ash_context_options){ .num_threads = threads, .memory_limit = INT64_C(1) << 40 });
}

static void path_of(const place *p, const char *name, char path[400]) {
    snprintf(path, 400, "%s/%s", p->folder, name);
}

/* ---- Kernels ---- */

typedef ash_array unary(ash_array);
static ash_array twice(ash_array a) {
    return ash_add(a, a);
}
static ash_array root(ash_array a) {
    return ash_sqrt(a);
}
static ash_array remainder_of(ash_array a) {
    return ash_fmod(a, ash_real(a.context, 0.7));
}
static const struct kernel {
    const char *name;
    unary *apply;
} kernels[] = { { "add", twice }, { "sqrt", root }, { "exp", ash_exp }, { "sin", ash_sin }, { "log", ash_log }, { "fmod", remainder_of } };

/* Seconds of the sum of what is made of a short vector by so many applications, which are told apart by what is added. */
static double seconds_of(ash_context *ctx, ash_array x, unary *apply, int times) {
    ash_array sum = ash_real(ctx, 0);
    for (int k = 0; k < times; k++) {
        sum = ash_add(sum, apply(ash_add(x, ash_real(ctx, k))));
    }
    for (int k = times; k < 8; k++) {
        sum = ash_add(sum, ash_add(x, ash_real(ctx, k)));
    }
    ash_array total = ash_sum(ash_cast(sum, ASH_FLOAT64), NULL);
    double best = INFINITY, value;
    for (int r = 0; r < 9; r++) {
        double began = now();
        check(ctx, ash_compute(total, &value, sizeof value, NULL), "sum");
        double seconds = now() - began;
        best = seconds < best ? seconds : best;
    }
    return best;
}

static void report_kernels(const place *p) {
    const int64_t shape[1] = { 1 << 20 };
    for (int wide = 0; wide < 2; wide++) {
        for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
            ash_context *ctx = new_context(1);
            ash_array x = wide ? ash_from_buffer(ctx, ASH_FLOAT64, 1, shape, p->wide, NULL)
                               : ash_from_buffer(ctx, ASH_FLOAT32, 1, shape, p->single, NULL);
            double without = seconds_of(ctx, x, kernels[k].apply, 0), with = seconds_of(ctx, x, kernels[k].apply, 8);
            double ns = (with - without) / 8 / (double)shape[0] * 1e9;
            printf("{\"kernel\":\"%s\",\"dtype\":\"%s\",\"ns_per_element\":%.3g,\"ns_per_byte\":%.3g}\n", kernels[k].name,
                wide ? "float64" : "float32", ns, ns / (wide ? 8 : 4));
            ash_context_free(ctx);
        }
    }
}

/* ---- Stored bytes ---- */

static const struct form {
    const char *name;
    int deflate, zstd;
    bool shuffle;
} forms[] = { { "plain.nc", 0, 0, false }, { "deflate.nc", 4, 0, true }, { "zstd.nc", 0, 3, true } };
enum { FORMS = sizeof forms / sizeof *forms };

static ash_array field(ash_context *ctx, const place *p) {
    ash_array x = ash_from_buffer(ctx, ASH_FLOAT32, 3, (int64_t[]){ p->elements / (180 * 360), 180, 360 }, p->single,
        &(ash_make_options){ .dims = "time,lat,lon", .chunks = "16,180,360" });
    return x;
}

static bool write_form(const place *p, const struct form *as) {
    char path[400];
    ash_context *ctx = new_context(p->threads);
    path_of(p, as->name, path);
    ash_status status = ash_write(field(ctx, p), path, "x",
        &(ash_write_options){ .deflate = as->deflate, .zstd = as->zstd, .shuffle = as->shuffle, .chunks = "16,180,360" });
    if (status != ASH_OK)
        fprintf(stderr, "ashlar-costs: %s: %s\n", as->name, ash_error(ctx));
    ash_context_free(ctx);
    return status == ASH_OK;
}

static ash_array stored(ash_context *ctx, const place *p, const char *name) {
    char path[400];
    path_of(p, name, path);
    return ash_open(ctx, path, "x", NULL);
}

static void report_stored(const place *p, const struct form *as) {
    double seconds[2][MOST_ROUNDS], value;
    ash_context *ctx = new_context(1);
    ash_array a[2] = { ash_sum(stored(ctx, p, as->name), NULL), ash_sum(field(ctx, p), NULL) };
    for (int r = 0; r < p->rounds; r++) {
        for (int k = 0; k < 2; k++) {
            double began = now();
            check(ctx, ash_compute(a[k], &value, sizeof(float), NULL), as->name);
            seconds[k][r] = now() - began;
        }
    }
    printf("{\"stored\":\"%s\",\"ns_per_byte\":%.3g}\n", as->name,
        (median(seconds[0], p->rounds) - median(seconds[1], p->rounds)) / (4 * (double)p->elements) * 1e9);
    ash_context_free(ctx);
}

/* ---- Choices ---- */

typedef ash_array shared_value(ash_context *ctx, const place *p);
static ash_array of_deflate(ash_context *ctx, const place *p) {
    return stored(ctx, p, "deflate.nc");
}
static ash_array of_zstd(ash_context *ctx, const place *p) {
    return stored(ctx, p, "zstd.nc");
}
static ash_array of_plain(ash_context *ctx, const place *p) {
    return stored(ctx, p, "plain.nc");
}
static ash_array vector(ash_context *ctx, const place *p) {
    return ash_from_buffer(ctx, ASH_FLOAT64, 1, (int64_t[]){ p->elements / 2 }, p->wide, NULL);
}
static ash_array scaled(ash_context *ctx, const place *p) {
    return ash_add(ash_mul(vector(ctx, p), ash_real(ctx, 2)), ash_real(ctx, 1));
}
static ash_array sine(ash_context *ctx, const place *p) {
    return ash_sin(ash_exp(vector(ctx, p)));
}
static ash_array long_chain(ash_context *ctx, const place *p) {
    ash_array x = vector(ctx, p);
    return ash_add(ash_sin(ash_exp(x)), ash_mul(ash_log(ash_add(x, ash_real(ctx, 2))), ash_tanh(x)));
}
static ash_array remainders(ash_context *ctx, const place *p) {
    return ash_fmod(vector(ctx, p), ash_real(ctx, 0.7));
}
static const struct shared {
    const char *name;
    shared_value *make;
    int form; /* of the file, -1: memory */
    const char *over;
} cases[] = {
    { "deflate, centred over all", of_deflate, 1, NULL },
    { "deflate, anomaly in time", of_deflate, 1, "time" },
    { "deflate, centred over lat", of_deflate, 1, "lat" },
    { "zstd, anomaly in time", of_zstd, 2, "time" },
    { "plain, anomaly in time", of_plain, 0, "time" },
    { "2*x + 1, centred", scaled, -1, NULL },
    { "sin(exp(x)), centred", sine, -1, NULL },
    { "five functions, centred", long_chain, -1, NULL },
    { "fmod(x, 0.7), centred", remainders, -1, NULL },
};

static double run(ash_context *ctx, ash_array y, const char *over, const char *passes) {
    double value, began = now();
    ash_array spread = ash_sum(ash_square(ash_sub(y, ash_mean(y, over))), NULL);
    check(ctx, ash_compute(ash_cast(spread, ASH_FLOAT64), &value, sizeof value, &(ash_compute_options){ .passes = passes }), "centred");
    return now() - began;
}

static void report_choice(const place *p, const struct shared *s) {
    double seconds[WAYS][MOST_ROUNDS];
    int kept = 0;
    for (int r = -1; r < p->rounds; r++) { /* the first is not counted */
        for (int k = 0; k < WAYS; k++) {
            int way = (k + r + 1) % WAYS, at = r < 0 ? 0 : r;
            ash_context *ctx = new_context(p->threads);
            ash_array y = s->make(ctx, p);
            double began = now();
            if (way == 2) {
                y = ash_persist(y, "memory");
            }
            double before = now() - began;
            seconds[way][at] = before + run(ctx, y, s->over, way == 1 ? "-keep" : NULL);
            kept |= way == 0 && strstr(ash_explain_last(ctx), "kept: ") != NULL;
            began = now();
            ash_context_free(ctx);
            seconds[way][at] += now() - began;
        }
    }
    printf("{\"shared\":\"%s\",\"threads\":%d,\"chosen\":\"%s\",\"seconds\":%.4g,\"again\":%.4g,\"by_hand\":%.4g}\n", s->name, p->threads,
        kept ? "kept" : "again", median(seconds[0], p->rounds), median(seconds[1], p->rounds), median(seconds[2], p->rounds));
    fflush(stdout);
}

static int64_t bytes_of(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return (int64_t)(value * (*end == 'G' ? 1 << 30 : *end == 'M' ? 1 << 20 : *end == 'k' ? 1 << 10 : 1));
}

int main(int argc, char **argv) {
    place p = { .threads = 2, .rounds = 7 };
    int64_t size = INT64_C(512) << 20;
    for (int k = 1; k + 1 < argc; k += 2) {
        size = strcmp(argv[k], "--size") == 0 ? bytes_of(argv[k + 1]) : size;
        p.threads = strcmp(argv[k], "--threads") == 0 ? atoi(argv[k + 1]) : p.threads;
        p.rounds = strcmp(argv[k], "--rounds") == 0 ? atoi(argv[k + 1]) : p.rounds;
    }
    const char *temporary = getenv("TMPDIR");
    snprintf(p.folder, sizeof p.folder, "%s/ashlar-costs-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    p.elements = size / 4 / (16 * 180 * 360) * (16 * 180 * 360);
    p.single = malloc((size_t)size);
    p.wide = malloc((size_t)size);
    if (argc % 2 == 0 || p.elements == 0 || p.rounds < 1 || p.rounds > MOST_ROUNDS || !p.single || !p.wide || !mkdtemp(p.folder)) {
        fprintf(stderr, "usage: ashlar-costs [--size BYTES, at least 4M] [--threads N] [--rounds N]\n");
        return 2;
    }
    for (int64_t k = 0; k < p.elements; k++) {
        p.single[k] = (float)(k % 360) / 8 + (float)((uint32_t)k * 2654435761u >> 20) / 64;
    }
    for (int64_t k = 0; k < p.elements / 2; k++) {
        p.wide[k] = (double)(k % 1009) / 500;
    }
    bool have[FORMS];
    report_kernels(&p);
    for (int f = 0; f < FORMS; f++) {
        have[f] = write_form(&p, &forms[f]);
        if (have[f])
            report_stored(&p, &forms[f]);
    }
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        if (cases[c].form < 0 || have[cases[c].form])
            report_choice(&p, &cases[c]);
    }
    for (int f = 0; f < FORMS; f++) {
        char path[400];
        path_of(&p, forms[f].name, path);
        remove(path);
    }
    remove(p.folder);
    free(p.single);
    free(p.wide);
    return 0;
}
