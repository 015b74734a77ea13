#include <ashlar/ashlar.h>

const char *ash_version(void) {
    return ASH_VERSION;
}
