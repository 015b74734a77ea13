/* What every test of this folder includes, in the order CMocka wants. */
#ifndef ASH_BASE_TEST_H
#define ASH_BASE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/error.h"

#include <string.h>

/* The error is `status` and its sentence holds `words`. */
static inline void assert_error(const ash_error_state *error, ash_status status, const char *words) {
    assert_int_equal(error->status, status);
    if (!strstr(error->text, words))
        fail_msg("expected '%s' in the sentence '%s'", words, error->text);
}

#endif
