/* The directory of a zip archive. */
#ifndef ASH_IO_ZIP_H
#define ASH_IO_ZIP_H

#include "base/error.h"

enum { ASH_ZIP_STORED = 0, ASH_ZIP_DEFLATED = 8 };

typedef struct ash_zip_member {
    const char *name; /* not ended */
    int64_t name_bytes;
    int64_t header; /* where its own header is in the archive */
    int64_t bytes;  /* as stored */
    int64_t size;   /* as it says that it has when inflated */
    uint32_t crc;   /* of them then */
    int method, encrypted;
    int64_t order; /* in the directory */
    int64_t data;  /* where its bytes are, once looked up; 0 before */
} ash_zip_member;

typedef struct ash_zip {
    int fd;
    int64_t archive_bytes;
    unsigned char *directory; /* as read: the names are in it */
    ash_zip_member *member;   /* by name; of several with one name the last */
    int64_t count;
} ash_zip;

/* Reads the directory, whose memory is bounded by the size of the archive. The reason alone is in `error`; nothing is left on failure. */
ash_status ash_zip_open(int fd, int64_t archive_bytes, ash_zip *zip, ash_error_state *error);
void ash_zip_close(ash_zip *zip);
/* The member with a name, NULL if there is none. */
const ash_zip_member *ash_zip_find(const ash_zip *zip, const char *name, int64_t name_bytes);
/* The first member, in order of names, that is not before `name`: an index. */
int64_t ash_zip_lower_bound(const ash_zip *zip, const char *name, int64_t name_bytes);
/* Sets *address to where the bytes of a member are. Thread-safe. */
ash_status ash_zip_locate(const ash_zip *zip, const ash_zip_member *member, int64_t *address, ash_error_state *error);
/* Whether the contents of a member, inflated, have the CRC-32 that the directory says. The reason alone is in `error`. */
ash_status ash_zip_check(const ash_zip_member *member, uint32_t crc, ash_error_state *error);
/* Tests only: 0, and whatever the directory says is believed. */
extern int ash_zip_checks;

#endif
