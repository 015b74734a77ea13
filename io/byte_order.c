#include "io/byte_order.h"

#include "io/clones.h"

ASH_CLONES static void swap2(uint16_t *data, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        data[i] = __builtin_bswap16(data[i]);
}

ASH_CLONES static void swap4(uint32_t *data, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        data[i] = __builtin_bswap32(data[i]);
}

ASH_CLONES static void swap8(uint64_t *data, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        data[i] = __builtin_bswap64(data[i]);
}

void ash_swap_bytes(void *data, int64_t count, int64_t size) {
    if (size == 2)
        swap2(data, count);
    else if (size == 4)
        swap4(data, count);
    else if (size == 8)
        swap8(data, count);
}
