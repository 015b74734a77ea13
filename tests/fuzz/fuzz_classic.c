/* Classic, 64-bit offset and CDF-5 files. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 4 && memcmp(data, "CDF", 3) == 0)
        fuzz_read_file(data, size);
    return 0;
}
