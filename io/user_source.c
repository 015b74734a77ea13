/* Driver for sources of the user's. No file is behind them, and no row of the table of formats recognises one. */
#include "io/user_source.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/read_scratch.h"
#include "io/user_call.h"

#include <pthread.h>
#include <string.h>

enum { TOGETHER_BYTES = 1 << 20, LARGEST_STEP = 4 };
/* A function of which nothing is known is taken to be as dear as inflating. */
static const double USER_NS = 1;

typedef struct opened_source {
    ash_user_source source;
    pthread_mutex_t lock; /* one call at a time, unless the user says otherwise */
} opened_source;

/* ---- Calling ---- */

static ash_status call(
    opened_source *opened, int ndim, const int64_t start[], const int64_t extent[], void *buffer, ash_error_state *error) {
    const ash_user_source *source = &opened->source;
    char message[ASH_USER_MESSAGE] = "";
    if (!source->thread_safe)
        pthread_mutex_lock(&opened->lock);
    ash_status status = source->read_box(source->user, ndim, start, extent, buffer, message, sizeof message);
    if (!source->thread_safe)
        pthread_mutex_unlock(&opened->lock);
    return status == ASH_OK ? ASH_OK : ash_user_fail("read_box", status, message, error);
}

/* ---- Boxes with steps ---- */

static int64_t spanned(int64_t indices, int64_t step) {
    return (indices - 1) * step + 1;
}

/* How many indices along each axis are asked for in one call, with what lies between them: as many as fit, but one by one where the steps are large. */
static void choose_together(
    const ash_variable *variable, const int64_t extent[], const int64_t step[], int64_t capacity, int64_t together[]) {
    int64_t room = capacity / ash_dtype_size(variable->dtype);
    for (int a = variable->ndim - 1; a >= 0; a--) {
        int64_t most = room > 0 ? (room - 1) / step[a] + 1 : 1;
        together[a] = a < variable->ndim - 1 && step[a] > LARGEST_STEP ? 1 : most < extent[a] ? most : extent[a];
        room = together[a] < extent[a] ? 0 : room / spanned(together[a], step[a]); /* cut at most one axis into several */
    }
}

/* Copies every step-th element of a dense box into a part of another one, whose extents are `whole`. */
static void pick(
    int ndim, int64_t size, const int64_t n[], const int64_t step[], const char *in, const int64_t at[], const int64_t whole[], char *out) {
    int64_t index[ASH_MAX_NDIM] = { 0 }, in_stride[ASH_MAX_NDIM], out_stride[ASH_MAX_NDIM], in_dense = size, out_dense = size;
    for (int a = ndim - 1; a >= 0; a--) {
        in_stride[a] = in_dense * step[a];
        out_stride[a] = out_dense;
        in_dense *= spanned(n[a], step[a]);
        out_dense *= whole[a];
        out += at[a] * out_stride[a];
    }
    for (int a = 0; a >= 0;) {
        for (int64_t i = 0; i < n[ndim - 1]; i++)
            memcpy(out + i * size, in + i * in_stride[ndim - 1], (size_t)size);
        for (a = ndim - 2; a >= 0 && index[a] == n[a] - 1; a--) {
            in -= index[a] * in_stride[a];
            out -= index[a] * out_stride[a];
            index[a] = 0;
        }
        if (a >= 0) {
            index[a]++;
            in += in_stride[a];
            out += out_stride[a];
        }
    }
}

/* The next part of a box, `together` indices at a time; 0 after the last. */
static int next_part(int ndim, const int64_t extent[], const int64_t together[], int64_t at[]) {
    for (int a = ndim - 1; a >= 0; a--) {
        at[a] += together[a];
        if (at[a] < extent[a])
            return 1;
        at[a] = 0;
    }
    return 0;
}

static ash_status read_steps(opened_source *opened, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    int64_t together[ASH_MAX_NDIM], at[ASH_MAX_NDIM] = { 0 }, from[ASH_MAX_NDIM], n[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
    ash_status status = ash_scratch_window(scratch, TOGETHER_BYTES, error);
    choose_together(variable, extent, step, TOGETHER_BYTES, together);
    for (int more = 1; more && status == ASH_OK; more = next_part(variable->ndim, extent, together, at)) {
        for (int a = 0; a < variable->ndim; a++) {
            from[a] = start[a] + at[a] * step[a];
            n[a] = extent[a] - at[a] < together[a] ? extent[a] - at[a] : together[a];
            span[a] = spanned(n[a], step[a]);
        }
        status = call(opened, variable->ndim, from, span, scratch->window, error);
        if (status == ASH_OK)
            pick(variable->ndim, ash_dtype_size(variable->dtype), n, step, (const char *)scratch->window, at, extent, buffer);
    }
    return status;
}

static ash_status user_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    opened_source *opened = file->driver_data;
    for (int a = 0; a < variable->ndim; a++)
        if (step[a] > 1 && extent[a] > 1)
            return read_steps(opened, variable, start, extent, step, buffer, scratch, error);
    return call(opened, variable->ndim, start, extent, buffer, error);
}

/* ---- The file ---- */

static void user_close(ash_file *file) {
    opened_source *opened = file->driver_data;
    if (!opened)
        return;
    if (opened->source.release)
        opened->source.release(opened->source.user);
    pthread_mutex_destroy(&opened->lock);
    ash_free(opened);
}

/* Nothing on the disk tells two sources apart. */
static void user_identity(const ash_file *file, int64_t *size, int64_t *changed) {
    *size = 0;
    *changed = ((const opened_source *)file->driver_data)->source.identity;
}

static const ash_driver user_driver = { .name = "user source", .close = user_close, .identity = user_identity, .read = user_read };

static ash_status fill_entry(ash_file_entry *entry, const ash_variable *about, const char *function, ash_error_state *error) {
    int64_t bytes = (int64_t)strlen(about->name);
    entry->variable = (ash_variable){ .dtype = about->dtype, .ndim = about->ndim, .need = about->need };
    memcpy(entry->variable.shape, about->shape, sizeof about->shape);
    memcpy(entry->variable.chunk, about->chunk, sizeof about->chunk);
    for (int a = 0; a < ASH_MAX_NDIM; a++)
        entry->variable.dim_id[a] = -1;
    entry->path = ash_text_copy(about->name, bytes);
    entry->variable.name = ash_text_copy(about->name, bytes);
    return entry->path && entry->variable.name ? ASH_OK : ash_fail_memory(error, function, bytes + 1);
}

ash_file *ash_user_source_open(const ash_user_source *source, const ash_variable *about, const char *function, ash_error_state *error) {
    ash_file *file = ash_calloc(1, sizeof *file);
    if (!file) {
        ash_fail_memory(error, function, sizeof *file);
        return NULL;
    }
    file->references = 1;
    file->fd = -1;
    file->driver = &user_driver;
    const char *path = source->path ? source->path : user_driver.name;
    file->path = ash_text_copy(path, (int64_t)strlen(path));
    file->entries = ash_calloc(1, sizeof *file->entries);
    opened_source *opened = ash_calloc(1, sizeof *opened);
    ash_status status = file->path && file->entries && opened ? fill_entry(file->entries, about, function, error)
                                                              : ash_fail_memory(error, function, sizeof *opened);
    if (status != ASH_OK) {
        ash_free(opened);
        ash_file_release(file);
        return NULL;
    }
    opened->source = *source;
    file->entries->variable.need.byte_ns = USER_NS;
    pthread_mutex_init(&opened->lock, NULL);
    int64_t *scratch = &file->entries->variable.need.scratch;
    if (__builtin_add_overflow(source->scratch_bytes, TOGETHER_BYTES, scratch))
        *scratch = INT64_MAX;
    file->driver_data = opened;
    return file;
}

const ash_variable *ash_user_source_variable(const ash_file *file) {
    return &file->entries->variable;
}

void ash_user_source_disown(ash_file *file) {
    ((opened_source *)file->driver_data)->source.release = NULL;
}

int ash_user_source_reads_by(const ash_file *file, ash_read_box_fn *read_box) {
    return file->driver == &user_driver && ((const opened_source *)file->driver_data)->source.read_box == read_box;
}
