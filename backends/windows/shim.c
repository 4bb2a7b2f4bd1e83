/* The Windows room: one Winsock call a function, answered as a value or minus its error code. */
#include "windows/headers.h"
#include "windows/sockaddrs.h"

typedef WSABUF cs_iov;
typedef ADDRESS_FAMILY sa_family_t;

#include "shim.h"
#include "windows/room.h"
#include "inet.h"

/* MSVC knows _Static_assert only when told to be C11. */
#define CS_ASSERT(name, condition) typedef char cs_assert_##name[(condition) ? 1 : -1]
CS_ASSERT(bluetooth_address, sizeof(struct cs_sockaddr_bth) == sizeof(SOCKADDR_BTH));
CS_ASSERT(socket_fits, sizeof(SOCKET) == sizeof(intptr_t));

enum { CREATION_FLAGS = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT };

static int cs_startup(void)
{
    WSADATA data;
    return -WSAStartup(MAKEWORD(2, 2), &data);
}

static int cs_or_error(int result)
{
    return result == SOCKET_ERROR ? -WSAGetLastError() : result;
}

/* One Winsock call moves at most an int's worth of bytes. */
static int cs_clip(size_t length)
{
    return length > INT_MAX ? INT_MAX : (int)length;
}

static int cs_close(intptr_t fd)
{
    return cs_or_error(closesocket((SOCKET)fd));
}

static int cs_set_blocking(intptr_t fd, int blocking)
{
    u_long on = !blocking;
    return cs_or_error(ioctlsocket((SOCKET)fd, (long)FIONBIO, &on));
}

/* Win32 calls on handles say ERROR_INVALID_HANDLE where Winsock has a name of its own. */
static int cs_handle_error(void)
{
    DWORD error = GetLastError();
    return error == ERROR_INVALID_HANDLE ? -WSAENOTSOCK : -(int)error;
}

/* -1 must be caught here: it is also the handle of the current process. */
static int cs_get_inheritable(intptr_t fd)
{
    DWORD flags;
    if (fd == -1)
        return -WSAENOTSOCK;
    if (!GetHandleInformation((HANDLE)fd, &flags))
        return cs_handle_error();
    return (flags & HANDLE_FLAG_INHERIT) != 0;
}

static int cs_set_inheritable(intptr_t fd, int inheritable)
{
    if (fd == -1)
        return -WSAENOTSOCK;
    if (!SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT,
                              inheritable ? HANDLE_FLAG_INHERIT : 0))
        return cs_handle_error();
    return 0;
}

/* Keep nothing half-made: `nonblock` is the contract's. */
static intptr_t cs_finish(SOCKET made, int nonblock)
{
    int error = 0;
    if (made == INVALID_SOCKET)
        return -WSAGetLastError();
    if (nonblock >= 0)
        error = cs_set_blocking((intptr_t)made, !nonblock);
    if (error)
        closesocket(made);
    return error ? error : (intptr_t)made;
}

static intptr_t cs_socket(int family, int type, int proto, int nonblock)
{
    /* A new socket is blocking: say so only when asked for the other. */
    return cs_finish(WSASocketW(family, type, proto, NULL, 0, CREATION_FLAGS),
                     nonblock == 1 ? 1 : -1);
}

static int cs_socketpair(int family, int type, int proto, intptr_t *pair)
{
    (void)family, (void)type, (void)proto, (void)pair;
    return -WSAEOPNOTSUPP;
}

static intptr_t cs_from_share(const void *info, int *out)
{
    WSAPROTOCOL_INFOW protocol;
    memcpy(&protocol, info, sizeof(protocol)); /* bytes of Python need not be aligned */
    out[0] = protocol.iAddressFamily;
    out[1] = protocol.iSocketType;
    out[2] = protocol.iProtocol;
    return cs_finish(WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                                &protocol, 0, CREATION_FLAGS),
                     -1);
}

static int cs_share_size(void)
{
    return sizeof(WSAPROTOCOL_INFOW);
}

static int cs_share(intptr_t fd, unsigned long process, void *info)
{
    return cs_or_error(WSADuplicateSocketW((SOCKET)fd, process, info));
}

static intptr_t cs_dup(intptr_t fd)
{
    WSAPROTOCOL_INFOW protocol;
    int error = cs_share(fd, GetCurrentProcessId(), &protocol), unused[3];
    return error ? error : cs_from_share(&protocol, unused);
}

static intptr_t cs_accept(intptr_t fd, struct cs_address *peer, int nonblock)
{
    int size = sizeof(peer->sa);
    SOCKET made =
        accept((SOCKET)fd, peer ? (struct sockaddr *)&peer->sa : NULL, peer ? &size : NULL);
    if (peer)
        peer->length = size;
    if (made != INVALID_SOCKET)
        SetHandleInformation((HANDLE)made, HANDLE_FLAG_INHERIT, 0);
    return cs_finish(made, nonblock);
}

/* select() and not WSAPoll(): before Windows 10 2004 the latter never reported a failed connect.
 * A failed connect shows in select's third set. Its sets are counted arrays, so any handle fits. */
static int cs_wait(intptr_t fd, int event, int timeout_ms)
{
    struct timeval limit;
    fd_set waiting, failed;
    waiting.fd_count = failed.fd_count = 1;
    waiting.fd_array[0] = failed.fd_array[0] = (SOCKET)fd;
    limit.tv_sec = timeout_ms / 1000;
    limit.tv_usec = timeout_ms % 1000 * 1000;
    int ready = select(0, event == 1 ? &waiting : NULL, event == 1 ? NULL : &waiting,
                       event == 4 ? &failed : NULL, timeout_ms < 0 ? NULL : &limit);
    return ready > 1 ? 1 : cs_or_error(ready);
}

static int cs_bind(intptr_t fd, const void *sa, int length)
{
    return cs_or_error(bind((SOCKET)fd, sa, length));
}

static int cs_connect(intptr_t fd, const void *sa, int length)
{
    return cs_or_error(connect((SOCKET)fd, sa, length));
}

static int cs_listen(intptr_t fd, int backlog)
{
    return cs_or_error(listen((SOCKET)fd, backlog));
}

static int cs_shutdown(intptr_t fd, int how)
{
    return cs_or_error(shutdown((SOCKET)fd, how));
}

static int cs_getsockname(intptr_t fd, struct cs_address *out)
{
    out->length = sizeof(out->sa);
    return cs_or_error(getsockname((SOCKET)fd, (struct sockaddr *)&out->sa, &out->length));
}

static int cs_getpeername(intptr_t fd, struct cs_address *out)
{
    out->length = sizeof(out->sa);
    return cs_or_error(getpeername((SOCKET)fd, (struct sockaddr *)&out->sa, &out->length));
}

static long long cs_getsockopt_int(intptr_t fd, int level, int name)
{
    int value = 0, size = sizeof(value); /* some booleans are written as one byte: zero the rest */
    if (getsockopt((SOCKET)fd, level, name, (char *)&value, &size))
        return -(long long)WSAGetLastError();
    return (unsigned int)value;
}

static int cs_getsockopt(intptr_t fd, int level, int name, void *value, int length)
{
    return getsockopt((SOCKET)fd, level, name, value, &length) ? -WSAGetLastError() : length;
}

/* TCP_QUICKACK is an ioctl here: the option's number is the ioctl's code. */
static int cs_setsockopt_int(intptr_t fd, int level, int name, int value)
{
    if (level == IPPROTO_TCP && name == (int)SIO_TCP_SET_ACK_FREQUENCY)
        return cs_ioctl(fd, SIO_TCP_SET_ACK_FREQUENCY, &value, sizeof(value));
    return cs_setsockopt(fd, level, name, &value, sizeof(value));
}

static int cs_setsockopt(intptr_t fd, int level, int name, const void *value, int length)
{
    return cs_or_error(setsockopt((SOCKET)fd, level, name, value, length));
}

static int cs_ioctl(intptr_t fd, unsigned long command, const void *value, int length)
{
    DWORD written = 0;
    int result = WSAIoctl((SOCKET)fd, command, (void *)(uintptr_t)value, (DWORD)length, NULL, 0,
                          &written, NULL, NULL);
    return result ? -WSAGetLastError() : (int)written;
}

static intptr_t cs_recv(intptr_t fd, void *buf, size_t length, int flags)
{
    return cs_or_error(recv((SOCKET)fd, buf, cs_clip(length), flags));
}

/* A stream fills in no address: the family then stays 0. */
static void cs_note_sender(struct cs_address *from, int size)
{
    from->length = from->sa.ss_family ? size : 0;
}

static intptr_t cs_recvfrom(intptr_t fd, void *buf, size_t length, int flags,
                            struct cs_address *from)
{
    int size = sizeof(from->sa);
    from->sa.ss_family = 0;
    int result =
        recvfrom((SOCKET)fd, buf, cs_clip(length), flags, (struct sockaddr *)&from->sa, &size);
    cs_note_sender(from, size);
    return cs_or_error(result);
}

static intptr_t cs_send(intptr_t fd, const void *buf, size_t length, int flags)
{
    return cs_or_error(send((SOCKET)fd, buf, cs_clip(length), flags));
}

static intptr_t cs_sendto(intptr_t fd, const void *buf, size_t length, int flags, const void *sa,
                          int sa_length)
{
    return cs_or_error(sendto((SOCKET)fd, buf, cs_clip(length), flags, sa, sa_length));
}

#include "windows/message.h"
#include "windows/transmit.h"
#include "windows/names.h"
#include "windows/batch.h"

#define CS_TOO_LONG WSAEMSGSIZE
#include "shortcuts.h"
