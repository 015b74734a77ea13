#include "zarr_make.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef ASH_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef ASH_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef ASH_HAVE_LZ4
#include <lz4.h>
#endif
#ifdef ASH_HAVE_BLOSC
#include <blosc.h>
#endif

/* ---- Containers ---- */

static void little(unsigned char *at, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> (8 * i));
}

static void append(unsigned char **to, int64_t *used, const void *bytes, int64_t n) {
    *to = realloc(*to, (size_t)(*used + n + 1));
    memcpy(*to + *used, bytes, (size_t)n);
    *used += n;
}

maker maker_begin(container kind, const char *path) {
    maker m = { .kind = kind, .path = path };
    if (kind == FOLDER)
        mkdir(path, 0777);
    return m;
}

static void put_file(maker *m, const char *key, const void *bytes, int64_t n) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", m->path, key);
    for (char *slash = path + strlen(m->path) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    write_bytes(path, bytes, n);
}

static int64_t deflate_raw(const void *bytes, int64_t n, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_LIBDEFLATE
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    int64_t size = (int64_t)libdeflate_deflate_compress(c, bytes, (size_t)n, out, (size_t)capacity);
    libdeflate_free_compressor(c);
    return size;
#else
    (void)bytes, (void)n, (void)out, (void)capacity;
    return 0;
#endif
}

/* Bit by bit, unlike the code that is tested. */
static uint32_t crc32_of(const void *data, int64_t n, uint32_t polynomial) {
    uint32_t sum = UINT32_MAX;
    for (int64_t i = 0; i < n; i++) {
        sum ^= ((const unsigned char *)data)[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ polynomial : sum >> 1;
    }
    return ~sum;
}

static void put_member(maker *m, const char *key, const void *bytes, int64_t n) {
    unsigned char header[30] = { 'P', 'K', 3, 4 }, entry[46] = { 'P', 'K', 1, 2 }, extra[28] = { 0 };
    unsigned char *packed = malloc((size_t)(2 * n + 100));
    int deflated = m->kind == ZIP_DEFLATED || (m->kind == ZIP_MIXED && m->members % 2), big = m->kind == ZIP_64;
    int64_t stored = deflated ? deflate_raw(bytes, n, packed, 2 * n + 100) : n, name = (int64_t)strlen(key);
    deflated = deflated && stored > 0;
    const void *data = deflated ? packed : bytes;
    stored = deflated ? stored : n;
    little(header + 8, deflated ? 8 : 0, 2);
    little(header + 26, (uint64_t)name, 2);
    little(header + 28, 5, 2); /* an extra field that the directory has not */
    little(entry + 10, deflated ? 8 : 0, 2);
    little(entry + 16, crc32_of(bytes, n, UINT32_C(0xEDB88320)), 4);
    little(entry + 20, big ? UINT32_MAX : (uint64_t)stored, 4);
    little(entry + 24, big ? UINT32_MAX : (uint64_t)n, 4);
    little(entry + 28, (uint64_t)name, 2);
    little(entry + 30, big ? 28 : 0, 2);
    little(entry + 42, big ? UINT32_MAX : (uint64_t)m->archive_bytes, 4);
    little(extra, 1, 2);
    little(extra + 2, 24, 2);
    little(extra + 4, (uint64_t)n, 8);
    little(extra + 12, (uint64_t)stored, 8);
    little(extra + 20, (uint64_t)m->archive_bytes, 8);
    append(&m->archive, &m->archive_bytes, header, 30);
    append(&m->archive, &m->archive_bytes, key, name);
    append(&m->archive, &m->archive_bytes, "\x99\x99\1\0x", 5);
    append(&m->archive, &m->archive_bytes, data, stored);
    append(&m->directory, &m->directory_bytes, entry, 46);
    append(&m->directory, &m->directory_bytes, key, name);
    append(&m->directory, &m->directory_bytes, extra, big ? 28 : 0);
    m->members++;
    free(packed);
}

void maker_put(maker *m, const char *key, const void *bytes, int64_t n) {
    if (m->kind == FOLDER)
        put_file(m, key, bytes, n);
    else
        put_member(m, key, bytes, n);
}

void maker_put_text(maker *m, const char *key, const char *text) {
    maker_put(m, key, text, (int64_t)strlen(text));
}

void maker_end(maker *m) {
    unsigned char end[22] = { 'P', 'K', 5, 6 }, end64[56] = { 'P', 'K', 6, 6 }, locator[20] = { 'P', 'K', 6, 7 };
    if (m->kind == FOLDER)
        return;
    int64_t offset = m->archive_bytes, big = m->kind == ZIP_64;
    append(&m->archive, &m->archive_bytes, m->directory, m->directory_bytes);
    little(end64 + 4, 44, 8);
    little(end64 + 24, (uint64_t)m->members, 8);
    little(end64 + 32, (uint64_t)m->members, 8);
    little(end64 + 40, (uint64_t)m->directory_bytes, 8);
    little(end64 + 48, (uint64_t)offset, 8);
    little(locator + 8, (uint64_t)m->archive_bytes, 8);
    little(locator + 16, 1, 4);
    if (big) {
        append(&m->archive, &m->archive_bytes, end64, 56);
        append(&m->archive, &m->archive_bytes, locator, 20);
    }
    little(end + 8, big ? 0xffff : (uint64_t)m->members, 2);
    little(end + 10, big ? 0xffff : (uint64_t)m->members, 2);
    little(end + 12, big ? UINT32_MAX : (uint64_t)m->directory_bytes, 4);
    little(end + 16, big ? UINT32_MAX : (uint64_t)offset, 4);
    little(end + 20, 7, 2);
    append(&m->archive, &m->archive_bytes, end, 22);
    append(&m->archive, &m->archive_bytes, "comment", 7);
    write_bytes(m->path, m->archive, m->archive_bytes);
    free(m->archive);
    free(m->directory);
    *m = (maker){ 0 };
}

/* ---- Codecs ---- */

int has_compressor(packing c) {
    int has[COMPRESSORS] = { [PLAIN] = 1 };
#ifdef ASH_HAVE_LIBDEFLATE
    has[ZLIB] = has[GZIP] = 1;
#endif
#ifdef ASH_HAVE_ZSTD
    has[ZSTD] = 1;
#endif
#ifdef ASH_HAVE_LZ4
    has[LZ4] = 1;
#endif
#ifdef ASH_HAVE_BLOSC
    has[IN_BLOSC_LZ4] = has[IN_BLOSC_BITSHUFFLED] = has[IN_BLOSC_PLAIN] = 1;
#endif
    return has[c];
}

static const char *compressor_json(packing c, int version) {
    static const char *const json[COMPRESSORS][2] = {
        [PLAIN] = { "null", "" },
        [ZLIB] = { "{\"id\": \"zlib\", \"level\": 4}", "{\"name\": \"numcodecs.zlib\", \"configuration\": {\"level\": 4}}" },
        [GZIP] = { "{\"id\": \"gzip\", \"level\": 4}", "{\"name\": \"gzip\", \"configuration\": {\"level\": 4}}" },
        [ZSTD] = { "{\"id\": \"zstd\", \"level\": 1}", "{\"name\": \"zstd\", \"configuration\": {\"level\": 1, \"checksum\": false}}" },
        [LZ4] = { "{\"id\": \"lz4\", \"acceleration\": 1}", "{\"name\": \"numcodecs.lz4\", \"configuration\": {}}" },
        [IN_BLOSC_LZ4] = { "{\"id\": \"blosc\", \"cname\": \"lz4\", \"clevel\": 5, \"shuffle\": 1, \"blocksize\": 0}",
            "{\"name\": \"blosc\", \"configuration\": {\"cname\": \"lz4\"}}" },
        [IN_BLOSC_BITSHUFFLED] = { "{\"id\": \"blosc\", \"cname\": \"zstd\", \"clevel\": 5, \"shuffle\": 2}",
            "{\"name\": \"blosc\", \"configuration\": {\"cname\": \"zstd\"}}" },
        [IN_BLOSC_PLAIN] = { "{\"id\": \"blosc\", \"cname\": \"blosclz\", \"clevel\": 0}", "{\"name\": \"blosc\", \"configuration\": {}}" },
    };
    return json[c][version - 2];
}

static int64_t compress_bytes(packing c, int64_t element, const void *in, int64_t n, unsigned char *out, int64_t capacity) {
    (void)element, (void)capacity;
    memcpy(out, in, (size_t)n);
#ifdef ASH_HAVE_LIBDEFLATE
    if (c == ZLIB || c == GZIP) {
        struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(4);
        n = (int64_t)(c == ZLIB ? libdeflate_zlib_compress : libdeflate_gzip_compress)(compressor, in, (size_t)n, out, (size_t)capacity);
        libdeflate_free_compressor(compressor);
        return n;
    }
#endif
#ifdef ASH_HAVE_ZSTD
    if (c == ZSTD)
        return (int64_t)ZSTD_compress(out, (size_t)capacity, in, (size_t)n, 1);
#endif
#ifdef ASH_HAVE_LZ4
    if (c == LZ4) {
        little(out, (uint64_t)n, 4);
        return 4 + LZ4_compress_default(in, (char *)out + 4, (int)n, (int)capacity - 4);
    }
#endif
#ifdef ASH_HAVE_BLOSC
    if (c == IN_BLOSC_LZ4)
        return blosc_compress_ctx(5, 1, (size_t)element, (size_t)n, in, out, (size_t)capacity, "lz4", 0, 1);
    if (c == IN_BLOSC_BITSHUFFLED)
        return blosc_compress_ctx(5, 2, (size_t)element, (size_t)n, in, out, (size_t)capacity, "zstd", 0, 1);
    if (c == IN_BLOSC_PLAIN)
        return blosc_compress_ctx(0, 0, (size_t)element, (size_t)n, in, out, (size_t)capacity, "blosclz", 0, 1);
#endif
    return n;
}

/* ---- Arrays ---- */

static void print_list(char *out, int n, const int64_t number[]) {
    out += sprintf(out, "[");
    for (int i = 0; i < n; i++)
        out += sprintf(out, "%s%lld", i ? ", " : "", (long long)number[i]);
    sprintf(out, "]");
}

static void put_meta_2(maker *m, const char *folder, const array_case *a) {
    char key[256], text[2048], shape[400], chunk[400], filters[100] = "null", separator[60] = "";
    print_list(shape, a->ndim, a->shape);
    print_list(chunk, a->ndim, a->chunk);
    if (a->shuffle)
        sprintf(filters, "[{\"id\": \"shuffle\", \"elementsize\": %d}]", (int)ash_dtype_size(a->dtype));
    if (a->separator == '/')
        strcpy(separator, ", \"dimension_separator\": \"/\"");
    snprintf(text, sizeof text,
        "{\"zarr_format\": 2, \"shape\": %s, \"chunks\": %s, \"dtype\": \"%s\", \"compressor\": %s, \"filters\": %s, \"order\": \"%c\", "
        "\"fill_value\": %s%s}\n",
        shape, chunk, a->type, compressor_json(a->compressor, 2), filters, a->order, a->fill ? a->fill : "null", separator);
    snprintf(key, sizeof key, "%s.zarray", folder);
    maker_put_text(m, key, text);
    snprintf(key, sizeof key, "%s.zattrs", folder);
    snprintf(text, sizeof text, "{%s%s%s%s}", a->dims ? "\"_ARRAY_DIMENSIONS\": " : "", a->dims ? a->dims : "",
        a->dims && a->attrs ? ", " : "", a->attrs ? a->attrs : "");
    if (a->attrs || a->dims)
        maker_put_text(m, key, text);
}

static void put_meta_3(maker *m, const char *folder, const array_case *a) {
    char key[256], text[4096], shape[400], chunk[400], order[400], codecs[1024];
    int64_t axis[ASH_MAX_NDIM];
    for (int i = 0; i < a->ndim; i++)
        axis[i] = a->ndim - 1 - i;
    print_list(shape, a->ndim, a->shape);
    print_list(chunk, a->ndim, a->chunk);
    print_list(order, a->ndim, axis);
    int used = 0;
    if (a->order == 'F')
        used += sprintf(codecs, "{\"name\": \"transpose\", \"configuration\": {\"order\": %s}}, ", order);
    used += sprintf(codecs + used, "{\"name\": \"bytes\", \"configuration\": {\"endian\": \"%s\"}}", a->type[0] == '>' ? "big" : "little");
    if (a->shuffle)
        used += sprintf(
            codecs + used, ", {\"name\": \"numcodecs.shuffle\", \"configuration\": {\"elementsize\": %d}}", (int)ash_dtype_size(a->dtype));
    if (a->compressor != PLAIN)
        used += sprintf(codecs + used, ", %s", compressor_json(a->compressor, 3));
    if (a->crc)
        sprintf(codecs + used, ", {\"name\": \"crc32c\"}");
    snprintf(text, sizeof text,
        "{\"zarr_format\": 3, \"node_type\": \"array\", \"shape\": %s, \"data_type\": \"%s\", \"chunk_grid\": {\"name\": \"regular\", "
        "\"configuration\": {\"chunk_shape\": %s}}, \"chunk_key_encoding\": {\"name\": \"%s\", \"configuration\": {\"separator\": "
        "\"%c\"}}, "
        "\"codecs\": [%s], \"fill_value\": %s, \"attributes\": {%s}%s%s}",
        shape, ash_dtype_name(a->dtype), chunk, a->v2_keys ? "v2" : "default", a->separator, codecs, a->fill ? a->fill : "0",
        a->attrs ? a->attrs : "", a->dims ? ", \"dimension_names\": " : "", a->dims ? a->dims : "");
    snprintf(key, sizeof key, "%szarr.json", folder);
    maker_put_text(m, key, text);
}

static void put_chunk(maker *m, const char *folder, const array_case *a, const int64_t at[], const unsigned char *decoded, int64_t bytes) {
    int64_t size = ash_dtype_size(a->dtype), count = bytes / size, capacity = 2 * bytes + 1000;
    unsigned char *shuffled = malloc((size_t)bytes + 1), *packed = malloc((size_t)capacity + 4);
    for (int64_t i = 0; i < bytes; i++)
        shuffled[a->shuffle ? i % size * count + i / size : i] = decoded[i];
    int64_t n = compress_bytes(a->compressor, size, shuffled, bytes, packed, capacity);
    assert_true(n > 0);
    if (a->crc) {
        little(packed + n, crc32_of(packed, n, UINT32_C(0x82F63B78)), 4);
        n += 4;
    }
    char key[512];
    int prefixed = a->version == 3 && !a->v2_keys, used = sprintf(key, "%s%s", folder, prefixed ? "c" : "");
    for (int d = 0; d < a->ndim; d++)
        used +=
            prefixed || d ? sprintf(key + used, "%c%lld", a->separator, (long long)at[d]) : sprintf(key + used, "%lld", (long long)at[d]);
    if (a->ndim == 0 && !prefixed)
        strcpy(key + used, "0");
    maker_put(m, key, packed, n);
    free(shuffled);
    free(packed);
}

/* The element of the whole array that belongs at place `k` of a chunk, -1 beyond the edge. */
static int64_t source_of(const array_case *a, const int64_t at[], int64_t k) {
    int64_t index[ASH_MAX_NDIM], from = 0;
    for (int i = 0; i < a->ndim; i++) {
        int d = a->order == 'F' ? i : a->ndim - 1 - i;
        index[d] = at[d] * a->chunk[d] + k % a->chunk[d];
        k /= a->chunk[d];
        if (index[d] >= a->shape[d])
            return -1;
    }
    for (int d = 0; d < a->ndim; d++)
        from = from * a->shape[d] + index[d];
    return from;
}

void maker_put_array(maker *m, const char *folder, const array_case *a, void *whole) {
    int64_t size = ash_dtype_size(a->dtype), chunks = 1, elements = 1, at[ASH_MAX_NDIM] = { 0 };
    int64_t number = strchr(a->type, 'c') ? size / 2 : size;
    if (a->version == 2)
        put_meta_2(m, folder, a);
    else
        put_meta_3(m, folder, a);
    for (int d = 0; d < a->ndim; d++) {
        chunks *= (a->shape[d] + a->chunk[d] - 1) / a->chunk[d];
        elements *= a->chunk[d];
    }
    unsigned char *decoded = malloc((size_t)(elements * size));
    for (int64_t k = 0; k < chunks; k++) {
        int64_t rest = k;
        for (int d = a->ndim - 1; d >= 0; d--) {
            int64_t count = (a->shape[d] + a->chunk[d] - 1) / a->chunk[d];
            at[d] = rest % count;
            rest /= count;
        }
        int absent = a->missing && k % a->missing == 0;
        for (int64_t i = 0; i < elements; i++) {
            int64_t from = source_of(a, at, i);
            unsigned char *element = decoded + i * size;
            memset(element, 0xee, (size_t)size);
            if (from >= 0 && absent)
                memcpy((char *)whole + from * size, a->fill_element, (size_t)size);
            for (int64_t b = 0; from >= 0 && b < size; b++)
                element[a->type[0] == '>' ? b / number * number + number - 1 - b % number : b] = ((unsigned char *)whole)[from * size + b];
        }
        if (!absent)
            put_chunk(m, folder, a, at, decoded, elements * size);
    }
    free(decoded);
}
