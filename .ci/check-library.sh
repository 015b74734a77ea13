#!/bin/sh
# The shared library keeps its budgets: its size, and no symbol that could clash with a user's.
#
#     sh .ci/check-library.sh LIBRARY MAX_BYTES
set -eu

library=$1
max_bytes=$2

bytes=$(stat -L -c %s "$library")
echo "$library: $bytes bytes (at most $max_bytes)"
if [ "$bytes" -gt "$max_bytes" ]; then
    echo "check-library: $library is larger than $max_bytes bytes" >&2
    exit 1
fi

exported=$(nm -D --defined-only "$library" | awk 'NF == 3 && $2 != "A" { sub(/@.*/, "", $3); print $3 }')
foreign=$(printf '%s\n' "$exported" | grep -v '^ash_' || true)
if [ -n "$foreign" ]; then
    echo "check-library: exported symbols that do not begin with ash_:" >&2
    printf '%s\n' "$foreign" >&2
    exit 1
fi
echo "$library: $(printf '%s\n' "$exported" | wc -l) exported symbols, all begin with ash_"
