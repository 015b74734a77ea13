/* Files in the order of what they begin with. */
#include "base/calendar.h"
#include "base/dtype.h"
#include "base/memory.h"
#include "expr/dataset.h"
#include "expr/open.h"

#include <stdlib.h>

typedef struct beginning {
    double value;
    int64_t number; /* in the order given, in which equal ones stay */
    const char *path;
} beginning;

static int compare(const void *a, const void *b) {
    const beginning *x = a, *y = b;
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The first value of a coordinate; of times in microseconds, whatever their units. */
static int first_value(ash_builder *builder, const char *path, const char *dim, double *value) {
    ash_file *file = ash_file_open(path, builder->function, &builder->error);
    const ash_variable *variable = file ? ash_file_variable(file, dim, builder->function, &builder->error) : NULL;
    ash_attrs *attrs = NULL;
    ash_dtype dtype;
    if (variable && (variable->ndim != 1 || variable->shape[0] < 1)) {
        ash_fail(
            &builder->error, ASH_ERR_SHAPE, "%s: sort: %s: '%s' is not a coordinate of at least one value", builder->function, path, dim);
    }
    char *values = ash_builder_ok(builder) ? ash_read_decoded(builder, file, variable, &dtype, &attrs) : NULL;
    if (values) {
        ash_time_units units;
        ash_error_state ignored = { 0 };
        int64_t time;
        const char *text = ash_attrs_text(attrs, "units");
        ash_number_store(ASH_FLOAT64, value, dtype, ash_number_load(dtype, values));
        if (text && ash_time_units_parse(text, ash_attrs_text(attrs, "calendar"), builder->function, &units, &ignored) == ASH_OK &&
            ash_time_microseconds(&units, *value, &time)) {
            *value = (double)time;
        }
    }
    ash_free(values);
    ash_attrs_release(attrs);
    ash_file_release(file);
    return ash_builder_ok(builder);
}

void ash_dataset_sort_paths(ash_builder *builder, ash_dataset_content *content, const char *join) {
    int64_t n = content->nfiles;
    beginning *begin = ash_calloc(n, sizeof *begin);
    if (!begin) {
        ash_builder_no_memory(builder);
        return;
    }
    int known = 1;
    for (int64_t k = 0; known && k < n; k++) {
        begin[k] = (beginning){ .number = k, .path = content->path[k] };
        known = first_value(builder, content->path[k], join, &begin[k].value);
    }
    if (known) {
        qsort(begin, (size_t)n, sizeof *begin, compare);
        for (int64_t k = 0; k < n; k++) {
            content->path[k] = begin[k].path;
        }
    }
    ash_free(begin);
}
