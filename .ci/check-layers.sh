#!/bin/sh
# Dependence between the folders runs one way: include <- base <- {kernels, io} <- array <- expr <- plan <- run <- mpi. Reads the #include lines and fails with a list of
# those that break the rule, and of OpenMP, MPI, HDF5 and NetCDF outside their place.
#
#     sh .ci/check-layers.sh              checks the project
#     sh .ci/check-layers.sh --self-test  checks that the check finds what it should
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# Folder, and the first parts of paths that its files may include. Own files may be named without a folder.
layers() {
    cat <<'LAYERS'
include/ashlar ashlar
lib/base ashlar base
kernels ashlar base kernels
io ashlar base io
lib/array ashlar base kernels io array
lib/expr ashlar base kernels io array expr
lib/plan ashlar base kernels io array expr plan
lib/run ashlar base kernels io array expr plan run
lib/mpi ashlar base kernels io array expr plan run mpi
examples ashlar
LAYERS
}

# Header, and the beginnings of paths of the files that may include it.
reserved_headers() {
    cat <<'RESERVED'
omp.h lib/run/exec_openmp.c
mpi.h lib/mpi/ include/ashlar/mpi.h
ashlar/mpi.h lib/mpi/
hdf5.h io/
netcdf.h io/ examples/make_sample.c
RESERVED
}

# Prints the #include lines of a file as "line kind path"; kind is q for "path" and a for <path>.
includes_of() { # FILE
    sed -n -E -e '/^[[:space:]]*#[[:space:]]*include/!d' -e '=' -e 's/^[^"<]*"([^"]*)".*/q \1/p' -e 's/^[^"<]*<([^>]*)>.*/a \1/p' "$1" | paste -d' ' - -
}

is_word_of() { # WORD LIST...
    word=$1
    shift
    for item in "$@"; do
        [ "$item" != "$word" ] || return 0
    done
    return 1
}

begins_with_one_of() { # TEXT BEGINNING...
    text=$1
    shift
    for item in "$@"; do
        case $text in "$item"*) return 0 ;; esac
    done
    return 1
}

check_reserved() { # FILE LINE HEADER
    reserved_headers | while read -r header places; do
        # shellcheck disable=SC2086 # places are words
        if [ "$header" = "$3" ] && ! begins_with_one_of "$1" $places; then
            echo "$1:$2: <$3> may be included only in: $places"
        fi
    done
}

check_include() { # FILE FOLDER ALLOWED LINE KIND PATH
    check_reserved "$1" "$4" "$6"
    case $6 in
        ../* | */../*) echo "$1:$4: \"$6\" climbs out of its folder" ;;
        */*)
            # shellcheck disable=SC2086 # allowed are words
            if { [ "$5" = q ] || [ "${6%%/*}" = ashlar ]; } && ! is_word_of "${6%%/*}" $3; then
                echo "$1:$4: $2 may not include \"$6\"; it may include: $3"
            fi
            ;;
        *)
            if [ "$5" = q ] && [ ! -f "$(dirname -- "$1")/$6" ]; then
                echo "$1:$4: \"$6\" is not a file of $2; name its folder"
            fi
            ;;
    esac
}

# Prints every broken rule of the tree in the current folder.
check_tree() {
    layers | while read -r folder allowed; do
        [ -d "$folder" ] || continue
        find "$folder" -name '*.[ch]' -o -name '*.inc' | sort | while read -r file; do
            includes_of "$file" | while read -r line kind path; do
                check_include "$file" "$folder" "$allowed" "$line" "$kind" "$path"
            done
        done
    done
    find include lib kernels io examples \( -name '*.[ch]' -o -name '*.inc' \) ! -path lib/run/exec_openmp.c -exec grep -nE '^[[:space:]]*#[[:space:]]*pragma[[:space:]]+omp' /dev/null {} + 2>/dev/null |
        sed 's|:[^:]*$|: OpenMP belongs in lib/run/exec_openmp.c|' || true
}

self_test() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    mkdir -p include/ashlar lib/base lib/array lib/expr lib/plan lib/run lib/mpi kernels io examples
    printf '#include <stdio.h>\n#include <ashlar/ashlar.h>\n#include "own.h"\n' >lib/base/right.c
    printf '#include "base/own.h"\n' >lib/base/own.h
    printf '#include "plan/x.h"\n #  include "kernels/kernels.h"\n' >lib/run/right.c
    printf '#include <omp.h>\n#pragma omp parallel\n' >lib/run/exec_openmp.c
    printf '#include <netcdf.h>\n' >io/right.c
    [ -z "$(check_tree)" ] || { echo "check-layers: self-test: a right tree is refused:"; check_tree; return 1; }

    wrong=0
    while IFS='|' read -r file text; do
        printf '%s\n' "$text" >"$file"
        if [ "$(check_tree | grep -c "^$file:1: ")" -ne 1 ]; then
            echo "check-layers: self-test: not found, or found twice: $text in $file"
            wrong=1
        fi
        rm "$file"
    done <<'WRONG'
lib/base/a.c|#include "array/node.h"
lib/base/a.c|#include "kernels/kernels.h"
kernels/a.c|#include "io/io.h"
kernels/a.c|#include "array/node.h"
io/a.c|#include "kernels/kernels.h"
lib/array/a.c|#include "expr/x.h"
lib/expr/a.c|#include "plan/x.h"
lib/plan/a.h|#include "run/x.h"
lib/run/a.c|#include "mpi/x.h"
lib/expr/a.c|#include "../plan/x.h"
lib/expr/a.c|#include "nowhere.h"
include/ashlar/a.h|#include "base/own.h"
examples/a.c|#include "base/own.h"
lib/plan/a.c|#include <hdf5.h>
lib/run/a.c|#include <netcdf.h>
lib/run/a.c|#include <mpi.h>
lib/run/a.c|#include <ashlar/mpi.h>
kernels/a.c|#include <omp.h>
kernels/a.c|#pragma omp simd
WRONG
    return $wrong
}

if [ "${1-}" = --self-test ]; then
    self_test && echo "check-layers: the check finds what it should"
    exit
fi
cd "$here/.."
broken=$(check_tree)
if [ -n "$broken" ]; then
    printf '%s\n' "$broken" >&2
    echo "check-layers: dependence must run one way: include <- base <- {kernels, io} <- array <- expr <- plan <- run <- mpi" >&2
    exit 1
fi
echo "check-layers: dependence runs one way"
