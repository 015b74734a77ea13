#include "plan/passes.h"

#include <stdio.h>
#include <string.h>

#define PASS_ROW(name, word, what, counts) { word, what, counts },
const ash_pass_row ash_passes[ASH_PASSES] = { ASH_PASS_LIST(PASS_ROW) };

static int is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static ash_status unknown(const char *word, size_t length, const char *function, ash_error_state *error) {
    char names[200] = "";
    for (int p = 0; p < ASH_PASSES; p++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, ", %s", ash_passes[p].name);
    }
    return ash_fail(error, ASH_ERR_ARGUMENT,
        "%s: passes (ASH_PASSES) must be a list of all, none%s, each with '-' to leave it out, found '%.*s'", function, names,
        (int)(length < 64 ? length : 64), word);
}

/* The bits that a word of the list stands for; 0: none. */
static uint32_t bits_of(const char *word, size_t length) {
    const uint32_t all = (UINT32_C(1) << ASH_PASSES) - 1;
    uint32_t bits = is_word(word, length, "all") || is_word(word, length, "none") ? all : 0;
    for (int p = 0; p < ASH_PASSES; p++) {
        bits |= is_word(word, length, ash_passes[p].name) ? UINT32_C(1) << p : 0;
    }
    return bits;
}

ash_status ash_passes_read(const char *text, const char *function, uint32_t *off, ash_error_state *error) {
    *off = 0;
    for (const char *word = text; word && *word;) {
        size_t length = strcspn(word, ",");
        int minus = *word == '-';
        uint32_t bits = bits_of(word + minus, length - (size_t)minus);
        if (bits == 0) {
            return unknown(word, length, function, error);
        }
        minus ^= is_word(word + minus, length - (size_t)minus, "none");
        *off = minus ? *off | bits : *off & ~bits;
        word += length + (word[length] == ',');
    }
    return ASH_OK;
}
