#!/bin/sh
# Installs what is missing, builds, and runs the climatology.
#
#     sh examples/run.sh                  on a sample made first (a year of hourly temperature, about 0.7 GB)
#     sh examples/run.sh FILE VARIABLE    on your file
#
# Results go to the current folder.
set -eu

usage() {
    echo "usage: sh examples/run.sh [FILE VARIABLE]" >&2
    exit 2
}

case $# in
    0 | 2) ;;
    *) usage ;;
esac
case ${1-} in -*) usage ;; esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
programs=$root/build/release/examples

if [ $# -eq 2 ] && [ ! -r "$1" ]; then
    echo "examples/run.sh: cannot read $1" >&2
    exit 1
fi

sh "$root/cmake/install-packages.sh" build fortran speed maps
# shellcheck source=SCRIPTDIR/../cmake/build.sh
. "$root/cmake/build.sh"
ashlar_build release

if [ $# -eq 2 ]; then
    file=$1
    variable=$2
else
    file=$root/build/sample/era5_like_t2m.nc
    variable=t2m
    if [ ! -f "$file" ]; then
        echo "Making the sample $file: takes about half a minute."
        mkdir -p "$root/build/sample"
        "$programs/make_sample" "$file"
    fi
fi

name=$(basename -- "$file")
output=${name%.*}_climatology.nc
echo "Running: climatology $file $variable $output"
"$programs/climatology" "$file" "$variable" "$output"

if [ -x "$programs/anomaly" ]; then
    echo "Running: anomaly fortran_anomaly.nc (Fortran, on made-up data)"
    "$programs/anomaly" fortran_anomaly.nc
fi

echo
echo "Done. The results are in $(pwd):"
echo "  $output: look with ncdump -h $output, or open it with Xarray, CDO, ncview or Panoply"
[ ! -f "${output%.nc}_anomaly.png" ] || echo "  ${output%.nc}_anomaly.png: map of the anomaly of the last month"
echo "The program is $programs/climatology (see --help)."
