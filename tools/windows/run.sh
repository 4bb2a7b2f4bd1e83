#!/usr/bin/env bash
# The tests of the project in a genuine Windows Python under Wine: one command, one summary.
#   tools/windows/run.sh [3.10|3.13] [pytest arguments]
set -euo pipefail
. "$(dirname "$0")/common.sh"

version=3.13
case ${1-} in 3.[0-9]*) version=$1; shift ;; esac
[ $# -gt 0 ] || set -- tests
[ -z "${CFFISOCK_RESULTS-}" ] || set -- --junit-xml "$(winpath "$CFFISOCK_RESULTS/windows.$version.xml")" "$@"

python=$("$lab/setup.sh" "$version")
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
"$lab/build.sh" "$python" "$site"
export CFFISOCK_GOLDEN
CFFISOCK_GOLDEN=$(winpath "$site/.golden")

cd "$root"
PYTHONPATH=$(winpath "$site") PYTHONPYCACHEPREFIX=$(winpath "$cache/pycache") "$lab/wine.sh" "$python/python.exe" \
  tools/windows/pytest_main.py -p wine_gaps -p no:cacheprovider --timeout 60 "$@"
