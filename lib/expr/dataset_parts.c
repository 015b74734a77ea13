#include "expr/dataset_parts.h"

#include "base/dtype.h"

#include <string.h>

/* ---- Whether files are alike ---- */

static int same_attr(const ash_variable *a, const ash_variable *b, const char *name) {
    const ash_attr_entry *x = ash_attrs_find(a->attrs, name), *y = ash_attrs_find(b->attrs, name);
    if (!x || !y) {
        return !x && !y;
    }
    int64_t size = x->is_text ? 1 : ash_dtype_size(x->dtype);
    return x->is_text == y->is_text && (x->is_text || x->dtype == y->dtype) && x->count == y->count &&
        memcmp(x->data, y->data, (size_t)(x->count * size)) == 0;
}

int ash_parts_packed_alike(const ash_variable *a, const ash_variable *b) {
    static const char *const names[] = { "scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned" };
    int alike = a->no_fill == b->no_fill;
    for (size_t k = 0; alike && k < sizeof names / sizeof *names; k++) {
        alike = same_attr(a, b, names[k]);
    }
    return alike;
}

static int same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static ash_status check_shape(const ash_part_checker *checker, const ash_variable *variable, const char *path, const char *first_path,
    const char *function, ash_error_state *error) {
    const ash_variable *first = &checker->entry->about;
    const char *name = checker->entry->path;
    char expected[160], found[160];
    int same = variable->ndim == first->ndim, named = 1;
    int numbers = variable->dtype < ASH_DTYPE_COUNT && first->dtype < ASH_DTYPE_COUNT;
    if (!(checker->kept && numbers) && (variable->dtype != first->dtype || variable->is_text != first->is_text)) {
        return ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is %s, expected %s as in %s", function, path, name,
            variable->type ? variable->type : ash_dtype_name(variable->dtype), first->type ? first->type : ash_dtype_name(first->dtype),
            first_path);
    }
    for (int a = 0; same && a < first->ndim; a++) {
        same = variable->shape[a] == first->shape[a] || a == checker->axis;
        named = named && same_text(variable->dim[a], first->dim[a]);
    }
    if (same && !named) {
        return ash_fail(
            error, ASH_ERR_DIMENSION, "%s: %s: variable '%s' has other dimensions than in %s", function, path, name, first_path);
    }
    if (!same) {
        return ash_fail(error, ASH_ERR_SHAPE, "%s: %s: variable '%s' has shape %s, which does not fit %s of %s", function, path, name,
            ash_format_shape(variable->ndim, variable->shape, found, sizeof found),
            ash_format_shape(first->ndim, first->shape, expected, sizeof expected), first_path);
    }
    return ASH_OK;
}

/* ---- Rules ---- */

/* The unpacking of a variable; sets the dtype of its results. */
static ash_status unpacking(
    const ash_variable *variable, const char *function, ash_part_rule *rule, ash_dtype *result, ash_error_state *error) {
    ash_decoding decoding;
    ash_status status = ash_decoding_find(variable, 0, function, &decoding, error);
    if (status != ASH_OK) {
        return status;
    }
    rule->stored = decoding.stored;
    rule->unpack = decoding.unpack;
    memcpy(rule->missing, decoding.missing, sizeof rule->missing);
    rule->unpack.missing = rule->missing;
    *result = decoding.result;
    ash_attrs_release(decoding.attrs);
    return ASH_OK;
}

/* Begins the rules of a variable, when the first file that differs is found. */
static ash_status begin_rules(ash_part_checker *checker, int64_t parts, const char *function, ash_arena *arena, ash_error_state *error) {
    ash_part_rules *rules = ash_arena_alloc(arena, sizeof *rules);
    if (rules) {
        rules->rule = ash_arena_alloc(arena, parts * (int64_t)sizeof *rules->rule);
    }
    if (!rules || !rules->rule) {
        return ash_fail_memory(error, function, parts * (int64_t)sizeof *rules->rule);
    }
    ash_status status = unpacking(&checker->entry->about, function, &rules->first, &rules->result, error);
    checker->rules = rules;
    return status;
}

/* The change from a file's time units to the first file's. */
static ash_status time_change(const ash_part_checker *checker, const char *units, const char *calendar, const char *path,
    const char *first_path, const char *function, ash_time_change *change, ash_error_state *error) {
    ash_time_units found;
    ash_error_state why = { 0 };
    if (ash_time_units_parse(units, calendar, function, &found, &why) != ASH_OK) {
        return ash_fail(error, why.status, "%s: %s: variable '%s': %s", function, path, checker->entry->path, why.text);
    }
    if (found.calendar != checker->units.calendar) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: variable '%s' has the calendar '%s', expected '%s' as in %s", function, path,
            checker->entry->path, calendar ? calendar : "standard", checker->calendar ? checker->calendar : "standard", first_path);
    }
    if (!ash_time_units_change(&found, &checker->units, change)) {
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has units '%s', which cannot be turned into '%s' of %s",
            function, path, checker->entry->path, units, checker->units_text, first_path);
    }
    return ASH_OK;
}

ash_status ash_part_check(ash_part_checker *checker, const ash_variable *variable, int64_t part, int64_t parts, const char *path,
    const char *first_path, const char *function, ash_arena *arena, ash_error_state *error) {
    const ash_variable *first = &checker->entry->about;
    ash_status status = check_shape(checker, variable, path, first_path, function, error);
    const char *units = ash_attrs_text(variable->attrs, "units"), *calendar = ash_attrs_text(variable->attrs, "calendar");
    int timed = checker->is_time && !(same_text(units, checker->units_text) && same_text(calendar, checker->calendar));
    checker->changed = 0;
    if (status == ASH_OK && timed) {
        status = time_change(checker, units ? units : "", calendar, path, first_path, function, &checker->change, error);
        checker->changed = 1;
    }
    if (status != ASH_OK || first->is_text || checker->kept || (!timed && ash_parts_packed_alike(first, variable))) {
        return status;
    }
    ash_part_rule *rule = ash_arena_alloc(arena, sizeof *rule);
    ash_dtype result = first->dtype;
    if (!rule) {
        return ash_fail_memory(error, function, sizeof *rule);
    }
    rule->is_time = timed;
    rule->change = checker->change;
    status = unpacking(variable, function, rule, &result, error);
    if (status == ASH_OK && !checker->rules) {
        status = begin_rules(checker, parts, function, arena, error);
    }
    if (status != ASH_OK) {
        return status;
    }
    ash_part_rules *rules = checker->rules;
    if (timed) {
        rules->result = ASH_FLOAT64;
    }
    if (ash_dtype_kind(rules->result) != 'f') {
        return ash_fail(error, ASH_ERR_DTYPE,
            "%s: %s: variable '%s' is packed or has missing values, and in %s it has none: %s cannot hold them", function, path,
            checker->entry->path, first_path, ash_dtype_name(rules->result));
    }
    rules->rule[part] = rule;
    return ASH_OK;
}

void ash_part_convert_values(const void *rules_of, int64_t part, int64_t n, const void *stored, void *result) {
    const ash_part_rules *rules = rules_of;
    const ash_part_rule *rule = rules->rule[part] ? rules->rule[part] : &rules->first;
    ash_kernel_unpack(ASH_ISA_BASELINE, rule->stored, rules->result)(n, (void *[]){ result }, (const void *[]){ stored }, &rule->unpack);
    double *time = result;
    for (int64_t k = 0; rule->is_time && k < n; k++) {
        time[k] = time[k] * rule->change.multiply / rule->change.divide + rule->change.shift;
    }
}
