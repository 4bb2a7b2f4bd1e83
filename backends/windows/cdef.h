/* Winsock as cffi sees it (not read by the C compiler). */
typedef struct {
    ...;
} cs_iov;

struct sockaddr;
typedef struct addrinfoW {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    wchar_t *ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfoW *ai_next;
    ...;
} ADDRINFOW;
void FreeAddrInfoW(ADDRINFOW *list);

struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
    ...;
};
