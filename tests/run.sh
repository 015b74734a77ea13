#!/bin/sh
# Installs what is missing, builds, and runs all tests: first with warnings as errors and asserts, then with the address and undefined behaviour sanitizers.
#
#     sh tests/run.sh          a seeded sample of the large test matrices
#     sh tests/run.sh full     all of them
set -eu

case "${1-}:$#" in
    :0) ;;
    full:1) export ASH_TEST_FULL=1 ;;
    *)
        echo "usage: sh tests/run.sh [full]" >&2
        exit 2
        ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sh "$root/cmake/install-packages.sh" build fortran speed maps tests
# shellcheck source=SCRIPTDIR/../cmake/build.sh
. "$root/cmake/build.sh"

# The tests write and sync thousands of small files: where there are 4 GiB for them in memory, that takes a third of the time that a disk needs.
memory=/dev/shm
if [ -z "${TMPDIR-}" ] && [ -w "$memory" ] && [ "$(df -Pk "$memory" | awk 'NR == 2 { print $4 }')" -ge 4194304 ]; then
    export TMPDIR="$memory"
fi
export CTEST_OUTPUT_ON_FAILURE=1
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
for configuration in dev asan; do
    ashlar_build "$configuration"
    ctest --test-dir "$root/build/$configuration" --parallel "$(ashlar_jobs)" --no-tests=error
done
