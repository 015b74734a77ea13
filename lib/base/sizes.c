/* Sizes in bytes as people write and read them, and shapes for error sentences. */
#include "base/span.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct byte_unit {
    const char *name;
    int64_t bytes;
} byte_unit;

#define KIBI (INT64_C(1) << 10)
#define MEBI (INT64_C(1) << 20)
#define GIBI (INT64_C(1) << 30)
#define TEBI (INT64_C(1) << 40)

static const byte_unit units[] = {
    { "", 1 },
    { "B", 1 },
    { "K", KIBI },
    { "M", MEBI },
    { "G", GIBI },
    { "T", TEBI },
    { "KiB", KIBI },
    { "MiB", MEBI },
    { "GiB", GIBI },
    { "TiB", TEBI },
    { "KB", INT64_C(1000) },
    { "MB", INT64_C(1000000) },
    { "GB", INT64_C(1000000000) },
    { "TB", INT64_C(1000000000000) },
};

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits are read by hand: strtod would obey the locale of the host program. */
int ash_parse_bytes(const char *text, int64_t *bytes) {
    ash_span span = ash_span_of(text);
    const char *p = span.text, *end = span.text + span.length;
    int64_t whole = 0, product = 0;
    double fraction = 0.0, digit_value = 1.0;
    int digits = 0;
    for (; p < end && is_digit(*p); p++, digits++)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *p - '0', &whole))
            return 0;
    if (p < end && *p == '.')
        for (p++; p < end && is_digit(*p); p++, digits++)
            fraction += (digit_value /= 10.0) * (*p - '0');
    for (; p < end && (*p == ' ' || *p == '\t'); p++)
        continue;
    ash_span unit = { p, end - p };
    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++) {
        if (!ash_span_is_word(unit, units[i].name))
            continue;
        int64_t part = (int64_t)(fraction * (double)units[i].bytes + 1e-3); /* 0.3 of 1000 is 300 although 0.3 is no double */
        if (__builtin_mul_overflow(whole, units[i].bytes, &product) || __builtin_add_overflow(product, part, &product) || product <= 0)
            return 0;
        *bytes = product;
        return 1;
    }
    return 0;
}

const char *ash_format_bytes(int64_t bytes, char buffer[32]) {
    static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    uint64_t size = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes;
    const char *sign = bytes < 0 ? "-" : "";
    int shift = 0;
    uint64_t tenths = 0;
    if (size < 1024) {
        snprintf(buffer, 32, "%s%" PRIu64 " B", sign, size);
        return buffer;
    }
    /* rounded first, so that one byte less than a MiB is "1 MiB" and not "1024 KiB" */
    do {
        shift += 10;
        uint64_t unit = UINT64_C(1) << shift, rest = size & (unit - 1);
        tenths = (size >> shift) * 10 + ((rest * 10 + unit / 2) >> shift);
    } while (tenths >= 10240 && shift < 60);
    if (tenths % 10 == 0)
        snprintf(buffer, 32, "%s%" PRIu64 " %s", sign, tenths / 10, names[shift / 10]);
    else
        snprintf(buffer, 32, "%s%" PRIu64 ".%" PRIu64 " %s", sign, tenths / 10, tenths % 10, names[shift / 10]);
    return buffer;
}

const char *ash_format_shape(int ndim, const int64_t shape[], char *buffer, int64_t size) {
    int64_t used = 0;
    if (size <= 0)
        return "";
    used += snprintf(buffer, (size_t)size, "(");
    for (int i = 0; i < ndim && used < size; i++)
        used += snprintf(buffer + used, (size_t)(size - used), "%s%" PRId64, i > 0 ? ", " : "", shape[i]);
    if (used < size)
        snprintf(buffer + used, (size_t)(size - used), ")");
    return buffer;
}
