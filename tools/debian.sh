#!/usr/bin/env bash
# The tests on another Debian's interpreters, with its newer C library and headers.
#
#   tools/debian.sh trixie|sid [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 900) bounds the run.
# sid is what comes next, and not always there to be had: then it is skipped with a word.
# shellcheck source=tools/chroot.sh
suite=${1:-trixie}
. "$(dirname "$0")/chroot.sh"
limit 900 "$@"
[ $# -eq 0 ] || shift

case $suite in
    sid) interpreters="python3.14 python3.15 pypy3" ;;
    trixie) interpreters="python3 pypy3" ;;
    *) echo "$0: no such release: $suite" >&2; exit 2 ;;
esac
packages=curl,gcc,iproute2,libc6-dev,netbase,procps,strace
for python in $interpreters; do
    packages+=,$python,$python-dev,$python-venv
done

make_scratch
if ! make_root amd64 "$packages"; then
    [ "$suite" = sid ] || exit 1
    say "sid cannot be had today: skipped"
    exit 0
fi

status=0
for python in $interpreters; do
    # Not the project's folder: there, the sources would hide the package that is installed.
    in_root bash -euc '
        python=$1 suite=$2
        shift 2
        "$python" -m venv "/mnt/$python"
        "/mnt/$python/bin/pip" install -q "/mnt/project[test]" || {
            [ "$suite" = sid ]
            echo "$python is so new that cryptography has no wheel for it: without what makes certificates"
            sed -i "/^  \"\(cryptography\|trustme\)/d" /mnt/project/pyproject.toml
            "/mnt/$python/bin/pip" install -q "/mnt/project[test]"
        }
        "/mnt/$python/bin/python" -VV
        cd /mnt/project/tests
        exec "/mnt/$python/bin/pytest" -n 2 -p no:cacheprovider --junit-xml "/mnt/$suite.$python.xml" "$@"
    ' row "$python" "$suite" --at-least 1000 "$@" || status=1
    say "$python done, status $status"
done
exit $status
