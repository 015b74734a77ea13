/* Chunks that go to scratch, as a whole or in tiles, and come back, as a whole or by boxes. */
#include "run/run.h"

#include <string.h>

/* A chunk in memory, dense, and the same in tiles: their grid, and where the one under way is. */
typedef struct tiling {
    const ash_spill_place *place;
    int ndim;
    int64_t size; /* of an element */
    ash_box chunk;
    int64_t stride[ASH_MAX_NDIM];                    /* in memory */
    int64_t first[ASH_MAX_NDIM], last[ASH_MAX_NDIM]; /* tiles of the chunk */
    int64_t low[ASH_MAX_NDIM], high[ASH_MAX_NDIM];   /* those that are gone through */
    int64_t at[ASH_MAX_NDIM];
    ash_box tile;
    int64_t offset, bytes, number; /* of the tile, within the chunk */
} tiling;

/* The tile at `at`. Tiles stand in C order of their coordinates, each dense: before one stand the slabs before it, and within its slab the same again. */
static void open_tile(tiling *t) {
    const ash_grid_axis *axis = t->place->held->tile;
    int64_t rest = t->size, ahead = t->size;
    t->offset = t->number = 0;
    for (int a = 0; a < t->ndim; a++) {
        t->tile.start[a] = ash_axis_start(&axis[a], t->at[a]);
        t->tile.extent[a] = ash_axis_start(&axis[a], t->at[a] + 1) - t->tile.start[a];
        t->number = t->number * (t->last[a] - t->first[a] + 1) + t->at[a] - t->first[a];
        rest *= t->chunk.extent[a];
    }
    for (int a = 0; a < t->ndim; a++) {
        rest /= t->chunk.extent[a];
        t->offset += ahead / t->size * (t->tile.start[a] - t->chunk.start[a]) * rest;
        ahead *= t->tile.extent[a];
    }
    t->bytes = ahead;
}

/* Begins with the first tile that meets the box. */
static void begin_tiles(tiling *t, const ash_spill_place *place, const ash_box *box) {
    const ash_held *held = place->held;
    t->place = place;
    t->ndim = held->ndim;
    t->size = ash_dtype_size(held->dtype);
    ash_grid_box(held->ndim, held->axis, place->chunk, &t->chunk);
    ash_dense_strides(t->ndim, t->chunk.extent, t->size, t->stride);
    ash_held_tiles(held, &t->chunk, t->first, t->last);
    ash_held_tiles(held, box ? box : &t->chunk, t->low, t->high);
    memcpy(t->at, t->low, sizeof t->at);
    open_tile(t);
}

static int next_tile(tiling *t) {
    for (int a = t->ndim - 1; a >= 0; a--) {
        if (++t->at[a] <= t->high[a]) {
            open_tile(t);
            return 1;
        }
        t->at[a] = t->low[a];
    }
    return 0;
}

/* Copies what the tile and a box have in common between the tile and memory in which the box's first element is at `memory`. */
static void copy_tile(const tiling *t, const ash_box *box, char *memory, const int64_t stride[], char *tile, int to_memory) {
    int64_t in_tile[ASH_MAX_NDIM], extent[ASH_MAX_NDIM];
    ash_dense_strides(t->ndim, t->tile.extent, t->size, in_tile);
    for (int a = 0; a < t->ndim; a++) {
        int64_t begin = t->tile.start[a] > box->start[a] ? t->tile.start[a] : box->start[a];
        int64_t end = t->tile.start[a] + t->tile.extent[a], box_end = box->start[a] + box->extent[a];
        extent[a] = (end < box_end ? end : box_end) - begin;
        memory += (begin - box->start[a]) * stride[a];
        tile += (begin - t->tile.start[a]) * in_tile[a];
    }
    if (to_memory) {
        ash_copy_box(t->ndim, extent, t->size, memory, stride, tile, in_tile);
    } else {
        ash_copy_box(t->ndim, extent, t->size, tile, in_tile, memory, stride);
    }
}

/* Tiles are collected as far as there is room, and written together. */
static ash_status write_tiles(ash_run *run, ash_worker *worker, const ash_spill_place *place, char *chunk, ash_error_state *reason) {
    tiling t;
    int64_t used = 0, begin = 0;
    begin_tiles(&t, place, NULL);
    for (int more = 1; more && reason->status == ASH_OK;) {
        if (used + t.bytes > ASH_TILE_BYTES) {
            ash_scratch_file_write(run->scratch, place->offset + begin, worker->tile, used, reason);
            begin += used;
            used = 0;
        }
        copy_tile(&t, &t.chunk, chunk, t.stride, worker->tile + used, 0);
        ash_scratch_file_check(run->scratch, place->check + t.number, worker->tile + used, t.bytes);
        used += t.bytes;
        more = next_tile(&t);
    }
    return reason->status == ASH_OK ? ash_scratch_file_write(run->scratch, place->offset + begin, worker->tile, used, reason)
                                    : reason->status;
}

/* Takes a box of a chunk from its tiles. */
static ash_status read_tiles(ash_run *run, ash_worker *worker, const ash_spill_place *place, const ash_box *box, char *memory,
    const int64_t stride[], int64_t *bytes, ash_error_state *reason) {
    tiling t;
    begin_tiles(&t, place, box);
    for (int more = 1; more && reason->status == ASH_OK; more = next_tile(&t)) {
        if (ash_scratch_file_read(run->scratch, place->check + t.number, place->offset + t.offset, worker->tile, t.bytes, reason) ==
            ASH_OK) {
            copy_tile(&t, box, memory, stride, worker->tile, 1);
            *bytes += t.bytes;
        }
    }
    return reason->status;
}

static ash_status finish(ash_run *run, ash_worker *worker, int64_t *total, int64_t bytes, const ash_error_state *reason) {
    if (reason->status != ASH_OK) {
        return ash_fail(&worker->error, reason->status, "%s: %s", run->function, reason->text);
    }
    ash_run_lock(run);
    *total += bytes;
    ash_run_unlock(run);
    return ASH_OK;
}

ash_status ash_run_spill(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_spill_place *place = &plan->spill[plan->task[task].item];
    char *buffer = run->buffer[plan->input[plan->task[task].input_begin]];
    ash_error_state reason = { 0 };
    if (place->held) {
        write_tiles(run, worker, place, buffer, &reason);
    } else {
        ash_scratch_file_check(run->scratch, place->check, buffer, place->bytes);
        ash_scratch_file_write(run->scratch, place->offset, buffer, place->bytes, &reason);
    }
    return finish(run, worker, &run->spilled_bytes, place->bytes, &reason);
}

ash_status ash_run_load(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_spill_place *place = &plan->spill[plan->task[task].item];
    char *buffer = run->buffer[plan->task[task].buffer_begin];
    int64_t bytes = 0;
    ash_error_state reason = { 0 };
    if (place->held) {
        int64_t stride[ASH_MAX_NDIM];
        ash_box chunk;
        ash_grid_box(place->held->ndim, place->held->axis, place->chunk, &chunk);
        ash_dense_strides(place->held->ndim, chunk.extent, ash_dtype_size(place->held->dtype), stride);
        read_tiles(run, worker, place, &chunk, buffer, stride, &bytes, &reason);
    } else {
        ash_scratch_file_read(run->scratch, place->check, place->offset, buffer, place->bytes, &reason);
    }
    return finish(run, worker, &run->loaded_bytes, place->bytes, &reason);
}

/* The place that a token stands for: places are in the order of their tokens. */
static const ash_spill_place *place_of(const ash_plan *plan, uint32_t token) {
    int64_t low = 0, high = plan->nspills - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (plan->spill[middle].token < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &plan->spill[low];
}

ash_status ash_run_read_box(ash_run *run, ash_worker *worker, uint32_t token, const ash_box *box, char *memory, const int64_t stride[]) {
    int64_t bytes = 0;
    ash_error_state reason = { 0 };
    read_tiles(run, worker, place_of(run->plan, token), box, memory, stride, &bytes, &reason);
    return finish(run, worker, &run->loaded_bytes, bytes, &reason);
}
