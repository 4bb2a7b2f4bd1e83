#!/usr/bin/env bash
# The tests on 32-bit x86, at native speed: 32-bit long, pointers and time_t.
#
#   tools/i386.sh [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 900) bounds the run.
# pytest and its friends are Debian's: cryptography's wheels know no 32-bit Linux.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 900 "$@"

make_scratch
make_root i386 curl,gcc,iproute2,libc6-dev,netbase,procps,python3,python3-cffi,python3-dev,python3-hypothesis,python3-pytest,python3-pytest-timeout,python3-pytest-xdist,python3-setuptools,python3-trustme,strace

in_root bash -euc '
    cd /mnt/project
    python3 -W ignore setup.py -q build --build-lib /mnt/site install_egg_info --install-dir /mnt/site
    export PYTHONPATH=/mnt/site
    python3 -c "import struct, sys; print(sys.version, struct.calcsize(\"P\") * 8, \"bits\")"
    cd tests
    exec python3 -m pytest -n 2 -p no:cacheprovider --junit-xml /mnt/i386.xml "$@"
' row --at-least 1000 "$@"
