/* Driver for .npy files, versions 1 to 3 of the format.
 *
 *   file   = 0x93 "NUMPY" version(2) length(2, since version 2: 4) header  elements
 *   header = a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/flat_read.h"
#include "io/numpy_type.h"
#include "io/raw.h"

#include <string.h>

enum { HEADER_BYTES_MOST = 1 << 20, MAGIC_BYTES = 6, WORD_BYTES = 64 };

static int npy_recognise(const char *path, const unsigned char *head, int64_t n) {
    (void)path;
    return n >= MAGIC_BYTES && memcmp(head, "\x93NUMPY", MAGIC_BYTES) == 0;
}

/* ---- The dictionary ---- */

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* A quoted text without escapes; NULL if it is none or too long. */
static const char *take_text(const char *at, char word[WORD_BYTES]) {
    const char *end = *at == '\'' || *at == '"' ? strchr(at + 1, *at) : NULL;
    if (!end || end - at > WORD_BYTES)
        return NULL;
    memcpy(word, at + 1, (size_t)(end - at - 1));
    word[end - at - 1] = '\0';
    return end + 1;
}

static const char *take_extent(const char *at, int64_t *number) {
    *number = 0;
    if (*at < '0' || *at > '9')
        return NULL;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, *at - '0', number))
            return NULL;
    return *at == 'L' ? at + 1 : at; /* a long integer of Python 2 */
}

/* "(3, 4)", "(3,)", "()". */
static const char *take_shape(const char *at, ash_raw_layout *layout, const char **wrong) {
    if (*at++ != '(')
        return NULL;
    for (layout->ndim = 0; at && *(at = skip_space(at)) != ')'; layout->ndim++) {
        if (layout->ndim == ASH_MAX_NDIM) {
            *wrong = "it has more than 16 dimensions";
            return NULL;
        }
        at = take_extent(at, &layout->shape[layout->ndim]);
        at = at ? skip_space(at) : NULL;
        if (at && *at == ',')
            at++;
        else if (at && *at != ')')
            at = NULL;
    }
    return at ? at + 1 : NULL;
}

static const char *take_order(const char *at, ash_raw_layout *layout) {
    layout->fortran = strncmp(at, "True", 4) == 0;
    return layout->fortran ? at + 4 : strncmp(at, "False", 5) == 0 ? at + 5 : NULL;
}

/* The value of a key; *known collects the keys. */
static const char *take_value(
    const char *key, const char *at, char type[WORD_BYTES], ash_raw_layout *layout, int *known, const char **wrong) {
    if (strcmp(key, "descr") == 0) {
        *known |= 1;
        if (*at == '[')
            *wrong = "it has a structured type";
        return take_text(at, type);
    }
    if (strcmp(key, "fortran_order") == 0) {
        *known |= 2;
        return take_order(at, layout);
    }
    if (strcmp(key, "shape") == 0) {
        *known |= 4;
        return take_shape(at, layout, wrong);
    }
    return NULL;
}

/* Returns what is wrong with the header, NULL if nothing is. */
static const char *parse_header(const char *at, char type[WORD_BYTES], ash_raw_layout *layout) {
    static const char damaged[] = "its header is damaged: expected a dictionary with 'descr', 'fortran_order' and 'shape'";
    char key[WORD_BYTES];
    const char *wrong = NULL;
    int known = 0;
    at = skip_space(at);
    if (*at++ != '{')
        return damaged;
    while (*(at = skip_space(at)) != '}') {
        at = take_text(at, key);
        at = at ? skip_space(at) : NULL;
        if (!at || *at++ != ':')
            return damaged;
        at = take_value(key, skip_space(at), type, layout, &known, &wrong);
        if (!at || wrong)
            return wrong ? wrong : damaged;
        at = skip_space(at);
        if (*at == ',')
            at++;
        else if (*at != '}')
            return damaged;
    }
    return known == 7 ? NULL : damaged;
}

/* ---- */

/* The header as text with an end, for ash_free(); sets where the elements begin. On failure NULL, and the reason alone in `error`. */
static char *read_header(const ash_file *file, int64_t *end, ash_error_state *error) {
    unsigned char head[12] = { 0 };
    int64_t most = file->size < 12 ? file->size : 12;
    if (ash_read_bytes(file->fd, head, most, 0, NULL, error) != ASH_OK)
        return NULL;
    int64_t begin = head[6] == 1 ? 10 : 12, bytes = (int64_t)head[8] | (int64_t)head[9] << 8;
    if (begin == 12)
        bytes |= (int64_t)head[10] << 16 | (int64_t)head[11] << 24;
    *end = begin + bytes;
    if (head[6] < 1 || head[6] > 3)
        ash_fail(error, ASH_ERR_UNSUPPORTED, "NumPy file of version %d, expected 1 to 3", head[6]);
    else if (bytes > HEADER_BYTES_MOST || *end > file->size)
        ash_fail(error, ASH_ERR_FORMAT, "its header has %lld bytes, the file %lld", (long long)bytes, (long long)file->size);
    if (error->status != ASH_OK)
        return NULL;
    char *text = ash_malloc(bytes + 1);
    if (!text) {
        ash_fail_memory(error, "open", bytes + 1);
        return NULL;
    }
    text[bytes] = '\0';
    if (ash_read_bytes(file->fd, text, bytes, begin, NULL, error) == ASH_OK)
        return text;
    ash_free(text);
    return NULL;
}

static ash_status npy_open(ash_file *file, const char *function, ash_error_state *error) {
    ash_raw_layout layout = { 0 };
    ash_error_state reason = { 0 };
    char type[WORD_BYTES] = "";
    char *header = read_header(file, &layout.offset, &reason);
    const char *wrong = header ? parse_header(header, type, &layout) : NULL;
    ash_free(header);
    if (wrong)
        ash_fail(&reason, strstr(wrong, "type") ? ASH_ERR_DTYPE : ASH_ERR_FORMAT, "%s", wrong);
    const char *words = reason.status == ASH_OK ? ash_numpy_type(type, &layout.dtype, &layout.swap) : NULL;
    if (words)
        ash_fail(&reason, ASH_ERR_DTYPE, "it is %s (type %s), expected bool, integers, float32, float64 or complex numbers", words, type);
    if (reason.status == ASH_ERR_MEMORY)
        return ash_fail(error, reason.status, "%s", reason.text);
    if (reason.status != ASH_OK)
        return ash_fail(error, reason.status, "%s: %s: %s", function, file->path, reason.text);
    return ash_raw_attach(file, &layout, function, error);
}

const ash_driver ash_npy_driver = {
    .name = "NumPy",
    .recognise = npy_recognise,
    .open = npy_open,
    .close = ash_raw_close,
    .list = ash_raw_list,
    .find = ash_raw_find,
    .read = ash_raw_read,
};
