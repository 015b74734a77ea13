/* Results that do not fit the limit together are run one after another: the plans of all of them, looked at before any work is done. */
#include "run/run.h"

ash_status ash_plan_parts(ash_context *context, const ash_plan_request *request, const char *function, ash_part_visitor *visit, void *user,
    ash_error_state *error) {
    for (int k = 0; k < request->ntargets && error->status == ASH_OK; k++) {
        ash_plan_request one = *request;
        ash_error_state reason = { 0 };
        ash_plan *plan = NULL;
        one.ntargets = 1;
        one.target = &request->target[k];
        one.exact = 0;
        if (ash_plan_make(context, &one, function, &plan, &reason) != ASH_OK) {
            ash_plan_least_alone(context, request, function, error);
            ash_fail(error, reason.status, "%s", reason.text);
        } else if (!visit(user, plan)) {
            ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan", function);
        }
        ash_plan_free(plan);
    }
    return error->status;
}
