/* Whole HDF5 files, through the library as it is installed. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 8 && memcmp(data, "\x89HDF", 4) == 0)
        fuzz_read_file(data, size);
    return 0;
}
