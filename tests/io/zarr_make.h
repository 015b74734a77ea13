/* Makes Zarr stores for tests, straight with the compression libraries: none of the code that reads them is used. */
#ifndef ASH_TEST_ZARR_MAKE_H
#define ASH_TEST_ZARR_MAKE_H

#include <stdint.h>

#include <ashlar/array.h>

typedef enum container { FOLDER, ZIP_STORED, ZIP_DEFLATED, ZIP_MIXED, ZIP_64 } container;

/* A store that is being made: files of a folder, or members of an archive. */
typedef struct maker {
    container kind;
    const char *path;
    unsigned char *archive, *directory;
    int64_t archive_bytes, directory_bytes, members;
} maker;

maker maker_begin(container kind, const char *path);
void maker_put(maker *m, const char *key, const void *bytes, int64_t n);
void maker_put_text(maker *m, const char *key, const char *text);
void maker_end(maker *m);

typedef enum packing { PLAIN, ZLIB, GZIP, ZSTD, LZ4, IN_BLOSC_LZ4, IN_BLOSC_BITSHUFFLED, IN_BLOSC_PLAIN, COMPRESSORS } packing;
/* Whether the build has the library. */
int has_compressor(packing c);

typedef struct array_case {
    const char *type; /* NumPy's, "<f4" */
    ash_dtype dtype;
    int version, ndim;
    int64_t shape[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM];
    char order, separator;
    packing compressor;
    int shuffle, crc;
    int v2_keys;      /* of version 3 */
    int missing;      /* every so many chunks are left out, 0: none */
    const char *fill; /* JSON */
    const void *fill_element;
    const char *attrs, *dims; /* JSON; NULL: none */
} array_case;

/* Puts an array with these values (whole, C order, native) under `folder`, "" or "grp/v/". Values of absent chunks become fill in `whole`. */
void maker_put_array(maker *m, const char *folder, const array_case *a, void *whole);

#endif
