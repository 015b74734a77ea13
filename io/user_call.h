/* What calling a function of the user's has in common, be it a source or a sink. */
#ifndef ASH_IO_USER_CALL_H
#define ASH_IO_USER_CALL_H

#include "base/error.h"

enum { ASH_USER_MESSAGE = 768 }; /* leaves room in a sentence for where it happened */

/* The error of a call that returned `status` and left `message`. */
static inline ash_status ash_user_fail(const char *name, ash_status status, char message[ASH_USER_MESSAGE], ash_error_state *error) {
    int known = (int)status > ASH_OK && status < ASH_STATUS_COUNT;
    message[ASH_USER_MESSAGE - 1] = '\0';
    return message[0] ? ash_fail(error, known ? status : ASH_ERR_IO, "%s", message)
                      : ash_fail(error, known ? status : ASH_ERR_IO, "%s returned %d and no sentence", name, (int)status);
}

#endif
