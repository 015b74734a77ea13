#!/bin/sh
# Installs a build into an empty folder and uses it from outside, with pkg-config and with CMake.
#
#     sh .ci/check-package.sh BUILD_FOLDER
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

expect_66() { # PROGRAM HOW
    result=$(LD_LIBRARY_PATH="$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$1")
    if [ "$result" != 66 ]; then
        echo "check-package: the first example built with $2 printed '$result', expected 66" >&2
        exit 1
    fi
    echo "the installed package works with $2"
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log" >&2; exit 1; }
libdir=$(dirname "$(find "$prefix" -name libashlar.so)")

PKG_CONFIG_PATH=$libdir/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # flags are words
cc -std=c11 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags ashlar) "$root/examples/first.c" -o "$work/with-pkg-config" $(pkg-config --libs ashlar)
expect_66 "$work/with-pkg-config" pkg-config

if [ -f "$libdir/pkgconfig/ashlar-fortran.pc" ]; then
    # shellcheck disable=SC2046 # flags are words
    gfortran -std=f2018 -Wall -Wextra -Werror $(pkg-config --cflags ashlar-fortran) "$root/examples/first_fortran.f90" -o "$work/fortran" \
        $(pkg-config --libs ashlar-fortran)
    expect_66 "$work/fortran" "pkg-config and Fortran"
fi

mkdir "$work/stranger"
cp "$root/examples/first.c" "$work/stranger"
cat >"$work/stranger/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(stranger C)
find_package(ashlar 0.1 REQUIRED)
add_executable(first first.c)
target_link_libraries(first ashlar::ashlar)
CMAKE
if ! { cmake -S "$work/stranger" -B "$work/stranger/build" -DCMAKE_PREFIX_PATH="$prefix" && cmake --build "$work/stranger/build"; } >"$work/cmake.log" 2>&1; then
    cat "$work/cmake.log" >&2
    exit 1
fi
expect_66 "$work/stranger/build/first" CMake
