/* Sizes, offsets, codes and names as C has them, for layout.f90. */
#include <ashlar/ashlar.h>
#include <stddef.h>
#include <string.h>

int64_t layout_figure(int k);
int layout_status(const char *name);
int layout_state(const char *name);
int layout_dtype(const char *name);

int64_t layout_figure(int k) {
    static const int64_t figures[] = {
        sizeof(ash_array), sizeof(ash_context_options), sizeof(ash_make_options), sizeof(ash_reduce_options), sizeof(ash_open_options),
        sizeof(ash_write_options), sizeof(ash_source_options), sizeof(ash_store_options), sizeof(ash_sel_options), sizeof(ash_dataset),
        sizeof(ash_dataset_options), sizeof(ash_variable_info),
        /* The last field of each struct, and those after a field that is narrower than its neighbours. */
        offsetof(ash_array, output), offsetof(ash_context_options, memory_limit), offsetof(ash_context_options, read_retries),
        offsetof(ash_make_options, release_user), offsetof(ash_reduce_options, groups), offsetof(ash_reduce_options, where),
        offsetof(ash_reduce_options, initial), offsetof(ash_reduce_options, min_count), offsetof(ash_open_options, chunks),
        offsetof(ash_write_options, shuffle), offsetof(ash_write_options, history), offsetof(ash_write_options, compute),
        offsetof(ash_write_options, zstd), offsetof(ash_write_options, resume), offsetof(ash_source_options, scratch_bytes),
        offsetof(ash_source_options, release), offsetof(ash_store_options, compute), offsetof(ash_open_options, valid_range),
        offsetof(ash_sel_options, tolerance), offsetof(ash_dataset_options, sort), offsetof(ash_variable_info, shape),
        offsetof(ash_variable_info, is_text),
        /* Those of runs, and of functions of the user's. */
        sizeof(ash_compute_options), sizeof(ash_plan_info), sizeof(ash_graph_options), sizeof(ash_function_block), sizeof(ash_function_call),
        sizeof(ash_function_definition), sizeof(ash_map_output), sizeof(ash_map_options), sizeof(ash_delayed_options),
        offsetof(ash_context_options, report), offsetof(ash_compute_options, memory_limit), offsetof(ash_compute_options, piece_bytes),
        offsetof(ash_plan_info, memory_limit), offsetof(ash_plan_info, seconds), offsetof(ash_plan_info, bytes_moved),
        offsetof(ash_plan_info, reads_repeated), offsetof(ash_graph_options, compute), offsetof(ash_function_block, data),
        offsetof(ash_function_block, start), offsetof(ash_function_block, shape), offsetof(ash_function_call, input),
        offsetof(ash_function_call, chunk), offsetof(ash_function_call, message_bytes), offsetof(ash_function_definition, scratch_bytes),
        offsetof(ash_function_definition, exclusive), offsetof(ash_map_output, dims), offsetof(ash_map_options, keep_halo),
        offsetof(ash_delayed_options, argument_bytes)
    };
    return k >= 0 && k < (int)(sizeof figures / sizeof figures[0]) ? figures[k] : -1;
}

int layout_status(const char *name) {
#define IS_STATUS(status, text) !strcmp(name, #status) ? (int)status:
    return ASH_STATUS_LIST(IS_STATUS) -1;
}

int layout_state(const char *name) {
    static const char *const states[] = {
        [ASH_FUTURE_PENDING] = "ASH_FUTURE_PENDING", [ASH_FUTURE_RUNNING] = "ASH_FUTURE_RUNNING", [ASH_FUTURE_FINISHED] = "ASH_FUTURE_FINISHED",
        [ASH_FUTURE_ERROR] = "ASH_FUTURE_ERROR", [ASH_FUTURE_CANCELLED] = "ASH_FUTURE_CANCELLED"
    };
    int k = (int)(sizeof states / sizeof states[0]) - 1;
    while (k >= 0 && strcmp(states[k], name)) {
        k--;
    }
    return k;
}

int layout_dtype(const char *name) {
#define IS_DTYPE(suffix, text, type, kind, bytes) !strcmp(name, text) ? (int)ASH_##suffix:
    return ASH_DTYPE_LIST(IS_DTYPE) -1;
}
