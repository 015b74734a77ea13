/* The known name that a mistyped one was probably meant to be. */
#include "base/text.h"

#include <string.h>
#include <strings.h>

/* Costs in eighths of an edit: names that differ in case only are always near. */
enum { EDIT = 8, CASE_EDIT = 1, LONGEST = 255 };

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static int substitution(char a, char b) {
    if (a == b)
        return 0;
    return lower(a) == lower(b) ? CASE_EDIT : EDIT;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps of neighbours. */
static int distance(const char *a, int a_length, const char *b, int b_length) {
    int rows[3][LONGEST + 1];
    for (int j = 0; j <= b_length; j++)
        rows[0][j] = j * EDIT;
    for (int i = 1; i <= a_length; i++) {
        int *now = rows[i % 3];
        const int *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i * EDIT;
        for (int j = 1; j <= b_length; j++) {
            int cost = smaller(before[j], now[j - 1]) + EDIT;
            cost = smaller(cost, before[j - 1] + substitution(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                cost = smaller(cost, earlier[j - 2] + EDIT);
            now[j] = cost;
        }
    }
    return rows[a_length % 3][b_length];
}

/* Whether the shorter text begins the longer one, or, from three letters on, stands anywhere in it. */
static int contains(const char *a, int a_length, const char *b, int b_length) {
    const char *longer = a_length >= b_length ? a : b, *shorter = a_length >= b_length ? b : a;
    int length = smaller(a_length, b_length);
    return strncasecmp(longer, shorter, (size_t)length) == 0 || (length >= 3 && strcasestr(longer, shorter) != NULL);
}

/* Lower is nearer; -1 is too far to suggest. A text inside the other comes after those within a third of the letters. */
static int rank(const char *wanted, int length, const char *candidate) {
    int other = (int)strnlen(candidate, LONGEST + 1), longest = length > other ? length : other;
    if (other == 0 || other > LONGEST)
        return -1;
    int cost = distance(wanted, length, candidate, other);
    int edits = longest / 3 > 1 ? longest / 3 : 1;
    if (cost <= edits * EDIT && cost < longest * EDIT)
        return cost;
    return contains(wanted, length, candidate, other) ? LONGEST * EDIT + cost : -1;
}

const char *ash_nearest(const char *wanted, int n, const char *const candidates[]) {
    const char *nearest = NULL;
    int length = wanted ? (int)strnlen(wanted, LONGEST + 1) : 0, least = 0;
    if (length == 0 || length > LONGEST)
        return NULL;
    for (int i = 0; i < n; i++) {
        int r = candidates[i] ? rank(wanted, length, candidates[i]) : -1;
        if (r >= 0 && (!nearest || r < least)) {
            nearest = candidates[i];
            least = r;
        }
    }
    return nearest;
}
