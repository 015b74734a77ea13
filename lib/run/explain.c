/* Explaining: a plan as text, JSON and figures, without running it; and the last run's. */
#include "base/system.h"
#include "run/describe.h"

#include <ashlar/explain.h>

#include <string.h>

typedef void print_fn(ash_growing *text, const ash_description *description);

/* ---- What is asked about ---- */

static ash_status check(int n, const ash_array arrays[], const char *function, ash_error_state *error) {
    if (n < 1) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: at least one array is needed, found n = %d", function, n);
    }
    return arrays ? ASH_OK : ash_fail(error, ASH_ERR_ARGUMENT, "%s: arrays must be a list of length %d, found NULL", function, n);
}

/* Arrays that go to memory, whose targets are freed by the caller. NULL on failure. */
static ash_target *request_for(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options,
    const char *function, ash_plan_request *request, ash_error_state *error) {
    int openmp = 0;
    ash_target *target = check(n, arrays, function, error) == ASH_OK ? ash_calloc(n, sizeof *target) : NULL;
    if (!target) {
        ash_fail_memory(error, function, n * (int64_t)sizeof *target); /* unless it was refused */
        return NULL;
    }
    for (int k = 0; k < n && error->status == ASH_OK; k++) {
        target[k].kind = ASH_TARGET_MEMORY;
        ash_resolve(context, arrays[k], function, "arrays", &target[k].value, error);
    }
    if (error->status != ASH_OK || ash_run_request(context, n, target, NULL, options, function, request, &openmp, error) != ASH_OK) {
        ash_free(target);
        return NULL;
    }
    return target;
}

/* ---- Plans ---- */

static int may_part(ash_context *context, const ash_plan_request *request) {
    return request->ntargets > 1 && ash_plan_can_part(context, request);
}

/* The plan of all results together, with the least limit that works at all. One that does not fit the limit is a plan, too, if there is one: then there is an error
 * besides. */
static ash_plan *plan_whole(ash_context *context, ash_plan_request *request, const char *function, ash_error_state *error) {
    ash_plan *plan = NULL;
    request->exact = 1;
    ash_plan_make(context, request, function, &plan, error);
    if (plan && may_part(context, request)) {
        ash_error_state alone = { 0 };
        int64_t least = ash_plan_least_alone(context, request, function, &alone);
        plan->least_bytes = least < plan->least_bytes ? least : plan->least_bytes;
    }
    return plan;
}

ash_plan *ash_plan_for(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, const char *function,
    ash_error_state *error) {
    ash_plan_request request;
    ash_target *target = request_for(context, n, arrays, options, function, &request, error);
    ash_plan *plan = target ? plan_whole(context, &request, function, error) : NULL;
    if (plan) {
        *error = (ash_error_state){ 0 };
    }
    ash_free(target);
    return plan;
}

static int add_part(void *user, const ash_plan *plan) {
    ash_description **parts = user;
    *parts = ash_describe_next(*parts, plan, 0);
    return *parts != NULL;
}

/* Of results that will be computed one after another, where each fits by itself. NULL if that is not so. */
static ash_description *describe_parts(
    ash_context *context, const ash_plan_request *request, const char *function, const ash_description *whole) {
    ash_description *parts = NULL;
    ash_error_state ignored = { 0 };
    if (ash_plan_parts(context, request, function, add_part, &parts, &ignored) != ASH_OK) {
        ash_description_free(parts);
        return NULL;
    }
    ash_describe_need(parts, whole);
    parts->predicted.least_limit = whole ? whole->predicted.least_limit : parts->predicted.least_limit;
    return parts;
}

ash_description *ash_describe_request(ash_context *context, ash_plan_request *request, const char *function, ash_error_state *error) {
    int64_t began = ash_system_now_ns();
    ash_plan *plan = plan_whole(context, request, function, error);
    ash_description *whole = plan ? ash_describe(plan, 0) : NULL, *parts = NULL;
    if (plan && !whole) {
        ash_fail_memory(error, function, sizeof *whole);
    }
    ash_plan_free(plan);
    if (error->status == ASH_ERR_LIMIT && may_part(context, request)) {
        parts = describe_parts(context, request, function, whole);
    }
    if (parts || (whole && error->status == ASH_ERR_LIMIT)) { /* a limit that is too small is told, not refused */
        *error = (ash_error_state){ 0 };
    }
    if (parts) {
        ash_description_free(whole);
        whole = parts;
    }
    if (whole) {
        whole->predicted.plan_seconds = (double)(ash_system_now_ns() - began) * 1e-9;
    }
    return whole;
}

/* ---- Texts ---- */

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

const char *ash_keep_description(
    ash_context *context, ash_description *description, int json, const char *function, ash_error_state *error) {
    ash_growing text = { 0 };
    if (description) {
        (json ? ash_describe_json : ash_describe_text)(&text, description);
    }
    ash_description_free(description);
    return ash_keep_text(context, &text, function, error);
}

static const char *explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, int json) {
    ash_error_state error = { 0 };
    ash_plan_request request;
    if (!context) {
        return NULL;
    }
    ash_target *target = request_for(context, n, arrays, options, "explain", &request, &error);
    ash_description *description = target ? ash_describe_request(context, &request, "explain", &error) : NULL;
    ash_free(target);
    return ash_keep_description(context, description, json, "explain", &error);
}

const char *ash_explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options) {
    return explain(context, n, arrays, options, 0);
}

const char *ash_explain_json(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options) {
    return explain(context, n, arrays, options, 1);
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

void ash_copy_figures(const ash_description *description, ash_plan_info *info) {
    const ash_plan_info *full = &description->predicted;
    memcpy(info, full, (size_t)(info->size > 0 && info->size < full->size ? info->size : full->size));
}

ash_status ash_plan_query(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, ash_plan_info *info) {
    ash_error_state error = { 0 };
    ash_plan_request request;
    if (!context || !info) {
        return ASH_ERR_ARGUMENT;
    }
    ash_target *target = request_for(context, n, arrays, options, "plan_query", &request, &error);
    ash_description *description = target ? ash_describe_request(context, &request, "plan_query", &error) : NULL;
    if (description) {
        ash_copy_figures(description, info);
    }
    ash_description_free(description);
    ash_free(target);
    return ash_record(context, &error);
}
