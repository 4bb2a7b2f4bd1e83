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
    dpkg-query --show "$@" > /dev/null 2>&1 && return
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

# private_apt FOLDER deb|deb-src: an apt configuration of the row's own, of $suite alone.
private_apt() {
    local folder=$1 mirror
    mkdir -p "$folder"/{etc,lists/partial,cache/archives/partial}
    # shellcheck disable=SC2016 # apt's own
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
    echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$folder/etc/sources.list"
    cat > "$folder/apt.conf" << CONFIG
Dir::Etc::sourcelist "$folder/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$folder/lists";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
CONFIG
}

# fetch_source FOLDER PACKAGE...: Debian's sources, each unpacked in a folder of its name.
fetch_source() {
    local folder=$1 package
    shift
    private_apt "$folder/apt" deb-src
    (cd "$folder" && export APT_CONFIG=$folder/apt/apt.conf && apt-get update -qq && apt-get source -qq --download-only "$@")
    for package; do
        mkdir "$folder/$package"
        tar -x -f "$folder/${package}_"*.orig.tar.[gx]z -C "$folder/$package" --strip-components=1
    done
}

# make_root ARCHITECTURE PACKAGES [NAME]: sets $root. A list that has changed makes it anew; a NAME
# keeps it apart from another row's.
make_root() {
    local architecture=$1 packages=$2 mirror
    root=$cache/$suite-$architecture${3:+-$3}
    [ "$(cat "$root/unpacked" 2> /dev/null)" != "$packages" ] || return 0
    need mmdebstrap mmdebstrap
    rm -rf "$root"
    mkdir -p "$cache"
    # The machine's own mirror. One archive only: between two, a mirror may not be in step.
    # shellcheck disable=SC2016 # apt's own
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
    # An old index of a suite that moves is better than none.
    mmdebstrap --variant=extract --mode=root --architectures="$architecture" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
        --include='?essential' --include="$packages" "$suite" "$root" "deb $mirror $suite main" \
        > "$scratch/mmdebstrap.log" 2>&1 || { tail -n 20 "$scratch/mmdebstrap.log" >&2; rm -rf "$root"; return 1; }
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
