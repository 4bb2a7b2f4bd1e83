#!/usr/bin/env bash
# The tests without a GIL: a CPython 3.13 built so from Debian's source, then cffi and the module with it.
#
#   tools/free-threads.sh [pytest arguments]
#
# As root. CFFISOCK_CACHE keeps that CPython, CFFISOCK_LIMIT (seconds, 1500) bounds the run. Where a
# python3.14t or newer is installed, `tox -e py314t` does the same: this is for as long as Debian has
# the source of none. cffi supports no older one than that, and says so; it works all the same.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 1500 "$@"

build_python() {
    local home=$1
    rm -rf "$home"
    fetch_source "$scratch" python3.13
    mkdir "$scratch/objects"
    (
        cd "$scratch/objects"
        "$scratch/python3.13/configure" -q --disable-gil --prefix="$home" --without-ensurepip
        make -s -j2
        make -s install
    ) > "$scratch/build.log" 2>&1 || { tail -n 20 "$scratch/build.log" >&2; return 1; }
    touch "$home/built"
    say "CPython is built"
}

need_packages gcc make dpkg-dev pkg-config python3-pip libffi-dev libssl-dev zlib1g-dev
make_scratch
home=$cache/free-threads
[ -e "$home/built" ] || build_python "$home"
python=$home/bin/python3.13t
site=$scratch/site

# What is not compiled comes as wheels, by this machine's pip; a newer hypothesis is compiled.
pip3 install -q --target "$site" --python-version 3.13 --implementation cp --abi cp313t --only-binary :all: \
    hypothesis==6.131.0 pycparser 'pytest>=8' pytest-timeout pytest-xdist 'setuptools>=77'
pip3 download -q --no-deps --no-binary cffi --dest "$scratch" cffi==2.1.1
mkdir "$scratch/cffi"
tar -x -f "$scratch/cffi-2.1.1.tar.gz" -C "$scratch/cffi" --strip-components=1
sed -i 's/sys.version_info < (3, 14)/sys.version_info < (3, 13)/' "$scratch/cffi/setup.py"
export PYTHONPATH=$site
for folder in cffi project; do
    cd "$scratch/$folder"
    "$python" -W ignore setup.py -q build --build-lib "$site" install_egg_info --install-dir "$site"
done
"$python" -W error -c 'import sys, cffisock; sys.exit(sys._is_gil_enabled())'
say "compiled"

cd "$scratch/project/tests"
"$python" -m pytest -n 2 -p no:cacheprovider --junit-xml "$scratch/free-threads.xml" --at-least 1000 --ignore programs "$@"
