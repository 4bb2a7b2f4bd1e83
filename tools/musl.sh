#!/usr/bin/env bash
# The tests with musl as the C library: a CPython 3.13 built from Debian's source, then the module with it.
#
#   tools/musl.sh [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps that CPython, CFFISOCK_LIMIT (seconds, 1500) bounds the run. Of the
# libraries it can use, zlib alone is built with it; without ssl, pip is this machine's.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 1500 "$@"

# configure asks the compiler for the multiarch name; the kernel's headers stand behind musl's own,
# and no others, or glibc's libraries would be found.
write_compiler() {
    mkdir -p "$1/kernel"
    ln -sfn /usr/include/linux "$1/kernel/linux"
    ln -sfn /usr/include/asm-generic "$1/kernel/asm-generic"
    ln -sfn "/usr/include/$(uname -m)-linux-gnu/asm" "$1/kernel/asm"
    cat > "$1/cc" << COMPILER
#!/bin/sh
for argument; do [ "\$argument" = --print-multiarch ] && { echo $(uname -m)-linux-musl; exit 0; }; done
exec musl-gcc "\$@" -idirafter $1/kernel
COMPILER
    chmod +x "$1/cc"
}

# The C compiler is named in what is installed, so it stays beside it.
build_python() {
    local home=$1
    rm -rf "$home"
    mkdir -p "$home"
    write_compiler "$home"
    fetch_source "$scratch" python3.13 zlib
    mkdir "$scratch/objects"
    (
        cd "$scratch/zlib"
        CC=$home/cc CFLAGS="-O1 -fPIC" ./configure --static --prefix="$home"
        make -s -j2 install
        cd "$scratch/objects"
        export CC=$home/cc OPT=-O1 PKG_CONFIG=false
        export ZLIB_CFLAGS="-I$home/include" ZLIB_LIBS="-L$home/lib -lz"
        ../python3.13/configure -q --build="$(uname -m)-linux-musl" \
            --prefix="$home" --without-ensurepip --disable-test-modules
        make -s -j2
        make -s install
    ) > "$scratch/build.log" 2>&1 || { tail -n 20 "$scratch/build.log" >&2; return 1; }
    touch "$home/built"
    say "CPython is built"
}

need_packages musl-tools musl-dev linux-libc-dev
need make make
need dpkg-source dpkg-dev
make_scratch
home=$cache/musl
[ -e "$home/built" ] || build_python "$home"

need pip3 python3-pip
# None of these is built: wheels of musl's platform, or of none.
pip3 install -q --target "$scratch/site" --platform "musllinux_1_2_$(uname -m)" --python-version 3.13 \
    --only-binary :all: cffi hypothesis 'pytest>=8' pytest-timeout pytest-xdist 'setuptools>=77'
cd "$scratch/project"
export PYTHONPATH=$scratch/site
"$home/bin/python3.13" -W ignore setup.py -q build --build-lib "$scratch/site" install_egg_info --install-dir "$scratch/site"
say "compiled"

# What needs ssl or ctypes is left out, and the test that takes the compiler's own headers from it.
[ $# -gt 0 ] || set -- --ignore programs --ignore test_asyncio_loop.py --ignore test_contract.py \
    --ignore test_golden.py --ignore test_regressions_programs.py --ignore test_tls.py \
    -k "not (tls or ssl or test_the_swap_is_real or isinstance_under_install or no_header_ends)"

cd tests
"$home/bin/python3.13" -m pytest -n 2 -p no:cacheprovider --junit-xml "$scratch/musl.xml" --at-least 1000 "$@"
