/* POSIX libc as cffi sees it (not read by the C compiler). */
struct iovec {
    void *iov_base;
    size_t iov_len;
    ...;
};
typedef struct iovec cs_iov;

struct sockaddr_un {
    sa_family_t sun_family;
    char sun_path[...];
    ...;
};

struct sockaddr {
    sa_family_t sa_family;
    ...;
};

struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    socklen_t ai_addrlen;
    struct sockaddr *ai_addr;
    char *ai_canonname;
    struct addrinfo *ai_next;
    ...;
};
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out);
void freeaddrinfo(struct addrinfo *list);
const char *gai_strerror(int code);

struct hostent {
    char *h_name;
    char **h_aliases;
    int h_length;
    int h_addrtype;
    char **h_addr_list;
    ...;
};

struct if_nameindex {
    unsigned int if_index;
    char *if_name;
    ...;
};
struct if_nameindex *if_nameindex(void);
void if_freenameindex(struct if_nameindex *list);

struct servent *getservbyname(const char *name, const char *proto);
struct protoent *getprotobyname(const char *name);
