#!/usr/bin/env bash
# Debian's own CPython and PyPy of another release, in a root of their own, on socket and on cffisock.
#
#   tests/conformance/debian.sh trixie|sid [arguments of run.py]
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 3600) bounds the run;
# the record goes to CFFISOCK_RESULTS, if set, as SUITE.json.
# sid is what comes next, and not always there to be had: then it is skipped with a word.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/../../tools/chroot.sh"
limit 3600 "$@"

suite=${1:?trixie|sid}
shift
case $suite in
    trixie) interpreters="python3 pypy3" suites="libpython3.13-testsuite pypy3-lib-testsuite" ;;
    sid)
        interpreters="python3.14 python3.15 pypy3"
        suites="libpython3.14-testsuite libpython3.15-testsuite pypy3-lib-testsuite"
        ;;
    *) echo "$0: no such release: $suite" >&2; exit 2 ;;
esac
packages=curl,gcc,iproute2,libc6-dev,netbase,procps,${suites// /,}
arguments=()
for python in $interpreters; do
    packages+=,$python,$python-dev,$python-venv
    arguments+=(--python "$python")
done

# Other packages than the rows of tools/ have, so another root.
cache=$cache/conformance
results=${CFFISOCK_RESULTS-}
unset CFFISOCK_RESULTS # what the rows of tools/ leave there is of another kind
make_scratch
if ! make_root amd64 "$packages"; then
    [ "$suite" = sid ] || exit 1
    say "sid cannot be had today: skipped"
    exit 0
fi

in_root "${interpreters%% *}" /mnt/project/tests/conformance/run.py --where "of Debian $suite" "${arguments[@]}" \
    --json /mnt/record "$@" || status=$?
[ -z "$results" ] || { mkdir -p "$results" && cp "$scratch/record" "$results/$suite.json"; }
exit "${status:-0}"
