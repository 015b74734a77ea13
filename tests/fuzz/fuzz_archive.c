/* Zip archives with Zarr stores in them, and .npy files. */
#include "fuzz.h"

#include "io/zip.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ash_zip_checks = 0; /* nobody guesses a checksum */
    if (size >= 6 && (memcmp(data, "PK", 2) == 0 || memcmp(data, "\x93NUMPY", 6) == 0))
        fuzz_read_file(data, size);
    return 0;
}
