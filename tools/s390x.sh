#!/usr/bin/env bash
# The tests on a big-endian processor: s390x, by qemu-user; the module is compiled here, by zig.
#
#   tools/s390x.sh [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 1500) bounds the run.
# Processes that the tests start are emulated as well, by a binfmt_misc of the run's own (Linux 6.7).
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 1500 "$@"

need qemu-s390x-static qemu-user-static
make_scratch
make_root s390x netbase,python3,python3-cffi,python3-hypothesis,python3-pytest,python3-pytest-timeout,python3-pytest-xdist,python3-setuptools,python3-trustme

python=python
if ! python -c 'import cffi, setuptools, ziglang' 2> /dev/null; then
    python=$cache/zig-venv/bin/python
    [ -x "$python" ] || { python3 -m venv "$cache/zig-venv" && "$python" -m pip install -q cffi 'setuptools>=77' ziglang==0.17.1; }
fi

# tools/cross has a pyconfig.h for every processor; it must be found before this machine's.
export ZIG_GLOBAL_CACHE_DIR=$cache/zig ZIG_LOCAL_CACHE_DIR=$cache/zig
zig="$python -m ziglang cc -target s390x-linux-gnu.2.36"
(cd "$scratch/project" && CC="$zig -I $project/tools/cross" LDSHARED="$zig -shared" CFLAGS=-O2 \
    "$python" -W ignore setup.py -q build --build-lib "$scratch/site" install_egg_info --install-dir "$scratch/site")
say "compiled"

# O, P and F of the machine's own line: the emulator is opened before the root changes.
format=$(cat /usr/lib/binfmt.d/qemu-s390x.conf)
export format
emulated() {
    unshare --user --map-root-user --mount --net --propagation private bash -euc '
        ip link set lo up
        mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
        printf "%s" "$format" > /proc/sys/fs/binfmt_misc/register
        exec "$@"
    ' emulated "$@"
}

# Left out: qemu-user gives the kernel more room for control messages than the program has, and loses the
# descriptors that do not fit.
# shellcheck disable=SC2034 # in_root reads it
enter=emulated
in_root bash -euc '
    export PYTHONPATH=/mnt/site
    python3 -c "import platform, sys; print(sys.version, platform.machine(), sys.byteorder)"
    cd /mnt/project/tests
    exec python3 -m pytest -n 2 -p no:cacheprovider --junit-xml /mnt/s390x.xml --timeout 300 \
        --deselect "tests/differential/test_differential.py::test_same[rights]" "$@"
' row --at-least 1000 "$@"
