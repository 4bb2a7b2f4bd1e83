#!/usr/bin/env bash
# Tests under Valgrind's memcheck: what our C and the kernel read and write must be there, and written.
#
#   tools/valgrind.sh [pytest arguments and files]
#
# As root. CFFISOCK_LIMIT (seconds, 1500) bounds the run. Debian's own Python, for its suppressions: of
# another one, Valgrind says of the interpreter itself that it reads what was never written. By default
# the tests where memory is handed to the kernel. Not differential: the interpreter's own socket sends
# padding that it never wrote.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"
limit 1500 "$@"
[ $# -gt 0 ] || set -- --at-least 400 test_families.py test_ancillary.py test_datagram.py test_datagram_offload.py \
    test_endpoint.py test_properties.py test_regressions_core.py test_regressions_conformance.py test_threads.py

need_packages valgrind gcc libc6-dev python3-dev python3-venv
make_scratch
/usr/bin/python3 -m venv "$scratch/venv"
CFLAGS="-g -O1" "$scratch/venv/bin/pip" install -q "$scratch/project[test]"

cd "$scratch/project/tests"
export PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
# Valgrind's status, where it has found something, else that of pytest.
valgrind -q --error-exitcode=33 --suppressions=/usr/lib/valgrind/python3.supp \
    --suppressions="$project/tests/sanitizer/valgrind.supp" \
    "$scratch/venv/bin/python" -m pytest -p no:cacheprovider -p no:xdist --timeout 300 \
    --junit-xml "$scratch/valgrind.xml" "$@"
