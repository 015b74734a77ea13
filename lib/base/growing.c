#include "base/growing.h"

#include "base/memory.h"

#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static locale_t plain; /* kept for good */

static void make_plain(void) {
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void ash_say(ash_growing *text, const char *format, ...) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    va_list arguments;
    pthread_once(&once, make_plain);
    locale_t before = plain ? uselocale(plain) : (locale_t)0; /* numbers have a point, whatever the program's locale says */
    for (int again = 2; again-- > 0 && !text->failed;) {
        va_start(arguments, format);
        int64_t room = text->capacity - text->length;
        int64_t needed = vsnprintf(text->data ? text->data + text->length : NULL, text->data ? (size_t)room : 0, format, arguments);
        va_end(arguments);
        if (needed < room) {
            text->length += needed;
            break;
        }
        char *grown = ash_realloc(text->data, 2 * text->capacity + needed + 256);
        text->failed = grown == NULL;
        text->data = grown ? grown : text->data;
        text->capacity = grown ? 2 * text->capacity + needed + 256 : text->capacity;
    }
    if (plain) {
        uselocale(before);
    }
}
