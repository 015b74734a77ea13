#include "io/user_sink.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/user_call.h"
#include "io/writer.h"

#include <pthread.h>
#include <string.h>

typedef struct opened_sink {
    ash_user_sink sink;
    pthread_mutex_t lock; /* one call at a time, unless the user says otherwise */
} opened_sink;

static ash_status user_put(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    opened_sink *opened = writer->state;
    const ash_user_sink *sink = &opened->sink;
    char message[ASH_USER_MESSAGE] = "";
    (void)scratch;
    if (!sink->thread_safe)
        pthread_mutex_lock(&opened->lock);
    ash_status status = sink->write_box(sink->user, writer->schema->variable[variable].ndim, start, extent, data, message, sizeof message);
    if (!sink->thread_safe)
        pthread_mutex_unlock(&opened->lock);
    return status == ASH_OK ? ASH_OK : ash_user_fail("write_box", status, message, error);
}

static void user_abandon(ash_writer *writer) {
    opened_sink *opened = writer->state;
    if (!opened)
        return;
    pthread_mutex_destroy(&opened->lock);
    ash_free(opened);
}

static const ash_format user_format = { .name = "user sink", .put = user_put, .abandon = user_abandon };

ash_writer *ash_user_sink_open(const ash_user_sink *sink, const ash_writer_schema *schema, const char *function, ash_error_state *error) {
    ash_writer *writer = ash_calloc(1, sizeof *writer);
    if (!writer) {
        ash_fail_memory(error, function, sizeof *writer);
        return NULL;
    }
    writer->format = &user_format;
    writer->schema = schema;
    writer->file.fd = -1;
    writer->need.scratch = sink->scratch_bytes;
    writer->path = ash_text_copy(user_format.name, (int64_t)strlen(user_format.name));
    writer->function = ash_text_copy(function, (int64_t)strlen(function));
    opened_sink *opened = ash_calloc(1, sizeof *opened);
    if (opened) {
        opened->sink = *sink;
        pthread_mutex_init(&opened->lock, NULL);
    }
    writer->state = opened;
    if (writer->path && writer->function && opened)
        return writer;
    ash_fail_memory(error, function, sizeof *opened);
    ash_writer_abort(writer);
    return NULL;
}
