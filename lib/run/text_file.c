#include "run/text_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { WORTH_WRITING = 32 << 10 };

ash_status ash_text_file_begin(ash_text_file *file, const char *path, const char *what, const char *function, ash_error_state *error) {
    int64_t bytes = (int64_t)strlen(path) + 1;
    *file = (ash_text_file){ .descriptor = -1, .path = ash_malloc(bytes) };
    if (!file->path) {
        return ash_fail_memory(error, function, bytes);
    }
    memcpy(file->path, path, (size_t)bytes);
    file->descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->descriptor < 0) {
        ash_fail(error, ASH_ERR_IO, "%s: the %s '%s' cannot be written: %s", function, what, path, strerror(errno));
        ash_free(file->path);
        file->path = NULL;
    }
    return error->status;
}

static void write_all(ash_text_file *file) {
    if (file->text.failed && !file->failed) {
        file->failed = ENOMEM;
    }
    for (int64_t done = 0; done < file->text.length && !file->failed;) {
        ssize_t n = write(file->descriptor, file->text.data + done, (size_t)(file->text.length - done));
        if (n < 0 && errno != EINTR) {
            file->failed = errno;
        }
        done += n > 0 ? n : 0;
    }
    file->text.length = 0;
}

void ash_text_file_pass(ash_text_file *file) {
    if (file->text.length >= WORTH_WRITING || file->text.failed) {
        write_all(file);
    }
}

void ash_text_file_end(ash_text_file *file, const char *what, const char *function, ash_error_state *error) {
    if (!file->path) {
        return;
    }
    write_all(file);
    if (close(file->descriptor) != 0 && !file->failed && errno != EINTR) {
        file->failed = errno;
    }
    if (file->failed) {
        ash_fail(error, file->failed == ENOMEM ? ASH_ERR_MEMORY : ASH_ERR_IO,
            "%s: the %s '%s' is not whole: %s", function, what, file->path, strerror(file->failed));
    }
    ash_free(file->text.data);
    ash_free(file->path);
    *file = (ash_text_file){ .descriptor = -1 };
}
