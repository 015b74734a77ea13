/* Operations by name. */
#include "expr/apply.h"

#include "expr/elementwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 512 };

/* ---- Finding ---- */

int64_t ash_op_count(void) {
    int64_t n = 0;
    while (ash_registry[n].info.name) {
        n++;
    }
    return n;
}

ash_status ash_op_info(int64_t k, ash_operation_info *info) {
    if (k < 0 || k >= ash_op_count() || !info) {
        return ASH_ERR_ARGUMENT;
    }
    int64_t size = info->size > 0 && info->size < (int64_t)sizeof *info ? info->size : (int64_t)sizeof *info;
    memcpy(info, &ash_registry[k].info, (size_t)size);
    info->size = size;
    return ASH_OK;
}

const char *ash_op_alias(int64_t k, const char **operation) {
    int64_t n = 0;
    while (ash_alias_table[n][0] && n < k) {
        n++;
    }
    if (operation) {
        *operation = k >= 0 ? ash_alias_table[n][1] : NULL;
    }
    return k >= 0 ? ash_alias_table[n][0] : NULL;
}

static int64_t find_name(const char *name) {
    int64_t k = 0;
    while (ash_registry[k].info.name && strcmp(ash_registry[k].info.name, name) != 0) {
        k++;
    }
    return ash_registry[k].info.name ? k : -1;
}

int64_t ash_op_find(const char *name) {
    int64_t k = name ? find_name(name) : -1;
    for (int a = 0; name && k < 0 && ash_alias_table[a][0]; a++) {
        k = strcmp(ash_alias_table[a][0], name) == 0 ? find_name(ash_alias_table[a][1]) : -1;
    }
    return k;
}

static void unknown_operation(ash_builder *builder, const char *name) {
    const char *names[NAMES];
    int n = 0;
    for (int k = 0; ash_registry[k].info.name && n < NAMES; k++) {
        names[n++] = ash_registry[k].info.name;
    }
    for (int k = 0; ash_alias_table[k][0] && n < NAMES; k++) {
        names[n++] = ash_alias_table[k][0];
    }
    const char *nearest = name ? ash_nearest(name, n, names) : NULL;
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "apply: there is no operation '%s'%s%s%s", name ? name : "(null)",
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* ---- Parameters ---- */

static int find_parameter(const ash_operation_info *info, const char *name) {
    for (int k = 0; k < info->parameters; k++) {
        if (strcmp(info->parameter[k].name, name) == 0) {
            return k;
        }
    }
    return -1;
}

static void unknown_parameter(ash_builder *builder, const ash_operation_info *info, const char *name) {
    const char *names[ASH_MOST_PARAMETERS];
    char list[400] = "none";
    for (int k = 0, length = 0; k < info->parameters; k++) {
        names[k] = info->parameter[k].name;
        length += snprintf(list + length, sizeof list - (size_t)length, "%s%s", k ? ", " : "", names[k]);
    }
    const char *nearest = ash_nearest(name, info->parameters, names);
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: no parameter '%s'%s%s%s (it has %s)", info->name, name,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "", list);
}

/* Whether a value is a list of integers, or of these and real numbers. */
static int is_list(const ash_param_value *value, int of_reals) {
    int fine = value->kind == ASH_PARAM_LIST && value->count <= ASH_MOST_LIST;
    for (int k = 0; fine && k < value->count; k++) {
        ash_param_kind kind = value->item[k].kind;
        fine = kind == ASH_PARAM_INT || (of_reals && kind == ASH_PARAM_REAL);
    }
    return fine;
}

/* Whether a value is of a parameter's type; what would be, in words. */
static int has_type(const char *type, const ash_param_value *value, const char **words) {
    ash_param_kind kind = value->kind;
    ash_dtype dtype;
    if (strcmp(type, "int") == 0) {
        *words = "an integer";
        return kind == ASH_PARAM_INT;
    }
    if (strcmp(type, "real") == 0) {
        *words = "a real number";
        return kind == ASH_PARAM_REAL || kind == ASH_PARAM_INT;
    }
    if (strcmp(type, "bool") == 0) {
        *words = "true or false";
        return kind == ASH_PARAM_BOOL;
    }
    if (strcmp(type, "number") == 0) {
        *words = "a number";
        return kind <= ASH_PARAM_BOOL;
    }
    if (strcmp(type, "ints") == 0) {
        *words = "a list of at most 64 integers";
        return is_list(value, 0);
    }
    if (strcmp(type, "reals") == 0) {
        *words = "a list of at most 64 real numbers";
        return is_list(value, 1);
    }
    if (strcmp(type, "dtype") == 0) {
        *words = "the name of a dtype such as float64";
        return kind == ASH_PARAM_TEXT && ash_dtype_parse(value->text, &dtype);
    }
    *words = "a text";
    return kind == ASH_PARAM_TEXT;
}

static void check_type(ash_builder *builder, const ash_operation_info *info, int k, const ash_param_value *value) {
    const char *expected;
    char found[64];
    if (!has_type(info->parameter[k].type, value, &expected)) {
        ash_param_print(value, found, sizeof found);
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s must be %s, found %s (%s)", info->name, info->parameter[k].name, expected,
            found, ash_param_kind_words(value->kind));
    }
}

/* Defaults of the tables are read as parameters are. */
static void fill_defaults(ash_builder *builder, const ash_operation_info *info, ash_arena *arena, ash_call *call) {
    for (int k = 0; k < info->parameters && ash_builder_ok(builder); k++) {
        const ash_parameter_info *parameter = &info->parameter[k];
        char text[100];
        int count;
        ash_param *given;
        if (call->value[k] || (parameter->otherwise && !*parameter->otherwise)) {
            continue;
        }
        if (!parameter->otherwise) {
            ash_fail(
                &builder->error, ASH_ERR_ARGUMENT, "%s: the parameter %s (%s) is missing", info->name, parameter->name, parameter->type);
            return;
        }
        snprintf(text, sizeof text, "x=%s", parameter->otherwise);
        if (ash_params_parse(text, arena, info->name, &count, &given, &builder->error) == ASH_OK) {
            call->value[k] = &given[0].value;
        }
    }
}

static void read_parameters(ash_builder *builder, const ash_operation_info *info, const char *params, ash_arena *arena, ash_call *call) {
    int count;
    ash_param *given;
    if (ash_params_parse(params, arena, info->name, &count, &given, &builder->error) != ASH_OK) {
        return;
    }
    for (int k = 0; k < count && ash_builder_ok(builder); k++) {
        int at = find_parameter(info, given[k].name);
        if (at < 0) {
            unknown_parameter(builder, info, given[k].name);
            return;
        }
        check_type(builder, info, at, &given[k].value);
        call->value[at] = &given[k].value;
    }
    fill_defaults(builder, info, arena, call);
}

/* ---- What adaptors ask ---- */

const char *ash_call_text(const ash_call *call, int k) {
    return call->value[k] ? call->value[k]->text : NULL;
}

int64_t ash_call_int(const ash_call *call, int k) {
    return call->value[k] ? call->value[k]->integer : 0;
}

double ash_call_real(const ash_call *call, int k) {
    return call->value[k] ? call->value[k]->real : 0;
}

ash_dtype ash_call_dtype(const ash_call *call, int k) {
    ash_dtype dtype = ASH_DTYPE_COUNT;
    return call->value[k] && ash_dtype_parse(call->value[k]->text, &dtype) ? dtype : ASH_DTYPE_COUNT;
}

ash_array ash_call_number(const ash_call *call, int k) {
    const ash_param_value *value = call->value[k];
    switch (value ? value->kind : ASH_PARAM_TEXT) {
    case ASH_PARAM_INT: return ash_int(call->context, value->integer);
    case ASH_PARAM_REAL: return ash_real(call->context, value->real);
    case ASH_PARAM_COMPLEX: return ash_complex(call->context, value->real, value->imag);
    case ASH_PARAM_BOOL: return ash_bool(call->context, value->integer != 0);
    default: return (ash_array){ 0 };
    }
}

int ash_call_ints(ash_call *call, int k) {
    const ash_param_value *value = call->value[k];
    for (int i = 0; value && i < value->count; i++) {
        call->list[i] = value->item[i].integer;
    }
    return value ? value->count : 0;
}

int ash_call_reals(ash_call *call, int k) {
    const ash_param_value *value = call->value[k];
    for (int i = 0; value && i < value->count; i++) {
        call->reals[i] = value->item[i].real;
    }
    return value ? value->count : 0;
}

/* ---- Calling ---- */

static const ash_param_value *parameter_value(const ash_operation_info *info, const ash_call *call, const char *name) {
    int k = find_parameter(info, name);
    return k < 0 ? NULL : call->value[k];
}

static void call_operation(const ash_registry_entry *entry, const ash_call *call, ash_array outputs[]) {
    ash_number numbers[ASH_MAX_PARAMETERS];
    for (int k = 0; k < entry->info.parameters; k++) {
        if (strcmp(entry->info.parameter[k].type, "real") == 0) {
            numbers[k].f = call->value[k]->real;
        } else {
            numbers[k].i = call->value[k]->integer;
        }
    }
    ash_elementwise((ash_op)entry->id, call->input, numbers, outputs);
}

static ash_array call_reduction(const ash_registry_entry *entry, const ash_call *call) {
    const ash_operation_info *info = &entry->info;
    int is_group = entry->kind == ASH_BY_GROUP;
    const ash_param_value *dims = parameter_value(info, call, is_group ? "dim" : "dims"), *ddof = parameter_value(info, call, "ddof"),
                          *keepdims = parameter_value(info, call, "keepdims"), *dtype = parameter_value(info, call, "dtype"),
                          *groups = parameter_value(info, call, "groups"), *min_count = parameter_value(info, call, "min_count");
    int initial = find_parameter(info, "initial");
    ash_reduce_options options = { .size = sizeof options };
    options.ddof = ddof ? ddof->real : 0;
    options.keepdims = keepdims && keepdims->integer;
    options.groups = groups ? groups->integer : 0;
    options.min_count = min_count ? min_count->integer : 0;
    options.dtype = dtype ? dtype->text : NULL;
    if (initial >= 0 && call->value[initial]) {
        options.initial = ash_call_number(call, initial);
    }
    if (is_group) {
        return ash_group_reduce((ash_reduction)entry->id, call->input[0], dims ? dims->text : NULL, call->input[1], &options);
    }
    options.where = call->input[1];
    return ash_reduce((ash_reduction)entry->id, call->input[0], dims ? dims->text : NULL, &options);
}

static void check_inputs(ash_builder *builder, const ash_operation_info *info, int n, const ash_array inputs[], ash_call *call) {
    if (n > 0 && !inputs) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: inputs must be %d arrays, found NULL", info->name, n);
        return;
    }
    if (n < info->inputs - info->optional_inputs || (n > info->inputs && !info->repeats)) {
        char names[200] = "";
        for (int k = 0, length = 0; k < info->inputs; k++) {
            length += snprintf(names + length, sizeof names - (size_t)length, "%s%s%s", k ? ", " : ": ", info->input[k],
                k >= info->inputs - info->optional_inputs    ? " (optional)"
                    : info->repeats && k == info->inputs - 1 ? " (one or more)"
                                                             : "");
        }
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: takes %d array%s%s; found %d", info->name, info->inputs,
            info->inputs == 1 ? "" : "s", names, n);
        return;
    }
    for (int k = 0; k < n; k++) {
        ash_value value;
        ash_builder_value(builder, inputs[k], info->input[k < info->inputs ? k : info->inputs - 1], &value);
        if (k < info->inputs) {
            call->input[k] = inputs[k];
        }
    }
    call->n = n;
    call->all = inputs;
}

/* Does the operation; 0 with an error. */
static int apply(ash_builder *builder, const char *op, int n, const ash_array inputs[], const char *params, const ash_operation_info **info,
    ash_array outputs[ASH_MAX_OUTPUTS]) {
    int64_t k = ash_op_find(op);
    if (!ash_builder_ok(builder)) {
        return 0;
    }
    if (k < 0) {
        unknown_operation(builder, op);
        return 0;
    }
    const ash_registry_entry *entry = &ash_registry[k];
    ash_call call = { .context = builder->context };
    ash_arena arena = { 0 };
    builder->function = entry->info.name;
    *info = &entry->info;
    check_inputs(builder, *info, n, inputs, &call);
    if (ash_builder_ok(builder)) {
        read_parameters(builder, *info, params, &arena, &call);
    }
    if (ash_builder_ok(builder)) {
        if (entry->kind == ASH_BY_OPERATION) {
            call_operation(entry, &call, outputs);
        } else {
            outputs[0] = entry->kind == ASH_BY_FUNCTION ? entry->function(&call) : call_reduction(entry, &call);
        }
    }
    ash_arena_free(&arena);
    return ash_builder_ok(builder);
}

ash_array ash_apply(ash_context *context, const char *op, int n, const ash_array inputs[], const char *params) {
    ash_builder builder = ash_builder_begin(context, "apply");
    const ash_operation_info *info;
    ash_array outputs[ASH_MAX_OUTPUTS];
    return apply(&builder, op, n, inputs, params, &info, outputs) ? outputs[0] : ash_builder_done(&builder);
}

ash_status ash_apply_many(
    ash_context *context, const char *op, int n, const ash_array inputs[], const char *params, int noutputs, ash_array outputs[]) {
    ash_builder builder = ash_builder_begin(context, "apply");
    const ash_operation_info *info = NULL;
    ash_array made[ASH_MAX_OUTPUTS];
    if (apply(&builder, op, n, inputs, params, &info, made)) {
        if (noutputs != info->outputs || !outputs) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: has %d output%s, room was given for %d", info->name, info->outputs,
                info->outputs == 1 ? "" : "s", noutputs);
        }
        for (int k = 0; k < info->outputs && ash_builder_ok(&builder); k++) {
            outputs[k] = made[k];
        }
        if (ash_builder_ok(&builder) && !ash_ok(made[0])) {
            return ash_array_status(made[0]);
        }
    }
    return ash_record(context, &builder.error);
}
