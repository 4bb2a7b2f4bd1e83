/* The C that both rooms share, in the geometry of layout.h: made by layouts.py, loaded by
 * test_golden.py. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

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

struct cs_cmsg {
    int level;
    int type;
    size_t data;
    size_t length;
    int clipped;
};

#define inet_pton foreign_pton
#define inet_ntop foreign_ntop
#define sockaddr foreign
#define sockaddr_in foreign_in
#define sockaddr_in6 foreign_in6
#define sa_family_t uint8_t
#undef AF_INET6
#define AF_INET6 FOREIGN_INET6
#define static /* so that the test can call them */
#include "control.h"
#include "inet.h"
