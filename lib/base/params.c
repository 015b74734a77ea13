#include "base/params.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, LONGEST_NUMBER = 400 };

typedef struct reader {
    const char *begin, *at, *function;
    ash_arena *arena;
    ash_error_state *error;
    locale_t locale; /* numbers are written with a point, whatever the program's locale says */
} reader;

static int wrong(reader *r, const char *expected) {
    char found[24];
    snprintf(found, sizeof found, "%.16s%s", r->at, strlen(r->at) > 16 ? "..." : "");
    ash_fail(r->error, ASH_ERR_ARGUMENT, "%s: parameters: expected %s at character %lld, found %s%s%s", r->function, expected,
        (long long)(r->at - r->begin + 1), *found ? "'" : "the end", found, *found ? "'" : "");
    return 0;
}

static int no_memory(reader *r) {
    ash_fail(r->error, ASH_ERR_MEMORY, "%s: the system gave no memory", r->function);
    return 0;
}

static void skip_space(reader *r) {
    r->at += strspn(r->at, " \t\r\n");
}

static int is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(const char *at) {
    size_t n = 0;
    while (is_word(at[n])) {
        n++;
    }
    return *at >= '0' && *at <= '9' ? 0 : n;
}

static char *copy(reader *r, const char *at, size_t n) {
    char *text = ash_arena_alloc(r->arena, (int64_t)n + 1);
    if (text) {
        memcpy(text, at, n);
        text[n] = 0;
    }
    return text;
}

/* ---- Numbers ---- */

/* One real number or its integer; the end of it is returned, NULL if there is none. */
static const char *read_real(reader *r, const char *at, ash_param_value *value) {
    size_t sign = *at == '+' || *at == '-', digits = strspn(at + sign, "0123456789");
    char next = at[sign + digits];
    if (isspace((unsigned char)*at)) {
        return NULL;
    }
    if (digits > 0 && next != '.' && next != 'e' && next != 'E' && next != 'x' && next != 'X') {
        char *end;
        errno = 0;
        value->integer = strtoll(at, &end, 10);
        value->kind = errno == 0 ? ASH_PARAM_INT : ASH_PARAM_REAL;
        value->real = errno == 0 ? (double)value->integer : strtod_l(at, &end, r->locale);
        return errno == 0 ? end : NULL; /* an integer that int64 does not hold is a mistake */
    }
    char *end;
    int is_word_number = strncmp(at + sign, "inf", 3) == 0 || strncmp(at + sign, "nan", 3) == 0;
    if (digits == 0 && at[sign] != '.' && !is_word_number) {
        return NULL;
    }
    value->kind = ASH_PARAM_REAL;
    value->real = strtod_l(at, &end, r->locale);
    return end > at && end - at < LONGEST_NUMBER ? end : NULL;
}

/* "3", "2.5", "1e-3", "0x1.8p3", "inf", "1+2j", "-2.5j". */
static int read_number(reader *r, ash_param_value *value) {
    const char *end = read_real(r, r->at, value);
    if (!end) {
        return wrong(r, "a number (integers within 64 bits)");
    }
    if (*end == 'j') {
        value->imag = value->real;
        value->real = copysign(0, 0);
        value->kind = ASH_PARAM_COMPLEX;
        end++;
    } else if (*end == '+' || *end == '-') {
        ash_param_value imag = { 0 };
        const char *last = read_real(r, end, &imag);
        if (!last || *last != 'j') {
            r->at = end;
            return wrong(r, "the imaginary part of a complex number, such as +2j");
        }
        value->imag = imag.real;
        value->kind = ASH_PARAM_COMPLEX;
        end = last + 1;
    }
    if (is_word(*end) || *end == '.') {
        r->at = end;
        return wrong(r, "the end of a number");
    }
    r->at = end;
    return 1;
}

/* ---- Texts ---- */

static const char escapes[][2] = { { 'n', '\n' }, { 't', '\t' }, { 'r', '\r' }, { '\\', '\\' }, { '\'', '\'' }, { '"', '"' } };
enum { ESCAPES = sizeof escapes / sizeof escapes[0] };

static int read_quoted(reader *r, ash_param_value *value) {
    char quote = *r->at++;
    size_t length = 0;
    while (r->at[length] && r->at[length] != quote) {
        length += r->at[length] == '\\' && r->at[length + 1] ? 2 : 1;
    }
    char *text = copy(r, r->at, length), *out = text;
    if (!text) {
        return no_memory(r);
    }
    for (; *r->at && *r->at != quote; r->at++) {
        char c = *r->at;
        if (c == '\\') {
            int k = 0;
            while (k < ESCAPES && escapes[k][0] != r->at[1]) {
                k++;
            }
            if (k == ESCAPES) {
                return wrong(r, "one of \\n \\t \\r \\\\ \\' \\\"");
            }
            c = escapes[k][1];
            r->at++;
        }
        *out++ = c;
    }
    if (!*r->at) {
        return wrong(r, quote == '\'' ? "a closing '" : "a closing \"");
    }
    r->at++;
    *out = 0;
    value->kind = ASH_PARAM_TEXT;
    value->text = text;
    return 1;
}

static int read_word(reader *r, size_t length, ash_param_value *value) {
    value->kind = ASH_PARAM_TEXT;
    value->text = copy(r, r->at, length);
    if (!value->text) {
        return no_memory(r);
    }
    if (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0) {
        value->kind = ASH_PARAM_BOOL;
        value->integer = value->text[0] == 't';
    }
    r->at += length;
    return 1;
}

/* ---- Values ---- */

static int read_value(reader *r, int depth, ash_param_value *value);

static int read_list(reader *r, int depth, ash_param_value *value) {
    int capacity = 0;
    value->kind = ASH_PARAM_LIST;
    r->at++;
    skip_space(r);
    while (*r->at != ']') {
        if (value->count > 0) {
            if (*r->at != ',') {
                return wrong(r, "',' or ']'");
            }
            r->at++;
        }
        if (value->count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 8;
            ash_param_value *grown = ash_arena_alloc(r->arena, capacity * (int64_t)sizeof *grown);
            if (!grown) {
                return no_memory(r);
            }
            if (value->count > 0) {
                memcpy(grown, value->item, (size_t)value->count * sizeof *grown);
            }
            value->item = grown;
        }
        if (!read_value(r, depth + 1, &value->item[value->count])) {
            return 0;
        }
        value->count++;
        skip_space(r);
    }
    r->at++;
    return 1;
}

static int read_value(reader *r, int depth, ash_param_value *value) {
    memset(value, 0, sizeof *value);
    skip_space(r);
    size_t word = word_length(r->at);
    int is_number = word > 0 &&
        (strncmp(r->at, "inf", word) == 0 || strncmp(r->at, "nan", word) == 0 || strncmp(r->at, "infj", word) == 0 ||
            strncmp(r->at, "nanj", word) == 0) &&
        word >= 3;
    if (depth > DEEPEST) {
        return wrong(r, "lists nested less deeply");
    }
    if (*r->at == '[') {
        return read_list(r, depth, value);
    }
    if (*r->at == '\'' || *r->at == '"') {
        return read_quoted(r, value);
    }
    return word > 0 && !is_number ? read_word(r, word, value) : read_number(r, value);
}

static int read_all(reader *r, int *count, ash_param **params) {
    int capacity = 0;
    for (skip_space(r); *r->at; skip_space(r)) {
        size_t word = word_length(r->at);
        if (word == 0) {
            return wrong(r, "the name of a parameter");
        }
        if (*count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 8;
            ash_param *grown = ash_arena_alloc(r->arena, capacity * (int64_t)sizeof *grown);
            if (!grown) {
                return no_memory(r);
            }
            if (*count > 0) {
                memcpy(grown, *params, (size_t)*count * sizeof *grown);
            }
            *params = grown;
        }
        ash_param *param = &(*params)[*count];
        const char *name = r->at;
        param->name = copy(r, name, word);
        if (!param->name) {
            return no_memory(r);
        }
        for (int k = 0; k < *count; k++) {
            if (strcmp((*params)[k].name, param->name) == 0) {
                return wrong(r, "every parameter once");
            }
        }
        r->at += word;
        skip_space(r);
        if (*r->at != '=') {
            return wrong(r, "'='");
        }
        r->at++;
        if (!read_value(r, 0, &param->value)) {
            return 0;
        }
        ++*count;
        skip_space(r);
        if (*r->at && *r->at != ';') {
            return wrong(r, "';'");
        }
        r->at += *r->at == ';';
    }
    return 1;
}

ash_status ash_params_parse(
    const char *text, ash_arena *arena, const char *function, int *count, ash_param **params, ash_error_state *error) {
    *count = 0;
    *params = NULL;
    if (!text) {
        return ASH_OK;
    }
    reader r = { .begin = text, .at = text, .function = function, .arena = arena, .error = error };
    r.locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!r.locale) {
        no_memory(&r);
        return error->status;
    }
    int fine = read_all(&r, count, params);
    freelocale(r.locale);
    return fine ? ASH_OK : error->status;
}

/* ---- Printing ---- */

typedef struct writer {
    char *out;
    int64_t size, length;
} writer;

static void put(writer *w, const char *text, size_t n) {
    for (size_t k = 0; k < n; k++, w->length++) {
        if (w->length + 1 < w->size) {
            w->out[w->length] = text[k];
        }
    }
}

/* The shortest of the usual notations that reads back as the same number. */
static void put_real(writer *w, double x, int with_sign) {
    char text[40];
    if (isnan(x)) {
        snprintf(text, sizeof text, "%snan", with_sign ? "+" : "");
    } else if (isinf(x)) {
        snprintf(text, sizeof text, "%sinf", x < 0 ? "-" : with_sign ? "+" : "");
    } else {
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, with_sign ? "%+.*g" : "%.*g", digits, x);
            if (strtod(text, NULL) == x) {
                break;
            }
        }
        const char *separator = localeconv()->decimal_point;
        char *point = strstr(text, separator);
        if (point && strcmp(separator, ".") != 0) {
            *point = '.';
            memmove(point + 1, point + strlen(separator), strlen(point + strlen(separator)) + 1);
        }
        if (!strpbrk(text, ".e")) {
            strcat(text, ".0");
        }
    }
    put(w, text, strlen(text));
}

static void put_text(writer *w, const char *text) {
    put(w, "'", 1);
    for (; *text; text++) {
        int k = 0;
        while (k < ESCAPES - 1 && escapes[k][1] != *text) { /* the other quote needs no escape */
            k++;
        }
        if (k < ESCAPES - 1) {
            put(w, (const char[]){ '\\', escapes[k][0] }, 2);
        } else {
            put(w, text, 1);
        }
    }
    put(w, "'", 1);
}

static void put_value(writer *w, const ash_param_value *value) {
    char text[32];
    switch (value->kind) {
    case ASH_PARAM_INT:
        snprintf(text, sizeof text, "%lld", (long long)value->integer);
        put(w, text, strlen(text));
        return;
    case ASH_PARAM_REAL: put_real(w, value->real, 0); return;
    case ASH_PARAM_COMPLEX:
        put_real(w, value->real, 0);
        put_real(w, value->imag, 1);
        put(w, "j", 1);
        return;
    case ASH_PARAM_BOOL: put(w, value->integer ? "true" : "false", value->integer ? 4 : 5); return;
    case ASH_PARAM_TEXT: put_text(w, value->text); return;
    case ASH_PARAM_LIST: break;
    }
    put(w, "[", 1);
    for (int k = 0; k < value->count; k++) {
        put(w, ", ", k > 0 ? 2 : 0);
        put_value(w, &value->item[k]);
    }
    put(w, "]", 1);
}

int64_t ash_param_print(const ash_param_value *value, char *out, int64_t size) {
    writer w = { .out = out, .size = size };
    put_value(&w, value);
    if (size > 0) {
        out[w.length < size ? w.length : size - 1] = 0;
    }
    return w.length;
}

const char *ash_param_kind_words(ash_param_kind kind) {
    static const char *const words[] = { "an integer", "a real number", "a complex number", "true or false", "a text", "a list" };
    return words[kind];
}
