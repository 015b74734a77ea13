#!/bin/sh
# Every name that users of arrays look for is an operation, an alias, or has a word on why it is not. Usage: names_test.sh PROJECT
set -eu
tables=$1/lib/expr
missing=$(awk -F ' [|] ' '
    /^#/ || NF == 0 { next }
    FILENAME ~ /aliases/ { if (($1 == "alias" || $1 == "other" || $1 == "planned" || $1 == "never") && $3 != "") known[$2] = 1; next }
    FILENAME ~ /names/ { if (!($1 in known)) print "  " $1 " (" $2 ")"; next }
    { known[$1] = 1 }
' "$tables/operations.table" "$tables/reductions.table" "$tables/functions.table" "$tables/aliases.table" "$1/tests/core/standard_names.txt")
[ -z "$missing" ] && exit 0
echo "Neither operations, nor aliases, nor in aliases.table with a reason:"
echo "$missing"
exit 1
