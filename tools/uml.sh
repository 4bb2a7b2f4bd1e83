#!/bin/bash
# Run commands in User-Mode Linux: a kernel with CAN, AF_ALG, TIPC, SCTP and VSOCK loopback, as a process.
#
#   tools/uml.sh OUTDIR 'commands' [FOLDER...]
#
# Inside, / is this machine's, read-only; OUTDIR is /mnt, writable; /tmp and /run are empty but for
# the FOLDERs that lie there. What the commands print and their exit status are passed on; 99 means
# the kernel did not get that far. CFFISOCK_UML_TIMEOUT (seconds, 600) bounds the whole run,
# CFFISOCK_UML_MEMORY (1024M) is the kernel's. CFFISOCK_CACHE, if set, keeps the kernel's modules
# from one run to the next.
set -eu

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
commands=$2
mkdir -p "$1"
out=$(realpath "$1")
shift 2

need() {
    command -v linux.uml > /dev/null && command -v depmod > /dev/null && return
    local as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
        user-mode-linux kmod iproute2 > /dev/null
}

# The package has the modules without an index, in a place that modprobe does not look at.
modules() {
    release=$(basename /usr/lib/uml/modules/*)
    tree=${CFFISOCK_CACHE:-$out}/uml-$release
    if [ ! -e "$tree/lib/modules/$release/modules.dep" ]; then
        mkdir -p "$tree/lib/modules"
        cp -r "/usr/lib/uml/modules/$release" "$tree/lib/modules/"
        depmod -b "$tree" "$release"
    fi
    # The mount point must exist on the read-only root; some machines have no kernel of their own.
    [ -d /lib/modules ] || mkdir -p /usr/lib/modules
}

mounts() {
    for folder in "$@"; do
        case $folder in
            /tmp/* | /run/*) echo "mkdir -p '$folder'; mount -r -t hostfs none '$folder' -o '$folder'" ;;
        esac
    done
}

write_init() {
    cat > "$out/init.sh" << INIT
#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -s /proc/self/fd /dev/fd
mount -t hostfs none /mnt -o "$out"
mount -t hostfs none /lib/modules -o "$tree/lib/modules"
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
$(mounts "$@")
ip link set lo up
bash /mnt/commands.sh > /mnt/output.txt 2>&1 < /dev/null
echo \$? > /mnt/status
sync
echo o > /proc/sysrq-trigger
sleep 5
INIT
    chmod +x "$out/init.sh"
    printf '%s\n' "$commands" > "$out/commands.sh"
    rm -f "$out/status" "$out/output.txt"
}

# The kernel's memory is a file that it runs from: a container's /dev/shm forbids that, and is small.
memory_folder() {
    case $(awk '$2 == "/dev/shm" { print $4 }' /proc/mounts) in
        '' | *noexec*) echo "$out" ;;
        *) echo /dev/shm ;;
    esac
}

need
modules
write_init "$@"
# In the background, as a shell hears no signal while it waits for what is in front.
trap 'kill "$kernel"; wait "$kernel" || true; exit 143' INT TERM HUP
TMPDIR=$(memory_folder) timeout --kill-after=5 "${CFFISOCK_UML_TIMEOUT:-600}" linux.uml "mem=${CFFISOCK_UML_MEMORY:-1024M}" \
    root=/dev/root rootfstype=hostfs rootflags=/ ro con=null con0=null,fd:1 \
    "init=$out/init.sh" "umid=cffisock$$" quiet cffisock < /dev/null > "$out/console.log" 2>&1 &
kernel=$!
wait "$kernel" || true
[ ! -f "$out/output.txt" ] || cat "$out/output.txt"
if [ ! -s "$out/status" ]; then
    echo "uml: no end in time; the console's last lines:" >&2
    tail -n 20 "$out/console.log" >&2
    exit 99
fi
exit "$(cat "$out/status")"
