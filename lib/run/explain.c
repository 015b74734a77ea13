/* Explaining: a plan as text, JSON and figures, without running it; and the last run's. */
#include "base/system.h"
#include "run/describe.h"

#include <ashlar/explain.h>

#include <string.h>

typedef void print_fn(ash_growing *text, const ash_description *description);

ash_plan *ash_plan_for(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, const char *function,
    ash_error_state *error) {
    ash_plan_request request;
    int openmp = 0;
    ash_plan *plan = NULL;
    if (n < 1 || !arrays) {
        ash_fail(error, ASH_ERR_ARGUMENT, "%s: at least one array is needed, found n = %d", function, n);
        return NULL;
    }
    ash_target *target = ash_calloc(n, sizeof *target);
    if (!target) {
        ash_fail_memory(error, function, n * (int64_t)sizeof *target);
        return NULL;
    }
    for (int k = 0; k < n && error->status == ASH_OK; k++) {
        target[k].kind = ASH_TARGET_MEMORY;
        ash_resolve(context, arrays[k], function, "arrays", &target[k].value, error);
    }
    if (error->status == ASH_OK && ash_run_request(context, n, target, NULL, options, function, &request, &openmp, error) == ASH_OK) {
        request.exact = 1;
        ash_plan_make(context, &request, function, &plan, error);
        if (error->status == ASH_ERR_LIMIT && plan) {
            *error = (ash_error_state){ 0 };
        }
        if (plan && n > 1 && ash_plan_can_part(context, &request)) {
            ash_error_state alone = { 0 };
            int64_t least = ash_plan_least_alone(context, &request, function, &alone);
            plan->least_bytes = least < plan->least_bytes ? least : plan->least_bytes;
        }
    }
    ash_free(target);
    return plan;
}

const char *ash_keep_text(ash_context *context, ash_growing *text, const char *function, ash_error_state *error) {
    if (text->failed) {
        ash_fail_memory(error, function, text->capacity);
    }
    if (error->status != ASH_OK) {
        ash_free(text->data);
        ash_record(context, error);
        return NULL;
    }
    ash_free(context->explain_text);
    context->explain_text = text->data;
    return text->data;
}

static const char *explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, print_fn *print) {
    ash_error_state error = { 0 };
    ash_growing text = { 0 };
    if (!context) {
        return NULL;
    }
    ash_plan *plan = ash_plan_for(context, n, arrays, options, "explain", &error);
    ash_description *description = plan ? ash_describe(plan, 0) : NULL;
    if (description) {
        print(&text, description);
    } else if (plan) {
        ash_fail_memory(&error, "explain", sizeof *description);
    }
    ash_description_free(description);
    ash_plan_free(plan);
    return ash_keep_text(context, &text, "explain", &error);
}

const char *ash_explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options) {
    return explain(context, n, arrays, options, ash_describe_text);
}

const char *ash_explain_json(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options) {
    return explain(context, n, arrays, options, ash_describe_json);
}

static const char *explain_last(ash_context *context, print_fn *print) {
    ash_error_state error = { 0 };
    ash_growing text = { 0 };
    if (!context) {
        return NULL;
    }
    if (context->last_plan) {
        print(&text, context->last_plan);
    } else {
        ash_fail(&error, ASH_ERR_NOT_FOUND, "explain_last: no run of this context has left a plan");
    }
    return ash_keep_text(context, &text, "explain_last", &error);
}

const char *ash_explain_last(ash_context *context) {
    return explain_last(context, ash_describe_text);
}

const char *ash_explain_last_json(ash_context *context) {
    return explain_last(context, ash_describe_json);
}

ash_status ash_plan_query(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, ash_plan_info *info) {
    ash_error_state error = { 0 };
    if (!context || !info) {
        return ASH_ERR_ARGUMENT;
    }
    int64_t began = ash_system_now_ns();
    ash_plan *plan = ash_plan_for(context, n, arrays, options, "plan_query", &error);
    if (plan) {
        ash_plan_info full;
        int64_t bytes = info->size > 0 && info->size < (int64_t)sizeof full ? info->size : (int64_t)sizeof full;
        ash_plan_figures(plan, &full);
        full.plan_seconds = (double)(ash_system_now_ns() - began) * 1e-9;
        memcpy(info, &full, (size_t)bytes);
        ash_plan_free(plan);
    }
    return ash_record(context, &error);
}
