#!/usr/bin/env bash
# Compile both rooms, every warning an error, for the systems of the lists below; nothing is linked or run.
#
#   tools/cross.sh [TARGET...]      (default: all)
#
# The Python called `python` must have cffi, setuptools and ziglang, whose headers these are.
# CFFISOCK_CACHE keeps what zig builds once (default: ~/.cache/cffisock).
set -euo pipefail
case ${1-} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

posix="
x86_64-linux-gnu x86_64-linux-gnu.2.17 x86_64-linux-gnux32 x86-linux-gnu aarch64-linux-gnu arm-linux-gnueabihf
riscv64-linux-gnu s390x-linux-gnu powerpc64le-linux-gnu loongarch64-linux-gnu
x86_64-linux-musl x86-linux-musl aarch64-linux-musl arm-linux-musleabihf riscv64-linux-musl mips-linux-musleabi
aarch64-macos x86_64-macos
x86_64-freebsd aarch64-freebsd x86-freebsd
x86_64-netbsd aarch64-netbsd
x86_64-openbsd aarch64-openbsd
"
windows="x86_64-windows-gnu x86-windows-gnu aarch64-windows-gnu"

root=$(cd "$(dirname "$0")/.." && pwd)
cache=${CFFISOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cffisock}/zig
export ZIG_GLOBAL_CACHE_DIR=$cache ZIG_LOCAL_CACHE_DIR=$cache
export root scratch include
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
include=$(python -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
mkdir -p "$cache"

# The C that cffi writes for a room is the same for all its targets.
for room in posix windows; do
    (cd "$root" && PYTHONDONTWRITEBYTECODE=1 python -c "
import sys
from build_ffi import make_ffi
make_ffi(sys.argv[1]).emit_c_code(sys.argv[2])" "$room" "$scratch/$room.c")
done

compile() {
    target=$1
    case $target in
        *windows*) room=windows ;;
        *) room=posix ;;
    esac
    case $target in
        *macos*) set -- -D_FILE_OFFSET_BITS=64 -D__APPLE_USE_RFC_3542=1 ;;
        *windows*) set -- ;;
        *) set -- -D_FILE_OFFSET_BITS=64 ;;
    esac
    # The room by itself, in strict C11; then the whole module, whose glue by cffi is GNU C; then what
    # tests/test_golden.py believes of this system's layouts.
    # Python.h's own warnings are not ours: its folder is a system one.
    if {
        zig -target "$target" "$@" -std=c11 -pedantic-errors -Wno-unused-function -c "$root/backends/$room/shim.c" -o "$scratch/room.$target" &&
            zig -target "$target" "$@" -I "$root/tools/cross" -isystem "$include" -c "$scratch/$room.c" -o "$scratch/$target.o" &&
            python "$root/tests/golden/layouts.py" "$target" > "$scratch/layouts.$target.c" &&
            zig -target "$target" "$@" -Wno-unused-function -c "$scratch/layouts.$target.c" -o "$scratch/layouts.$target"
    } > "$scratch/$target.log" 2>&1; then
        echo "cross: $target ok"
    else
        head -n 40 "$scratch/$target.log" >&2
        echo "cross: $target FAILED"
        return 1
    fi
}

zig() {
    timeout 300 python -m ziglang cc -O1 -Wall -Wextra -Werror -Wno-missing-field-initializers -I "$root/backends" "$@"
}
export -f compile zig

targets=${*:-$posix $windows}
status=0
printf '%s\n' $targets | timeout 1200 xargs -P 2 -I {} bash -c 'compile {}' || status=1
echo "cross: $(find "$scratch" -name '*.o' | wc -l) of $(printf '%s\n' $targets | wc -w) targets compiled"
exit $status
