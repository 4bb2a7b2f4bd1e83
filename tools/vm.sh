#!/usr/bin/env bash
# Run commands in a virtual machine with Debian's own kernel: nearly every family there is, slowly.
#
#   tools/vm.sh OUTDIR 'commands' [FOLDER...]
#
# As root, for all of / is read. Inside, / is this machine's, and what is written is gone at the end,
# but in OUTDIR, which is /mnt; the FOLDERs that tools/uml.sh wants named are there anyway. What the
# commands print and their exit status are passed on; 99 means the kernel did not get that far. The
# processor is emulated, everything takes twenty to thirty times as long. CFFISOCK_VM_TIMEOUT (seconds,
# 1200) bounds the whole run; CFFISOCK_CACHE keeps the kernel.
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
out=$(realpath "$1")
commands=$2
kernel=$cache/vm-$suite

# The package without a version in its name depends on the one of today.
download_kernel() {
    apt-get download -qq "$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p')"
}

# Debian's kernel, unpacked; nothing of it is installed on this machine.
fetch_kernel() {
    [ ! -e "$kernel/unpacked" ] || return 0
    rm -rf "$kernel"
    mkdir -p "$kernel"
    by_either_name private_apt "$kernel" deb download_kernel
    dpkg-deb -x "$kernel"/linux-image-*.deb "$kernel"
    rm -r "$kernel"/linux-image-*.deb "$kernel/apt"
    [ -e "$kernel/lib" ] || ln -s usr/lib "$kernel/lib"
    depmod -b "$kernel" "$(release)"
    touch "$kernel/unpacked"
    say "the kernel $(release) is unpacked"
}

release() { basename "$kernel"/usr/lib/modules/*; }

# What finds the root: a shell, and the modules for a file system of another machine's.
write_initrd() {
    local tree=$out/initrd module
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,upper,newroot}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    for name in virtio_pci 9pnet_virtio 9p overlay; do
        modprobe -d "$kernel" -S "$(release)" --show-depends "$name"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$tree/order"
    while read -r module; do
        xz -dc "$module" > "$tree/modules/$(basename "$module" .xz)"
    done < "$tree/order"
    sed -i 's|.*/||; s|\.xz$||' "$tree/order"
    cat > "$tree/init" << 'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in $($b cat /order); do $b insmod /modules/$module; done
share="trans=virtio,version=9p2000.L,msize=262144"
$b mount -t 9p -o $share,ro,cache=loose host /lower
$b mount -t tmpfs upper /upper
$b mkdir /upper/changed /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/changed,workdir=/upper/work root /newroot
$b mkdir -p /newroot/usr/lib/modules /newroot/mnt
$b mount -t 9p -o $share,ro,cache=loose modules /newroot/usr/lib/modules
$b mount -t 9p -o $share out /newroot/mnt
for kind in proc sys dev; do $b mount --move /$kind /newroot/$kind; done
exec $b switch_root /newroot /bin/bash /mnt/init.sh
INIT
    chmod +x "$tree/init"
    (cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) > "$out/initrd.img"
    rm -r "$tree"
}

write_init() {
    cat > "$out/init.sh" << 'INIT'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -sfn /proc/self/fd /dev/fd
mount -t tmpfs run /run
ip link set lo up
bash /mnt/commands.sh > /mnt/output.txt 2>&1 < /dev/null
echo $? > /mnt/status
sync
echo o > /proc/sysrq-trigger
sleep 60
INIT
    printf '%s\n' "$commands" > "$out/commands.sh"
    rm -f "$out/status" "$out/output.txt"
}

need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need depmod kmod
need cpio cpio
need xz xz-utils
fetch_kernel
write_initrd
write_init
share() { echo "-virtfs local,path=$1,mount_tag=$2,security_model=none,multidevs=remap${3-}"; }
# In the background, as a shell hears no signal while it waits for what is in front.
trap 'kill "$machine"; wait "$machine" || true; exit 143' INT TERM HUP
# shellcheck disable=SC2046 # several words
timeout --kill-after=5 "${CFFISOCK_VM_TIMEOUT:-1200}" qemu-system-x86_64 \
    -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nodefaults -no-reboot -display none \
    -serial "file:$out/console.log" -kernel "$kernel"/boot/vmlinuz-* -initrd "$out/initrd.img" \
    -append "console=ttyS0 quiet panic=-1 rdinit=/init cffisock" \
    $(share / host ,readonly=on) $(share "$kernel/usr/lib/modules" modules ,readonly=on) $(share "$out" out) \
    < /dev/null &
machine=$!
wait "$machine" || true
[ ! -f "$out/output.txt" ] || cat "$out/output.txt"
if [ ! -s "$out/status" ]; then
    echo "vm: no end in time; the console's last lines:" >&2
    tail -n 20 "$out/console.log" >&2
    exit 99
fi
exit "$(cat "$out/status")"
