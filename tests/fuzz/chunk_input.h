/* The input of fuzz_chunks.c, of bytes and of words with the low byte first:
 *
 *   input  = dimensions kind (shape chunk)... filters filter... (address bytes mask)... seed seed seed; then what the chunks consist of
 *   filter = number-in-the-list values value...; a value has 4 bytes
 *
 * Extents are one less than what they stand for. Kind: the logarithm of the element size, and 4 for the other byte order. Addresses (words)
 * count from the start of the input. */
#ifndef ASH_FUZZ_CHUNK_INPUT_H
#define ASH_FUZZ_CHUNK_INPUT_H

#include "io/codec.h"

enum { CHUNK_FILTERS = 7 };
static const int chunk_filters[CHUNK_FILTERS] = { ASH_FILTER_DEFLATE, ASH_FILTER_SHUFFLE, ASH_FILTER_FLETCHER32, ASH_FILTER_SZIP,
    ASH_FILTER_BLOSC, ASH_FILTER_LZ4, ASH_FILTER_ZSTD };

#endif
