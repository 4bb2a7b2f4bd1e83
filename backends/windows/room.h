/* What only the Windows room has: shim functions beyond the contract. Declarations only.
 * As in the contract, an answer is 0 or more, or minus a Windows error code. */

/* Sharing with another process; `info` is cs_share_size() bytes. cs_from_share
 * answers the socket, and writes its family, type and protocol: three ints. */
static int cs_share_size(void);
static int cs_share(intptr_t fd, unsigned long process, void *info);
static intptr_t cs_from_share(const void *info, int *out);

/* WSAIoctl with an input buffer; the answer is the number of bytes it would have written. */
static int cs_ioctl(intptr_t fd, unsigned long command, const void *value, int length);

/* Look-ups. The first two answer 0 or the error code itself (which the system calls EAI_* too). */
static int cs_getaddrinfo(const wchar_t *node, const wchar_t *service, int family, int type,
                          int proto, int flags, ADDRINFOW **out);
static int cs_getnameinfo(const void *sa, int length, wchar_t *host, int host_size,
                          wchar_t *service, int service_size, int flags);
static int cs_gethostbyname(const char *name, struct hostent **out);
static int cs_gethostbyaddr(const void *bits, int length, int family, struct hostent **out);
static int cs_gethostname(wchar_t *out, unsigned long size);
static int cs_getservbyname(const char *name, const char *proto);
static struct servent *cs_getservbyport(int port, const char *proto);
static int cs_getprotobyname(const char *name);
static int cs_inet_aton(const char *text, void *out);

/* Interfaces: take the table, read its rows (the answer is the index), give it back. */
static int cs_if_table(void **table);
static int cs_if_row(const void *table, int row, wchar_t *name, size_t size);
static void cs_if_free(void *table);
static unsigned int cs_if_nametoindex(const char *name);
static int cs_if_indextoname(unsigned int index, char *out);
