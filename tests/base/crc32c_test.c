#include "base_test.h"

#include "base/crc32c.h"

static void known_values(void **state) {
    (void)state;
    static const char zeros[32] = { 0 };
    assert_int_equal(ash_crc32c(0, "123456789", 9), 0xe3069283u); /* the check value of the polynomial */
    assert_int_equal(ash_crc32c(0, zeros, 32), 0x8a9136aau);      /* RFC 3720, B.4 */
    assert_int_equal(ash_crc32c(0, "", 0), 0);
}

/* In parts, from any address, by the processor's instruction or without it. */
static void all_ways_agree(void **state) {
    (void)state;
    static unsigned char bytes[400];
    for (int k = 0; k < 400; k++) {
        bytes[k] = (unsigned char)(k * k * 7 + k);
    }
    for (int from = 0; from < 9; from++) {
        for (int n = 0; n < 300; n++) {
            uint32_t whole = ash_crc32c_portable(0, bytes + from, n);
            assert_int_equal(ash_crc32c(0, bytes + from, n), whole);
            assert_int_equal(ash_crc32c(ash_crc32c(0, bytes + from, n / 3), bytes + from + n / 3, n - n / 3), whole);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_values), cmocka_unit_test(all_ways_agree) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
