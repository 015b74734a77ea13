#include "climatology_options.h"

#include "canvas.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: climatology [OPTIONS] FILE VARIABLE [OUT.nc]\n"
                           "\n"
                           "Writes into one NetCDF file, for a variable with time, latitude and longitude:\n"
                           "  VARIABLE_climatology   mean of each month of the year, missing values skipped\n"
                           "  VARIABLE_anomaly       the values minus the mean of their month\n"
                           "  VARIABLE_std           standard deviation of each month (ddof 0, as CDO's ymonstd)\n"
                           "  VARIABLE_global_mean   mean over latitude and longitude, weighted by cos(latitude)\n"
                           "and draws a map of the anomaly of the last month.\n"
                           "\n"
                           "OUT.nc is by default <name of FILE>_climatology.nc in the current folder.\n"
                           "\n"
                           "  --threads N       threads to use (default: ASH_NUM_THREADS, else all CPUs)\n"
                           "  --memory SIZE     memory limit, such as 512M or 2GiB (default: ASH_MEMORY_LIMIT,\n"
                           "                    else half of what is free)\n"
                           "  --chunks TEXT     how to cut the variable, such as \"time=240\"\n"
                           "  --map FILE.png    where to draw the map (default: <name of OUT>_anomaly.png)\n"
                           "  --no-map          draw no map\n"
                           "  --quiet           no progress bar, no report\n"
                           "  --help            this text\n"
                           "\n"
                           "Exit status: 0 done, 1 it failed, 2 wrong usage.\n";

enum { OPTION_THREADS = 1, OPTION_MEMORY, OPTION_CHUNKS, OPTION_MAP, OPTION_NO_MAP, OPTION_QUIET, OPTION_HELP };

static const struct option long_options[] = {
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "memory", required_argument, NULL, OPTION_MEMORY },
    { "chunks", required_argument, NULL, OPTION_CHUNKS },
    { "map", required_argument, NULL, OPTION_MAP },
    { "no-map", no_argument, NULL, OPTION_NO_MAP },
    { "quiet", no_argument, NULL, OPTION_QUIET },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static int wrong(const char *what, const char *value) {
    fprintf(stderr, "climatology: error: %s%s; see climatology --help\n", what, value);
    return 2;
}

static bool is_count(const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    return !errno && !*end && value > 0 && value <= INT_MAX;
}

/* Writes the name without its last extension and with `suffix` into `out`; false if it does not fit. */
static bool with_suffix(const char *name, const char *suffix, char *out, size_t size) {
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name, *dot = strrchr(base, '.');
    int length = dot && dot > base ? (int)(dot - name) : (int)strlen(name);
    return (size_t)snprintf(out, size, "%.*s%s", length, name, suffix) < size;
}

static int parse_positional(int count, char **argument, climatology_options *o) {
    if (count < 2 || count > 3)
        return wrong(count < 2 ? "FILE and VARIABLE are needed" : "too many arguments", "");
    o->input = argument[0];
    o->variable = argument[1];
    const char *slash = strrchr(o->input, '/');
    bool fits = count == 3 ? (size_t)snprintf(o->output, sizeof o->output, "%s", argument[2]) < sizeof o->output
                           : with_suffix(slash ? slash + 1 : o->input, "_climatology.nc", o->output, sizeof o->output);
    if (fits && !o->map[0])
        fits = with_suffix(o->output, "_anomaly.png", o->map, sizeof o->map);
    return fits ? -1 : wrong("the name of a file is too long", "");
}

int climatology_parse(int argc, char **argv, climatology_options *o) {
    *o = (climatology_options){ .draw_map = true };
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+", long_options, NULL)) != -1;) {
        switch (option) {
        case OPTION_THREADS:
            if (!is_count(optarg))
                return wrong("--threads needs a number above 0, found ", optarg);
            setenv("ASH_NUM_THREADS", optarg, 1);
            break;
        case OPTION_MEMORY: setenv("ASH_MEMORY_LIMIT", optarg, 1); break;
        case OPTION_CHUNKS: o->chunks = optarg; break;
        case OPTION_MAP:
            if (!canvas_can_write())
                return wrong("--map: this program was built without libpng", "");
            if (!*optarg || (size_t)snprintf(o->map, sizeof o->map, "%s", optarg) >= sizeof o->map)
                return wrong("--map needs the name of a file", "");
            break;
        case OPTION_NO_MAP: o->draw_map = false; break;
        case OPTION_QUIET: o->quiet = true; break;
        case OPTION_HELP: fputs(help, stdout); return 0;
        default: return wrong("unknown option, or one without its value: ", argv[optind - 1]);
        }
    }
    return parse_positional(argc - optind, argv + optind, o);
}
