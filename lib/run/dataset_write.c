/* Writing variables of a dataset, with what their attributes name. */
#include "base/dtype.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/span.h"
#include "base/text.h"
#include "expr/dataset.h"
#include "expr/open.h"
#include "expr/references.h"
#include "run/packing.h"
#include "run/write.h"

#include <ashlar/shape.h>

#include <string.h>

/* What becomes of a variable. Coordinates that the format cannot hold as they are stored come along, decoded, with those that have their dimensions. */
enum fate { LEFT_OUT, CARRIED, WRITTEN };

typedef struct chooser {
    const ash_dataset_content *content;
    const ash_format *format;
    unsigned char *fate; /* of each variable */
    ash_error_state *error;
} chooser;

static const ash_variable *about(const chooser *c, int k) {
    return &c->content->entry[k].about;
}

/* A grid mapping is nothing but attributes: as characters it is written as an integer. */
static int is_mapping(const chooser *c, int k) {
    return about(c, k)->is_text && about(c, k)->ndim == 0 && c->content->entry[k].role == ASH_ROLE_SUPPORT;
}

static int is_writable(const chooser *c, int k) {
    return about(c, k)->dtype < ASH_DTYPE_COUNT || is_mapping(c, k);
}

/* ---- Which ones ---- */

static int choose_named(chooser *c, const char *name, int64_t bytes) {
    char path[512];
    const ash_dataset_content *content = c->content;
    if (bytes >= (int64_t)sizeof path) {
        ash_fail(c->error, ASH_ERR_NOT_FOUND, "dataset_write: %s has no variable '%.80s...'", content->path[0], name);
        return 0;
    }
    memcpy(path, name, (size_t)bytes);
    path[bytes] = '\0';
    int k = ash_dataset_entry_find(content, path);
    if (k < 0) {
        const char *nearest = NULL;
        const char **paths = ash_calloc(content->count + 1, sizeof *paths);
        for (int v = 0; paths && v < content->count; v++) {
            paths[v] = content->entry[v].path;
        }
        nearest = paths ? ash_nearest(path, content->count, paths) : NULL;
        ash_fail(c->error, ASH_ERR_NOT_FOUND, "dataset_write: %s has no variable '%s'%s%s%s", content->path[0], path,
            nearest ? ", nearest is '" : "", nearest ? nearest : "", nearest ? "'" : "");
        ash_free(paths);
        return 0;
    }
    if (!is_writable(c, k)) {
        ash_fail(c->error, ASH_ERR_DTYPE, "dataset_write: %s: variable '%s' is %s, which cannot be written", content->path[0], path,
            about(c, k)->type ? about(c, k)->type : "no number");
        return 0;
    }
    c->fate[k] = WRITTEN;
    return 1;
}

/* "t2m, precip". Names may have spaces. */
static int choose_list(chooser *c, const char *text) {
    ash_span rest = ash_span_of(text), name;
    for (int more = 1; ash_span_split(&rest, ',', &name, &more);) {
        if (name.length > 0 && !choose_named(c, name.text, name.length)) {
            return 0;
        }
    }
    return 1;
}

static void choose_all(chooser *c) {
    for (int k = 0; k < c->content->count; k++) {
        c->fate[k] = is_writable(c, k) ? WRITTEN : LEFT_OUT;
    }
}

/* The variable that is the coordinate of an axis of variable k, as ash_open() takes it; -1 if there is none. */
static int coordinate_of(const chooser *c, int k, int axis) {
    const char *dim = about(c, k)->dim[axis];
    int found = dim ? ash_dataset_entry_named(c->content, &c->content->entry[k], dim, (int64_t)strlen(dim)) : -1;
    if (found < 0 || c->content->entry[found].role != ASH_ROLE_COORDINATE || about(c, found)->dtype >= ASH_DTYPE_COUNT ||
        about(c, found)->ndim != 1 || about(c, found)->shape[0] > ASH_LARGEST_COORDINATE) {
        return -1;
    }
    return found;
}

static int add(chooser *c, int k) {
    if (k < 0 || c->fate[k] != LEFT_OUT || !is_writable(c, k)) {
        return 0;
    }
    c->fate[k] = WRITTEN;
    return 1;
}

/* Whether variable k is the bounds of a coordinate that comes along, in the form in which it brings them. */
static int has_bounds(const chooser *c, int coordinate, int k) {
    const char *name = ash_attrs_text(about(c, coordinate)->attrs, "bounds");
    name = name ? name : ash_attrs_text(about(c, coordinate)->attrs, "climatology");
    const ash_variable *bounds = about(c, k);
    return name && ash_dataset_entry_named(c->content, &c->content->entry[coordinate], name, (int64_t)strlen(name)) == k &&
        bounds->ndim == 2 && bounds->shape[0] == about(c, coordinate)->shape[0] && bounds->shape[1] >= 1 &&
        bounds->shape[1] <= ASH_MOST_VERTICES;
}

/* A format of one array has no coordinates; one without 64-bit and unsigned integers gets such coordinates narrowed. */
static int is_held(const chooser *c, int k) {
    ash_dtype dtype = about(c, k)->dtype;
    int is_new = ash_dtype_kind(dtype) == 'u' || (ash_dtype_kind(dtype) == 'i' && ash_dtype_size(dtype) == 8);
    return !ash_format_bare(c->format) && (ash_format_int64(c->format) || !is_new);
}

/* Coordinates of what is written come along by themselves; those of nothing but their bounds do not. */
static void carry_coordinates(chooser *c) {
    for (int k = 0; k < c->content->count; k++) {
        for (int a = 0; a < about(c, k)->ndim && c->fate[k] == WRITTEN; a++) {
            int coordinate = coordinate_of(c, k, a);
            if (coordinate >= 0 && coordinate != k && !is_held(c, coordinate) && !has_bounds(c, coordinate, k)) {
                c->fate[coordinate] = CARRIED;
            }
        }
    }
}

static void carry_bounds(chooser *c) {
    for (int k = 0; k < c->content->count; k++) {
        for (int b = 0; b < c->content->count && c->fate[k] == CARRIED; b++) {
            if (b != k && c->fate[b] == WRITTEN && has_bounds(c, k, b)) {
                c->fate[b] = CARRIED;
            }
        }
    }
}

/* Adds what the chosen variables, and the coordinates of their dimensions, name. */
static void add_named(chooser *c) {
    for (int more = 1; more;) {
        more = 0;
        for (int k = 0; k < c->content->count; k++) {
            if (c->fate[k] == LEFT_OUT) {
                continue;
            }
            for (ash_reference at = { 0 }; ash_reference_next(about(c, k)->attrs, &at);) {
                more |= add(c, ash_dataset_entry_named(c->content, &c->content->entry[k], at.name, at.bytes));
            }
            for (int a = 0; a < about(c, k)->ndim; a++) {
                more |= add(c, coordinate_of(c, k, a));
            }
        }
    }
    carry_coordinates(c);
    carry_bounds(c);
}

/* How many variables are written as such. -1 with an error. */
static int choose(chooser *c, const char *variables) {
    int count = 0;
    if (!variables) {
        choose_all(c);
    } else if (!choose_list(c, variables)) {
        return -1;
    }
    add_named(c);
    for (int k = 0; k < c->content->count; k++) {
        if (c->fate[k] == WRITTEN && strchr(c->content->entry[k].path, '/')) {
            ash_fail(c->error, ASH_ERR_UNSUPPORTED,
                "dataset_write: %s: variable '%s' lies in a group, which files that are written have none of; name the variables to write",
                c->content->path[0], c->content->entry[k].path);
            return -1;
        }
        count += c->fate[k] == WRITTEN;
    }
    if (count == 0) {
        ash_fail(c->error, ASH_ERR_ARGUMENT, "dataset_write: %s: there is no variable to write", c->content->path[0]);
        return -1;
    }
    return count;
}

/* ---- Writing them ---- */

/* The dataset's unlimited dimension, if all that is written has it first or not at all; NULL if there is none. */
static const char *unlimited_dim(const chooser *c) {
    for (int d = 0; d < c->content->dims.count; d++) {
        const ash_stored_dim *dim = &c->content->dims.dim[d];
        int used = 0, first = dim->unlimited;
        for (int k = 0; first && k < c->content->count; k++) {
            for (int a = 0; a < about(c, k)->ndim && c->fate[k] == WRITTEN; a++) {
                int is = about(c, k)->dim[a] && strcmp(about(c, k)->dim[a], dim->name) == 0;
                used |= is;
                first &= !is || a == 0;
            }
        }
        if (used && first) {
            return dim->name;
        }
    }
    return NULL;
}

/* Values stay as they are stored, unless they are packed anew, differ between files, or are missing by a default that the new format does not have. */
static int stays_stored(const chooser *c, int k, const ash_write_options *options) {
    const ash_variable *variable = about(c, k);
    int by_default = ash_dtype_kind(variable->dtype) == 'f' && !variable->no_fill && !ash_attrs_find(variable->attrs, "_FillValue");
    return !ash_encoding_names(options->encoding, c->content->entry[k].path) && !c->content->entry[k].converted &&
        !(by_default && ash_format_numpy(c->format));
}

static ash_status write_chosen(ash_dataset dataset, const chooser *c, int count, const char *path, const ash_write_options *options) {
    ash_array *array = ash_calloc(count, sizeof *array);
    const ash_variable **stored = ash_calloc(count, sizeof *stored);
    const char **name = ash_calloc(count, sizeof *name);
    int n = 0;
    for (int k = 0; array && stored && name && k < c->content->count; k++) {
        if (c->fate[k] != WRITTEN) {
            continue;
        }
        int raw = is_mapping(c, k) || stays_stored(c, k, options);
        name[n] = c->content->entry[k].path;
        stored[n] = raw ? about(c, k) : NULL;
        array[n] = is_mapping(c, k) ? ash_zeros(dataset.context, ASH_INT32, 0, NULL, NULL)
                                    : ash_dataset_variable(dataset, name[n], &(ash_open_options){ .raw = raw });
        n++;
    }
    if (!array || !stored || !name) {
        ash_fail_memory(c->error, "dataset_write", count * (int64_t)sizeof *array);
    } else {
        ash_write_arrays(dataset.context, n, array, stored, path, name, options, c->error);
    }
    ash_free(array);
    ash_free(stored);
    ash_free(name);
    return c->error->status;
}

ash_status ash_dataset_write(ash_dataset dataset, const char *path, const char *variables, const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_write_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    chooser c = { .content = ash_dataset_resolve(dataset, "dataset_write", &error), .error = &error };
    if (!c.content) {
        return dataset.context ? ash_record(dataset.context, &error) : ASH_ERR_HANDLE;
    }
    if (!path) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "dataset_write: path is NULL");
        return ash_record(dataset.context, &error);
    }
    c.format = ash_format_find(o.format, path, "dataset_write", &error);
    c.fate = c.format ? ash_calloc(c.content->count + 1, sizeof *c.fate) : NULL;
    if (c.format && !c.fate) {
        ash_fail_memory(&error, "dataset_write", c.content->count + 1);
    }
    int count = c.fate ? choose(&c, variables) : -1;
    if (count > 0) {
        o.unlimited = !o.unlimited ? unlimited_dim(&c) : *o.unlimited ? o.unlimited : NULL;
        ash_scope_begin(dataset.context);
        write_chosen(dataset, &c, count, path, &o);
        ash_scope_end(dataset.context, NULL, 0);
    }
    ash_free(c.fate);
    return ash_record(dataset.context, &error);
}
