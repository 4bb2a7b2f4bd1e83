/* Address layouts that the kernels' ABIs fix, for cffi and the C compiler alike: declarations only.
 *
 * Declared here and not taken from headers, so that every machine can build, pack and test them;
 * layout_check.h compares them with the system's own headers where those exist. `head` is the
 * family: 16 bits on Linux, a length byte and a family byte on the BSDs and macOS, so it is
 * written as a sockaddr_storage's ss_family.
 */

struct cs_sockaddr_nl {
    uint16_t head;
    uint16_t nl_pad;
    uint32_t nl_pid;
    uint32_t nl_groups;
};

struct cs_sockaddr_ll {
    uint16_t head;
    uint16_t sll_protocol;
    int32_t sll_ifindex;
    uint16_t sll_hatype;
    uint8_t sll_pkttype;
    uint8_t sll_halen;
    uint8_t sll_addr[8];
};

struct cs_can_tp {
    uint32_t rx_id;
    uint32_t tx_id;
};

struct cs_can_j1939 {
    uint64_t name;
    uint32_t pgn;
    uint8_t addr;
};

union cs_can_addr {
    struct cs_can_tp tp;
    struct cs_can_j1939 j1939;
};

struct cs_sockaddr_can {
    uint16_t head;
    int32_t can_ifindex;
    union cs_can_addr can_addr;
};

struct cs_sockaddr_vm {
    uint16_t head;
    uint16_t svm_reserved1;
    uint32_t svm_port;
    uint32_t svm_cid;
    uint8_t svm_flags;
    uint8_t svm_zero[3];
};

struct cs_sockaddr_qrtr {
    uint16_t head;
    uint32_t sq_node;
    uint32_t sq_port;
};

/* ID: ref, node. NAMESEQ: type, lower, upper. NAME: type, instance, domain. */
struct cs_sockaddr_tipc {
    uint16_t head;
    uint8_t addrtype;
    int8_t scope;
    uint32_t words[3];
};

struct cs_sockaddr_alg {
    uint16_t head;
    char salg_type[14];
    uint32_t salg_feat;
    uint32_t salg_mask;
    char salg_name[64];
};

/* Bluetooth on Linux; the first and the last are FreeBSD's too. */
struct cs_sockaddr_l2 {
    uint16_t head;
    uint16_t l2_psm;
    uint8_t bdaddr[6];
    uint16_t l2_cid;
    uint8_t l2_bdaddr_type;
};

struct cs_sockaddr_rc {
    uint16_t head;
    uint8_t bdaddr[6];
    uint8_t rc_channel;
};

struct cs_sockaddr_hci {
    uint16_t head;
    uint16_t hci_dev;
    uint16_t hci_channel;
};

struct cs_sockaddr_sco {
    uint16_t head;
    uint8_t bdaddr[6];
};

/* FreeBSD: no padding after the channel; the devices of HCI have names. */
struct cs_sockaddr_rfcomm {
    uint8_t head[2];
    uint8_t bdaddr[6];
    uint8_t rfcomm_channel;
};

struct cs_sockaddr_hci_node {
    uint8_t head[2];
    char hci_node[32];
};

/* NetBSD and DragonFly: one struct for the four protocols. */
struct cs_sockaddr_bt {
    uint8_t head[2];
    uint8_t bdaddr[6];
    uint16_t bt_psm;
    uint8_t bt_channel;
    uint8_t bt_zero[5];
};

/* macOS: kernel controls. */
struct cs_sockaddr_ctl {
    uint16_t head;
    uint16_t ss_sysaddr;
    uint32_t sc_id;
    uint32_t sc_unit;
    uint32_t sc_reserved[5];
};
