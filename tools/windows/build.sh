#!/usr/bin/env bash
# Lays the project out as a Windows site-packages: the Python files, and cffisock._ffi cross-built by mingw-w64.
# The Windows Python itself writes the C source: it is Windows' constants and room that are wanted.
#   tools/windows/build.sh PYTHON_FOLDER SITE_FOLDER
set -euo pipefail
. "$(dirname "$0")/common.sh"

python=${1:?folder of a Windows Python} site=${2:?folder to fill}
build=$site/.build

mkdir -p "$site" "$build"
cp -r "$root/cffisock" "$site/"
rm -rf "$site/cffisock/backends"
cp -r "$root/backends" "$site/cffisock/backends"
cp "$lab/sitecustomize.py" "$site/"
release=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/pyproject.toml")
mkdir -p "$site/cffisock-$release.dist-info"
printf 'Metadata-Version: 2.1\nName: cffisock\nVersion: %s\n' "$release" >"$site/cffisock-$release.dist-info/METADATA"
find "$site/cffisock" \( -name __pycache__ -o -name '_ffi.*' \) -prune -exec rm -rf {} +

(cd "$root" && "$lab/wine.sh" "$python/python.exe" -c \
  'import sys; sys.path.insert(0, "."); import build_ffi; build_ffi.ffibuilder.emit_c_code(sys.argv[1])' \
  "$(winpath "$build/_ffi.c")")

# The limited API: one module serves every CPython 3. The room is held to the strictest C that gcc can check.
x86_64-w64-mingw32-gcc -shared -O2 -std=c11 -Wall -Wextra -Werror -Wno-missing-field-initializers \
  -I "$python/include" -I "$root/backends" "$build/_ffi.c" -o "$site/cffisock/_ffi.pyd" \
  "$python/libs/python3.lib" -lws2_32 -lmswsock -liphlpapi -lkernel32
# The layouts of other systems, for test_golden.py: the Windows Pythons have no compiler.
python3 "$root/tests/golden/layouts.py" --libraries "$site/.golden" x86_64-w64-mingw32-gcc -lws2_32
