/* Seeing what a run will do, and what one did. Nothing of this reads data, but that what masks select is counted first where that is not
 * known (may run, collective).
 *
 * Texts belong to the context and stay valid until the next call with it of a function here that gives a text. NULL on failure, see
 * ash_error(). */
#ifndef ASHLAR_EXPLAIN_H
#define ASHLAR_EXPLAIN_H

#include <ashlar/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The plan for these arrays as readable text:
 *
 *   - figures as in ash_plan_info, each beside the least it could be, as a multiple of that: bytes read, decoded, moved through chunk buffers, written; peak
 *     memory, the largest task, the least limit;
 *   - the stored variables that are read, in how many passes (groups that read them), and how many bytes of how many that are needed;
 *   - the fused groups: what they read, compute and make, why they are not part of another group, and why what they hold for others is held;
 *   - results whose chunks are larger than a task should be.
 *
 * Results that will be computed one after another, because they do not fit the limit together, are told as the plans of these runs: sums
 * of their bytes and tasks, the largest of their peaks, and all of their groups. A limit that is too small is not an error here: the
 * text says what is needed. */
ASH_API const char *ash_explain(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options);

/* The same as JSON, in ASCII: an object with
 *
 *   "runs"       1; more, of results that are computed one after another
 *   "passes"     for each pass of the optimiser by its name (see compute.h), how much it has done
 *   "predicted"  figures by the names of the fields of ash_plan_info; those that only a run has are left out, as are nodes and groups
 *   "measured"   null, or the same of a run
 *   "reads"      a list of { "path", "variable", "passes", "bytes", "needed", "decoded", "decoded_needed", "measured" (null, or bytes) }
 *   "groups"     a list of { "group", "kind", "operations", "chunks", "tasks", "largest", "piece", "scratch_bytes", "apart", "apart_from", "uses", "makes" };
 *                "kind" is "fused" or "blocks"; "apart" says why it is not part of group "apart_from": null, "other_grid", "other_sources", "depends", "runs"
 *   "uses"       a list of { "from": "file", "memory", "ramp" or "result", "path", "result", "name", "dtype", "dims" }
 *   "makes"      a list of { "to": "memory", "file", "held" or "fold", "fold", "result", "name", "dtype", "dims", "held", "chunk_bytes" }; "held" says why:
 *                null, "reduction", "carry", "blocks", "used_by_blocks", "taken", "repeated", "scanned", "scan", "new_grid", "weight"
 *   "dims"       a list of { "name", "extent", "chunks" }
 *   "groups_left_off", "reads_left_off"  how many more there are
 *   "notes"      sentences
 *
 * New names may join. */
ASH_API const char *ash_explain_json(ash_context *context, int n, const ash_array arrays[], const ash_compute_options *options);

/* What ash_write_many() would run with the same arguments, so that the bound on its memory counts what the writer takes, too: what
 * threads encode and write with, and the library's buffers. No file is made or looked at: of a write that is to be resumed, nothing is
 * taken to be done. What ash_append() and ash_write_region() change costs about as much. */
ASH_API const char *ash_explain_write(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options);
ASH_API const char *ash_explain_write_json(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options);
/* Its figures, as ash_plan_query() gives them. */
ASH_API ash_status ash_write_query(ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[],
    const ash_write_options *options, ash_plan_info *info);

/* The plan of the context's last run, what was measured beside what was predicted. Also of a run that failed or was stopped. Of very
 * large plans the first 256 groups and variables are kept, and of each group the first 32 operands and results. Of results that were
 * computed one after another, because they did not fit the limit together, all of them. NULL if there was no run, or the system gave no
 * memory to keep its plan. */
ASH_API const char *ash_explain_last(ash_context *context);
ASH_API const char *ash_explain_last_json(ash_context *context);

typedef struct ash_graph_options {
    int64_t size;
    int32_t tasks;                      /* chunks are drawn where there are at most so many tasks; 0: 100; negative: never */
    const ash_compute_options *compute; /* of the plan */
} ash_graph_options;

/* The plan of all results together as a graph in Graphviz's DOT language, into a file: a box for every fused group, with the operations
 * in it, stored variables, held values and results around them, and below that, where they are few, the tasks of every group with their
 * chunks and the buffers that go from one to another.
 *
 * A path that ends in .svg gets the drawing, made by Graphviz's program `dot`; it is an error if that is not installed. Any other path
 * gets the text. */
ASH_API ash_status ash_graph(ash_context *context, int n, const ash_array arrays[], const char *path, const ash_graph_options *options);

/* The same text for the program itself. */
ASH_API const char *ash_graph_text(ash_context *context, int n, const ash_array arrays[], const ash_graph_options *options);

#ifdef __cplusplus
}
#endif
#endif
