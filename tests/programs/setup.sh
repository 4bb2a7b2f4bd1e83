#!/usr/bin/env bash
# What the tests of this folder need: Debian's servers, and an environment of pinned packages.
#   tests/programs/setup.sh FOLDER [PYTHON]     then  FOLDER/bin/python -m pytest tests/programs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?the folder of the environment}
python=${2:-python3.11}

servers=(redis-server memcached mariadb-server postgresql openssh-server openssh-sftp-server dnsmasq-base mosquitto
  iproute2 openssl)
declare -A services=([redis-server]=redis-server [memcached]=memcached [mariadb-server]=mariadb [postgresql]=postgresql
  [openssh-server]=ssh [mosquitto]=mosquitto)
missing=()
for package in "${servers[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  # The tests start servers of their own: Debian's are not to start, now or later.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
  # Those that were here before are the machine's, and stay as they are.
  for package in "${missing[@]}"; do
    [ -z "${services[$package]-}" ] || [ ! -d /run/systemd/system ] || systemctl disable --now "${services[$package]}" >&2 || true
  done
fi

[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
"$folder/bin/python" -m pip install -q -r "$here/requirements.txt"
"$folder/bin/python" -m pip install -q --no-deps --force-reinstall "$here/../.."
