#!/usr/bin/env bash
# The tests on Debian 13: CPython 3.13 and PyPy 3.11, newer C library and headers.
#
#   tools/trixie.sh [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 900) bounds the run.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 900 "$@"

make_scratch
make_root amd64 curl,gcc,iproute2,libc6-dev,netbase,procps,strace,python3,python3-dev,python3-venv,pypy3,pypy3-dev,pypy3-venv

status=0
for python in python3 pypy3; do
    # Not the project's folder: there, the sources would hide the package that is installed.
    in_root bash -euc '
        python=$1
        shift
        "$python" -m venv "/mnt/$python"
        "/mnt/$python/bin/pip" install -q "/mnt/project[test]"
        "/mnt/$python/bin/python" -VV
        cd /mnt/project/tests
        exec "/mnt/$python/bin/pytest" -n 2 -p no:cacheprovider --junit-xml "/mnt/trixie.$python.xml" "$@"
    ' row "$python" --at-least 1000 "$@" || status=1
    say "$python done, status $status"
done
exit $status
