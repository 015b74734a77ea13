/* Option structs of the public API begin with their size, so that programs compiled against an older header keep working. */
#ifndef ASH_BASE_OPTIONS_H
#define ASH_BASE_OPTIONS_H

#include <stdint.h>
#include <string.h>

/* Copies what the caller's struct has into a full one; what it lacks is zero. `first_bytes` is the size of the struct in version 0.1, which
 * a size of 0 means. */
static inline void ash_options_copy(void *full, int64_t full_bytes, const void *given, int64_t first_bytes) {
    memset(full, 0, (size_t)full_bytes);
    if (given) {
        int64_t bytes;
        memcpy(&bytes, given, sizeof bytes);
        bytes = bytes > 0 ? bytes : first_bytes;
        memcpy(full, given, (size_t)(bytes < full_bytes ? bytes : full_bytes));
    }
}

#endif
