/* What only the POSIX room has: shim functions beyond the contract. Declarations only. */

/* Wrappers where errno is part of the answer: 0 or more for success, minus errno otherwise. */
static int cs_gethostname(char *out, size_t size);
static int cs_sethostname(const char *name, size_t length);
static long long cs_if_nametoindex(const char *name);
static int cs_if_indextoname(unsigned int index, char *out);

/* The same look-ups made on a socket, which AF_PACKET and AF_CAN use. */
static int cs_if_index(intptr_t fd, const char *name);
static int cs_if_name(intptr_t fd, int index, char *out);

/* Look-ups. cs_getnameinfo answers 0 or an EAI_* code; when EAI_SYSTEM, *code is errno.
 * cs_gethostbyaddr answers 0 or an h_errno; the hostent lives in `buf` where cs_hostent_in_buf. */
static int cs_getnameinfo(const void *sa, int length, char *host, int host_size, char *service,
                          int service_size, int flags, int *code);
static int cs_getaddrinfo(const char *node, const char *service, int family, int type, int proto,
                          int flags, struct addrinfo **out, int *code);
static int cs_gethostbyaddr(const void *bits, int length, int family, char *buf, size_t size,
                            struct hostent **out);
static int cs_gethostbyname(const char *name, int family, char *buf, size_t size,
                            struct hostent **out);
static int cs_hostent_in_buf(void);
static int cs_inet_aton(const char *text, void *out);
static int cs_servent_port(const struct servent *entry);
static int cs_protoent_proto(const struct protoent *entry);
static struct servent *cs_getservbyport(int port, const char *proto);
