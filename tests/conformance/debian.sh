#!/usr/bin/env bash
# Debian's own CPython and PyPy of another release, in a root of their own, on socket and on cffisock.
#
#   tests/conformance/debian.sh SUITE [arguments of run.py]     SUITE: trixie
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 3600) bounds the run;
# the record goes to CFFISOCK_RESULTS, if set, as SUITE.json.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/../../tools/chroot.sh"
limit 3600 "$@"

suite=${1:?trixie}
shift
declare -A release=([trixie]=3.13) # the version in the name of the package of tests
# Other packages than the rows of tools/ have, so another root.
cache=$cache/conformance
results=${CFFISOCK_RESULTS-}
unset CFFISOCK_RESULTS # what the rows of tools/ leave there is of another kind
make_scratch
make_root amd64 "curl,gcc,iproute2,libc6-dev,netbase,procps,python3,python3-dev,python3-venv,libpython${release[$suite]}-testsuite,pypy3,pypy3-dev,pypy3-venv,pypy3-lib-testsuite"

in_root python3 /mnt/project/tests/conformance/run.py --where "of Debian $suite" --python python3 --python pypy3 \
    --json /mnt/record "$@" || status=$?
[ -z "$results" ] || { mkdir -p "$results" && cp "$scratch/record" "$results/$suite.json"; }
exit "${status:-0}"
