#include "io/normal_form.h"

#include "io/lock.h"

#include <netcdf.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4 * NC_MAX_NAME };

int ash_has_normal_forms(const char *name) {
    for (; *name; name++)
        if ((unsigned char)*name >= 0x80)
            return 1;
    return 0;
}

/* NetCDF-C has the tables for it, but no call: it tells by what name it keeps the only dimension of a file in memory. 0 if that is no name. */
static int normalise_part(int file, const char *part, size_t bytes, char out[NC_MAX_NAME + 1]) {
    char name[NC_MAX_NAME + 1];
    if (bytes == 0 || bytes > NC_MAX_NAME)
        return 0;
    memcpy(name, part, bytes);
    name[bytes] = '\0';
    int result = nc_rename_dim(file, 0, name);
    return (result == NC_NOERR || result == NC_ENAMEINUSE) && nc_inq_dimname(file, 0, out) == NC_NOERR; /* in use: it is that already */
}

/* The path part by part. */
static int normalise(int file, const char *path, char out[PATH_BYTES]) {
    size_t used = 0;
    for (const char *part = path;;) {
        char name[NC_MAX_NAME + 1];
        size_t bytes = strcspn(part, "/");
        if (!normalise_part(file, part, bytes, name) || used + strlen(name) + 2 > PATH_BYTES)
            return 0;
        used += (size_t)sprintf(out + used, "%s%s", used > 0 ? "/" : "", name);
        part += bytes;
        if (*part++ == '\0')
            return 1;
    }
}

/* The place in the list; -1 for none or several. */
static int find(int file, const ash_name_list *names, const char *wanted) {
    char form[PATH_BYTES], other[PATH_BYTES];
    int found = -1;
    if (!normalise(file, wanted, form))
        return -1;
    for (int k = 0; k < names->count; k++) {
        if (!ash_has_normal_forms(names->name[k]) || !normalise(file, names->name[k], other) || strcmp(other, form) != 0)
            continue;
        if (found >= 0)
            return -1;
        found = k;
    }
    return found;
}

const char *ash_same_normal_form(const ash_name_list *names, const char *wanted) {
    int file, dim, found = -1;
    for (int k = 0; k < names->count; k++)
        if (strcmp(names->name[k], wanted) == 0)
            return names->name[k];
    ash_library_scope scope;
    ash_library_enter(&scope);
    if (nc_create("names", NC_DISKLESS | NC_64BIT_OFFSET, &file) == NC_NOERR) {
        if (nc_def_dim(file, "name", 1, &dim) == NC_NOERR)
            found = find(file, names, wanted);
        nc_abort(file);
    }
    ash_library_leave(&scope);
    return found >= 0 ? names->name[found] : NULL;
}
