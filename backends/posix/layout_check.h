/* sockaddrs.h against the system's own headers: a layout that differs does not compile. */

#define CS_SAME_SIZE(ours, theirs)                                                                 \
    _Static_assert(sizeof(struct ours) == sizeof(struct theirs), #ours ": size")
#define CS_SAME_PLACE(ours, field, theirs, their_field)                                            \
    _Static_assert(offsetof(struct ours, field) == offsetof(struct theirs, their_field) &&         \
                       sizeof(((struct ours *)0)->field) ==                                        \
                           sizeof(((struct theirs *)0)->their_field),                              \
                   #ours "." #field)

#ifndef __has_include
#define __has_include(header) 0
#endif

#include <stddef.h>

_Static_assert(sizeof(off_t) == 8, "files of more than 2 GiB");

#if __has_include(<linux/netlink.h>)
#include <linux/netlink.h>
#define CS_CHECK_NETLINK
#elif __has_include(<netlink/netlink.h>)
#include <netlink/netlink.h>
#define CS_CHECK_NETLINK
#endif
#ifdef CS_CHECK_NETLINK
CS_SAME_SIZE(cs_sockaddr_nl, sockaddr_nl);
CS_SAME_PLACE(cs_sockaddr_nl, nl_pid, sockaddr_nl, nl_pid);
CS_SAME_PLACE(cs_sockaddr_nl, nl_groups, sockaddr_nl, nl_groups);
#endif

#ifdef __linux__

/* libc and the kernel each have this one, and they do not go together. */
#if !defined(__LINUX_IF_PACKET_H) && !defined(_LINUX_IF_PACKET_H)
#include <netpacket/packet.h>
#endif
CS_SAME_SIZE(cs_sockaddr_ll, sockaddr_ll);
CS_SAME_PLACE(cs_sockaddr_ll, sll_protocol, sockaddr_ll, sll_protocol);
CS_SAME_PLACE(cs_sockaddr_ll, sll_ifindex, sockaddr_ll, sll_ifindex);
CS_SAME_PLACE(cs_sockaddr_ll, sll_hatype, sockaddr_ll, sll_hatype);
CS_SAME_PLACE(cs_sockaddr_ll, sll_pkttype, sockaddr_ll, sll_pkttype);
CS_SAME_PLACE(cs_sockaddr_ll, sll_halen, sockaddr_ll, sll_halen);
CS_SAME_PLACE(cs_sockaddr_ll, sll_addr, sockaddr_ll, sll_addr);

/* Before Linux 5.4 the struct ended with tp: its header has no j1939, and only a prefix to check.
 */
#if __has_include(<linux/can.h>)
#include <linux/can.h>
CS_SAME_PLACE(cs_sockaddr_can, can_ifindex, sockaddr_can, can_ifindex);
CS_SAME_PLACE(cs_sockaddr_can, can_addr.tp.rx_id, sockaddr_can, can_addr.tp.rx_id);
CS_SAME_PLACE(cs_sockaddr_can, can_addr.tp.tx_id, sockaddr_can, can_addr.tp.tx_id);
#if __has_include(<linux/can/j1939.h>)
CS_SAME_SIZE(cs_sockaddr_can, sockaddr_can);
CS_SAME_PLACE(cs_sockaddr_can, can_addr.j1939.name, sockaddr_can, can_addr.j1939.name);
CS_SAME_PLACE(cs_sockaddr_can, can_addr.j1939.pgn, sockaddr_can, can_addr.j1939.pgn);
CS_SAME_PLACE(cs_sockaddr_can, can_addr.j1939.addr, sockaddr_can, can_addr.j1939.addr);
#endif
#endif

#if __has_include(<linux/vm_sockets.h>)
#include <linux/vm_sockets.h>
CS_SAME_SIZE(cs_sockaddr_vm, sockaddr_vm);
CS_SAME_PLACE(cs_sockaddr_vm, svm_port, sockaddr_vm, svm_port);
CS_SAME_PLACE(cs_sockaddr_vm, svm_cid, sockaddr_vm, svm_cid);
#endif

#if __has_include(<linux/qrtr.h>)
#include <linux/qrtr.h>
CS_SAME_SIZE(cs_sockaddr_qrtr, sockaddr_qrtr);
CS_SAME_PLACE(cs_sockaddr_qrtr, sq_node, sockaddr_qrtr, sq_node);
CS_SAME_PLACE(cs_sockaddr_qrtr, sq_port, sockaddr_qrtr, sq_port);
#endif

#if __has_include(<linux/tipc.h>)
#include <linux/tipc.h>
CS_SAME_SIZE(cs_sockaddr_tipc, sockaddr_tipc);
CS_SAME_PLACE(cs_sockaddr_tipc, addrtype, sockaddr_tipc, addrtype);
CS_SAME_PLACE(cs_sockaddr_tipc, scope, sockaddr_tipc, scope);
CS_SAME_PLACE(cs_sockaddr_tipc, words[0], sockaddr_tipc, addr.id.ref);
CS_SAME_PLACE(cs_sockaddr_tipc, words[1], sockaddr_tipc, addr.id.node);
CS_SAME_PLACE(cs_sockaddr_tipc, words[0], sockaddr_tipc, addr.nameseq.type);
CS_SAME_PLACE(cs_sockaddr_tipc, words[1], sockaddr_tipc, addr.nameseq.lower);
CS_SAME_PLACE(cs_sockaddr_tipc, words[2], sockaddr_tipc, addr.nameseq.upper);
CS_SAME_PLACE(cs_sockaddr_tipc, words[0], sockaddr_tipc, addr.name.name.type);
CS_SAME_PLACE(cs_sockaddr_tipc, words[1], sockaddr_tipc, addr.name.name.instance);
CS_SAME_PLACE(cs_sockaddr_tipc, words[2], sockaddr_tipc, addr.name.domain);
#endif

#if __has_include(<linux/if_alg.h>)
#include <linux/if_alg.h>
CS_SAME_SIZE(cs_sockaddr_alg, sockaddr_alg);
CS_SAME_PLACE(cs_sockaddr_alg, salg_type, sockaddr_alg, salg_type);
CS_SAME_PLACE(cs_sockaddr_alg, salg_feat, sockaddr_alg, salg_feat);
CS_SAME_PLACE(cs_sockaddr_alg, salg_mask, sockaddr_alg, salg_mask);
CS_SAME_PLACE(cs_sockaddr_alg, salg_name, sockaddr_alg, salg_name);
#endif

#if __has_include(<bluetooth/bluetooth.h>) && __has_include(<bluetooth/l2cap.h>)
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>
#include <bluetooth/rfcomm.h>
#include <bluetooth/sco.h>
CS_SAME_SIZE(cs_sockaddr_l2, sockaddr_l2);
CS_SAME_PLACE(cs_sockaddr_l2, l2_psm, sockaddr_l2, l2_psm);
CS_SAME_PLACE(cs_sockaddr_l2, bdaddr, sockaddr_l2, l2_bdaddr);
CS_SAME_PLACE(cs_sockaddr_l2, l2_cid, sockaddr_l2, l2_cid);
CS_SAME_PLACE(cs_sockaddr_l2, l2_bdaddr_type, sockaddr_l2, l2_bdaddr_type);
CS_SAME_SIZE(cs_sockaddr_rc, sockaddr_rc);
CS_SAME_PLACE(cs_sockaddr_rc, bdaddr, sockaddr_rc, rc_bdaddr);
CS_SAME_PLACE(cs_sockaddr_rc, rc_channel, sockaddr_rc, rc_channel);
CS_SAME_SIZE(cs_sockaddr_hci, sockaddr_hci);
CS_SAME_PLACE(cs_sockaddr_hci, hci_dev, sockaddr_hci, hci_dev);
CS_SAME_PLACE(cs_sockaddr_hci, hci_channel, sockaddr_hci, hci_channel);
CS_SAME_SIZE(cs_sockaddr_sco, sockaddr_sco);
CS_SAME_PLACE(cs_sockaddr_sco, bdaddr, sockaddr_sco, sco_bdaddr);
#endif

#endif /* __linux__ */

#if defined(__FreeBSD__) && __has_include(<bluetooth.h>)
#include <bluetooth.h>
CS_SAME_SIZE(cs_sockaddr_l2, sockaddr_l2cap);
CS_SAME_PLACE(cs_sockaddr_l2, l2_psm, sockaddr_l2cap, l2cap_psm);
CS_SAME_PLACE(cs_sockaddr_l2, bdaddr, sockaddr_l2cap, l2cap_bdaddr);
CS_SAME_PLACE(cs_sockaddr_l2, l2_cid, sockaddr_l2cap, l2cap_cid);
CS_SAME_PLACE(cs_sockaddr_l2, l2_bdaddr_type, sockaddr_l2cap, l2cap_bdaddr_type);
CS_SAME_SIZE(cs_sockaddr_rfcomm, sockaddr_rfcomm);
CS_SAME_PLACE(cs_sockaddr_rfcomm, bdaddr, sockaddr_rfcomm, rfcomm_bdaddr);
CS_SAME_PLACE(cs_sockaddr_rfcomm, rfcomm_channel, sockaddr_rfcomm, rfcomm_channel);
CS_SAME_SIZE(cs_sockaddr_hci_node, sockaddr_hci);
CS_SAME_PLACE(cs_sockaddr_hci_node, hci_node, sockaddr_hci, hci_node);
CS_SAME_SIZE(cs_sockaddr_sco, sockaddr_sco);
CS_SAME_PLACE(cs_sockaddr_sco, bdaddr, sockaddr_sco, sco_bdaddr);
#endif

#if (defined(__NetBSD__) || defined(__DragonFly__)) && __has_include(<netbt/bluetooth.h>)
#include <netbt/bluetooth.h>
CS_SAME_SIZE(cs_sockaddr_bt, sockaddr_bt);
CS_SAME_PLACE(cs_sockaddr_bt, bdaddr, sockaddr_bt, bt_bdaddr);
CS_SAME_PLACE(cs_sockaddr_bt, bt_psm, sockaddr_bt, bt_psm);
CS_SAME_PLACE(cs_sockaddr_bt, bt_channel, sockaddr_bt, bt_channel);
#endif

#if defined(__APPLE__) && __has_include(<sys/kern_control.h>)
#include <sys/kern_control.h>
CS_SAME_SIZE(cs_sockaddr_ctl, sockaddr_ctl);
CS_SAME_PLACE(cs_sockaddr_ctl, ss_sysaddr, sockaddr_ctl, ss_sysaddr);
CS_SAME_PLACE(cs_sockaddr_ctl, sc_id, sockaddr_ctl, sc_id);
CS_SAME_PLACE(cs_sockaddr_ctl, sc_unit, sockaddr_ctl, sc_unit);
#endif

#undef CS_SAME_SIZE
#undef CS_SAME_PLACE
