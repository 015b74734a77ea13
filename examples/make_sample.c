/* Writes a sample like a file of ERA5: hourly 2 m temperature, packed to 16 bits, chunked by day, deflated.
 *
 *     make_sample OUT.nc [DAYS=365] [STEP_DEGREES=1]
 *
 * The weather is made up, but has what real weather has: warm tropics, seasons, a warm afternoon, disturbances of a few days and a few thousand kilometres,
 * and some missing values. The same arguments always give the same values. Only NetCDF-C is used here; this program shows nothing of Ashlar.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netcdf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PI 3.14159265358979323846

enum { HOURS = 24, MISSING = -32767, FIRST_HOUR = 1043136 /* 2019-01-01 00:00, in hours since 1900-01-01 */ };

/* Packing: 32766 steps either way around the middle hold 190 K to 330 K. Values are multiples of GRAIN steps: the fields that such files are made from are coarser than 16 bits. */
static const double add_offset = 260.0, scale_factor = 70.0 / 32766.0;
enum { GRAIN = 2 };

/* ---- The end of the program in case of trouble: one sentence, and no file left behind ---- */

static char temporary[4096]; /* the file being written; empty while there is none */

static void stop(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void stop(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("make_sample: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    if (temporary[0])
        unlink(temporary);
    exit(1);
}

static void on_signal(int number) {
    if (temporary[0])
        unlink(temporary);
    _exit(128 + number);
}

/* NetCDF reports a full disk as "HDF error"; say what it is. */
static void check(int status, const char *doing) {
    if (status == NC_NOERR)
        return;
    struct statvfs disk;
    if (temporary[0] && statvfs(temporary, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < 4 << 20)
        stop("%s: no space left on the device of %s", doing, temporary);
    stop("%s: %s", doing, nc_strerror(status));
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory)
        stop("no memory for %zu values", count);
    return memory;
}

/* ---- Random fields: the same on every machine ---- */

static uint64_t random_state = 20190101;

static uint64_t next_random(void) { /* splitmix64 */
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double uniform(void) {
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

/* Nearly normal: the sum of twelve uniform numbers. */
static double normal(void) {
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum;
}

/* A smooth random field on the sphere: normal values on a coarse net, and weights that join them. */
typedef struct field {
    double spacing; /* of the net, degrees */
    int rows, columns;
    double *node;
} field;

static field field_new(double spacing) {
    field f = { spacing, (int)(180 / spacing) + 1, (int)(360 / spacing), NULL };
    f.node = allocate((size_t)f.rows * (size_t)f.columns, sizeof *f.node);
    for (int k = 0; k < f.rows * f.columns; k++)
        f.node[k] = normal();
    return f;
}

/* The next day: what was there fades, something new comes. The variance stays 1. */
static void field_step(field *f, double memory) {
    for (int k = 0; k < f->rows * f->columns; k++)
        f->node[k] = memory * f->node[k] + sqrt(1 - memory * memory) * normal();
}

static double ease(double x) {
    return x * x * (3 - 2 * x);
}

/* ---- The climate of each cell, and its weather ---- */

typedef struct sample {
    int nlat, nlon;
    size_t cells;
    float *mean, *season, *diurnal; /* annual mean; amplitudes over the year and over the day */
    float *today, *tomorrow;        /* weather at midnight */
    double *lat, *lon;
} sample;

/* Adds amplitude * field to out, smaller towards the poles, where the meridians meet. */
static void add_field(const sample *s, const field *f, double amplitude, float *out) {
    for (int j = 0; j < s->nlat; j++) {
        double y = fmin((90 - s->lat[j]) / f->spacing, f->rows - 1.001);
        int row = (int)y;
        double v = ease(y - row), here = amplitude * sqrt(fmax(0, cos(s->lat[j] * PI / 180)));
        const double *north = f->node + (size_t)row * (size_t)f->columns, *south = north + f->columns;
        for (int i = 0; i < s->nlon; i++) {
            double x = s->lon[i] / f->spacing;
            int west = (int)x % f->columns, east = (west + 1) % f->columns;
            double u = ease(x - floor(x));
            double upper = north[west] + u * (north[east] - north[west]), lower = south[west] + u * (south[east] - south[west]);
            out[(size_t)j * (size_t)s->nlon + (size_t)i] += (float)(here * (upper + v * (lower - upper)));
        }
    }
}

static void make_climate(sample *s) {
    float *height = allocate(s->cells, sizeof *height);
    field continents = field_new(30), mountains = field_new(6);
    add_field(s, &continents, 1.0, height);
    add_field(s, &mountains, 0.35, height);
    for (int j = 0; j < s->nlat; j++) {
        double sine = sin(s->lat[j] * PI / 180), polar = s->lat[j] < -65 ? (-65 - s->lat[j]) / 25 : 0;
        for (int i = 0; i < s->nlon; i++) {
            size_t k = (size_t)j * (size_t)s->nlon + (size_t)i;
            double land = 1 / (1 + exp(-6 * (height[k] - 0.3)));
            s->mean[k] = (float)(300.5 - 44 * sine * sine - 22 * polar - 7 * land * fmax(0, height[k]));
            s->season[k] = (float)(sine * (6 + 17 * land));
            s->diurnal[k] = (float)((0.4 + 6 * land) * (1 - 0.8 * sine * sine));
        }
    }
    free(height);
    free(continents.node);
    free(mountains.node);
}

static void make_weather(const sample *s, field *large, field *small, float *out) {
    field_step(large, 0.85);
    field_step(small, 0.6);
    memset(out, 0, s->cells * sizeof *out);
    add_field(s, large, 3.0, out);
    add_field(s, small, 1.5, out);
}

/* The 24 fields of a day, packed. */
static void make_day(const sample *s, int day, int16_t *out) {
    float warm[4096]; /* warmth of the hour at each longitude, for the finest grid allowed */
    float year = (float)-cos(2 * PI * (day - 20) / 365.2425);
    for (int hour = 0; hour < HOURS; hour++) {
        float part = (float)hour / HOURS;
        for (int i = 0; i < s->nlon; i++)
            warm[i] = (float)cos(2 * PI * (hour + s->lon[i] / 15 - 15) / HOURS);
        for (int j = 0; j < s->nlat; j++) {
            size_t row = (size_t)j * (size_t)s->nlon;
            for (int i = 0; i < s->nlon; i++) {
                size_t k = row + (size_t)i;
                float kelvin =
                    s->mean[k] + year * s->season[k] + warm[i] * s->diurnal[k] + s->today[k] + part * (s->tomorrow[k] - s->today[k]);
                out[(size_t)hour * s->cells + k] =
                    (int16_t)(GRAIN * lrintf((kelvin - (float)add_offset) * (float)(1 / scale_factor / GRAIN)));
            }
        }
    }
}

/* Missing values: a few cells that never report, and six hours a day without a block of cells. */
static void lose_some(const sample *s, int16_t *out) {
    int high = s->nlat / 36 + 1, wide = s->nlon / 45 + 1;
    int row = (int)(uniform() * (s->nlat - high)), column = (int)(uniform() * (s->nlon - wide)), from = (int)(uniform() * 18);
    for (int hour = 0; hour < HOURS; hour++) {
        int16_t *field_now = out + (size_t)hour * s->cells;
        for (int j = 0; j < high; j++)
            for (int i = 0; i < wide; i++) {
                field_now[(size_t)(s->nlat / 4 + j) * (size_t)s->nlon + (size_t)(s->nlon / 5 + i)] = MISSING;
                if (hour >= from && hour < from + 6)
                    field_now[(size_t)(row + j) * (size_t)s->nlon + (size_t)(column + i)] = MISSING;
            }
    }
}

static sample sample_new(double step) {
    sample s = { .nlat = (int)lround(180 / step) + 1, .nlon = (int)lround(360 / step) };
    s.cells = (size_t)s.nlat * (size_t)s.nlon;
    float **planes[] = { &s.mean, &s.season, &s.diurnal, &s.today, &s.tomorrow };
    for (size_t k = 0; k < sizeof planes / sizeof *planes; k++)
        *planes[k] = allocate(s.cells, sizeof **planes[k]);
    s.lat = allocate((size_t)s.nlat, sizeof *s.lat);
    s.lon = allocate((size_t)s.nlon, sizeof *s.lon);
    for (int j = 0; j < s.nlat; j++)
        s.lat[j] = 90 - j * step; /* from north to south, as ERA5 has it */
    for (int i = 0; i < s.nlon; i++)
        s.lon[i] = i * step;
    return s;
}

static void sample_free(sample *s) {
    float *planes[] = { s->mean, s->season, s->diurnal, s->today, s->tomorrow };
    for (size_t k = 0; k < sizeof planes / sizeof *planes; k++)
        free(planes[k]);
    free(s->lat);
    free(s->lon);
}

/* ---- The file ---- */

static void put_text(int file, int variable, const char *name, const char *text) {
    check(nc_put_att_text(file, variable, name, strlen(text), text), "writing attributes");
}

static int define_coordinate(int file, const char *name, size_t length, nc_type type, const char *units, const char *axis, int *dimension) {
    int variable;
    check(nc_def_dim(file, name, length, dimension), "defining dimensions");
    check(nc_def_var(file, name, type, 1, dimension, &variable), "defining coordinates");
    put_text(file, variable, "standard_name", name);
    put_text(file, variable, "long_name", name);
    put_text(file, variable, "units", units);
    put_text(file, variable, "axis", axis);
    return variable;
}

static int define_temperature(int file, const sample *s, const int dimensions[3]) {
    int variable;
    int16_t missing = MISSING;
    size_t chunk[3] = { HOURS, (size_t)s->nlat, (size_t)s->nlon };
    check(nc_def_var(file, "t2m", NC_SHORT, 3, dimensions, &variable), "defining t2m");
    check(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk), "defining t2m");
    check(nc_def_var_deflate(file, variable, 1, 1, 4), "defining t2m");
    check(nc_def_var_fill(file, variable, NC_FILL, &missing), "defining t2m");
    check(nc_set_var_chunk_cache(file, variable, s->cells * HOURS * sizeof(int16_t) + 4096, 3, 1.0f), "defining t2m");
    check(nc_put_att_double(file, variable, "scale_factor", NC_DOUBLE, 1, &scale_factor), "writing attributes");
    check(nc_put_att_double(file, variable, "add_offset", NC_DOUBLE, 1, &add_offset), "writing attributes");
    put_text(file, variable, "units", "K");
    put_text(file, variable, "long_name", "2 metre temperature");
    put_text(file, variable, "standard_name", "air_temperature");
    put_text(file, variable, "cell_methods", "time: point");
    return variable;
}

/* Defines everything and writes the coordinates; returns the file and the temperature variable. */
static int begin_file(const sample *s, int days, int *variable) {
    int file, dimensions[3];
    int probe = open(temporary, O_CREAT | O_WRONLY, 0666); /* for a reason in words, which NetCDF does not give */
    if (probe < 0)
        stop("%s: %s", temporary, strerror(errno));
    close(probe);
    check(nc_create(temporary, NC_NETCDF4 | NC_CLOBBER, &file), temporary);
    int time = define_coordinate(file, "time", (size_t)days * HOURS, NC_INT, "hours since 1900-01-01 00:00:00.0", "T", &dimensions[0]);
    int lat = define_coordinate(file, "latitude", (size_t)s->nlat, NC_FLOAT, "degrees_north", "Y", &dimensions[1]);
    int lon = define_coordinate(file, "longitude", (size_t)s->nlon, NC_FLOAT, "degrees_east", "X", &dimensions[2]);
    put_text(file, time, "calendar", "gregorian");
    *variable = define_temperature(file, s, dimensions);
    put_text(file, NC_GLOBAL, "Conventions", "CF-1.8");
    put_text(file, NC_GLOBAL, "title", "Made-up 2 m temperature in the layout of ERA5");
    put_text(file, NC_GLOBAL, "source", "make_sample, an example program of Ashlar");
    check(nc_enddef(file), "writing the header");

    int *hours = allocate((size_t)days * HOURS, sizeof *hours);
    for (int k = 0; k < days * HOURS; k++)
        hours[k] = FIRST_HOUR + k;
    check(nc_put_var_int(file, time, hours), "writing time");
    check(nc_put_var_double(file, lat, s->lat), "writing latitude");
    check(nc_put_var_double(file, lon, s->lon), "writing longitude");
    free(hours);
    return file;
}

static void write_days(sample *s, int days, int file, int variable) {
    field large = field_new(20), small = field_new(8);
    int16_t *values = allocate(HOURS * s->cells, sizeof *values);
    int show = isatty(STDERR_FILENO);
    make_weather(s, &large, &small, s->today);
    for (int day = 0; day < days; day++) {
        size_t start[3] = { (size_t)day * HOURS, 0, 0 }, count[3] = { HOURS, (size_t)s->nlat, (size_t)s->nlon };
        make_weather(s, &large, &small, s->tomorrow);
        make_day(s, day, values);
        lose_some(s, values);
        check(nc_put_vara_short(file, variable, start, count, values), "writing t2m");
        float *spare = s->today;
        s->today = s->tomorrow;
        s->tomorrow = spare;
        if (show && (day % 10 == 9 || day + 1 == days))
            fprintf(stderr, "\rmaking the sample: day %d of %d%s", day + 1, days, day + 1 == days ? "\n" : "");
    }
    free(values);
    free(large.node);
    free(small.node);
}

/* The file gets its name only when it is whole and on the disk. */
static void commit(const char *path) {
    int descriptor = open(temporary, O_RDONLY);
    if (descriptor < 0 || fsync(descriptor) != 0)
        stop("%s: %s", temporary, strerror(errno));
    close(descriptor);
    if (rename(temporary, path) != 0)
        stop("%s: %s", path, strerror(errno));
    temporary[0] = 0;
}

static int usage(void) {
    fputs("usage: make_sample OUT.nc [DAYS=365] [STEP_DEGREES=1]\n"
          "DAYS is 1 to 36500; STEP_DEGREES is 0.1 to 30 and divides 180.\n",
        stderr);
    return 2;
}

int main(int argc, char **argv) {
    char *rest = "";
    long days = argc > 2 ? strtol(argv[2], &rest, 10) : 365;
    if (argc < 2 || argc > 4 || argv[1][0] == '-' || *rest || days < 1 || days > 36500)
        return usage();
    double step = argc > 3 ? strtod(argv[3], &rest) : 1;
    if (*rest || !(step >= 0.1 && step <= 30) || fabs(180 / step - round(180 / step)) > 1e-6)
        return usage();

    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", argv[1], (long)getpid()) >= (int)sizeof temporary) {
        temporary[0] = 0;
        stop("the name of the file is too long");
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);

    int variable;
    sample s = sample_new(step);
    make_climate(&s);
    int file = begin_file(&s, (int)days, &variable);
    write_days(&s, (int)days, file, variable);
    check(nc_close(file), "closing the file");
    commit(argv[1]);
    sample_free(&s);
    return 0;
}
