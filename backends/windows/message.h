/* Messages: datagrams through WSASendMsg and WSARecvMsg, streams through WSASend and WSARecv
 * (the first two refuse streams, which carry no control data here); part of shim.c. */

static void cs_iov_set(cs_iov *iov, int index, void *base, size_t length)
{
    iov[index].buf = base;
    iov[index].len = (ULONG)cs_clip(length);
}

static int cs_is_stream(SOCKET fd)
{
    int type = 0, size = sizeof(type);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, (char *)&type, &size);
    return type == SOCK_STREAM;
}

/* The function belongs to the socket's provider, so ask for it through the socket; it is a look-up
 * in a table of this process. */
static int cs_find_recvmsg(SOCKET fd, LPFN_WSARECVMSG *out)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD size = 0;
    if (WSAIoctl(fd, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), out, sizeof(*out), &size,
                 NULL, NULL))
        return -WSAGetLastError();
    return size == sizeof(*out) ? 0 : -WSAEOPNOTSUPP;
}

/* What was asked for comes back among the flags; a caller is told what was found. */
static int cs_told(DWORD flags)
{
    return (int)(flags & ~(DWORD)MSG_PEEK);
}

/* How many of the buffers a call on a stream takes: an int's worth of bytes. Nothing may follow one
 * that was clipped, or the bytes would be in another order than the caller counts them. */
static DWORD cs_pieces(cs_iov *iov, DWORD count)
{
    ULONG room = INT_MAX;
    for (DWORD i = 0; i < count; i++) {
        if (iov[i].len >= room) {
            iov[i].len = room;
            return i + 1;
        }
        room -= iov[i].len;
    }
    return count;
}

static intptr_t cs_recv_stream(SOCKET fd, cs_iov *iov, DWORD count, int flags,
                               struct cs_received *out)
{
    DWORD size = 0, state = (DWORD)flags;
    if (WSARecv(fd, iov, cs_pieces(iov, count), &size, &state, NULL, NULL))
        return -WSAGetLastError();
    out->flags = cs_told(state);
    return (intptr_t)size;
}

static intptr_t cs_total(const cs_iov *iov, int count)
{
    intptr_t total = 0;
    for (int i = 0; i < count; i++)
        total += iov[i].len;
    return total;
}

/* A datagram longer than the buffers is an error to Winsock, although they hold its beginning: the
 * contract wants a flag. Windows sets the flags then, Wine sets none. */
static intptr_t cs_truncated(const WSAMSG *message, DWORD size)
{
    if (message->dwFlags & MSG_CTRUNC && !(message->dwFlags & MSG_TRUNC))
        return (intptr_t)size;
    return cs_total(message->lpBuffers, (int)message->dwBufferCount);
}

static intptr_t cs_recvmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, struct cs_received *out)
{
    WSABUF none = {0, NULL};
    LPFN_WSARECVMSG receive;
    DWORD size = 0;
    WSAMSG message = {(struct sockaddr *)&out->peer.sa,
                      sizeof(out->peer.sa),
                      count ? iov : &none,
                      count ? (DWORD)count : 1,
                      {(ULONG)cs_clip(control_length), control},
                      (DWORD)flags};
    memset(out, 0, sizeof(*out));
    if (cs_is_stream((SOCKET)fd))
        return cs_recv_stream((SOCKET)fd, message.lpBuffers, message.dwBufferCount, flags, out);
    intptr_t result = cs_find_recvmsg((SOCKET)fd, &receive);
    if (result < 0)
        return result;
    if (receive((SOCKET)fd, &message, &size, NULL, NULL) == 0)
        result = (intptr_t)size;
    else if (WSAGetLastError() != WSAEMSGSIZE)
        return -WSAGetLastError();
    else {
        result = cs_truncated(&message, size);
        out->flags = message.dwFlags & MSG_CTRUNC ? 0 : MSG_TRUNC;
    }
    cs_note_sender(&out->peer, message.namelen);
    /* Nobody says that a provider tells of no more than there was room for. */
    out->control_length =
        message.Control.len < control_length ? message.Control.len : control_length;
    out->flags |= cs_told(message.dwFlags);
    return result;
}

static intptr_t cs_sendmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, const void *sa, int sa_length)
{
    WSABUF none = {0, NULL};
    DWORD size = 0;
    WSAMSG message = {(struct sockaddr *)(uintptr_t)sa,
                      sa_length,
                      count ? iov : &none,
                      count ? (DWORD)count : 1,
                      {(ULONG)cs_clip(control_length), control_length ? control : NULL},
                      0};
    int result;
    if (!cs_is_stream((SOCKET)fd))
        result = WSASendMsg((SOCKET)fd, &message, (DWORD)flags, &size, NULL, NULL);
    else if (control_length)
        return -WSAEOPNOTSUPP;
    else
        result = WSASend((SOCKET)fd, message.lpBuffers,
                         cs_pieces(message.lpBuffers, message.dwBufferCount), &size, (DWORD)flags,
                         NULL, NULL);
    return result ? -WSAGetLastError() : (intptr_t)size;
}

/* Windows aligns data by one rule and headers by another, that of their widest member. This is
 * WSA_CMSG_SPACE, whose own text is no C11. */
typedef WSACMSGHDR CS_CMSGHDR;
#define CS_CMSG_WIDEST sizeof(((WSACMSGHDR *)0)->cmsg_len)
#define CS_CMSG_LEN(length) WSA_CMSG_LEN(length)
#define CS_CMSG_SPACE(length)                                                                      \
    WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR) +                                                        \
                       ((length) + CS_CMSG_WIDEST - 1) / CS_CMSG_WIDEST * CS_CMSG_WIDEST)
#include "control.h"
