#include "io/zarr_store.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const marks[] = { ".zgroup", ".zarray", ".zmetadata", "zarr.json" };
enum { MARK_COUNT = sizeof marks / sizeof marks[0] };

int ash_zarr_recognise(const char *path, const unsigned char *head, int64_t n) {
    if (n >= 4)
        return memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0;
    int folder = n == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, found = 0;
    for (int i = 0; folder >= 0 && i < MARK_COUNT; i++)
        found |= faccessat(folder, marks[i], F_OK, 0) == 0;
    if (folder >= 0)
        close(folder);
    return found;
}

int ash_zarr_version(const ash_store *store) {
    if (ash_store_has(store, "zarr.json"))
        return 3;
    for (int i = 0; i < MARK_COUNT; i++)
        if (ash_store_has(store, marks[i]))
            return 2;
    return 0;
}
