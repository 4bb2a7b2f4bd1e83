#!/usr/bin/env bash
# CPython's own tests in the Windows Python under Wine, on its socket and on cffisock, test by test.
# The test package is that of a Linux CPython of the same version: the Windows Pythons have none.
#   tools/windows/conformance.sh [3.10|3.13] [module, default test_socket]
set -euo pipefail
. "$(dirname "$0")/common.sh"

version=${1:-3.13} module=${2:-test_socket}
python=$("$lab/setup.sh" "$version")
# pyenv first: its shim for python3.13 exists, and fails, when another version is the active one.
tests=$(
  for linux in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python "python$version"; do
    "$linux" -c 'import test; print(test.__path__[0])' 2>/dev/null && break
  done
) || die "no Linux CPython $version with its test package"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$lab/build.sh" "$python" "$work/site"
mkdir "$work/lib"
cp -r "$tests" "$work/lib/test"

cd "$work"
PYTHONPATH="$(winpath "$work/site");$(winpath "$work/lib")"
PYTHONPYCACHEPREFIX=$(winpath "$cache/pycache")
export PYTHONPATH PYTHONPYCACHEPREFIX
for side in stdlib cffisock; do
  : >"$side.json"
  for _ in 1 2 3 4 5; do # each hang costs one start
    done=$(python3 -c 'import json, sys
print("\n".join({e.get("start") or "" for e in map(json.loads, open(sys.argv[1]))} - {""}))' "$side.json")
    # shellcheck disable=SC2086 # one argument a test
    timeout 600 "$lab/wine.sh" "$python/python.exe" "$(winpath "$lab/record.py")" "$side" "$module" \
      "$(winpath "$work/$side.json")" $done 2>&1 | tail -n 3 || true
    ! grep -q '"end"' "$side.json" || break
  done
done
python3 "$lab/compare.py" "cpython-$version-wine" stdlib.json cffisock.json
