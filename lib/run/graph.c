/* The plan as a graph in DOT: groups are clusters of operations; tasks, where they are few, hang below their groups. */
#include "base/options.h"
#include "base/quote.h"
#include "run/draw.h"
#include "run/run.h"
#include "run/text_file.h"

#include <ashlar/explain.h>

#include <string.h>

enum { FEW_TASKS = 100 };

/* ---- Operations ---- */

static void say_shape(ash_growing *t, const ash_output *output) {
    ash_say(t, "\\n%s (", ash_dtype_name(output->dtype));
    for (int a = 0; a < output->ndim; a++) {
        const ash_dim *dim = &output->dim[a];
        ash_say(t, "%s", a ? ", " : "");
        ash_say_dot(t, dim->name);
        ash_say(t, "%s%lld/%lld", dim->name ? " " : "", (long long)dim->axis.extent, (long long)dim->axis.count);
    }
    ash_say(t, ")");
}

static void say_value(ash_growing *t, ash_value value) {
    const ash_output *output = ash_value_output(value);
    ash_say_dot(t, output->name ? output->name : "array");
    say_shape(t, output);
}

/* A stored variable or the caller's memory, once for all groups that use it. */
static void say_source(ash_growing *t, const ash_operand *operand) {
    ash_say(t, "  n%lld [shape=cylinder, style=filled, fillcolor=\"#dde8f5\", label=\"", (long long)operand->value.node->serial);
    if (operand->kind == ASH_OPERAND_FILE) {
        ash_say_dot(t, ash_file_path(operand->value.node->u.file.file));
        ash_say(t, "\\n");
    }
    say_value(t, operand->value);
    ash_say(t, "\"];\n");
}

static void say_sources(ash_growing *t, ash_context *context, const ash_plan *plan) {
    int64_t mark = ash_context_mark(context);
    for (int s = 0; s < plan->nstages + plan->nspaces; s++) {
        const ash_stage *space = ash_plan_space(plan, s);
        for (int k = 0; k < space->noperands; k++) {
            const ash_operand *operand = &space->operand[k];
            int source = operand->kind == ASH_OPERAND_FILE || operand->kind == ASH_OPERAND_MEMORY || operand->kind == ASH_OPERAND_RAMP;
            if (source && operand->value.node->mark != mark) {
                operand->value.node->mark = mark;
                say_source(t, operand);
            }
        }
    }
}

/* The name of the graph's node that an operand comes from; constants have none. */
static int say_origin(ash_growing *t, const ash_operand *operand) {
    if (operand->kind == ASH_OPERAND_HELD) {
        ash_say(t, "  h%d", operand->held->id);
    } else if (operand->kind != ASH_OPERAND_CONSTANT) {
        ash_say(t, "  n%lld", (long long)operand->value.node->serial);
    }
    return operand->kind != ASH_OPERAND_CONSTANT;
}

/* Edges into an operation or a sink: from the operation that made the slot, or from where the operand comes. */
static void say_edge(ash_growing *t, const ash_stage *stage, int slot, const char *to, int k) {
    if (stage->slot[slot].operand >= 0) {
        if (say_origin(t, &stage->operand[stage->slot[slot].operand])) {
            ash_say(t, " -> g%d_%s%d;\n", stage->id, to, k);
        }
        return;
    }
    for (int i = 0; i < stage->ninstructions; i++) {
        for (int o = 0; o < stage->instruction[i].nout; o++) {
            if (stage->instruction[i].out[o] == slot) {
                ash_say(t, "  g%d_i%d -> g%d_%s%d;\n", stage->id, i, stage->id, to, k);
                return;
            }
        }
    }
}

static void say_sink(ash_growing *t, const ash_stage *stage, int k) {
    const ash_sink *sink = &stage->sink[k];
    ash_say(t, "    g%d_s%d [shape=box, label=\"", stage->id, k);
    if (sink->fold) {
        const ash_reduce_node *reduce = sink->fold->reduce;
        ash_say_dot(t, reduce->general ? reduce->general->name : ash_reduction_table[reduce->reduction].name);
    } else {
        ash_say(t, sink->kind == ASH_SINK_HELD ? "hold" : sink->kind == ASH_SINK_FILE ? "write" : "store");
    }
    ash_say(t, "\"];\n");
}

static void say_cluster(ash_growing *t, int group, int64_t chunks, const char *kind) {
    ash_say(t, "  subgraph cluster_g%d {\n    label=\"group %d%s: %lld chunks\"; style=\"rounded,filled\"; fillcolor=\"#f7f7f2\";\n", group,
        group, kind, (long long)chunks);
}

static void say_stage(ash_growing *t, const ash_plan *plan, const ash_stage *stage) {
    say_cluster(t, stage->id, stage->chunks, "");
    for (int i = 0; i < stage->ninstructions; i++) {
        ash_say(t, "    g%d_i%d [label=\"", stage->id, i);
        ash_say_dot(t, stage->instruction[i].name);
        ash_say(t, "\"];\n");
    }
    for (int k = 0; k < stage->nsinks; k++) {
        say_sink(t, stage, k);
    }
    ash_say(t, "  }\n");
    for (int i = 0; i < stage->ninstructions; i++) {
        for (int k = 0; k < stage->instruction[i].nin; k++) {
            say_edge(t, stage, stage->instruction[i].in[k], "i", i);
        }
    }
    for (int k = 0; k < stage->nsinks; k++) {
        const ash_sink *sink = &stage->sink[k];
        say_edge(t, stage, sink->slot, "s", k);
        if (sink->held) {
            ash_say(t, "  g%d_s%d -> h%d;\n", stage->id, k, sink->held->id);
        } else {
            ash_say(t, "  g%d_s%d -> r%d;\n", stage->id, k, (int)(sink->target - plan->target));
        }
    }
}

static void say_blocks(ash_growing *t, const ash_plan *plan, const ash_work *work) {
    const ash_blocks *blocks = work->of.blocks;
    int group = ash_work_group(plan, work);
    say_cluster(t, group, blocks->held[0]->chunks, ", by blocks");
    ash_say(t, "    g%d_i0 [label=\"", group);
    ash_say_dot(t, ash_work_name(work));
    ash_say(t, "\"];\n  }\n");
    for (int i = 0; i < blocks->node->ninputs; i++) {
        if (say_origin(t, &blocks->space[i]->operand[0])) {
            ash_say(t, " -> g%d_i0;\n", group);
        }
    }
    for (int k = 0; k < blocks->node->noutputs; k++) {
        ash_say(t, "  g%d_i0 -> h%d;\n", group, blocks->held[k]->id);
    }
}

static void say_operations(ash_growing *t, ash_context *context, const ash_plan *plan) {
    say_sources(t, context, plan);
    for (const ash_held *held = plan->helds; held; held = held->next) {
        ash_say(t, "  h%d [shape=box, style=\"rounded,filled\", fillcolor=\"#fdf0d5\", label=\"result %d\\n", held->id, held->id);
        say_value(t, held->value);
        ash_say(t, "\"];\n");
    }
    for (int r = 0; r < plan->ntargets; r++) {
        ash_say(t, "  r%d [shape=box, style=\"bold,filled\", fillcolor=\"#e0f0e0\", label=\"", r);
        say_value(t, plan->target[r].value);
        ash_say(t, "\"];\n");
    }
    for (int s = 0; s < plan->nstages; s++) {
        say_stage(t, plan, plan->stage[s]);
    }
    for (int w = 0; w < plan->nwork; w++) {
        if (plan->work[w].kind == ASH_WORK_BLOCKS) {
            say_blocks(t, plan, &plan->work[w]);
        }
    }
}

/* ---- Chunks ---- */

static void say_task(ash_growing *t, const ash_plan *plan, uint32_t task) {
    const ash_work *work = ash_task_work(plan, task);
    int64_t coordinate[ASH_MAX_NDIM];
    int ndim = ash_work_chunk(work, plan->task[task].item, coordinate);
    ash_say(t, "  t%u [shape=%s, label=\"", task, ash_work_merges(work) ? "diamond" : "ellipse");
    ash_say_dot(t, ash_work_name(work));
    ash_say(t, " (");
    for (int a = 0; a < ndim; a++) {
        ash_say(t, "%s%lld", a ? ", " : "", (long long)coordinate[a]);
    }
    ash_say(t, ")\\ngroup %d\"];\n", ash_work_group(plan, work));
}

/* Every buffer, from the task that makes it to those that use it. */
static void say_tasks(ash_growing *t, const ash_plan *plan) {
    char bytes[32];
    ash_say(t, "  subgraph cluster_tasks {\n  label=\"tasks and buffers\"; style=dashed;\n");
    for (uint32_t task = 0; task < plan->ntasks; task++) {
        say_task(t, plan, task);
    }
    ash_say(t, "  }\n");
    for (uint32_t task = 0; task < plan->ntasks; task++) {
        for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
            for (uint32_t c = plan->consumer_begin[b]; c < plan->consumer_begin[b + 1]; c++) {
                ash_say(t, "  t%u -> t%u [label=\"%s\"];\n", task, plan->consumer[c],
                    ash_format_bytes(plan->buffer_units[b] * (int64_t)ASH_UNIT, bytes));
            }
        }
    }
}

/* ---- Public ---- */

static void make_graph(
    ash_context *context, int n, const ash_array arrays[], const ash_graph_options *options, ash_growing *t, ash_error_state *error) {
    ash_graph_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    ash_plan *plan = ash_plan_for(context, n, arrays, o.compute, "graph", error);
    if (!plan) {
        return;
    }
    ash_say(t,
        "digraph plan {\n  rankdir=LR; fontname=\"sans-serif\"; node [fontname=\"sans-serif\", fontsize=11];\n"
        "  edge [fontname=\"sans-serif\", fontsize=9];\n");
    say_operations(t, context, plan);
    if (o.tasks >= 0 && plan->ntasks <= (uint32_t)(o.tasks > 0 ? o.tasks : FEW_TASKS)) {
        say_tasks(t, plan);
    }
    ash_say(t, "}\n");
    ash_plan_free(plan);
    if (t->failed) {
        ash_fail_memory(error, "graph", t->capacity);
    }
}

const char *ash_graph_text(ash_context *context, int n, const ash_array arrays[], const ash_graph_options *options) {
    ash_error_state error = { 0 };
    ash_growing text = { 0 };
    if (!context) {
        return NULL;
    }
    make_graph(context, n, arrays, options, &text, &error);
    return ash_keep_text(context, &text, "graph", &error);
}

static void write_text(ash_growing *text, const char *path, ash_error_state *error) {
    ash_text_file file;
    if (ash_text_file_begin(&file, path, "graph", "graph", error) == ASH_OK) {
        file.text = *text; /* frees it */
        text->data = NULL;
        ash_text_file_end(&file, "graph", "graph", error);
    }
}

ash_status ash_graph(ash_context *context, int n, const ash_array arrays[], const char *path, const ash_graph_options *options) {
    ash_error_state error = { 0 };
    ash_growing text = { 0 };
    if (!context) {
        return ASH_ERR_HANDLE;
    }
    if (!path || !*path) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "graph: a path is needed, found %s", path ? "an empty one" : "NULL");
        return ash_record(context, &error);
    }
    make_graph(context, n, arrays, options, &text, &error);
    size_t length = strlen(path);
    if (error.status == ASH_OK && length >= 4 && strcmp(path + length - 4, ".svg") == 0) {
        ash_draw_svg(text.data, text.length, path, &error);
    } else if (error.status == ASH_OK) {
        write_text(&text, path, &error);
    }
    ash_free(text.data);
    return ash_record(context, &error);
}
