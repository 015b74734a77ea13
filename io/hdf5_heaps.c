/*   header     = "HEAP" version(1) reserved(3) bytes of data(L) first free block(L) address of data(O)
 *   free block = next free block(L) bytes(L), somewhere in the data; blocks are known by their offsets, of which 1 is none
 *
 * L and O are said by the superblock. */
#include "io/hdf5_heaps.h"

#include "base/error.h"
#include "io/flat_read.h"

#include <string.h>
#include <sys/stat.h>

enum { NO_BLOCK = 1, VERSION_AT = 8, SIZES_OLD = 13, SIZES_NEW = 9, SUPERBLOCK_BYTES = 15, NUMBERS_AT = 8, WIDEST = 8 };

static uint64_t little(const unsigned char *at, int bytes) {
    uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; i--)
        number = number << 8 | at[i];
    return number;
}

/* Bytes of an address and of a length. */
static int read_widths(int fd, int64_t base, int *address, int *length) {
    unsigned char superblock[SUPERBLOCK_BYTES];
    ash_error_state ignored = { 0 };
    if (ash_read_bytes(fd, superblock, SUPERBLOCK_BYTES, base, NULL, &ignored) != ASH_OK)
        return 0;
    const unsigned char *sizes = superblock + (superblock[VERSION_AT] < 2 ? SIZES_OLD : SIZES_NEW);
    *address = sizes[0];
    *length = sizes[1];
    return *address >= 1 && *address <= WIDEST && *length >= 1 && *length <= WIDEST;
}

int ash_hdf5_heap_is_sound(int fd, int64_t base, const unsigned char *header, int64_t bytes) {
    unsigned char next[WIDEST];
    ash_error_state ignored = { 0 };
    struct stat about;
    int address, length;
    if (bytes < NUMBERS_AT || memcmp(header, "HEAP", 4) != 0 || !read_widths(fd, base, &address, &length) ||
        bytes < NUMBERS_AT + 2 * length + address || fstat(fd, &about) != 0)
        return 1;
    uint64_t data_bytes = little(header + NUMBERS_AT, length), block = little(header + NUMBERS_AT + length, length);
    uint64_t data = little(header + NUMBERS_AT + 2 * length, address), end = (uint64_t)(about.st_size - base);
    if (data_bytes > 0 && (data_bytes > end || data > end - data_bytes))
        return 0;
    uint64_t most = data_bytes / (2 * (uint64_t)length) + 1;
    for (uint64_t passed = 0; block != NO_BLOCK && block < data_bytes; passed++) { /* HDF5 refuses others */
        if (passed == most)
            return 0;
        if (ash_read_bytes(fd, next, length, (int64_t)(data + block) + base, NULL, &ignored) != ASH_OK)
            return 1; /* HDF5 cannot read it either */
        block = little(next, length);
    }
    return 1;
}
