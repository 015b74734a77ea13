/* The error a call is about to report: a status and one sentence. */
#ifndef ASH_BASE_ERROR_H
#define ASH_BASE_ERROR_H

#include <ashlar/context.h>

typedef struct ash_error_state {
    ash_status status;
    char text[1024];
} ash_error_state;

/* Records `status` with a formatted sentence, unless an error is recorded already (the first one is the cause), and returns the recorded
 * status. The sentence names function, argument, what was expected and what was found: "index: axis 1 has extent 4, found index 7". */
ash_status ash_fail(ash_error_state *error, ash_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Out of memory, in the same form. */
ash_status ash_fail_memory(ash_error_state *error, const char *function, int64_t bytes);

#endif
