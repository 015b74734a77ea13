#include "expr/dataset_coordinate.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "expr/dataset.h"
#include "expr/open.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Gathering ---- */

static int reserve(ash_kept_values *kept, int64_t added) {
    int64_t wanted = kept->count + added + 1;
    if (wanted <= kept->capacity) {
        return 1;
    }
    wanted = 2 * wanted;
    double *real = ash_realloc(kept->real, wanted * (int64_t)sizeof *real);
    kept->real = real ? real : kept->real;
    char *stored = ash_realloc(kept->stored, wanted * (int64_t)sizeof *real); /* no real dtype is wider */
    kept->stored = stored ? stored : kept->stored;
    kept->capacity = real && stored ? wanted : kept->capacity;
    return real && stored;
}

static void add_values(ash_kept_values *kept, int64_t n, ash_dtype dtype, const char *values, const ash_time_change *change) {
    int64_t size = ash_dtype_size(dtype);
    kept->uniform = kept->uniform && dtype == kept->dtype && !change;
    if (kept->uniform) {
        memcpy(kept->stored + kept->count * size, values, (size_t)(n * size));
    }
    for (int64_t k = 0; k < n; k++) {
        double *real = &kept->real[kept->count + k];
        ash_number_store(ASH_FLOAT64, real, dtype, ash_number_load(dtype, values + k * size));
        if (change) {
            *real = *real * change->multiply / change->divide + change->shift;
        }
    }
    kept->count += n;
}

int ash_kept_add(
    ash_kept_values *kept, ash_builder *builder, ash_file *file, const char *path, int64_t extent, const ash_time_change *change) {
    const ash_variable *variable = ash_file_variable(file, path, builder->function, &builder->error);
    ash_attrs *attrs = NULL;
    ash_dtype dtype;
    char *values = variable ? ash_read_decoded(builder, file, variable, &dtype, &attrs) : NULL;
    int64_t n = values ? extent * (variable->ndim > 1 ? variable->shape[1] : 1) : 0;
    if (values && kept->count == 0 && !kept->attrs) {
        kept->dtype = dtype;
        kept->uniform = 1;
        kept->attrs = ash_attrs_retain(attrs);
    }
    if (values && variable->shape[0] != extent) {
        ash_fail(&builder->error, ASH_ERR_FORMAT, "%s: %s: variable '%s' has %" PRId64 " values, expected %" PRId64, builder->function,
            ash_file_path(file), path, variable->shape[0], extent);
    } else if (values && !reserve(kept, n)) {
        ash_builder_no_memory(builder);
    } else if (values) {
        add_values(kept, n, dtype, values, change);
    }
    ash_attrs_release(attrs);
    ash_free(values);
    return ash_builder_ok(builder);
}

void ash_kept_free(ash_kept_values *kept) {
    ash_free(kept->stored);
    ash_free(kept->real);
    ash_attrs_release(kept->attrs);
    *kept = (ash_kept_values){ 0 };
}

/* ---- Order ---- */

/* "31 (2000-02-01)" */
static const char *value_words(const ash_time_units *units, double value, char *buffer, int64_t size) {
    char date[64];
    int used = snprintf(buffer, (size_t)size, "%.15g", value);
    if (units) {
        snprintf(buffer + used, (size_t)(size - used), " (%s)", ash_time_words(units, value, date, sizeof date));
    }
    return buffer;
}

/* Value k does not follow the one before it, in part `part`. */
static void fail_order(const ash_kept_values *kept, ash_builder *builder, const char *dim, const char *const paths[], const int64_t begin[],
    int64_t part, int64_t before, int64_t k, int rising, const ash_time_units *units) {
    char x[128], y[128], z[128], w[128];
    const double *value = kept->real;
    if (k > begin[part]) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: '%s' is not in order in %s: %s stands before %s", builder->function, dim,
            paths[part], value_words(units, value[k - 1], x, sizeof x), value_words(units, value[k], y, sizeof y));
        return;
    }
    int64_t last = begin[part + 1] - 1, first = begin[before];
    int apart = rising ? value[last] < value[first] : value[last] > value[first];
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: '%s' %s: %s has %s to %s, and %s behind it has %s to %s%s", builder->function, dim,
        apart ? "is not in order" : "overlaps", paths[before], value_words(units, value[first], x, sizeof x),
        value_words(units, value[k - 1], y, sizeof y), paths[part], value_words(units, value[k], z, sizeof z),
        value_words(units, value[last], w, sizeof w), apart ? "; sort puts files in order" : "");
}

void ash_kept_check_order(const ash_kept_values *kept, ash_builder *builder, const char *dim, const char *const paths[], int64_t parts,
    const int64_t begin[], const ash_time_units *units) {
    int64_t before = 0; /* the last part that was not empty */
    int rising = 1;
    for (int64_t part = 0; part < parts; part++) {
        for (int64_t k = begin[part]; k < begin[part + 1]; k++) {
            double now = kept->real[k], last = k > 0 ? kept->real[k - 1] : 0;
            if (k == 1) {
                rising = now > last;
                /* Where the first file has one value, the direction is seen from the second file's own values, if it has several. */
                if (begin[part] == 1 && begin[part + 1] > 2) {
                    rising = kept->real[2] > now;
                }
            }
            if (k > 0 && !(rising ? now > last : now < last)) {
                fail_order(kept, builder, dim, paths, begin, part, before, k, rising, units);
                return;
            }
        }
        before = begin[part + 1] > begin[part] ? part : before;
    }
}
