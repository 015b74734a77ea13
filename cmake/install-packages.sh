#!/bin/sh
# The one place that knows which packages are needed. Installs what is missing on Debian and Ubuntu; elsewhere says what to install.
#
#     sh cmake/install-packages.sh GROUP...     groups: build, fortran, speed and maps (wanted, not needed), tests, peers (wanted, not needed)
set -eu

# One line a need: group, a test that it is there, Debian's package, its name elsewhere.
# Tests: "tool NAME", "header NAME" (a C header), "python MODULE".
needs() {
    cat <<'NEEDS'
build|tool cc|gcc|a C compiler with OpenMP (gcc)
build|tool cmake|cmake|CMake 3.20 or later
build|tool make|make|make (or ninja)
build|tool awk|mawk|awk
build|tool pkg-config|pkg-config|pkg-config
build|header stdlib.h|libc6-dev|headers of the C library
build|header hdf5.h|libhdf5-dev|HDF5 with headers
build|header netcdf.h|libnetcdf-dev|NetCDF-C with headers
fortran|tool gfortran|gfortran|a Fortran compiler (without it there is no Fortran module)
speed|header sleef.h|libsleef-dev|SLEEF with headers (without it transcendental functions are slower)
speed|header cblas.h|libopenblas-dev|OpenBLAS with headers (without it products of matrices are slower)
speed|header libdeflate.h|libdeflate-dev|libdeflate with headers (without it deflated chunks are read under one lock)
speed|header szlib.h|libaec-dev|libaec with headers (without it chunks of szip are read under one lock)
speed|header zstd.h|libzstd-dev|zstd with headers (without it chunks of zstd are refused)
speed|header lz4.h|liblz4-dev|LZ4 with headers (without it chunks of lz4 are refused)
speed|header blosc.h|libblosc-dev|Blosc with headers (without it chunks of blosc are refused)
speed|header json-c/json.h|libjson-c-dev|json-c with headers (without it Zarr stores are refused)
maps|header png.h|libpng-dev|libpng with headers (without it no maps are drawn)
tests|header cmocka.h|libcmocka-dev|CMocka with headers
peers|tool ncdump|netcdf-bin|ncdump and ncgen of NetCDF-C
peers|tool cdo|cdo|CDO
peers|python xarray|python3-xarray|Xarray for Python 3
peers|python netCDF4|python3-netcdf4|netCDF4 for Python 3
NEEDS
}

is_optional() { # GROUP
    [ "$1" = fortran ] || [ "$1" = maps ] || [ "$1" = speed ] || [ "$1" = peers ]
}

has_header() { # NAME
    for flags in "" "$(pkg-config --cflags hdf5-serial 2>/dev/null)" "$(pkg-config --cflags hdf5 2>/dev/null)" "$(pkg-config --cflags netcdf 2>/dev/null)" \
        "$(pkg-config --cflags libpng 2>/dev/null)"; do
        # shellcheck disable=SC2086 # flags are words
        if printf '#include <stdarg.h>\n#include <stddef.h>\n#include <setjmp.h>\n#include <stdint.h>\n#include <%s>\n' "$1" |
            cc $flags -E -x c - >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

is_there() { # KIND NAME
    case $1 in
        tool) command -v "$2" >/dev/null 2>&1 ;;
        header) has_header "$2" ;;
        python) { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $2" >/dev/null 2>&1; } || python3 -c "import $2" >/dev/null 2>&1 ;;
    esac
}

# What is missing of the wanted groups, as lines of needs().
missing() { # GROUP...
    needs | while IFS='|' read -r group test package elsewhere; do
        for wanted in "$@"; do
            # shellcheck disable=SC2086 # a test is two words
            if [ "$group" = "$wanted" ] && ! is_there $test; then
                printf '%s|%s|%s|%s\n' "$group" "$test" "$package" "$elsewhere"
            fi
        done
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Installs packages; what apt-get says is shown only if it fails.
install_with_apt() { # PACKAGE...
    echo "Installing: $*"
    log=$(mktemp)
    if { as_root apt-get update -q && as_root apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "apt-get could not install $*: is there a network connection? See above for what it says." >&2
    return 1
}

# Packages of those lines of needs() on standard input that are required, or only wanted.
packages_of() { # required | wanted
    while IFS='|' read -r group _ package _; do
        if is_optional "$group"; then part=wanted; else part=required; fi
        [ $part != "$1" ] || echo "$package"
    done | sort -u | tr '\n' ' '
}

list() { # heading on standard error, lines of needs() on standard input
    echo "$1" >&2
    while IFS='|' read -r group _ package elsewhere; do
        note=""
        ! is_optional "$group" || note=" (not required)"
        printf '  %s [Debian, Ubuntu: %s]%s\n' "$elsewhere" "$package" "$note" >&2
    done
}

[ $# -gt 0 ] || set -- build fortran speed maps tests
lacking=$(missing "$@")
[ -n "$lacking" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1; then
        # What is only wanted is installed by itself, so that it cannot spoil the rest.
        for part in required wanted; do
            packages=$(printf '%s\n' "$lacking" | packages_of $part)
            # shellcheck disable=SC2086 # packages are words
            [ -z "$packages" ] || install_with_apt $packages || true
        done
    else
        echo "Packages are missing, and installing them needs root or sudo." >&2
    fi
else
    echo "This system has no apt-get, so nothing is installed by itself." >&2
fi

lacking=$(missing "$@")
[ -n "$lacking" ] || exit 0
printf '%s\n' "$lacking" | list "Please install:"
printf '%s\n' "$lacking" | while IFS='|' read -r group _; do
    is_optional "$group" || exit 1
done
