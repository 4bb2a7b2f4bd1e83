#!/usr/bin/env bash
# Run a command whose Python imports a _ffi built with -fsanitize=address,undefined (see `asan` in tox.ini).
#
#   tools/asan.sh COMMAND ARGUMENTS...
#
# The interpreter is not built with the sanitizers, so their libraries are loaded before it.
set -euo pipefail

asan=$(gcc -print-file-name=libasan.so) ubsan=$(gcc -print-file-name=libubsan.so)
module=$(python -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("cffisock").origin))')
grep -q __asan_report "$module"/_ffi.* || { echo "asan: $module/_ffi is not built with the sanitizer" >&2; exit 2; }

# The interpreter's own leaks are not ours to report; its allocator would hide our overflows.
exec env LD_PRELOAD="$asan $ubsan" PYTHONMALLOC=malloc \
    ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:allocator_may_return_null=1" UBSAN_OPTIONS=print_stacktrace=1 "$@"
