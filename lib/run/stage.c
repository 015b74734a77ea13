/* A chunk of a stage, piece by piece. */
#include "base/system.h"
#include "run/packing.h"
#include "run/watch.h"

/* Where the elements of a piece go. */
static ash_status begin_destination(ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_sink *sink, const ash_box *chunk,
    const ash_box *piece, uint32_t buffer, ash_destination *to) {
    int64_t size = ash_dtype_size(sink->dtype), shape[ASH_MAX_NDIM];
    if (sink->kind == ASH_SINK_FOLD) {
        return ASH_OK;
    }
    int64_t offset = 0;
    int in_chunk = sink->kind == ASH_SINK_HELD || (sink->kind == ASH_SINK_FILE && sink->target->whole);
    if (sink->kind == ASH_SINK_HELD) {
        ash_dense_strides(stage->ndim, chunk->extent, size, to->stride);
        to->base = run->buffer[buffer];
    } else if (sink->kind == ASH_SINK_FILE) {
        if (!to->scratch) {
            to->box = in_chunk ? *chunk : *piece;
            to->scratch_bytes = ash_round_bytes(ash_dense_strides(stage->ndim, to->box.extent, size, to->stride));
            to->scratch = ash_run_scratch(run, to->scratch_bytes, worker);
        }
        to->base = to->scratch;
        if (!in_chunk || !to->scratch) {
            return worker->error.status;
        }
    } else {
        for (int a = 0; a < stage->ndim; a++) {
            shape[a] = stage->axis[a].extent;
        }
        ash_dense_strides(stage->ndim, shape, size, to->stride);
        to->base = sink->target->memory;
    }
    for (int a = 0; a < stage->ndim; a++) {
        offset += (piece->start[a] - (in_chunk ? chunk->start[a] : 0)) * to->stride[a];
    }
    to->base += offset;
    return ASH_OK;
}

/* What is on its way to a file goes there. `complete`: all of it is there. */
static void end_destination(
    ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_sink *sink, int complete, ash_destination *to) {
    if (!to->scratch) {
        return;
    }
    int64_t elements = 1;
    for (int a = 0; a < stage->ndim; a++) {
        elements *= to->box.extent[a];
    }
    int64_t began = run->watch ? ash_system_now_ns() : 0;
    if (complete && worker->error.status == ASH_OK && sink->target->packing) {
        ash_pack(sink->target->packing, to->scratch, elements, &worker->error);
    }
    if (complete && worker->error.status == ASH_OK && atomic_load_explicit(&run->stop, memory_order_relaxed) != ASH_STOP_NOW &&
        ash_writer_put(run->writer, sink->target->variable, to->box.start, to->box.extent, to->scratch, &worker->writing, &worker->error) ==
            ASH_OK) {
        ash_run_lock(run);
        run->bytes_written += elements * ash_dtype_size(sink->dtype);
        ash_run_unlock(run);
        if (run->watch) {
            ash_watch_write(run, worker, began, elements * ash_dtype_size(sink->dtype));
        }
    }
    ash_run_scratch_give(run, to->scratch, to->scratch_bytes, worker);
    to->scratch = NULL;
}

static void run_piece(ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_box *chunk, const ash_box *piece,
    const uint32_t buffer[], int first) {
    ash_status status = ASH_OK;
    for (int k = 0; k < stage->noperands && status == ASH_OK; k++) {
        if (first || ash_operand_varies(stage, &stage->operand[k])) {
            ash_unbind(run, worker, &worker->binding[k]);
            status = ash_bind(run, worker, stage, &stage->operand[k], piece, &worker->binding[k]);
        }
    }
    for (int s = 0; s < stage->nsinks && status == ASH_OK; s++) {
        status = begin_destination(run, worker, stage, &stage->sink[s], chunk, piece, buffer[s], &worker->destination[s]);
    }
    if (status == ASH_OK) {
        ash_loop_piece(run, worker, stage, chunk, piece);
    }
    for (int s = 0; s < stage->nsinks; s++) {
        if (stage->sink[s].kind == ASH_SINK_FILE && !stage->sink[s].target->whole) {
            end_destination(run, worker, stage, &stage->sink[s], status == ASH_OK, &worker->destination[s]);
        }
    }
}

/* The piece after `piece` in C order; 0 after the last. */
static int next_piece(const ash_stage *stage, const ash_box *chunk, ash_box *piece) {
    for (int a = stage->ndim - 1; a >= 0; a--) {
        int64_t end = chunk->start[a] + chunk->extent[a], start = piece->start[a] + piece->extent[a];
        int more = start < end;
        piece->start[a] = more ? start : chunk->start[a];
        piece->extent[a] = ash_piece_extent(stage, a, piece->start[a], end);
        if (more) {
            return 1;
        }
    }
    return 0;
}

/* All that files get of a chunk is there. */
static void finish_files(ash_run *run, ash_worker *worker, const ash_stage *stage, int64_t chunk, const ash_box *box, int complete) {
    for (int s = 0; s < stage->nsinks && complete; s++) {
        if (stage->sink[s].kind == ASH_SINK_FILE && worker->error.status == ASH_OK &&
            atomic_load_explicit(&run->stop, memory_order_relaxed) != ASH_STOP_NOW) {
            ash_writer_chunk_done(
                run->writer, stage->sink[s].target->variable, chunk, box->start, box->extent, &worker->writing, &worker->error);
        }
    }
}

ash_status ash_run_stage(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_stage *stage = ash_task_work(run->plan, task)->of.stage;
    int64_t chunk = run->plan->task[task].item;
    uint32_t first_buffer = run->plan->task[task].buffer_begin, *buffer = worker->sink_buffer;
    ash_box box, piece;
    ash_grid_box(stage->ndim, stage->axis, chunk, &box);
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_sink *sink = &stage->sink[s];
        worker->destination[s].scratch = NULL;
        buffer[s] = first_buffer;
        if (sink->kind == ASH_SINK_FOLD) {
            worker->folding[s].error = &worker->error;
            ash_folding_begin(run, stage, sink, &worker->folding[s], &box, chunk, first_buffer);
            first_buffer += (uint32_t)worker->folding[s].nstates;
        }
        first_buffer += sink->kind == ASH_SINK_HELD;
    }
    piece = box;
    for (int a = 0; a < stage->ndim; a++) {
        piece.extent[a] = ash_piece_extent(stage, a, box.start[a], box.start[a] + box.extent[a]);
    }
    int empty = 0;
    for (int a = 0; a < stage->ndim; a++) {
        empty |= box.extent[a] == 0;
    }
    for (int k = 0; k < stage->noperands; k++) {
        worker->binding[k].nscratch = 0;
    }
    int64_t scan_bytes = stage->scan_bytes > 0 ? ash_round_bytes(stage->scan_bytes) : 0;
    worker->scan_state = scan_bytes > 0 ? ash_run_scratch(run, scan_bytes, worker) : NULL;
    int more = !empty;
    for (int first = 1; more && worker->error.status == ASH_OK && atomic_load_explicit(&run->stop, memory_order_relaxed) != ASH_STOP_NOW;
         first = 0) {
        run_piece(run, worker, stage, &box, &piece, buffer, first);
        more = next_piece(stage, &box, &piece);
    }
    for (int k = 0; k < stage->noperands; k++) {
        ash_unbind(run, worker, &worker->binding[k]);
    }
    for (int s = 0; s < stage->nsinks; s++) {
        end_destination(run, worker, stage, &stage->sink[s], !more && !empty, &worker->destination[s]);
    }
    finish_files(run, worker, stage, chunk, &box, !more);
    if (worker->scan_state) {
        ash_run_scratch_give(run, worker->scan_state, scan_bytes, worker);
    }
    return worker->error.status;
}
