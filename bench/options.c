#include "options.h"

#include "bench.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char usage[] =
    "usage: ashlar-bench [--list] CASE... [--size BYTES] [--threads N]\n"
    "\n"
    "Runs each case in a process of its own and prints a line of JSON: case, seconds (median of a run), bytes (moved by it),\n"
    "limit_seconds (the same for a plain C loop, in alternation), ratio_to_limit (median of limit / measured; 1 is perfect),\n"
    "peak_rss_bytes, and what the case adds.\n"
    "\n"
    "  --list         the cases\n"
    "  --size BYTES   of a case's data, such as 512M, 2GiB or 1.5 GB; by default more than any cache holds\n"
    "  --threads N    of both sides; by default the CPUs this process may use\n"
    "  --help         this text\n";

/* K, M, G, T and KiB.. are powers of 1024; KB, MB, GB, TB powers of 1000. 0: not understood. */
static double unit_factor(const char *unit) {
    static const char letters[] = "KMGT";
    if (!*unit || strcasecmp(unit, "B") == 0)
        return 1;
    const char *letter = strchr(letters, toupper((unsigned char)unit[0]));
    int metric = strcasecmp(unit + 1, "B") == 0;
    if (!letter || !(metric || !unit[1] || strcasecmp(unit + 1, "iB") == 0))
        return 0;
    double factor = 1;
    for (const char *k = letters; k <= letter; k++)
        factor *= metric ? 1000 : 1024;
    return factor;
}

static bool parse_size(const char *text, int64_t *size) {
    char *unit;
    if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpP")) /* strtod would take signs and hexadecimal numbers */
        return false;
    double bytes = strtod(text, &unit);
    unit += strspn(unit, " ");
    bytes *= unit_factor(unit);
    *size = bytes >= 1 && bytes < 0x1p62 ? (int64_t)bytes : 0;
    return *size > 0;
}

static bool parse_threads(const char *text, int *threads) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *threads = (int)n;
    return isdigit((unsigned char)text[0]) && !*end && errno == 0 && n >= 1 && n <= 4096;
}

static int refuse(const char *sentence, const char *found) {
    bench_fail("%s, found '%s'; see ashlar-bench --help", sentence, found);
    return 2;
}

/* The value of option `name` at argv[*k], as "--size 512M" or "--size=512M"; NULL if this is another option. A missing value is "". */
static const char *value_of(const char *name, int argc, char **argv, int *k) {
    size_t length = strlen(name);
    if (strncmp(argv[*k], name, length) != 0)
        return NULL;
    if (argv[*k][length] == '=')
        return argv[*k] + length + 1;
    if (argv[*k][length])
        return NULL;
    return *k + 1 < argc ? argv[++*k] : "";
}

static int check_cases(const bench_options *options) {
    for (int k = 0; k < options->ncases; k++) {
        if (bench_find_case(options->name[k]))
            continue;
        const char *nearest = bench_nearest_case(options->name[k]);
        bench_fail("there is no case '%s'%s%s%s (ashlar-bench --list has the cases)", options->name[k], nearest ? "; did you mean '" : "",
            nearest ? nearest : "", nearest ? "'?" : "");
        return 2;
    }
    if (options->ncases == 0 && !options->list) {
        fputs(usage, stderr);
        return 2;
    }
    return -1;
}

int bench_parse_options(int argc, char **argv, bench_options *options) {
    *options = (bench_options){ .threads = omp_get_num_procs() };
    for (int k = 1; k < argc; k++) {
        const char *value, *argument = argv[k];
        if ((value = value_of("--size", argc, argv, &k))) {
            if (!parse_size(value, &options->size))
                return refuse("--size must be a number of bytes such as 512M", value);
        } else if ((value = value_of("--threads", argc, argv, &k))) {
            if (!parse_threads(value, &options->threads))
                return refuse("--threads must be a number from 1 to 4096", value);
        } else if (strcmp(argument, "--list") == 0) {
            options->list = 1;
        } else if (strcmp(argument, "--here") == 0) {
            options->here = 1;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            fputs(usage, stdout);
            return 0;
        } else if (argument[0] == '-') {
            return refuse("options are --list, --size, --threads and --help", argument);
        } else if (options->ncases == BENCH_MAX_CASES) {
            return refuse("there are too many cases", argument);
        } else {
            options->name[options->ncases++] = argument;
        }
    }
    return check_cases(options);
}
