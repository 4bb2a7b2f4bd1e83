/* The C that both rooms share, in the geometry of layout.h: made by layouts.py, loaded by
 * test_golden.py. */
#include <stdint.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "layout.h"

/* The host's functions know the host's numbers. */
static int foreign_pton(int family, const char *text, void *out)
{
    return inet_pton(family == FOREIGN_INET6 ? AF_INET6 : family, text, out);
}

static const char *foreign_ntop(int family, const void *bits, char *out, socklen_t size)
{
    return inet_ntop(family == FOREIGN_INET6 ? AF_INET6 : family, bits, out, size);
}

#define inet_pton foreign_pton
#define inet_ntop foreign_ntop
#define sockaddr foreign
#define sockaddr_in foreign_in
#define sockaddr_in6 foreign_in6
#define sa_family_t uint8_t
#undef AF_INET6
#define AF_INET6 FOREIGN_INET6
typedef struct cs_iov cs_iov; /* the contract names it; nothing here has one */

#define static /* so that the test can call them */
#include "shim.h"

#include "control.h"
#include "inet.h"
