#!/usr/bin/env bash
# Build sdist and wheel from what git knows, look at them from all sides, and run the main job from the wheel alone.
#
#   tools/check_wheel.sh WORKDIR
#
# The Python called `python` must have build, twine, check-wheel-contents and abi3audit. The wheel is
# then installed in a fresh environment of every CPython 3 found on PATH: the stable ABI's promise.
# CFFISOCK_LIMIT (seconds, 900) bounds the run.
set -euo pipefail
case ${1---help} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
# The whole has a limit.
[ -n "${CFFISOCK_LIMITED-}" ] || CFFISOCK_LIMITED=1 exec timeout --kill-after=10 "${CFFISOCK_LIMIT:-900}" bash "$0" "$@"
unset CFFISOCK_LIMITED

work=$(realpath -m "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$work/source" "$work/dist" "$work/venv"
mkdir -p "$work/source"

# A copy: what an earlier build left behind in the project's folder must not find its way in.
(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$work/source" 2> /dev/null) || true
cd "$work/source"
python -m build --outdir "$work/dist" . > "$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
sdist=$(echo "$work"/dist/*.tar.gz) wheel=$(echo "$work"/dist/*.whl)

echo "== metadata"
twine check --strict "$sdist" "$wheel"

echo "== contents"
# W004: _ffi is compiled, and the names of the bench's modules are no importable mistake.
check-wheel-contents --toplevel cffisock --ignore W004 "$wheel"
listing=$(python -m zipfile -l "$wheel")
for wanted in cffisock/_ffi. cffisock/py.typed cffisock/backends/posix/__init__.py \
    cffisock/backends/windows/__init__.py cffisock/bench/__init__.py licenses/LICENSE; do
    grep -qF "$wanted" <<< "$listing" || { echo "the wheel lacks $wanted" >&2; exit 1; }
done
! grep -E '\.(c|h|txt|o) |/tests/' <<< "$(grep -v 'dist-info' <<< "$listing")" || { echo "the wheel holds sources" >&2; exit 1; }
listing=$(tar tzf "$sdist")
for wanted in build_ffi.py setup.py backends/constants.txt backends/shim.h backends/posix/shim.c backends/windows/shim.c \
    tests/conftest.py tox.ini docs/ examples/; do
    grep -qF "$wanted" <<< "$listing" || { echo "the sdist lacks $wanted" >&2; exit 1; }
done

echo "== stable ABI"
case $wheel in
    *-cp39-abi3-*) abi3audit --strict --verbose "$wheel" ;;
    *) echo "not an abi3 wheel: $wheel" >&2; exit 1 ;;
esac

echo "== main job, from the wheel alone"
cd "$work"
ran=0
for python in python3.9 python3.10 python3.11 python3.12 python3.13 python3.14; do
    "$python" -c '' 2> /dev/null || continue
    rm -rf "$work/venv"
    if ! "$python" -m venv "$work/venv" > /dev/null 2>&1; then
        echo "$python has no venv" >&2
        continue
    fi
    "$work/venv/bin/python" -m pip install --quiet "$wheel" > "$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
    "$work/venv/bin/python" -m cffisock > "$work/main-job.txt" || { cat "$work/main-job.txt"; exit 1; }
    echo "$("$work/venv/bin/python" -V): $(tail -n 1 "$work/main-job.txt")"
    ran=$((ran + 1))
done
[ "$ran" -gt 0 ]
echo "package: the wheel runs on $ran interpreters"
