#!/usr/bin/env bash
# The tests on a processor that this machine has not, by qemu-user; the module is compiled here, by zig.
#
#   tools/emulated.sh s390x|armhf [pytest arguments and files]
#
# s390x is big-endian; armhf has 32-bit long and pointers with a 64-bit time_t. By default the tests
# about the bytes that the kernel sees: addresses, control messages, options, names, transfer.
# As root. CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 900) bounds the run.
# Processes that the tests start are emulated as well, by a binfmt_misc of the run's own (Linux 6.7), or
# by the machine's, where it knows the emulator.
# What the emulator cannot do is in tools/emulator_gaps.py, and is asked of it in each run.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 900 "$@"
architecture=${1:-s390x}
[ $# -eq 0 ] || shift

case $architecture in
    s390x) target=s390x-linux-gnu.2.36 emulator=s390x macros= ;;
    armhf) target=arm-linux-gnueabihf.2.36 emulator=arm macros="-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64" ;;
    *) echo "$0: no such processor: $architecture" >&2; exit 2 ;;
esac
[ $# -gt 0 ] || set -- --at-least 750 test_families.py test_ancillary.py test_ancillary_systems.py test_constants.py test_contract.py \
    test_properties.py test_datagram.py test_datagram_offload.py test_endpoint.py test_syscalls.py \
    test_regressions_core.py test_interchange.py differential

need "qemu-$emulator-static" qemu-user-static
need ip iproute2
make_scratch
make_root "$architecture" netbase,python3,python3-cffi,python3-hypothesis,python3-pytest,python3-pytest-timeout,python3-pytest-xdist,python3-setuptools,python3-trustme

python=python
if ! python -c 'import cffi, setuptools, ziglang' 2> /dev/null; then
    python=$cache/zig-venv/bin/python
    [ -x "$python" ] || { need_packages python3-venv && python3 -m venv "$cache/zig-venv" && "$python" -m pip install -q cffi 'setuptools>=77' ziglang==0.17.1; }
fi

# tools/cross has a pyconfig.h for every processor; it must be found before this machine's.
export ZIG_GLOBAL_CACHE_DIR=$cache/zig ZIG_LOCAL_CACHE_DIR=$cache/zig
zig="$python -m ziglang cc -target $target $macros"
(cd "$scratch/project" && CC="$zig -I $project/tools/cross" LDSHARED="$zig -shared" CFLAGS=-O2 \
    "$python" -W ignore setup.py -q build --build-lib "$scratch/site" install_egg_info --install-dir "$scratch/site")
say "compiled"

# O, P and F of the machine's own line: the emulator is opened before the root changes.
format=$(cat "/usr/lib/binfmt.d/qemu-$emulator.conf")
export format emulator
emulated() {
    unshare --user --map-root-user --mount --net --propagation private bash -euc '
        ip link set lo up
        folder=/proc/sys/fs/binfmt_misc
        if mount -t binfmt_misc none $folder 2> /dev/null; then
            printf "%s" "$format" > $folder/register
        elif [ ! -e $folder/qemu-$emulator ]; then
            echo "no namespace has its own binfmt_misc here, and that of the machine has no qemu-$emulator" >&2
            exit 1
        fi
        exec "$@"
    ' emulated "$@"
}

# shellcheck disable=SC2034 # in_root reads it
enter=emulated
in_root bash -euc '
    export PYTHONPATH=/mnt/site:/mnt/project/tools
    python3 -c "import platform, sys; print(sys.version, platform.machine(), sys.byteorder, sys.maxsize)"
    architecture=$1
    shift
    cd /mnt/project/tests
    exec python3 -m pytest -n 2 -p emulator_gaps -p no:cacheprovider --junit-xml "/mnt/$architecture.xml" --timeout 300 "$@"
' row "$architecture" "$@"
