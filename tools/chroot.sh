# shellcheck shell=bash
# Roots of other systems for the rows of the matrix: sourced by debian.sh, i386.sh, emulated.sh.
#
# A root is Debian's packages unpacked, none of them configured: no script of theirs runs, also where
# the processor is not this machine's. It lies in CFFISOCK_CACHE (default: ~/.cache/cffisock) and is
# made once; mounts end with the command that needs them. The machine's apt lists are read, never
# written, but by the install of a missing tool.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CFFISOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cffisock}
suite=${suite:-trixie}

say() { echo "$(basename "$0" .sh): $* ($SECONDS s)" >&2; }

# The row as a whole has a limit: it starts itself again below `timeout`.
limit() {
    local seconds=$1
    shift
    case ${1-} in -h | --help) sed -n '2,/^[^#]/{/shellcheck/!s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
    [ -z "${CFFISOCK_LIMITED-}" ] || { unset CFFISOCK_LIMITED; return 0; }
    [ "$(id -u)" -eq 0 ] || { echo "$0: chroot and mount need root" >&2; exit 2; }
    CFFISOCK_LIMITED=1 exec timeout --kill-after=10 "${CFFISOCK_LIMIT:-$seconds}" bash "$0" "$@"
}

# need COMMAND PACKAGE...: the packages, where the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" > /dev/null || need_packages "$@"
}

need_packages() {
    # A package that was removed is still known.
    [ -n "$(dpkg-query --show --showformat '${db:Status-Status}\n' "$@" 2>&1 | grep -vx installed)" ] || return 0
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

# What JUnit files the row wrote go to CFFISOCK_RESULTS, where that is set.
leave() {
    [ -z "${CFFISOCK_RESULTS-}" ] || { mkdir -p "$CFFISOCK_RESULTS" && cp "$scratch"/*.xml "$CFFISOCK_RESULTS"/; } || true
    rm -rf "$scratch"
}

# A copy of the project without what was built here; scratch is /mnt inside a root.
make_scratch() {
    scratch=$(mktemp -d)
    trap leave EXIT
    mkdir "$scratch/project"
    tar -C "$project" -c --exclude=./.git --exclude=./.tox --exclude=./build --exclude='*.so' --exclude=__pycache__ . |
        tar -C "$scratch/project" -x --no-same-owner
}

# The machine's own mirror. One archive only: between two, a mirror may not be in step.
mirror() {
    # shellcheck disable=SC2016 # apt's own
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1
}

# by_either_name COMMAND...: with one name of $suite after the other as $name, until one does. A mirror in
# the midst of a point release may have an index that its files do not fit, and the other name be whole.
by_either_name() {
    local name names=$suite
    [ "$suite" != trixie ] || names="trixie stable"
    for name in $names; do
        "$@" && return
        say "$name cannot be had whole"
    done
    return 1
}

# private_apt FOLDER deb|deb-src COMMAND...: run a command of apt's in FOLDER, with a configuration of its
# own there, which knows the release called $name and nothing else.
private_apt() {
    local folder=$1 kind=$2
    shift 2
    mkdir -p "$folder"/apt/{lists/partial,cache/archives/partial}
    echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $name main" > "$folder/apt/sources.list"
    cat > "$folder/apt/apt.conf" << CONFIG
Dir::Etc::sourcelist "$folder/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$folder/apt/lists";
Dir::Cache "$folder/apt/cache";
APT::Sandbox::User "root";
CONFIG
    # shellcheck disable=SC2016 # apt's own
    (
        cd "$folder" && export APT_CONFIG=$folder/apt/apt.conf && apt-get update -qq &&
            [ "$(apt-get indextargets --format '$(CODENAME)' | sort -u)" = "$suite" ] && "$@"
    )
}

# Of the other name's try nothing stays: its versions may be others.
download_source() { rm -f ./*.orig.tar.* && apt-get source -qq --download-only "$@"; }

# fetch_source FOLDER PACKAGE...: Debian's sources, each unpacked in a folder of its name.
fetch_source() {
    local folder=$1 package
    shift
    by_either_name private_apt "$folder" deb-src download_source "$@"
    for package; do
        mkdir "$folder/$package"
        tar -x -f "$folder/${package}_"*.orig.tar.[gx]z -C "$folder/$package" --strip-components=1
    done
}

unpack_root() {
    local architecture=$1 packages=$2
    rm -rf "$root"
    # An old index of a suite that moves is better than none.
    mmdebstrap --variant=extract --mode=root --architectures="$architecture" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
        --include='?essential' --include="$packages" "$name" "$root" "deb $(mirror) $name main" \
        > "$scratch/mmdebstrap.log" 2>&1 || { tail -n 20 "$scratch/mmdebstrap.log" >&2; return 1; }
    # A name like stable moves on to the next release.
    [ "$name" = "$suite" ] || grep -qx "VERSION_CODENAME=$suite" "$root/etc/os-release"
}

# make_root ARCHITECTURE PACKAGES [NAME]: sets $root. A list that has changed makes it anew; a NAME
# keeps it apart from another row's.
make_root() {
    local architecture=$1 packages=$2
    root=$cache/$suite-$architecture${3:+-$3}
    [ "$(cat "$root/unpacked" 2> /dev/null)" != "$packages" ] || return 0
    need mmdebstrap mmdebstrap
    mkdir -p "$cache"
    by_either_name unpack_root "$architecture" "$packages" || { rm -rf "$root"; return 1; }
    # What the packages' scripts would have made.
    mkdir -p "$root/etc/ssl/certs" "$root/mnt"
    ln -sf gcc "$root/usr/bin/cc"
    ln -sf mawk "$root/usr/bin/awk"
    printf 'root:x:0:0:root:/root:/bin/bash\n' > "$root/etc/passwd"
    printf 'root:x:0:\n' > "$root/etc/group"
    printf '%s' "$packages" > "$root/unpacked"
    say "$suite for $architecture is unpacked"
}

# in_root COMMAND...: in $root, with mounts of its own, after $enter (default: a mount namespace).
in_root() {
    local certificates=/etc/ssl/certs/ca-certificates.crt
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    [ ! -e $certificates ] || cp -L $certificates "$root/etc/ssl/certs/"
    # shellcheck disable=SC2016,SC2086 # expanded inside; several words
    ${enter:-unshare --mount --propagation private} bash -euc '
        root=$1 scratch=$2
        shift 2
        mount --rbind "$root" "$root" # `ip netns` wants / to be a mount
        for folder in proc dev; do mount --rbind /$folder "$root/$folder"; done
        mount -t sysfs sysfs "$root/sys"
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        mount -t tmpfs -o mode=755 tmpfs "$root/run"
        mount --bind "$scratch" "$root/mnt"
        exec chroot "$root" env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin HOME=/root LC_ALL=C.UTF-8 \
            PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DEFAULT_TIMEOUT=180 PIP_DISABLE_PIP_VERSION_CHECK=1 \
            PYTEST_ADDOPTS="${PYTEST_ADDOPTS-}" "$@"
    ' in_root "$root" "$scratch" "$@"
}
