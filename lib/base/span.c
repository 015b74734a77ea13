#include "base/span.h"

#include <string.h>
#include <strings.h>

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static ash_span trim(ash_span span) {
    while (span.length > 0 && is_space(span.text[0]))
        span.text++, span.length--;
    while (span.length > 0 && is_space(span.text[span.length - 1]))
        span.length--;
    return span;
}

ash_span ash_span_of(const char *text) {
    ash_span whole = { text ? text : "", text ? (int64_t)strlen(text) : 0 };
    return trim(whole);
}

int64_t ash_span_find(ash_span span, char c) {
    const char *found = memchr(span.text, c, (size_t)span.length);
    return found ? found - span.text : -1;
}

int ash_span_split(ash_span *rest, char separator, ash_span *part, int *more) {
    if (!*more)
        return 0;
    int64_t at = ash_span_find(*rest, separator);
    int64_t length = at < 0 ? rest->length : at, used = at < 0 ? rest->length : at + 1;
    *more = at >= 0;
    *part = trim((ash_span){ rest->text, length });
    *rest = (ash_span){ rest->text + used, rest->length - used };
    return 1;
}

int ash_span_is(ash_span span, const char *word) {
    return span.length == (int64_t)strlen(word) && memcmp(span.text, word, (size_t)span.length) == 0;
}

int ash_span_is_word(ash_span span, const char *word) {
    return span.length == (int64_t)strlen(word) && strncasecmp(span.text, word, (size_t)span.length) == 0;
}

ash_scan_result ash_span_integer(ash_span span, int64_t *value) {
    int negative = span.length > 0 && span.text[0] == '-';
    int64_t i = negative || (span.length > 0 && span.text[0] == '+'), number = 0;
    int overflow = 0;
    if (i == span.length)
        return ASH_SCAN_OTHER;
    for (; i < span.length; i++) {
        int digit = span.text[i] - '0';
        if (digit < 0 || digit > 9)
            return ASH_SCAN_OTHER;
        overflow |= __builtin_mul_overflow(number, 10, &number);
        overflow |= __builtin_add_overflow(number, negative ? -digit : digit, &number);
    }
    *value = number;
    return overflow ? ASH_SCAN_OVERFLOW : ASH_SCAN_OK;
}

int ash_span_named(ash_span part, ash_span *name, ash_span *value) {
    int64_t at = ash_span_find(part, '=');
    if (at < 0)
        return 0;
    *name = trim((ash_span){ part.text, at });
    *value = trim((ash_span){ part.text + at + 1, part.length - at - 1 });
    return 1;
}
