/* The POSIX room: one system call a function, answered as a value or minus errno. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "posix/headers.h"
#include "posix/sockaddrs.h"

typedef struct iovec cs_iov;

#include "shim.h"
#include "posix/room.h"
#include "posix/layout_check.h"

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) ||   \
    defined(__DragonFly__)
#define CS_HAVE_SA_LEN
#endif
#include "inet.h"

static int cs_startup(void)
{
    return 0;
}

static int cs_or_errno(int result)
{
    return result < 0 ? -errno : result;
}

static intptr_t cs_size_or_errno(ssize_t result)
{
    return result < 0 ? -errno : result;
}

static int cs_set_inheritable(intptr_t fd, int inheritable)
{
#ifdef FIOCLEX
    if (ioctl((int)fd, inheritable ? FIONCLEX : FIOCLEX, NULL) == 0)
        return 0; /* what was opened with O_PATH, and then passed to us, takes no ioctl */
#endif
    return cs_or_errno(fcntl((int)fd, F_SETFD, inheritable ? 0 : FD_CLOEXEC));
}

static int cs_get_inheritable(intptr_t fd)
{
    int flags = fcntl((int)fd, F_GETFD);
    return flags < 0 ? -errno : !(flags & FD_CLOEXEC);
}

static int cs_set_blocking(intptr_t fd, int blocking)
{
    int on = !blocking;
    return cs_or_errno(ioctl((int)fd, FIONBIO, &on));
}

static int cs_close(intptr_t fd)
{
    return cs_or_errno(close((int)fd));
}

#ifdef SOCK_CLOEXEC
static int cs_creation_flags(int nonblock)
{
    return nonblock == 1 ? SOCK_CLOEXEC | SOCK_NONBLOCK : SOCK_CLOEXEC;
}
#else
/* Without atomic flags: set both afterwards, and keep nothing half-made. */
static intptr_t cs_finish(int fd, int nonblock)
{
    int error = 0;
    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        error = -errno;
    if (!error && nonblock >= 0)
        error = cs_set_blocking(fd, !nonblock);
    if (error)
        close(fd);
    return error ? error : fd;
}
#endif

static intptr_t cs_socket(int family, int type, int proto, int nonblock)
{
#ifdef SOCK_CLOEXEC
    return cs_or_errno(socket(family, type | cs_creation_flags(nonblock), proto));
#else
    return cs_finish(socket(family, type, proto), nonblock == 1 ? 1 : -1);
#endif
}

static int cs_socketpair(int family, int type, int proto, intptr_t *pair)
{
    int fds[2];
#ifdef SOCK_CLOEXEC
    if (socketpair(family, type | SOCK_CLOEXEC, proto, fds) < 0)
        return -errno;
#else
    if (socketpair(family, type, proto, fds) < 0)
        return -errno;
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
#endif
    pair[0] = fds[0];
    pair[1] = fds[1];
    return 0;
}

/* The kernel reports an address' true length even where the storage was shorter. */
static void cs_note_length(struct cs_address *out, socklen_t length)
{
    out->length = length > sizeof(out->sa) ? (int)sizeof(out->sa) : (int)length;
}

static intptr_t cs_accept(intptr_t fd, struct cs_address *peer, int nonblock)
{
    socklen_t length = sizeof(peer->sa);
    struct sockaddr *sa = peer ? (struct sockaddr *)&peer->sa : NULL;
    if (peer)
        peer->sa.ss_family = 0; /* as in cs_recvfrom */
#ifdef SOCK_CLOEXEC
    int result = accept4((int)fd, sa, sa ? &length : NULL, cs_creation_flags(nonblock));
    if (result < 0)
        return -errno;
#else
    intptr_t result = cs_finish(accept((int)fd, sa, sa ? &length : NULL), nonblock);
    if (result < 0)
        return result;
#endif
    if (peer)
        cs_note_length(peer, length);
    return result;
}

static intptr_t cs_dup(intptr_t fd)
{
    return cs_or_errno(fcntl((int)fd, F_DUPFD_CLOEXEC, 0));
}

static int cs_wait(intptr_t fd, int event, int timeout_ms)
{
    struct pollfd waiting = {(int)fd, event == 1 ? POLLIN : POLLOUT, 0};
    return cs_or_errno(poll(&waiting, 1, timeout_ms));
}

static int cs_bind(intptr_t fd, const void *sa, int length)
{
    return cs_or_errno(bind((int)fd, sa, (socklen_t)length));
}

static int cs_connect(intptr_t fd, const void *sa, int length)
{
    return cs_or_errno(connect((int)fd, sa, (socklen_t)length));
}

static int cs_listen(intptr_t fd, int backlog)
{
    return cs_or_errno(listen((int)fd, backlog));
}

static int cs_shutdown(intptr_t fd, int how)
{
    return cs_or_errno(shutdown((int)fd, how));
}

static int cs_getsockname(intptr_t fd, struct cs_address *out)
{
    socklen_t length = sizeof(out->sa);
    if (getsockname((int)fd, (struct sockaddr *)&out->sa, &length) < 0)
        return -errno;
    cs_note_length(out, length);
    return 0;
}

static int cs_getpeername(intptr_t fd, struct cs_address *out)
{
    socklen_t length = sizeof(out->sa);
    if (getpeername((int)fd, (struct sockaddr *)&out->sa, &length) < 0)
        return -errno;
    cs_note_length(out, length);
    return 0;
}

/* Linux counts a filter's instructions, of 8 bytes each, where it counts the bytes of all else. */
static socklen_t cs_option_room(int level, int name, size_t bytes)
{
#ifdef SO_GET_FILTER
    if (level == SOL_SOCKET && name == SO_GET_FILTER)
        return (socklen_t)(bytes / 8);
#endif
    (void)level, (void)name;
    return (socklen_t)bytes;
}

static long long cs_getsockopt_int(intptr_t fd, int level, int name)
{
    int value = 0;
    socklen_t length = cs_option_room(level, name, sizeof(value));
    if (getsockopt((int)fd, level, name, &value, &length) < 0)
        return -errno;
    return (unsigned int)value;
}

static int cs_getsockopt(intptr_t fd, int level, int name, void *value, int length)
{
    socklen_t size = cs_option_room(level, name, (size_t)length);
    if (getsockopt((int)fd, level, name, value, &size) < 0)
        return -errno;
    return (int)size < length ? (int)size : length;
}

static int cs_setsockopt_int(intptr_t fd, int level, int name, int value)
{
    return cs_or_errno(setsockopt((int)fd, level, name, &value, sizeof(value)));
}

static int cs_setsockopt(intptr_t fd, int level, int name, const void *value, int length)
{
    return cs_or_errno(setsockopt((int)fd, level, name, value, (socklen_t)length));
}

static intptr_t cs_recv(intptr_t fd, void *buf, size_t length, int flags)
{
    return cs_size_or_errno(recv((int)fd, buf, length, flags));
}

static intptr_t cs_recvfrom(intptr_t fd, void *buf, size_t length, int flags,
                            struct cs_address *from)
{
    socklen_t size = sizeof(from->sa);
    from->sa.ss_family = 0; /* a kernel that writes no address must not leave an older one */
    ssize_t result = recvfrom((int)fd, buf, length, flags, (struct sockaddr *)&from->sa, &size);
    cs_note_length(from, size);
    return cs_size_or_errno(result);
}

static intptr_t cs_send(intptr_t fd, const void *buf, size_t length, int flags)
{
    return cs_size_or_errno(send((int)fd, buf, length, flags));
}

static intptr_t cs_sendto(intptr_t fd, const void *buf, size_t length, int flags, const void *sa,
                          int sa_length)
{
    return cs_size_or_errno(sendto((int)fd, buf, length, flags, sa, (socklen_t)sa_length));
}

static void cs_iov_set(cs_iov *iov, int index, void *base, size_t length)
{
    iov[index].iov_base = base;
    iov[index].iov_len = length;
}

static intptr_t cs_recvmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, struct cs_received *out)
{
    struct msghdr message;
    memset(&message, 0, sizeof(message)); /* musl's has padding that the kernel reads */
    message.msg_name = &out->peer.sa;
    message.msg_namelen = sizeof(out->peer.sa);
    message.msg_iov = iov;
    message.msg_iovlen = count;
    message.msg_control = control_length ? control : NULL;
    message.msg_controllen = control_length;
    ssize_t result = recvmsg((int)fd, &message, flags);
    if (result < 0)
        return -errno;
    cs_note_length(&out->peer, message.msg_namelen);
    out->control_length = message.msg_controllen;
    out->flags = message.msg_flags;
    return result;
}

static intptr_t cs_sendmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, const void *sa, int sa_length)
{
    struct msghdr message;
    memset(&message, 0, sizeof(message));
    message.msg_name = (void *)(uintptr_t)sa;
    message.msg_namelen = (socklen_t)sa_length;
    message.msg_iov = iov;
    message.msg_iovlen = count;
    message.msg_control = control_length ? control : NULL;
    message.msg_controllen = control_length;
    return cs_size_or_errno(sendmsg((int)fd, &message, flags));
}

typedef struct cmsghdr CS_CMSGHDR;
#define CS_CMSG_LEN(length) CMSG_LEN(length)
#define CS_CMSG_SPACE(length) CMSG_SPACE(length)
#include "control.h"

#include "posix/names.h"
#include "posix/sendfile.h"
#include "posix/batch.h"

#define CS_TOO_LONG EMSGSIZE
#include "shortcuts.h"
