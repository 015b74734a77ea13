/* Selection by value: labels become positions, by way of coordinates. */
#include "expr/select.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "base/options.h"
#include "expr/view.h"

#include <ashlar/shape.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct selection {
    ash_builder *builder;
    ash_sel_options options;
    ash_value input;
    int nearest;
    ash_run_of_indices run[ASH_MAX_NDIM][2]; /* per axis */
    int runs[ASH_MAX_NDIM];
    char drop[ASH_MAX_NDIM];
} selection;

static int check_options(selection *s) {
    const char *method = s->options.method;
    s->nearest = method && strcmp(method, "nearest") == 0;
    if (method && !s->nearest && strcmp(method, "exact") != 0) {
        ash_fail(&s->builder->error, ASH_ERR_ARGUMENT, "sel: method must be exact or nearest, found '%s'", method);
    } else if (!(s->options.tolerance >= 0)) {
        ash_fail(&s->builder->error, ASH_ERR_ARGUMENT, "sel: tolerance must be > 0, or 0 for none, found %g", s->options.tolerance);
    }
    return ash_builder_ok(s->builder);
}

/* "lat=-30:30" */
static int select_part(selection *s, ash_span part, char seen[]) {
    ash_builder *builder = s->builder;
    const ash_output *source = ash_value_output(s->input);
    ash_dim_names names = ash_output_dim_names(source);
    ash_span name, value;
    ash_labels_asked asked;
    ash_labelled labelled;
    int axis = 0;
    if (!ash_span_named(part, &name, &value)) {
        ash_fail(
            &builder->error, ASH_ERR_ARGUMENT, "sel: expected dimension=value or dimension=from:to, found '%.*s'", ASH_SPAN_ARGS(part));
        return 0;
    }
    if (ash_span_axis(name, &names, "sel", &axis, &builder->error) != ASH_OK) {
        return 0;
    }
    if (seen[axis]++) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "sel: dimension '%.*s' is selected from twice", ASH_SPAN_ARGS(name));
        return 0;
    }
    const ash_dim *dim = &source->dim[axis];
    if (!dim->coord) {
        ash_fail(&builder->error, ASH_ERR_NOT_FOUND, "sel: dimension '%.*s' has no coordinate; ash_index() selects by position",
            ASH_SPAN_ARGS(name));
        return 0;
    }
    ash_labelled_begin(&labelled, dim->coord, dim->name);
    if (ash_labels_parse(value, labelled.is_time ? &labelled.units : NULL, "sel", dim->name, &asked, &builder->error) != ASH_OK) {
        return 0;
    }
    asked.nearest |= s->nearest && !asked.is_range;
    s->drop[axis] = !asked.is_range && (asked.nearest || !labelled.is_time || asked.low.precision > ASH_PRECISION_DAY);
    s->runs[axis] = ash_labelled_find(&labelled, &asked, s->options.tolerance, s->run[axis], &builder->error);
    return s->runs[axis] > 0;
}

static int select_parts(selection *s, const char *labels) {
    ash_span rest = ash_span_of(labels), part;
    char seen[ASH_MAX_NDIM] = { 0 };
    int more = rest.length > 0;
    while (ash_span_split(&rest, ',', &part, &more)) {
        if (!select_part(s, part, seen)) {
            return 0;
        }
    }
    return 1;
}

/* Adds to `n` values from place `from` on. */
static void shift_values(ash_dtype dtype, char *values, int64_t from, int64_t n, double shift) {
    int64_t size = ash_dtype_size(dtype);
    for (int64_t k = from; k < from + n; k++) {
        double value;
        ash_number_store(ASH_FLOAT64, &value, dtype, ash_number_load(dtype, values + k * size));
        ash_number_store(dtype, values + k * size, ASH_FLOAT64, (ash_number){ .f = value + shift });
    }
}

/* Values as float64 where their own dtype has no room for what is added to longitudes. */
static int widen(ash_dtype *dtype, void **values, int64_t n) {
    if (ash_dtype_kind(*dtype) == 'f' || (ash_dtype_kind(*dtype) == 'i' && ash_dtype_size(*dtype) > 2)) {
        return 1;
    }
    double *wide = ash_malloc((n + 1) * (int64_t)sizeof *wide);
    if (!wide) {
        return 0;
    }
    int64_t size = ash_dtype_size(*dtype);
    for (int64_t k = 0; k < n; k++) {
        ash_number_store(ASH_FLOAT64, &wide[k], *dtype, ash_number_load(*dtype, (const char *)*values + k * size));
    }
    ash_free(*values);
    *values = wide;
    *dtype = ASH_FLOAT64;
    return 1;
}

/* The coordinate of the runs one after the other. NULL when out of memory. */
static ash_coordinate *coordinate_of_runs(const ash_coordinate *from, int runs, const ash_run_of_indices run[]) {
    int64_t n = 0;
    for (int r = 0; r < runs; r++) {
        n += run[r].count;
    }
    ash_coordinate *coord = ash_coord_slice(from, run[0].first, 1, run[0].count);
    if (coord && runs > 1) {
        ash_coordinate *behind = ash_coord_slice(from, run[1].first, 1, run[1].count);
        ash_coordinate *both = behind ? ash_coord_join(coord, behind) : NULL;
        ash_coord_release(behind);
        ash_coord_release(coord);
        coord = both;
    }
    int shifted = run[0].shift != 0 || (runs > 1 && run[1].shift != 0);
    if (coord && shifted &&
        (!widen(&coord->dtype, &coord->values, n) ||
            (coord->vertices > 0 && !widen(&coord->bounds_dtype, &coord->bounds, n * coord->vertices)))) {
        ash_coord_release(coord);
        coord = NULL;
    }
    for (int64_t r = 0, at = 0; coord && r < runs; at += run[r].count, r++) {
        if (run[r].shift == 0) {
            continue;
        }
        shift_values(coord->dtype, coord->values, at, run[r].count, run[r].shift);
        if (coord->vertices > 0) {
            shift_values(coord->bounds_dtype, coord->bounds, at * coord->vertices, run[r].count * coord->vertices, run[r].shift);
        }
    }
    return coord;
}

/* One slice of every axis; an axis of two runs stays whole here. */
static ash_array slice(selection *s) {
    const ash_output *source = ash_value_output(s->input);
    ash_index_part part[ASH_MAX_NDIM];
    for (int a = 0; a < source->ndim; a++) {
        const ash_run_of_indices *run = &s->run[a][0];
        int64_t extent = source->dim[a].axis.extent;
        part[a] = (ash_index_part){ .kind = ASH_INDEX_RANGE, .axis = a, .start = 0, .step = 1, .extent = extent };
        if (s->runs[a] == 1) {
            part[a].start = run->first;
            part[a].extent = run->count;
            part[a].kind = s->drop[a] ? ASH_INDEX_INTEGER : ASH_INDEX_RANGE;
        }
    }
    if (!ash_view_index(s->builder, s->input, source->ndim, part)) {
        return ash_builder_done(s->builder);
    }
    for (int a = 0, to = 0; a < source->ndim; a++) {
        if (s->runs[a] == 1 && !s->drop[a] && s->run[a][0].shift != 0) {
            ash_dim *dim = &s->builder->node->output[0].dim[to];
            ash_coordinate *coord = coordinate_of_runs(source->dim[a].coord, 1, s->run[a]);
            if (!coord) {
                ash_builder_no_memory(s->builder);
            }
            ash_coord_release(dim->coord);
            dim->coord = coord;
        }
        to += !s->drop[a];
    }
    return ash_builder_done(s->builder);
}

/* The cuts of both runs, and one between them: no chunk reaches around. */
static int axis_of_runs(const ash_grid_axis *from, const ash_run_of_indices run[], ash_arena *arena, ash_grid_axis *out) {
    ash_grid_axis cut[2];
    int64_t count = 0;
    for (int r = 0; r < 2; r++) {
        if (!ash_axis_slice(from, run[r].first, 1, run[r].count, arena, &cut[r])) {
            return 0;
        }
    }
    int64_t *bounds = ash_arena_alloc(arena, (cut[0].count + cut[1].count + 1) * (int64_t)sizeof *bounds);
    for (int r = 0; bounds && r < 2; r++) {
        for (int64_t k = 0; k < cut[r].count; k++) {
            bounds[count++] = ash_axis_start(&cut[r], k) + (r > 0 ? run[0].count : 0);
        }
    }
    if (!bounds) {
        return 0;
    }
    bounds[count] = run[0].count + run[1].count;
    *out = ash_axis_listed(count, bounds);
    return 1;
}

/* The second run behind the first along an axis: rows of the input by a list. */
static ash_array take_runs(ash_array a, int axis, const ash_run_of_indices run[]) {
    ash_builder builder = ash_builder_begin(a.context, "sel");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int64_t n = run[0].count + run[1].count;
    if (!ash_builder_node(&builder, ASH_NODE_TAKE, 1, 1) || !ash_builder_output(&builder, 0, source->dtype, source->ndim) ||
        !ash_builder_inherit(&builder, input, 1)) {
        return ash_builder_done(&builder);
    }
    ash_node *node = builder.node;
    int64_t *labels = ash_arena_alloc(&node->arena, (n + 1) * (int64_t)sizeof *labels);
    for (int64_t k = 0; labels && k < n; k++) {
        labels[k] = k < run[0].count ? run[0].first + k : run[1].first + k - run[0].count;
    }
    node->input[0] = input;
    node->u.take = (ash_take_node){ .axis = axis, .labels = labels };
    for (int k = 0; k < source->ndim; k++) {
        ash_dim *dim = &node->output[0].dim[k];
        dim->axis = source->dim[k].axis;
        if (!labels || !ash_node_copy_dim(node, dim, &source->dim[k]) ||
            (k == axis && !axis_of_runs(&source->dim[k].axis, run, &node->arena, &dim->axis))) {
            ash_builder_no_memory(&builder);
            return ash_builder_done(&builder);
        }
    }
    ash_dim *taken = &node->output[0].dim[axis];
    ash_coord_release(taken->coord);
    taken->coord = coordinate_of_runs(source->dim[axis].coord, 2, run);
    if (!taken->coord) {
        ash_builder_no_memory(&builder);
    }
    return ash_builder_done(&builder);
}

ash_array ash_sel_with(ash_array a, const char *labels, const ash_sel_options *options) {
    ash_builder builder = ash_builder_begin(a.context, "sel");
    selection s = { .builder = &builder };
    ash_options_copy(&s.options, sizeof s.options, options, sizeof *options);
    if (!ash_builder_value(&builder, a, "a", &s.input)) {
        return ash_builder_done(&builder);
    }
    if (!labels) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "sel: the text of labels is NULL");
    }
    if (!ash_builder_ok(&builder) || !check_options(&s) || !select_parts(&s, labels)) {
        return ash_builder_done(&builder);
    }
    int ndim = ash_value_output(s.input)->ndim;
    ash_array result = slice(&s);
    for (int k = 0, axis = 0; k < ndim; k++) {
        if (s.runs[k] == 2) {
            result = take_runs(result, axis, s.run[k]);
        }
        axis += !s.drop[k];
    }
    return result;
}

ash_array ash_sel(ash_array a, const char *labels) {
    return ash_sel_with(a, labels, NULL);
}
