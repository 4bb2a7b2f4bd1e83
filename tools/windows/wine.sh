#!/usr/bin/env bash
# Runs a Windows program under Wine, in a prefix of our own, and passes on its exit status.
#   tools/windows/wine.sh PROGRAM ARGS...
set -euo pipefail
. "$(dirname "$0")/common.sh"

export WINEDEBUG=${WINEDEBUG:--all} PYTHONUTF8=1
unset DISPLAY

# A program started here must not inherit the lock: the services outlive this script.
quietly() { "$@" </dev/null >/dev/null 2>&1 9>&-; }

make_prefix() {
  [ ! -e "$WINEPREFIX/system.reg" ] || return 0
  quietly wineboot -i
  quietly wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f
  quietly wineserver -w
}

mkdir -p "$WINEPREFIX"
(flock 9 && make_prefix) 9>"$cache/prefix.lock"
# The first program of a session starts services that inherit its output, and a pipe would stay open as long as
# they live: start them now, with nothing to inherit. The server stays for an hour: every start costs seconds.
quietly wineserver -p3600 || true
quietly wine cmd /c exit || true
# Python under Wine 8 cannot write to a file, only to a pipe or a terminal.
wine "$@" </dev/null 2> >(grep -v -E 'wine32|multiarch needs|dpkg --add-arch|apt-get install wine32|^$' >&2) | cat
