#!/bin/bash
# Run tests/uml and tests/netns (a wire that loses and delays) in User-Mode Linux.
#
#   tools/uml-tests.sh [VENV [pytest arguments]]
#
# VENV (or $CFFISOCK_UML_VENV) has the package and pytest; where it does not exist it is made with
# $PYTHON (python3). What the tests write, and the kernel's console, is in $CFFISOCK_UML_OUT (a
# temporary folder); their JUnit file goes to $CFFISOCK_RESULTS, where that is set.
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
venv=${1:-${CFFISOCK_UML_VENV:-$project/.tox/uml}}
[ $# -eq 0 ] || shift
out=${CFFISOCK_UML_OUT:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi

if [ ! -x "$venv/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install -q "$project[test]"
fi
venv=$(cd "$venv" && pwd)

# pytest, not python -m pytest: the source folder must not hide the installed package.
"$project/tools/uml.sh" "$out" "
set -e
modprobe -a sctp vsock_loopback vcan can-raw can-bcm can-j1939 tipc
modprobe -a af_alg algif_hash algif_skcipher algif_aead algif_rng
modprobe -a sch_netem veth
ip link add dev vcan0 type vcan
ip link set vcan0 up
cd '$project'
export PYTHONDONTWRITEBYTECODE=1
'$venv/bin/pytest' -p no:cacheprovider --junit-xml /mnt/uml.xml ${*@Q} tests/uml tests/netns
" "$project" "$venv" || status=$?
[ -z "${CFFISOCK_RESULTS-}" ] || { mkdir -p "$CFFISOCK_RESULTS" && cp "$out/uml.xml" "$CFFISOCK_RESULTS/"; }
exit "${status:-0}"
