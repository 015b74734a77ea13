#include "array/coord.h"

#include "base/dtype.h"
#include "base/memory.h"

#include <string.h>

ash_coordinate *ash_coord_new(ash_dtype dtype, int64_t extent) {
    ash_coordinate *coord = ash_calloc(1, sizeof *coord);
    if (!coord) {
        return NULL;
    }
    coord->references = 1;
    coord->dtype = dtype;
    coord->extent = extent;
    coord->values = ash_calloc(extent > 0 ? extent : 1, ash_dtype_size(dtype));
    if (!coord->values) {
        ash_free(coord);
        return NULL;
    }
    return coord;
}

ash_coordinate *ash_coord_retain(ash_coordinate *coord) {
    if (coord) {
        coord->references++;
    }
    return coord;
}

void ash_coord_release(ash_coordinate *coord) {
    if (!coord || --coord->references > 0) {
        return;
    }
    ash_attrs_release(coord->attrs);
    ash_free(coord->values);
    ash_free(coord->bounds);
    ash_free(coord->bounds_name);
    ash_free(coord);
}

/* Which values another coordinate takes: start + k * step, or those at positions. */
typedef struct chosen {
    int64_t start, step, extent;
    const int64_t *position; /* NULL: none */
} chosen;

static void copy_rows(char *out, const char *in, int64_t row_bytes, const chosen *rows) {
    for (int64_t k = 0; k < rows->extent; k++) {
        int64_t row = rows->position ? rows->position[k] : rows->start + k * rows->step;
        memcpy(out + k * row_bytes, in + row * row_bytes, (size_t)row_bytes);
    }
}

static ash_coordinate *choose(const ash_coordinate *coord, const chosen *rows) {
    ash_coordinate *part = ash_coord_new(coord->dtype, rows->extent);
    if (!part) {
        return NULL;
    }
    copy_rows(part->values, coord->values, ash_dtype_size(coord->dtype), rows);
    part->attrs = ash_attrs_retain(coord->attrs);
    if (coord->vertices == 0) {
        return part;
    }
    int64_t row_bytes = coord->vertices * ash_dtype_size(coord->bounds_dtype);
    int64_t name_bytes = (int64_t)strlen(coord->bounds_name) + 1;
    part->bounds = ash_malloc(rows->extent > 0 ? rows->extent * row_bytes : 1);
    part->bounds_name = ash_malloc(name_bytes);
    if (!part->bounds || !part->bounds_name) {
        ash_coord_release(part);
        return NULL;
    }
    memcpy(part->bounds_name, coord->bounds_name, (size_t)name_bytes);
    copy_rows(part->bounds, coord->bounds, row_bytes, rows);
    part->bounds_dtype = coord->bounds_dtype;
    part->vertices = coord->vertices;
    return part;
}

ash_coordinate *ash_coord_slice(const ash_coordinate *coord, int64_t start, int64_t step, int64_t extent) {
    return choose(coord, &(chosen){ .start = start, .step = step, .extent = extent });
}

ash_coordinate *ash_coord_take(const ash_coordinate *coord, int64_t n, const int64_t positions[]) {
    return choose(coord, &(chosen){ .extent = n, .position = positions });
}

ash_coordinate *ash_coord_join(const ash_coordinate *a, const ash_coordinate *b) {
    int64_t size = ash_dtype_size(a->dtype), row = a->vertices * ash_dtype_size(a->bounds_dtype), n = a->extent + b->extent;
    ash_coordinate *both = ash_coord_slice(a, 0, 1, a->extent);
    void *values = both ? ash_realloc(both->values, (n + 1) * size) : NULL;
    if (both && values) {
        both->values = values;
    }
    void *bounds = values && both->vertices > 0 ? ash_realloc(both->bounds, (n + 1) * row) : NULL;
    if (bounds) {
        both->bounds = bounds;
    }
    if (!values || (both->vertices > 0 && !bounds)) {
        ash_coord_release(both);
        return NULL;
    }
    memcpy((char *)both->values + a->extent * size, b->values, (size_t)(b->extent * size));
    if (bounds) {
        memcpy((char *)both->bounds + a->extent * row, b->bounds, (size_t)(b->extent * row));
    }
    both->extent = n;
    return both;
}

static int numbers_equal(ash_dtype da, const char *a, ash_dtype db, const char *b) {
    if (ash_dtype_kind(da) != 'f' && ash_dtype_kind(db) != 'f') { /* doubles do not tell large integers apart */
        ash_number m = ash_number_load(da, a), n = ash_number_load(db, b);
        int negative_m = ash_dtype_kind(da) != 'u' && m.i < 0, negative_n = ash_dtype_kind(db) != 'u' && n.i < 0;
        return negative_m == negative_n && m.u == n.u;
    }
    double x, y;
    ash_number_store(ASH_FLOAT64, &x, da, ash_number_load(da, a));
    ash_number_store(ASH_FLOAT64, &y, db, ash_number_load(db, b));
    return x == y || (x != x && y != y);
}

int ash_coord_equal(const ash_coordinate *a, const ash_coordinate *b) {
    if (a == b) {
        return 1;
    }
    if (a->extent != b->extent) {
        return 0;
    }
    int64_t size_a = ash_dtype_size(a->dtype), size_b = ash_dtype_size(b->dtype);
    if (a->dtype == b->dtype && memcmp(a->values, b->values, (size_t)(a->extent * size_a)) == 0) {
        return 1;
    }
    for (int64_t k = 0; k < a->extent; k++) {
        if (!numbers_equal(a->dtype, (const char *)a->values + k * size_a, b->dtype, (const char *)b->values + k * size_b)) {
            return 0;
        }
    }
    return 1;
}
