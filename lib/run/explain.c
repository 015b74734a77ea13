/* Explaining: a plan as text and as figures, without running it. */
#include "run/run.h"

#include "base/growing.h"
#include "base/system.h"

#include <stdio.h>
#include <string.h>

static const char *bytes_text(int64_t bytes) {
    static _Thread_local char buffer[4][32];
    static _Thread_local int next;
    next = (next + 1) % 4;
    return ash_format_bytes(bytes, buffer[next]);
}

/* ---- The plan in words ---- */

static void say_value(ash_growing *t, ash_value value) {
    const ash_output *output = ash_value_output(value);
    ash_say(t, "%s %s (", output->name ? output->name : "array", ash_dtype_name(output->dtype));
    for (int a = 0; a < output->ndim; a++) {
        const ash_dim *dim = &output->dim[a];
        ash_say(t, "%s%s%s%lld in %lld", a ? ", " : "", dim->name ? dim->name : "", dim->name ? " " : "", (long long)dim->axis.extent,
            (long long)dim->axis.count);
    }
    ash_say(t, ")");
}

static void say_operand(ash_growing *t, const ash_operand *operand) {
    const ash_node *node = operand->value.node;
    switch (operand->kind) {
    case ASH_OPERAND_CONSTANT: return;
    case ASH_OPERAND_RAMP: ash_say(t, "    make     a ramp\n"); return;
    case ASH_OPERAND_MEMORY: ash_say(t, "    use      "); break;
    case ASH_OPERAND_FILE: ash_say(t, "    read     %s: ", ash_file_path(node->u.file.file)); break;
    case ASH_OPERAND_HELD: ash_say(t, "    use      result %d: ", operand->held->id); break;
    }
    say_value(t, operand->value);
    ash_say(t, "%s\n", operand->pack ? ", reordered" : "");
}

static void say_sink(ash_growing *t, const ash_sink *sink) {
    if (sink->kind == ASH_SINK_FOLD) {
        const ash_reduce_node *reduce = sink->fold->reduce;
        ash_say(t, "    fold     %s%s into result %d: ", reduce->group_axis >= 0 ? "group " : "",
            reduce->general ? reduce->general->name : ash_reduction_table[reduce->reduction].name, sink->held->id);
        say_value(t, sink->held->value);
        ash_say(t, "\n");
    } else if (sink->kind == ASH_SINK_HELD) {
        ash_say(t, "    hold     result %d\n", sink->held->id);
    } else {
        ash_say(t, "    %s", sink->kind == ASH_SINK_FILE ? "write    " : "store    ");
        say_value(t, sink->target->value);
        ash_say(t, "\n");
    }
}

static void say_stage(ash_growing *t, const ash_stage *stage) {
    ash_say(t, "  group %d: %lld chunks of at most (", stage->id, (long long)stage->chunks);
    int cut = 0;
    for (int a = 0; a < stage->ndim; a++) {
        ash_say(t, "%s%lld", a ? ", " : "", (long long)stage->largest[a]);
        cut |= stage->piece[a] < stage->largest[a];
    }
    ash_say(t, ")");
    if (cut) {
        ash_say(t, ", worked through in pieces of (");
        for (int a = 0; a < stage->ndim; a++) {
            ash_say(t, "%s%lld", a ? ", " : "", (long long)stage->piece[a]);
        }
        ash_say(t, ")");
    }
    ash_say(t, ", scratch %s a task\n", bytes_text(stage->work_bytes));
    for (int k = 0; k < stage->noperands; k++) {
        say_operand(t, &stage->operand[k]);
    }
    for (int k = 0; k < stage->ninstructions; k++) {
        ash_say(t, k == 0 ? "    compute  %s" : " %s", stage->instruction[k].name);
    }
    ash_say(t, stage->ninstructions > 0 ? "\n" : "");
    for (int k = 0; k < stage->nsinks; k++) {
        say_sink(t, &stage->sink[k]);
    }
}

static void say_blocks(ash_growing *t, const ash_blocks *blocks) {
    const ash_blocks_node *b = &blocks->node->u.blocks;
    ash_say(t, "  blocks: %lld chunks", (long long)blocks->held[0]->chunks);
    if (b->steps > 1) {
        ash_say(t, " in %lld steps", (long long)b->steps);
    }
    ash_say(t, ", scratch %s a task\n", bytes_text(blocks->work_bytes));
    for (int i = 0; i < blocks->node->ninputs; i++) {
        say_operand(t, &blocks->space[i]->operand[0]);
    }
    ash_say(t, "    compute  %s", b->kind->name);
    if (b->function) {
        ash_say(t, " by the function '%s'", b->function->name);
    }
    ash_say(t, "\n");
    for (int k = 0; k < blocks->node->noutputs; k++) {
        ash_say(t, "    hold     result %d\n", blocks->held[k]->id);
    }
}

static void say_plan(ash_growing *t, const ash_plan *plan) {
    ash_plan_info info;
    ash_plan_figures(plan, &info);
    ash_say(t, "plan: %lld nodes, %lld fused groups, %lld tasks on %d thread%s\n", (long long)info.nodes, (long long)info.groups,
        (long long)info.tasks, info.num_threads, info.num_threads == 1 ? "" : "s");
    ash_say(t, "  bytes read      %s\n  bytes written   %s\n", bytes_text(info.bytes_read), bytes_text(info.bytes_written));
    ash_say(t, "  peak memory     %s of a limit of %s\n", bytes_text(info.peak_bytes), bytes_text(info.memory_limit));
    ash_say(t, "  least limit     %s (plan %s, reserve %s)\n", bytes_text(info.least_limit), bytes_text(info.plan_bytes),
        bytes_text(info.reserve_bytes));
    if (plan->nspills > 0) {
        ash_say(t, "  scratch         %s written, %s read back\n", bytes_text(plan->spilled_bytes), bytes_text(plan->loaded_bytes));
    }
    if (plan->needed_times > 1) {
        ash_say(t, "  stored chunks   needed %.1f times by the pieces, cache %s\n", plan->needed_times, bytes_text(plan->cache_bytes));
    }
    if (info.sequential_peak > info.memory_limit) {
        ash_say(t, "  the limit is too small for this plan\n");
    }
    for (int k = 0; k < plan->nstages; k++) {
        say_stage(t, plan->stage[k]);
    }
    for (int w = 0; w < plan->nwork; w++) {
        if (plan->work[w].kind == ASH_WORK_BLOCKS) {
            say_blocks(t, plan->work[w].of.blocks);
        }
    }
}

/* ---- Public ---- */

/* A plan for arrays without a destination. A limit that is too small still gives a plan to talk about. */
static ash_plan *plan_for(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, const char *function,
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

const char *ash_explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options) {
    ash_error_state error = { 0 };
    ash_growing t = { 0 };
    if (!context) {
        return NULL;
    }
    ash_plan *plan = plan_for(context, n, arrays, options, "explain", &error);
    if (plan) {
        say_plan(&t, plan);
        ash_plan_free(plan);
    }
    if (t.failed) {
        ash_fail_memory(&error, "explain", t.capacity);
    }
    if (error.status != ASH_OK) {
        ash_free(t.data);
        ash_record(context, &error);
        return NULL;
    }
    ash_free(context->explain_text);
    context->explain_text = t.data;
    return t.data;
}

ash_status ash_plan_query(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options, ash_plan_info *info) {
    ash_error_state error = { 0 };
    if (!context || !info) {
        return ASH_ERR_ARGUMENT;
    }
    int64_t began = ash_system_now_ns();
    ash_plan *plan = plan_for(context, n, arrays, options, "plan_query", &error);
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
