#!/usr/bin/env bash
# Runs a Windows program under Wine, in a prefix of our own, and passes on its exit status.
#   tools/windows/wine.sh PROGRAM ARGS...
set -euo pipefail
. "$(dirname "$0")/common.sh"

export WINEDEBUG=${WINEDEBUG:--all} PYTHONUTF8=1
unset DISPLAY

quietly() { "$@" </dev/null >/dev/null 2>&1; }

(
  mkdir -p "$WINEPREFIX"
  flock 9
  if [ ! -e "$WINEPREFIX/system.reg" ]; then
    quietly wineboot -i
    quietly wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f
    quietly wineserver -w
  fi
) 9>"$cache/prefix.lock"
# The first program of a session starts services that inherit its output, and a pipe would stay open as long as
# they live: start them now, with nothing to inherit. The server stays (-p: every start costs seconds, and one
# with a time limit was seen to go in the middle of a run); the last script to use it ends it, see common.sh.
quietly wineserver -p || true
quietly wine cmd /c exit || true
# Python under Wine 8 cannot write to a file, only to a pipe or a terminal.
wine "$@" </dev/null 2> >(grep -v -E 'wine32|multiarch needs|dpkg --add-arch|apt-get install wine32|^$' >&2) | cat
