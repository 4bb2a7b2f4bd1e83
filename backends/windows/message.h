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

static intptr_t cs_recv_stream(SOCKET fd, cs_iov *iov, int count, int flags,
                               struct cs_received *out)
{
    DWORD size = 0, state = (DWORD)flags;
    if (WSARecv(fd, iov, (DWORD)count, &size, &state, NULL, NULL))
        return -WSAGetLastError();
    out->flags = (int)state;
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
        return cs_recv_stream((SOCKET)fd, message.lpBuffers, (int)message.dwBufferCount, flags,
                              out);
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
    out->control_length = message.Control.len;
    out->flags |= (int)message.dwFlags;
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
        result = WSASend((SOCKET)fd, message.lpBuffers, message.dwBufferCount, &size, (DWORD)flags,
                         NULL, NULL);
    return result ? -WSAGetLastError() : (intptr_t)size;
}

/* Windows aligns data by one rule and headers by another, that of their widest member. This is
 * WSA_CMSG_SPACE, whose own text is no C11. */
static size_t cs_cmsg_len(size_t length)
{
    return WSA_CMSG_LEN(length);
}

static size_t cs_cmsg_space(size_t length)
{
    const size_t widest = sizeof(((WSACMSGHDR *)0)->cmsg_len);
    return WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR) + (length + widest - 1) / widest * widest);
}

static size_t cs_cmsg_put(void *control, size_t offset, int level, int type, const void *data,
                          size_t length)
{
    WSACMSGHDR *header = (WSACMSGHDR *)(void *)((char *)control + offset);
    header->cmsg_len = WSA_CMSG_LEN(length);
    header->cmsg_level = level;
    header->cmsg_type = type;
    if (length)
        memcpy(WSA_CMSG_DATA(header), data, length);
    return offset + cs_cmsg_space(length);
}

static long long cs_cmsg_get(const void *control, size_t size, size_t offset, struct cs_cmsg *out)
{
    WSACMSGHDR header;
    const size_t overhead = WSA_CMSG_LEN(0);
    if (offset > size || size - offset < overhead)
        return -1;
    memcpy(&header, (const char *)control + offset, sizeof(header));
    if (header.cmsg_len < overhead)
        return -2;
    out->level = header.cmsg_level;
    out->type = header.cmsg_type;
    out->data = offset + overhead;
    out->length = header.cmsg_len - overhead;
    out->clipped = out->length > size - out->data;
    if (out->clipped)
        out->length = size - out->data;
    const size_t next = offset + cs_cmsg_space(out->length);
    return out->clipped || next > size || size - next < overhead ? 0 : (long long)next;
}
