#!/usr/bin/env bash
# Tests under Valgrind's memcheck: what our C and the kernel read and write must be there, and written.
#
#   tools/valgrind.sh [pytest arguments and files]
#
# CFFISOCK_LIMIT (seconds, 1500) bounds the run. Debian's own Python, for its suppressions: of another
# one, Valgrind says of the interpreter itself that it reads what was never written. By default the tests
# where memory is handed to the kernel. Not differential: the interpreter's own socket sends padding that
# it never wrote.
set -euo pipefail

if [ -z "${CFFISOCK_LIMITED-}" ]; then
    CFFISOCK_LIMITED=1 exec timeout --kill-after=10 "${CFFISOCK_LIMIT:-1500}" bash "$0" "$@"
fi
project=$(cd "$(dirname "$0")/.." && pwd)
python=/usr/bin/python3
suppressions=/usr/lib/valgrind/python3.supp # of the interpreter
for needed in "$(command -v valgrind || echo valgrind)" $python $suppressions; do
    [ -e "$needed" ] || { echo "valgrind: $needed is missing: apt-get install valgrind python3-dev python3-venv" >&2; exit 2; }
done
[ $# -gt 0 ] || set -- --at-least 400 test_families.py test_ancillary.py test_datagram.py test_datagram_offload.py \
    test_endpoint.py test_properties.py test_regressions_core.py test_regressions_conformance.py test_threads.py

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/project" "${CFFISOCK_RESULTS:-$scratch}"
tar -C "$project" -c --exclude=./.git --exclude=./.tox --exclude=./build --exclude='*.so' . | tar -C "$scratch/project" -x
$python -m venv "$scratch/venv"
CFLAGS="-g -O1" "$scratch/venv/bin/pip" install -q "$scratch/project[test]"

cd "$project/tests"
export PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
# Valgrind's status, where it has found something, else that of pytest.
valgrind -q --error-exitcode=33 --suppressions=$suppressions --suppressions="$project/tests/sanitizer/valgrind.supp" \
    "$scratch/venv/bin/python" -m pytest -p no:cacheprovider -p no:xdist --timeout 300 \
    --junit-xml "${CFFISOCK_RESULTS:-$scratch}/valgrind.xml" "$@"
