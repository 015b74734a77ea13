/* What tests of Zarr stores have in common. */
#ifndef ASH_TEST_ZARR_SUPPORT_H
#define ASH_TEST_ZARR_SUPPORT_H

#include "support.h"
#include "zarr_make.h"

#include <stdio.h>
#include <string.h>

static inline ash_file *open_store(const char *path) {
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    must(&error);
    return file;
}

static inline const ash_variable *find(ash_file *file, const char *name) {
    ash_error_state error = { 0 };
    const ash_variable *variable = ash_file_variable(file, name, "open", &error);
    must(&error);
    return variable;
}

/* Every call has a path of its own, so that folders are not written over each other. */
static inline const char *fresh(const char *extension) {
    static int number;
    char name[64];
    snprintf(name, sizeof name, "store%d%s", number++, extension);
    return in_folder(name);
}

static inline const char *extension_of(container kind) {
    return kind == FOLDER ? ".zarr" : ".zarr.zip";
}

static inline void random_values(void *out, int64_t bytes, uint64_t seed) {
    for (int64_t i = 0; i < bytes; i++) /* not too hard to compress */
        ((unsigned char *)out)[i] = (unsigned char)(i % 3 ? i / 7 : (int64_t)(next_random(&seed) % 5));
}

static inline void put_coordinates(maker *m, const char *prefix, int version) {
    char folder[64];
    double values[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    array_case x = { .type = "<f8",
        .dtype = ASH_FLOAT64,
        .version = version,
        .ndim = 1,
        .shape = { 4 },
        .chunk = { 4 },
        .order = 'C',
        .separator = '.',
        .dims = "[\"x\"]",
        .fill = version == 2 ? "null" : "0",
        .attrs = "\"units\": \"m\", \"n\": 3" };
    array_case v = { .type = "<f8",
        .dtype = ASH_FLOAT64,
        .version = version,
        .ndim = 2,
        .shape = { 3, 4 },
        .chunk = { 2, 2 },
        .order = 'C',
        .separator = '.',
        .fill = version == 2 ? "null" : "0",
        .dims = "[\"y\", \"x\"]",
        .attrs =
            "\"title\": \"caf\\u00e9\", \"pair\": [1, 2], \"mixed\": [1, 2.5], \"words\": [\"a\", \"b\"], \"bad\": {\"a\": 1}, "
            "\"none\": null, \"yes\": true, \"empty\": [], \"missing_value\": NaN, \"odd\": [1, \"a\"], \"big\": 18446744073709551615" };
    snprintf(folder, sizeof folder, "%sx/", prefix);
    maker_put_array(m, folder, &x, values);
    snprintf(folder, sizeof folder, "%sv/", prefix);
    maker_put_array(m, folder, &v, values);
}

static inline const char *make_groups(container kind, int version, int consolidated) {
    static char path[512];
    strcpy(path, fresh(extension_of(kind)));
    maker m = maker_begin(kind, path);
    if (version == 3) {
        const char *group = "{\"zarr_format\": 3, \"node_type\": \"group\", \"attributes\": {\"title\": \"t\"}}";
        for (const char *const *key = (const char *const[]){ "zarr.json", "g/zarr.json", "g/h/zarr.json", NULL }; *key; key++)
            maker_put_text(&m, *key, group);
    } else {
        for (const char *const *key = (const char *const[]){ ".zgroup", "g/.zgroup", "g/h/.zgroup", NULL }; *key; key++)
            maker_put_text(&m, *key, "{\"zarr_format\": 2}");
        maker_put_text(&m, ".zattrs", "{\"title\": \"t\"}");
    }
    put_coordinates(&m, "", version);
    put_coordinates(&m, "g/h/", version);
    if (consolidated)
        maker_put_text(&m, ".zmetadata",
            "{\"zarr_consolidated_format\": 1, \"metadata\": {\".zgroup\": {\"zarr_format\": 2}, \".zattrs\": {\"title\": \"t\"}, "
            "\"v/.zarray\": {\"zarr_format\": 2, \"shape\": [3, 4], \"chunks\": [2, 2], \"dtype\": \"<f8\", \"compressor\": null, "
            "\"filters\": "
            "null, \"order\": \"C\", \"fill_value\": null}, \"v/.zattrs\": {\"_ARRAY_DIMENSIONS\": [\"y\", \"x\"], \"title\": \"from "
            "there\"}}}");
    maker_end(&m);
    return path;
}

#endif
