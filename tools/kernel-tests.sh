#!/bin/bash
# Run tests/kernels and tests/netns (a wire that loses and delays) in a kernel that has what they need.
#
#   tools/kernel-tests.sh uml|vm [VENV [pytest arguments]]
#
# uml is tools/uml.sh, vm is tools/vm.sh. VENV has the package and pytest; where it does not exist it
# is made with $PYTHON (python3). What the tests write, and the kernel's console, is in
# $CFFISOCK_KERNEL_OUT (a temporary folder); their JUnit file goes to $CFFISOCK_RESULTS, where that is set.
set -eu
case ${1-} in uml | vm) ;; *) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

project=$(cd "$(dirname "$0")/.." && pwd)
machine=$1
venv=${2:-$project/.tox/$machine}
shift
[ $# -eq 0 ] || shift
out=${CFFISOCK_KERNEL_OUT:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi

if [ ! -x "$venv/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install -q "${project}[test]"
fi
venv=$(cd "$venv" && pwd)

# In the background, as a shell hears no signal while it waits for what is in front.
trap 'kill "$running"; wait "$running" || true; exit 143' INT TERM HUP
# pytest, not python -m pytest: the source folder must not hide the installed package.
"$project/tools/$machine.sh" "$out" "
set -e
bash '$project/tools/kernel-modules.sh'
cd '$project'
export PYTHONDONTWRITEBYTECODE=1
'$venv/bin/pytest' -p no:cacheprovider --junit-xml /mnt/$machine.xml ${*@Q} tests/kernels tests/netns
" "$project" "$venv" &
running=$!
wait "$running" || status=$?
[ -z "${CFFISOCK_RESULTS-}" ] || { mkdir -p "$CFFISOCK_RESULTS" && cp "$out/$machine.xml" "$CFFISOCK_RESULTS/"; } || true
exit "${status:-0}"
