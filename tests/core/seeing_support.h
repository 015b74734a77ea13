/* What tests of explaining, traces and reports have in common: a file to read, hostile names, and parsers of what is written. JSON is
 * parsed with json-c where that is there. */
#ifndef ASH_TEST_SEEING_SUPPORT_H
#define ASH_TEST_SEEING_SUPPORT_H

#include "netcdf_support.h"

#ifdef ASH_TEST_JSON
#include <json-c/json.h>
#endif

enum { DAYS = 320, CELLS = 6000 };

/* Quotes, backslashes, markup, a control character, and bytes that are no UTF-8. */
static const char hostile[] = "a\"b\\c</script><b>&amp;'\x1b[31m\xff\xc3\xa4";

static inline int make_file(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    unsetenv("ASH_TRACE");
    unsetenv("ASH_REPORT");
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_sin(ash_add(ash_arange(ctx, 0, DAYS, 1, &(ash_make_options){ .dims = "time" }),
        ash_linspace(ctx, 0, 1, CELLS, &(ash_make_options){ .dims = "cell" })));
    assert_done(ctx, ash_write(ash_rechunk(t, "8,500"), test_path("t.nc"), "t", &(ash_write_options){ .deflate = 1 }));
    ash_context_free(ctx);
    return 0;
}

static inline ash_array temperature(ash_context *ctx) {
    return ash_open(ctx, test_path("t.nc"), "t", NULL);
}

static inline ash_array anomaly(ash_context *ctx) {
    ash_array t = temperature(ctx);
    return ash_sub(t, ash_mean(t, "time"));
}

static inline ash_status zeros(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    int64_t n = 1;
    (void)user, (void)start, (void)message, (void)message_bytes;
    for (int a = 0; a < ndim; a++) {
        n *= extent[a];
    }
    memset(buffer, 0, (size_t)n * 8);
    return ASH_OK;
}

static inline ash_array hostile_source(ash_context *ctx) {
    return ash_from_source(ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, zeros, NULL, &(ash_source_options){ .name = hostile, .chunks = "10" });
}

/* A whole text file, freed by the caller. */
static inline char *contents(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 16 << 20);
    if (!file || !text) {
        fail_msg("%s is not there", path);
    }
    size_t n = fread(text, 1, (16 << 20) - 1, file);
    fclose(file);
    text[n] = 0;
    assert_int_equal(strlen(text), n);
    return text;
}

/* ---- Pages ---- */

/* Whether tags are closed in their order, all text is escaped, and nothing is fetched from elsewhere. */
static inline void must_be_whole_page(const char *page) {
    char open[64][16];
    int depth = 0;
    const char *at = strstr(page, "<html");
    assert_non_null(at);
    while ((at = strchr(at, '<'))) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        char name[16] = "";
        sscanf(at[1] == '/' ? at + 2 : at + 1, "%15[a-z0-9]", name);
        assert_true(strlen(name) > 0);
        if (at[1] == '/') {
            if (depth == 0 || strcmp(open[--depth], name) != 0) {
                fail_msg("</%s> closes nothing", name);
            }
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            strcpy(open[depth++], name);
        }
        assert_string_not_equal(name, "script");
        at = end;
    }
    assert_int_equal(depth, 0);
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "href="));
    for (const char *c = page; *c; c++) {
        assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
    }
}

/* ---- JSON ---- */

#ifdef ASH_TEST_JSON

static inline json_object *parse(const char *text) {
    json_tokener *tokener = json_tokener_new();
    assert_non_null(text);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *object = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    if (!object) {
        fail_msg("%s at %d of:\n%.300s", json_tokener_error_desc(json_tokener_get_error(tokener)), (int)json_tokener_get_parse_end(tokener),
            text);
    }
    json_tokener_free(tokener);
    return object;
}

static inline json_object *get(json_object *object, const char *key) {
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value)) {
        fail_msg("no '%s'", key);
    }
    return value;
}

static inline int64_t number(json_object *object, const char *key) {
    return json_object_get_int64(get(object, key));
}

/* Sums over the events of a trace. */
typedef struct traced {
    int64_t tasks, read, moved, written, reads, memory;
    int64_t spilled, loaded;
} traced;

static inline int by_begin(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (x[0] > y[0]) - (x[0] < y[0]);
}

static inline int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Parses a trace; tasks of a thread must not overlap. */
static inline traced sum_trace(const char *path) {
    traced t = { 0 };
    char *text = contents(path);
    json_object *trace = parse(text), *events = get(trace, "traceEvents");
    size_t n = json_object_array_length(events);
    double(*spans)[2] = malloc((n + 1) * sizeof *spans);
    for (int thread = 0; thread < 8; thread++) {
        size_t ntasks = 0;
        for (size_t k = 0; k < n; k++) {
            json_object *event = json_object_array_get_idx(events, k);
            const char *ph = json_object_get_string(get(event, "ph"));
            if (strcmp(ph, "C") == 0) {
                t.memory += thread == 0 && strcmp(json_object_get_string(get(event, "name")), "memory") == 0;
                if (strcmp(json_object_get_string(get(event, "name")), "spill") == 0) {
                    t.spilled = larger(t.spilled, number(get(event, "args"), "written"));
                    t.loaded = larger(t.loaded, number(get(event, "args"), "read"));
                }
                continue;
            }
            if (strcmp(ph, "X") != 0 || number(event, "tid") != thread) {
                continue;
            }
            json_object *args = get(event, "args");
            double began = json_object_get_double(get(event, "ts")), took = json_object_get_double(get(event, "dur"));
            assert_true(began >= 0 && took >= 0);
            if (strcmp(json_object_get_string(get(event, "cat")), "io") == 0) {
                t.reads += strcmp(json_object_get_string(get(event, "name")), "read") == 0 ? number(args, "bytes") : 0;
                continue;
            }
            spans[ntasks][0] = began;
            spans[ntasks++][1] = began + took;
            t.tasks++;
            t.read += number(args, "read");
            t.written += number(args, "written");
            t.moved += number(args, "in") + number(args, "out");
            assert_true(json_object_is_type(get(args, "chunk"), json_type_array));
        }
        qsort(spans, ntasks, sizeof *spans, by_begin);
        for (size_t k = 1; k < ntasks; k++) {
            assert_true(spans[k][0] >= spans[k - 1][1] - 0.01);
        }
    }
    free(spans);
    json_object_put(trace);
    free(text);
    return t;
}

#endif
#endif
