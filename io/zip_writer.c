/* A member gets its place in the archive and its entry in the directory under a lock; its bytes are written outside of it. Numbers that do not fit 32 bits are
 * in extra fields and records of their own, as io/zip.c reads them. All times are the format's first one: an archive tells nothing but its contents, and
 * members put in the same order make equal archives. */
#include "io/zip_writer.h"

#include "base/memory.h"
#include "io/crc32.h"
#include "io/flat_write.h"
#include "io/temporary_file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum {
    HEADER_BYTES = 30,
    ENTRY_BYTES = 46,
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    EXTRA_MOST = 4 + 3 * 8,
    NAME_MOST = 4096
};
enum { VERSION = 20, VERSION_64 = 45, MADE_ON_UNIX = 3 << 8, NAMES_IN_UTF8 = 1 << 11, FIRST_DAY = 1 << 5 | 1 };
enum { EXTRA_64 = 1, FOR_ALL_TO_READ = 0100644 };

struct ash_zip_writer {
    int fd;
    int64_t most_bytes; /* a file may have; the system ends processes that write more */
    pthread_mutex_t lock;
    int64_t end; /* of the members so far */
    unsigned char *directory;
    int64_t directory_bytes, capacity, entries;
};

/* ---- Records ---- */

static unsigned char *put_number(unsigned char *at, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++)
        *at++ = (unsigned char)(number >> 8 * i);
    return at;
}

static int is_large(int64_t number) {
    return number >= UINT32_MAX;
}

static uint64_t short_form(int64_t number) {
    return is_large(number) ? UINT32_MAX : (uint64_t)number;
}

/* What a member's header and its entry in the directory have in common: from the version needed to the lengths of name and extra field. */
static unsigned char *put_description(unsigned char *at, int64_t bytes, uint32_t crc, int64_t name_bytes, int64_t extra_bytes) {
    at = put_number(at, extra_bytes > 0 ? VERSION_64 : VERSION, 2);
    at = put_number(at, NAMES_IN_UTF8, 2);
    at = put_number(at, 0, 2); /* stored */
    at = put_number(at, 0, 2); /* midnight */
    at = put_number(at, FIRST_DAY, 2);
    at = put_number(at, crc, 4);
    at = put_number(at, short_form(bytes), 4);
    at = put_number(at, short_form(bytes), 4);
    at = put_number(at, (uint64_t)name_bytes, 2);
    return put_number(at, (uint64_t)extra_bytes, 2);
}

/* Those of the numbers that are large. */
static int64_t extra_bytes(int64_t bytes, int64_t offset) {
    int64_t numbers = (is_large(bytes) ? 2 : 0) + is_large(offset);
    return numbers > 0 ? 4 + numbers * 8 : 0;
}

static unsigned char *put_extra(unsigned char *at, int64_t bytes, int64_t offset) {
    int64_t length = extra_bytes(bytes, offset);
    if (length == 0)
        return at;
    at = put_number(at, EXTRA_64, 2);
    at = put_number(at, (uint64_t)length - 4, 2);
    for (int size = 0; size < 2 && is_large(bytes); size++)
        at = put_number(at, (uint64_t)bytes, 8);
    return is_large(offset) ? put_number(at, (uint64_t)offset, 8) : at;
}

static int64_t make_header(unsigned char *header, const char *name, int64_t name_bytes, int64_t bytes, uint32_t crc) {
    unsigned char *at = put_number(header, UINT32_C(0x04034b50), 4);
    at = put_description(at, bytes, crc, name_bytes, extra_bytes(bytes, 0));
    memcpy(at, name, (size_t)name_bytes);
    return put_extra(at + name_bytes, bytes, 0) - header;
}

static int64_t make_entry(unsigned char *entry, const char *name, int64_t name_bytes, int64_t bytes, uint32_t crc, int64_t offset) {
    unsigned char *at = put_number(entry, UINT32_C(0x02014b50), 4);
    at = put_number(at, MADE_ON_UNIX | VERSION_64, 2);
    at = put_description(at, bytes, crc, name_bytes, extra_bytes(bytes, offset));
    at = put_number(at, 0, 2 + 2 + 2); /* no comment, the first disk, not text */
    at = put_number(at, (uint64_t)FOR_ALL_TO_READ << 16, 4);
    at = put_number(at, short_form(offset), 4);
    memcpy(at, name, (size_t)name_bytes);
    return put_extra(at + name_bytes, bytes, offset) - entry;
}

/* ---- Members ---- */

int64_t ash_zip_entry_bytes(int64_t name_bytes) {
    return ENTRY_BYTES + name_bytes + EXTRA_MOST;
}

int64_t ash_zip_overhead_bytes(int64_t name_bytes) {
    return HEADER_BYTES + name_bytes + EXTRA_MOST + ash_zip_entry_bytes(name_bytes);
}

ash_zip_writer *ash_zip_begin(int fd, int64_t directory_bytes) {
    ash_zip_writer *zip = ash_calloc(1, sizeof *zip);
    if (!zip)
        return NULL;
    zip->fd = fd;
    zip->most_bytes = ash_most_file_bytes();
    zip->capacity = directory_bytes;
    zip->directory = ash_malloc(directory_bytes + 1);
    pthread_mutex_init(&zip->lock, NULL);
    if (zip->directory)
        return zip;
    ash_zip_free(zip);
    return NULL;
}

static int make_room(ash_zip_writer *zip, int64_t bytes) {
    if (zip->directory_bytes + bytes <= zip->capacity)
        return 1;
    int64_t capacity = 2 * zip->capacity + bytes;
    unsigned char *directory = ash_realloc(zip->directory, capacity);
    if (!directory)
        return 0;
    zip->directory = directory;
    zip->capacity = capacity;
    return 1;
}

/* Where the member goes. 0 or an errno. */
static int take_place(
    ash_zip_writer *zip, const char *name, int64_t name_bytes, int64_t bytes, uint32_t crc, int64_t all, int64_t *offset) {
    int reason = 0;
    pthread_mutex_lock(&zip->lock);
    *offset = zip->end;
    if (all > zip->most_bytes - zip->end)
        reason = EFBIG;
    else if (!make_room(zip, ash_zip_entry_bytes(name_bytes)))
        reason = ENOMEM;
    if (reason == 0) {
        zip->directory_bytes += make_entry(zip->directory + zip->directory_bytes, name, name_bytes, bytes, crc, *offset);
        zip->entries++;
        zip->end += all;
    }
    pthread_mutex_unlock(&zip->lock);
    return reason;
}

int ash_zip_put(ash_zip_writer *zip, const char *name, const void *bytes, int64_t n) {
    unsigned char header[HEADER_BYTES + NAME_MOST + EXTRA_MOST];
    int64_t name_bytes = (int64_t)strlen(name), offset;
    if (name_bytes > NAME_MOST)
        return ENAMETOOLONG;
    uint32_t crc = ash_crc32(0, bytes, n);
    int64_t header_bytes = make_header(header, name, name_bytes, n, crc);
    int reason = take_place(zip, name, name_bytes, n, crc, header_bytes + n, &offset);
    if (reason == 0)
        reason = ash_write_bytes(zip->fd, header, header_bytes, offset);
    return reason == 0 ? ash_write_bytes(zip->fd, bytes, n, offset + header_bytes) : reason;
}

/* ---- The end ---- */

static unsigned char *put_end64(unsigned char *at, const ash_zip_writer *zip) {
    at = put_number(at, UINT32_C(0x06064b50), 4);
    at = put_number(at, END64_BYTES - 12, 8);
    at = put_number(at, MADE_ON_UNIX | VERSION_64, 2);
    at = put_number(at, VERSION_64, 2);
    at = put_number(at, 0, 8); /* the first disk of one */
    at = put_number(at, (uint64_t)zip->entries, 8);
    at = put_number(at, (uint64_t)zip->entries, 8);
    at = put_number(at, (uint64_t)zip->directory_bytes, 8);
    at = put_number(at, (uint64_t)zip->end, 8);
    at = put_number(at, UINT32_C(0x07064b50), 4); /* the locator */
    at = put_number(at, 0, 4);
    at = put_number(at, (uint64_t)(zip->end + zip->directory_bytes), 8);
    return put_number(at, 1, 4);
}

int ash_zip_finish(ash_zip_writer *zip) {
    unsigned char end[END64_BYTES + LOCATOR_BYTES + END_BYTES], *at = end;
    uint64_t entries = zip->entries < UINT16_MAX ? (uint64_t)zip->entries : UINT16_MAX;
    if (entries == UINT16_MAX || is_large(zip->end) || is_large(zip->directory_bytes))
        at = put_end64(at, zip);
    at = put_number(at, UINT32_C(0x06054b50), 4);
    at = put_number(at, 0, 4);
    at = put_number(at, entries, 2);
    at = put_number(at, entries, 2);
    at = put_number(at, short_form(zip->directory_bytes), 4);
    at = put_number(at, short_form(zip->end), 4);
    at = put_number(at, 0, 2); /* no comment */
    if (zip->end > zip->most_bytes - zip->directory_bytes - (at - end))
        return EFBIG;
    int reason = ash_write_bytes(zip->fd, zip->directory, zip->directory_bytes, zip->end);
    return reason == 0 ? ash_write_bytes(zip->fd, end, at - end, zip->end + zip->directory_bytes) : reason;
}

void ash_zip_free(ash_zip_writer *zip) {
    if (!zip)
        return;
    pthread_mutex_destroy(&zip->lock);
    ash_free(zip->directory);
    ash_free(zip);
}
