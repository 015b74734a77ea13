#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_texts[ASH_STATUS_COUNT] = {
#define STATUS_TEXT(name, text) [name] = text,
    ASH_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

const char *ash_status_text(ash_status status) {
    int known = (int)status >= 0 && status < ASH_STATUS_COUNT;
    return known ? status_texts[status] : "unknown status";
}

/* Three dots at the end of a sentence that was cut. */
static void mark_cut(char *text, size_t size) {
    memcpy(text + size - 4, "...", 4);
}

ash_status ash_fail(ash_error_state *error, ash_status status, const char *format, ...) {
    if (!error)
        return status;
    if (error->status != ASH_OK)
        return error->status;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    if (length < 0)
        error->text[0] = 0;
    if (length >= (int)sizeof error->text)
        mark_cut(error->text, sizeof error->text);
    error->status = status;
    return status;
}

ash_status ash_fail_memory(ash_error_state *error, const char *function, int64_t bytes) {
    return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory, asked for %" PRId64 " bytes", function, bytes);
}
