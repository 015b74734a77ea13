#include "base/growing.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

void ash_say(ash_growing *text, const char *format, ...) {
    va_list arguments;
    for (int again = 2; again-- > 0 && !text->failed;) {
        va_start(arguments, format);
        int64_t room = text->capacity - text->length;
        int64_t needed = vsnprintf(text->data ? text->data + text->length : NULL, text->data ? (size_t)room : 0, format, arguments);
        va_end(arguments);
        if (needed < room) {
            text->length += needed;
            return;
        }
        char *grown = ash_realloc(text->data, 2 * text->capacity + needed + 256);
        text->failed = grown == NULL;
        text->data = grown ? grown : text->data;
        text->capacity = grown ? 2 * text->capacity + needed + 256 : text->capacity;
    }
}
