/* Explaining writes: what the writer takes is part of the plan. */
#include "base/options.h"
#include "run/describe.h"
#include "run/write.h"

#include <ashlar/explain.h>

/* The arrays that are put on the grid of the file's chunks are of a scope of their own. */
static ash_description *describe(ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[],
    const ash_write_options *options, const char *function, ash_error_state *error) {
    ash_write_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (ash_write_check(n, arrays, path, names, function, error) != ASH_OK) {
        return NULL;
    }
    if (ash_scope_begin(context) != ASH_OK) {
        ash_fail(error, ash_error_status(context), "%s", ash_error(context));
        return NULL;
    }
    ash_description *description = ash_write_describe(context, n, arrays, path, names, &o, function, error);
    ash_scope_end(context, NULL, 0);
    return description;
}

static const char *explain(ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[],
    const ash_write_options *options, int json) {
    ash_error_state error = { 0 };
    if (!context) {
        return NULL;
    }
    ash_description *description = describe(context, n, arrays, path, names, options, "explain_write", &error);
    return ash_keep_description(context, description, json, "explain_write", &error);
}

const char *ash_explain_write(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options) {
    return explain(context, n, arrays, path, names, options, 0);
}

const char *ash_explain_write_json(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options) {
    return explain(context, n, arrays, path, names, options, 1);
}

ash_status ash_write_query(ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[],
    const ash_write_options *options, ash_plan_info *info) {
    ash_error_state error = { 0 };
    if (!context || !info) {
        return ASH_ERR_ARGUMENT;
    }
    ash_description *description = describe(context, n, arrays, path, names, options, "write_query", &error);
    if (description) {
        ash_copy_figures(description, info);
    }
    ash_description_free(description);
    return ash_record(context, &error);
}
