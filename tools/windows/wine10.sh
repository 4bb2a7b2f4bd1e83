#!/usr/bin/env bash
# The tests in a Windows Python 3.13 under Wine 10, which is Debian 13's, in a root of its own.
#
#   tools/windows/wine10.sh [pytest arguments]
#
# As root. The Python and the package are laid out here, as for the row of this machine's Wine;
# CFFISOCK_CACHE keeps the unpacked system, CFFISOCK_LIMIT (seconds, 1500) bounds the run.
suite=trixie
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/../chroot.sh"
limit 1500 "$@"
[ $# -gt 0 ] || set -- tests

python=$("$project/tools/windows/setup.sh" 3.13)
make_scratch
make_root amd64 fonts-liberation,libwine,mount,netbase,util-linux,wine,wine64 wine
# What the packages' scripts would have made: names without a version, and a library that Wine takes
# for one of its own by a word in its header.
for name in wine wineboot wineserver; do
    ln -sfn "$name-stable" "$root/usr/bin/$name"
done
zlib=$root/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/zlib1.dll
cp --remove-destination "$root/usr/x86_64-w64-mingw32/lib/zlib1.dll" "$zlib"
printf 'Wine builtin DLL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' | dd of="$zlib" bs=32 seek=2 conv=notrunc status=none
"$project/tools/windows/build.sh" "$python" "$scratch/site"
cp -r "$python" "$scratch/python"

# One command, and in a namespace of processes: the services that Wine leaves end with it.
enter="unshare --mount --pid --fork --kill-child --propagation private"
in_root env CFFISOCK_CACHE=/mnt/cache CFFISOCK_GOLDEN='Z:\mnt\site\.golden' PYTHONPATH='Z:\mnt\site' \
    bash -euc '
        mount -t proc proc /proc
        mkdir -p /mnt/cache/windows
        cd /mnt/project
        exec tools/windows/wine.sh /mnt/python/python.exe tools/windows/pytest_main.py -p wine_gaps \
            -p no:cacheprovider --timeout 60 --junit-xml "Z:\\mnt\\windows-wine10.xml" "$@"
    ' row "$@"
