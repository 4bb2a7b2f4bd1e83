#!/usr/bin/env bash
# Run a command whose Python imports a _ffi built with a sanitizer (see `asan` and `tsan` in tox.ini).
#
#   tools/sanitizer.sh address|thread COMMAND ARGUMENTS...
#
# The interpreter is not built with it, so its library is loaded first. Of threads it sees what our C
# does, and the locks that everybody takes: C that runs outside of the interpreter's lock.
# CFFISOCK_LIMIT (seconds, 1500) bounds the run.
set -euo pipefail
case ${1---help} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
# The whole has a limit.
[ -n "${CFFISOCK_LIMITED-}" ] || CFFISOCK_LIMITED=1 exec timeout --kill-after=10 "${CFFISOCK_LIMIT:-1500}" bash "$0" "$@"
unset CFFISOCK_LIMITED

kind=$1
shift
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
library() { gcc -print-file-name="lib$1.so"; }

case $kind in
    address)
        mark=__asan_report
        # The interpreter's own leaks are not ours to report; its allocator would hide our overflows.
        run=(env LD_PRELOAD="$(library asan) $(library ubsan)" PYTHONMALLOC=malloc
            ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:allocator_may_return_null=1" UBSAN_OPTIONS=print_stacktrace=1)
        ;;
    thread)
        mark=__tsan_read
        # Its shadow memory cannot be where addresses are random; tests fork beside threads.
        run=(setarch --addr-no-randomize env LD_PRELOAD="$(library tsan)"
            TSAN_OPTIONS="log_path=$reports/report:die_after_fork=0:allocator_may_return_null=1")
        ;;
    *) echo "$0: no such sanitizer: $kind" >&2; exit 2 ;;
esac

module=$(python -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("cffisock").origin))')
grep -q $mark "$module"/_ffi.* || { echo "sanitizer: $module/_ffi is not built for $kind" >&2; exit 2; }

status=0
"${run[@]}" "$@" || status=$?
# A race is told by the status of its own process, which may be a worker of pytest's or its child.
if grep -h -s 'SUMMARY: ThreadSanitizer: data race' "$reports"/*; then
    cat "$reports"/* >&2
    status=66
fi
exit $status
