#!/bin/sh
# The main job as a user meets it, scaled down: its memory stays within the limit, and what goes wrong is told in one sentence and leaves nothing behind.
#
#     sh .ci/check-main-job.sh BUILD_FOLDER
set -eu

build=$(CDPATH='' cd -- "$1" && pwd)
climatology=$build/examples/climatology
work=$(mktemp -d)
trap 'umount "$work/full" 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"

limit_mib=128
slack_mib=64

fail() {
    echo "check-main-job: $1" >&2
    exit 1
}

# ---- Memory: 90 days of hourly values, 0.56 GB unpacked ----

"$build/examples/make_sample" sample.nc 90 2>/dev/null
ASH_MEMORY_LIMIT=${limit_mib}M "$climatology" sample.nc t2m out.nc >report.txt || fail "the job failed under a limit of $limit_mib MiB"
cat report.txt
peak=$(awk '$1 == "memory" { print $3 }' report.txt)
if [ "$peak" -le 0 ] || [ "$peak" -gt $((limit_mib + slack_mib)) ]; then
    fail "peak memory $peak MiB, limit $limit_mib MiB, slack $slack_mib MiB"
fi
[ -s out.nc ] || fail "there is no output"
rm -f out.nc out_anomaly.png

# ---- Errors: exit status 1, one sentence, nothing in the folder that was not there before ----

printf 'this is text, not NetCDF\n' >text.nc
head -c 300000 sample.nc >truncated.nc
before=$(ls -A)

expect_error() { # WHAT, WORDS THAT THE SENTENCE MUST HAVE, ARGUMENT...
    what=$1
    words=$2
    shift 2
    status=0
    "$climatology" "$@" >output.log 2>error.log || status=$?
    sentence=$(cat error.log)
    lines=$(wc -l <error.log)
    rm -f output.log error.log
    [ "$status" -eq 1 ] || fail "$what: exit status $status, expected 1"
    [ "$lines" -eq 1 ] || fail "$what: $lines lines on standard error, expected one sentence: $sentence"
    case $sentence in
        "climatology: error: "*"$words"*) ;;
        *) fail "$what: the sentence lacks '$words': $sentence" ;;
    esac
    [ "$(ls -A)" = "$before" ] || fail "$what: left files behind: $(ls -A)"
    echo "$what: $sentence"
}

expect_error "wrong path" sample.nc simple.nc t2m out.nc
expect_error "wrong variable" t2m sample.nc t2n out.nc
expect_error "text file" text.nc text.nc t2m out.nc
expect_error "truncated file" truncated.nc truncated.nc t2m out.nc
expect_error "folder that is not there" nowhere sample.nc t2m nowhere/out.nc
expect_error "output over the input" "is the input" sample.nc t2m sample.nc
if [ "$(id -u)" -eq 0 ] && mkdir full && mount -t tmpfs -o size=2m none full 2>/dev/null; then
    before=$(ls -A)
    expect_error "full disk" full sample.nc t2m full/out.nc
    [ -z "$(ls -A full)" ] || fail "full disk: left files behind: $(ls -A full)"
    umount full
fi
ASH_MEMORY_LIMIT=1M
export ASH_MEMORY_LIMIT
before=$(ls -A)
expect_error "limit that cannot work" limit sample.nc t2m out.nc

# The refusal names the least limit that would work: with one byte less it is refused again, with exactly that it runs.
least=$(printf '%s' "$sentence" | sed -n 's/.* needs at least [^(]*(\([0-9]*\) bytes).*/\1/p')
[ -n "$least" ] || fail "the refusal does not name the least limit: $sentence"
ASH_MEMORY_LIMIT=$((least - 1)) expect_error "one byte less than the least limit" "$least bytes" sample.nc t2m out.nc
ASH_MEMORY_LIMIT=$least "$climatology" --no-map sample.nc t2m out.nc >report.txt || fail "the job failed at the least limit, $least bytes"
peak=$(awk '$1 == "memory" { print $3 }' report.txt)
[ "$peak" -le $(((least >> 20) + slack_mib)) ] || fail "peak memory $peak MiB at the least limit of $least bytes"
echo "at the least limit of $least bytes: peak memory $peak MiB"
