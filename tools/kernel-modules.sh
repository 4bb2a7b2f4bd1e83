#!/bin/bash
# Inside a kernel of tools/uml.sh or tools/vm.sh: load what it has of the families' modules, and make vcan0.
# A kernel without one of them is no failure here: the tests skip what it lacks, and count what ran.
modules="sctp vsock_loopback vcan can-raw can-bcm can-j1939 can-isotp tipc af_alg algif_hash algif_skcipher
algif_aead algif_rng sch_netem veth qrtr rds rds_tcp smc bluetooth rfcomm hci_vhci"
for module in $modules; do
    modprobe -q "$module" || echo "this kernel has no module $module"
done
ip link add dev vcan0 type vcan
ip link set vcan0 up
