#!/usr/bin/env bash
# Which wheels cibuildwheel would build of this project, on every system: nothing is built.
#
#   tools/wheel_tags.sh       fails when one of those below is not among them
#
# `cibuildwheel` must be on PATH; what it builds is chosen in pyproject.toml.
set -euo pipefail
case ${1-} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

wanted="
cp39-manylinux_x86_64 cp39-musllinux_x86_64 cp39-macosx_universal2 cp39-win_amd64 cp39-win_arm64
pp311-manylinux_x86_64 pp311-win_amd64
"

wheels=
for system in linux macos 'windows --archs all'; do
    # shellcheck disable=SC2086 # several words
    wheels+=$'\n'$(timeout 60 cibuildwheel --print-build-identifiers --platform $system)
done
for wheel in $wanted; do
    grep -qx "$wheel" <<< "$wheels" || { echo "not a wheel that would be built: $wheel" >&2; exit 1; }
done
echo "$(grep -c . <<< "$wheels") wheels would be built"
