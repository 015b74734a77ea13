#include "base/quote.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PLAIN_MOST = 4096 }; /* bytes that are added to a text at once */

/* The UTF-8 character at the beginning and its bytes; a byte that is none is taken as Latin-1. */
static uint32_t character(const unsigned char *at, int64_t n, int64_t *bytes) {
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    int follow = *at >= 0xC2 && *at < 0xE0 ? 1 : *at >= 0xE0 && *at < 0xF0 ? 2 : *at >= 0xF0 && *at < 0xF5 ? 3 : 0;
    uint32_t code = follow ? *at & (0x3Fu >> follow) : *at;
    *bytes = 1;
    for (int k = 1; k <= follow; k++) {
        if (k >= n || (at[k] & 0xC0) != 0x80) {
            return *at;
        }
        code = code << 6 | (at[k] & 0x3Fu);
    }
    if (code < least[follow] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return *at;
    }
    *bytes = 1 + follow;
    return code;
}

/* By its number in UTF-16. */
static void say_code(ash_growing *text, uint32_t code) {
    if (code < 0x10000) {
        ash_say(text, "\\u%04x", code);
    } else {
        ash_say(text, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
}

static int64_t ascii_bytes(const char *text, int64_t n) {
    int64_t bytes = 0;
    while (bytes < n && bytes < PLAIN_MOST && (unsigned char)text[bytes] < 0x80) {
        bytes++;
    }
    return bytes;
}

void ash_json_escape(ash_growing *text, const char *json, int64_t n) {
    for (int64_t at = 0, bytes; at < n; at += bytes) {
        bytes = ascii_bytes(json + at, n - at);
        if (bytes > 0) {
            ash_say(text, "%.*s", (int)bytes, json + at);
        } else {
            say_code(text, character((const unsigned char *)json + at, n - at, &bytes));
        }
    }
}

void ash_json_quote(ash_growing *text, const char *bytes, int64_t n) {
    ash_say(text, "\"");
    for (int64_t at = 0, length; at < n; at += length) {
        uint32_t code = character((const unsigned char *)bytes + at, n - at, &length);
        if (code == '"' || code == '\\') {
            ash_say(text, "\\%c", (int)code);
        } else if (code == '\n') {
            ash_say(text, "\\n");
        } else if (code >= 0x20 && code < 0x7F) {
            ash_say(text, "%c", (int)code);
        } else {
            say_code(text, code);
        }
    }
    ash_say(text, "\"");
}

static void say_utf8(ash_growing *text, uint32_t code) {
    char c[4];
    int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (int k = n - 1; k > 0; k--) {
        c[k] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    c[0] = (char)(first[n] | code);
    ash_say(text, "%.*s", n, c);
}

/* A form of text: what stands for each of `special`, and how a backslash is written. */
typedef struct form {
    const char *special;
    const char *const *instead;
    const char *backslash;
} form;

static void say_in_form(ash_growing *text, const char *bytes, const form *f) {
    int64_t n = bytes ? (int64_t)strlen(bytes) : 0;
    for (int64_t at = 0, length; at < n; at += length) {
        uint32_t code = character((const unsigned char *)bytes + at, n - at, &length);
        const char *special = code < 0x80 ? strchr(f->special, (int)code) : NULL;
        if (special) {
            ash_say(text, "%s", f->instead[special - f->special]);
        } else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            ash_say(text, "%sx%02x", f->backslash, code);
        } else {
            say_utf8(text, code);
        }
    }
}

void ash_say_plain(ash_growing *text, const char *bytes) {
    static const form plain = { "", NULL, "\\" };
    say_in_form(text, bytes, &plain);
}

void ash_say_html(ash_growing *text, const char *bytes) {
    static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
    static const form html = { "&<>\"'", entities, "\\" };
    say_in_form(text, bytes, &html);
}

void ash_say_dot(ash_growing *text, const char *bytes) {
    static const char *const escapes[] = { "\\\"", "\\\\", "&amp;" };
    static const form dot = { "\"\\&", escapes, "\\\\" };
    say_in_form(text, bytes, &dot);
}
