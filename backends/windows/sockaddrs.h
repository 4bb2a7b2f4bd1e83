/* Address layouts that Windows' ABI fixes, for cffi and the C compiler alike: declarations only.
 *
 * Declared here and not taken from headers, which older SDKs and mingw-w64 lack in part; shim.c
 * compares them with the headers that do exist. `head` is the family.
 */

struct cs_sockaddr_un {
    uint16_t head;
    char sun_path[108];
};

struct cs_sockaddr_hv {
    uint16_t head;
    uint16_t reserved;
    uint8_t vm_id[16];
    uint8_t service_id[16];
};

/* Windows packs this one: 30 bytes, so every field is bytes (little-endian). */
struct cs_sockaddr_bth {
    uint8_t head[2];
    uint8_t bth_addr[8];
    uint8_t service_class[16];
    uint8_t port[4];
};
