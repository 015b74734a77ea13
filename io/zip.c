/* Reading the directory of a zip archive, 64-bit extensions included. All that it says is checked against the size of the archive.
 *
 *   archive   = (header data)...  directory  [end64  locator64]  end
 *   end       = signature(4) disks(4) entries(2) entries(2) bytes(4) offset(4) comment(2 + n)
 *   locator64 = signature(4) disk(4) offset of end64(8) disks(4)
 *   end64     = signature(4) bytes(8) versions(4) disks(8) entries(8) entries(8) directory bytes(8) directory offset(8)
 *
 * All numbers are little-endian. */
#include "io/zip.h"

#include "base/memory.h"
#include "io/flat_read.h"

#include <stdlib.h>
#include <string.h>

int ash_zip_checks = 1;

enum { END_BYTES = 22, LOCATOR_BYTES = 20, END64_BYTES = 56, ENTRY_BYTES = 46, HEADER_BYTES = 30, COMMENT_MOST = 65535 };
#define END_SIGNATURE UINT32_C(0x06054b50)
#define LOCATOR_SIGNATURE UINT32_C(0x07064b50)
#define END64_SIGNATURE UINT32_C(0x06064b50)
#define ENTRY_SIGNATURE UINT32_C(0x02014b50)
#define HEADER_SIGNATURE UINT32_C(0x04034b50)

static uint64_t little(const unsigned char *at, int bytes) {
    uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; i--)
        number = number << 8 | at[i];
    return number;
}

static uint32_t little4(const unsigned char *at) {
    return (uint32_t)little(at, 4);
}

static ash_status fail_damaged(ash_error_state *error, const char *what) {
    return ash_fail(error, ASH_ERR_FORMAT, "damaged zip archive: %s", what);
}

/* ---- Where the directory is ---- */

typedef struct extent {
    int64_t offset, bytes, entries;
} extent;

static ash_status take_end64(int fd, int64_t archive_bytes, const unsigned char *locator, extent *directory, ash_error_state *error) {
    unsigned char end[END64_BYTES];
    uint64_t at = little(locator + 8, 8);
    if (at > (uint64_t)(archive_bytes - END64_BYTES))
        return fail_damaged(error, "the end of its directory is beyond its own end");
    ash_status status = ash_read_bytes(fd, end, END64_BYTES, (int64_t)at, NULL, error);
    if (status != ASH_OK)
        return status;
    if (little4(end) != END64_SIGNATURE)
        return fail_damaged(error, "the end of its directory is not where it says");
    *directory = (extent){ (int64_t)little(end + 48, 8), (int64_t)little(end + 40, 8), (int64_t)little(end + 32, 8) };
    return ASH_OK;
}

/* The end record is the last one, behind it a comment at most. */
static ash_status find_directory(int fd, int64_t archive_bytes, extent *directory, ash_error_state *error) {
    int64_t most = LOCATOR_BYTES + END_BYTES + COMMENT_MOST, n = archive_bytes < most ? archive_bytes : most, at = n - END_BYTES;
    unsigned char *tail = ash_malloc(n);
    if (!tail)
        return ash_fail_memory(error, "open", n);
    ash_status status = ash_read_bytes(fd, tail, n, archive_bytes - n, NULL, error);
    while (
        status == ASH_OK && at >= 0 && !(little4(tail + at) == END_SIGNATURE && at + END_BYTES + (int64_t)little(tail + at + 20, 2) <= n))
        at--;
    if (status == ASH_OK && at < 0)
        status = fail_damaged(error, "it has no directory, it may be cut short");
    if (status == ASH_OK) {
        *directory = (extent){ (int64_t)little4(tail + at + 16), (int64_t)little4(tail + at + 12), (int64_t)little(tail + at + 10, 2) };
        if (at >= LOCATOR_BYTES && little4(tail + at - LOCATOR_BYTES) == LOCATOR_SIGNATURE)
            status = take_end64(fd, archive_bytes, tail + at - LOCATOR_BYTES, directory, error);
    }
    ash_free(tail);
    if (status != ASH_OK)
        return status;
    if (directory->offset < 0 || directory->bytes < 0 || directory->entries < 0 || directory->bytes > archive_bytes ||
        directory->offset > archive_bytes - directory->bytes || directory->entries > directory->bytes / ENTRY_BYTES)
        return fail_damaged(error, "its directory is larger than the archive");
    return ASH_OK;
}

/* ---- Its entries ---- */

/* Numbers that do not fit 4 bytes are in an extra field, those alone and in this order. */
static int take_extra64(const unsigned char *extra, int64_t n, ash_zip_member *member) {
    int64_t *number[3] = { &member->size, &member->bytes, &member->header };
    while (n >= 4) {
        int64_t length = (int64_t)little(extra + 2, 2), at = 4;
        if (length > n - 4)
            return 0;
        for (int i = 0; little(extra, 2) == 1 && i < 3; i++) {
            if (*number[i] != UINT32_MAX)
                continue;
            if (at + 8 > 4 + length)
                return 0;
            *number[i] = (int64_t)little(extra + at, 8);
            at += 8;
        }
        extra += 4 + length;
        n -= 4 + length;
    }
    return 1;
}

/* Returns the bytes of the entry, 0 if it is damaged. */
static int64_t take_entry(const unsigned char *entry, int64_t left, int64_t archive_bytes, ash_zip_member *member) {
    if (left < ENTRY_BYTES || little4(entry) != ENTRY_SIGNATURE)
        return 0;
    int64_t name = (int64_t)little(entry + 28, 2), extra = (int64_t)little(entry + 30, 2), comment = (int64_t)little(entry + 32, 2);
    if (name + extra + comment > left - ENTRY_BYTES)
        return 0;
    *member = (ash_zip_member){ .name = (const char *)entry + ENTRY_BYTES,
        .name_bytes = name,
        .encrypted = (int)(entry[8] & 1),
        .method = (int)little(entry + 10, 2),
        .crc = little4(entry + 16),
        .bytes = little4(entry + 20),
        .size = little4(entry + 24),
        .header = little4(entry + 42) };
    if (!take_extra64(entry + ENTRY_BYTES + name, extra, member) || member->bytes < 0 || member->size < 0 || member->header < 0 ||
        member->bytes > archive_bytes - HEADER_BYTES || member->header > archive_bytes - HEADER_BYTES - member->bytes)
        return 0;
    return ENTRY_BYTES + name + extra + comment;
}

static int compare_names(const char *a, int64_t a_bytes, const char *b, int64_t b_bytes) {
    int order = memcmp(a, b, (size_t)(a_bytes < b_bytes ? a_bytes : b_bytes));
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int compare_members(const void *one, const void *other) {
    const ash_zip_member *a = one, *b = other;
    int order = compare_names(a->name, a->name_bytes, b->name, b->name_bytes);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static ash_status take_entries(ash_zip *zip, const extent *directory, ash_error_state *error) {
    int64_t at = 0;
    for (int64_t i = 0; i < directory->entries; i++) {
        int64_t bytes = take_entry(zip->directory + at, directory->bytes - at, zip->archive_bytes, &zip->member[i]);
        if (bytes == 0)
            return fail_damaged(error, "an entry of its directory makes no sense");
        zip->member[i].order = i;
        at += bytes;
    }
    qsort(zip->member, (size_t)directory->entries, sizeof *zip->member, compare_members);
    for (int64_t i = 0; i < directory->entries; i++) {
        const ash_zip_member *next = i + 1 < directory->entries ? &zip->member[i + 1] : NULL;
        if (!next || compare_names(zip->member[i].name, zip->member[i].name_bytes, next->name, next->name_bytes) != 0)
            zip->member[zip->count++] = zip->member[i];
    }
    return ASH_OK;
}

ash_status ash_zip_open(int fd, int64_t archive_bytes, ash_zip *zip, ash_error_state *error) {
    extent directory = { 0 };
    *zip = (ash_zip){ .fd = fd, .archive_bytes = archive_bytes };
    ash_status status = find_directory(fd, archive_bytes, &directory, error);
    if (status != ASH_OK)
        return status;
    zip->directory = ash_malloc(directory.bytes + 1);
    zip->member = ash_calloc(directory.entries + 1, sizeof *zip->member);
    if (!zip->directory || !zip->member)
        status = ash_fail_memory(error, "open", directory.bytes + directory.entries * (int64_t)sizeof *zip->member);
    if (status == ASH_OK)
        status = ash_read_bytes(fd, zip->directory, directory.bytes, directory.offset, NULL, error);
    if (status == ASH_OK)
        status = take_entries(zip, &directory, error);
    if (status != ASH_OK)
        ash_zip_close(zip);
    return status;
}

void ash_zip_close(ash_zip *zip) {
    ash_free(zip->directory);
    ash_free(zip->member);
    *zip = (ash_zip){ .fd = -1 };
}

/* ---- Looking up ---- */

int64_t ash_zip_lower_bound(const ash_zip *zip, const char *name, int64_t name_bytes) {
    int64_t low = 0, high = zip->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (compare_names(zip->member[middle].name, zip->member[middle].name_bytes, name, name_bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const ash_zip_member *ash_zip_find(const ash_zip *zip, const char *name, int64_t name_bytes) {
    int64_t at = ash_zip_lower_bound(zip, name, name_bytes);
    const ash_zip_member *member = &zip->member[at];
    return at < zip->count && compare_names(member->name, member->name_bytes, name, name_bytes) == 0 ? member : NULL;
}

/* The data are behind the member's own header, whose extra field may differ from that in the directory. Threads that look at the same time find the
 * same. */
ash_status ash_zip_locate(const ash_zip *zip, const ash_zip_member *member, int64_t *address, ash_error_state *error) {
    unsigned char header[HEADER_BYTES];
    *address = __atomic_load_n(&member->data, __ATOMIC_RELAXED);
    if (*address > 0)
        return ASH_OK;
    ash_status status = ash_read_bytes(zip->fd, header, HEADER_BYTES, member->header, NULL, error);
    if (status != ASH_OK)
        return status;
    *address = member->header + HEADER_BYTES + (int64_t)little(header + 26, 2) + (int64_t)little(header + 28, 2);
    if (little4(header) != HEADER_SIGNATURE || (int64_t)little(header + 26, 2) != member->name_bytes ||
        *address > zip->archive_bytes - member->bytes)
        return ash_fail(error, ASH_ERR_FORMAT, "damaged zip archive: member '%.*s' is not where the directory says",
            (int)(member->name_bytes < 200 ? member->name_bytes : 200), member->name);
    __atomic_store_n(&((ash_zip_member *)(uintptr_t)member)->data, *address, __ATOMIC_RELAXED);
    return ASH_OK;
}

ash_status ash_zip_check(const ash_zip_member *member, uint32_t crc, ash_error_state *error) {
    if (crc == member->crc || !ash_zip_checks)
        return ASH_OK;
    return ash_fail(error, ASH_ERR_FORMAT, "member '%.*s' of the archive is damaged: its CRC-32 is %08x, expected %08x",
        (int)(member->name_bytes < 200 ? member->name_bytes : 200), member->name, crc, member->crc);
}
