/* Every system header of the POSIX room, and the only place that asks which of them exist. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* else a 32-bit Linux sends no file beyond 2 GiB */
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/ioctl.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/types.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <sys/sendfile.h>
#else
#include <sys/filio.h>
#include <sys/sockio.h>
#include <sys/time.h>
#endif

/* Headers that old systems lack; what they fix is in sockaddrs.h and constants.txt as well. */
#if defined(__has_include)
#if __has_include(<linux/netlink.h>)
#include <linux/netlink.h>
#endif
#if __has_include(<linux/can.h>)
#include <linux/can.h>
#endif
#if __has_include(<linux/can/raw.h>)
#include <linux/can/raw.h>
#endif
#if __has_include(<linux/can/bcm.h>)
#include <linux/can/bcm.h>
#endif
#if __has_include(<linux/can/isotp.h>)
#include <linux/can/isotp.h>
#endif
#if __has_include(<linux/can/j1939.h>)
#include <linux/can/j1939.h>
#endif
#if __has_include(<linux/vm_sockets.h>)
#include <linux/vm_sockets.h>
#endif
#if __has_include(<linux/tipc.h>)
#include <linux/tipc.h>
#endif
#if __has_include(<linux/if_alg.h>)
#include <linux/if_alg.h>
#endif
#if __has_include(<linux/qrtr.h>)
#include <linux/qrtr.h>
#endif
#if __has_include(<linux/netfilter_ipv4.h>)
#include <linux/netfilter_ipv4.h>
#endif
#if defined(__FreeBSD__) && __has_include(<bluetooth.h>)
#define L2CAP_SOCKET_CHECKED
#include <bluetooth.h>
#endif
#if __has_include(<netbt/l2cap.h>)
#include <netbt/hci.h>
#include <netbt/l2cap.h>
#include <netbt/rfcomm.h>
#include <netbt/sco.h>
#endif
#if __has_include(<netlink/netlink.h>)
#include <netlink/netlink.h>
#endif
#if __has_include(<sys/sys_domain.h>)
#include <sys/sys_domain.h>
#endif
#if __has_include(<sys/kern_control.h>)
#include <sys/kern_control.h>
#endif
#endif
