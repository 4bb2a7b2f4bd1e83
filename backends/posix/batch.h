/* Datagrams in batches: recvmmsg and sendmmsg, or the single call in a loop; part of shim.c. */
#include "rows.h"

/* Every system that has the pair has this flag. The time-out of recvmmsg is never used: Linux looks
 * at it after each datagram only, and would wait for ever for the first. */
#ifdef MSG_WAITFORONE
#define CS_HAVE_MMSG
#endif

enum { CS_BATCH = 64 };

static int cs_batch_native(void)
{
#ifdef CS_HAVE_MMSG
    return 1;
#else
    return 0;
#endif
}

static void cs_inbox_row(const struct cs_inbox *in, int row, struct msghdr *message,
                         struct iovec *data)
{
    data->iov_base = in->data + (size_t)row * in->size;
    data->iov_len = in->size;
    memset(message, 0, sizeof(*message)); /* musl's has padding that the kernel reads */
    if (in->peers) {
        message->msg_name = &in->peers[row];
        message->msg_namelen = sizeof(in->peers[row]);
    }
    message->msg_iov = data;
    message->msg_iovlen = 1;
    if (in->control_size) {
        message->msg_control = in->control + (size_t)row * in->control_size;
        message->msg_controllen = in->control_size;
    }
}

static void cs_inbox_note(struct cs_inbox *in, int row, const struct msghdr *message, size_t length)
{
    const socklen_t most = sizeof(in->peers[row]);
    in->lengths[row] = (int)length;
    in->peer_lengths[row] = (int)(message->msg_namelen > most ? most : message->msg_namelen);
    in->control_lengths[row] = in->control_size ? (int)message->msg_controllen : 0;
#ifdef MSG_CMSG_CLOEXEC
    in->flags[row] = message->msg_flags & ~MSG_CMSG_CLOEXEC; /* Linux hands it back */
#else
    in->flags[row] = message->msg_flags;
#endif
}

/* An error after the first row would be lost: the system tells it once. But that the descriptor is
 * gone it tells each time, and another socket may have its number by then. */
static void cs_defer(struct cs_inbox *in, intptr_t fd, int code)
{
    if (code == EAGAIN || code == EWOULDBLOCK || code == EINTR || code == EBADF)
        return;
    in->deferred = code;
    in->deferred_fd = fd;
}

static void cs_outbox_row(const struct cs_outbox *out, int row, struct msghdr *message,
                          struct iovec *data)
{
    memset(message, 0, sizeof(*message));
    message->msg_iov = data;
    message->msg_iovlen = 1;
    if (!out)
        return;
    int peer_length, control_length;
    message->msg_name = cs_outbox_peer(out, row, &peer_length);
    message->msg_namelen = (socklen_t)peer_length;
    message->msg_control = cs_outbox_control(out, row, &control_length);
    message->msg_controllen = message->msg_control ? (size_t)control_length : 0;
}

#ifdef CS_HAVE_MMSG

static int cs_recv_rows(int fd, struct cs_inbox *in, int first, int count, int flags)
{
    struct mmsghdr messages[CS_BATCH];
    struct iovec data[CS_BATCH];
    for (int i = 0; i < count; i++)
        cs_inbox_row(in, first + i, &messages[i].msg_hdr, &data[i]);
    int got = (int)recvmmsg(fd, messages, (unsigned)count, flags | MSG_WAITFORONE, NULL);
    if (got < 0)
        return -errno;
    for (int i = 0; i < got; i++)
        cs_inbox_note(in, first + i, &messages[i].msg_hdr, messages[i].msg_len);
    return got;
}

static int cs_send_rows(int fd, const char *data, const int *lengths, int first, int count,
                        int flags, const struct cs_outbox *out)
{
    struct mmsghdr messages[CS_BATCH];
    struct iovec pieces[CS_BATCH];
    for (int i = 0; i < count; i++) {
        pieces[i].iov_base = (void *)(uintptr_t)data;
        pieces[i].iov_len = (size_t)lengths[first + i];
        data += lengths[first + i];
        cs_outbox_row(out, first + i, &messages[i].msg_hdr, &pieces[i]);
    }
    return cs_or_errno((int)sendmmsg(fd, messages, (unsigned)count, flags));
}

#else

static int cs_recv_rows(int fd, struct cs_inbox *in, int first, int count, int flags)
{
    for (int i = 0; i < count; i++) {
        struct msghdr message;
        struct iovec data;
        cs_inbox_row(in, first + i, &message, &data);
        ssize_t length = recvmsg(fd, &message, i ? flags | MSG_DONTWAIT : flags);
        if (length < 0) {
            if (i == 0)
                return -errno;
            cs_defer(in, fd, errno);
            return i;
        }
        cs_inbox_note(in, first + i, &message, (size_t)length);
    }
    return count;
}

static int cs_send_rows(int fd, const char *data, const int *lengths, int first, int count,
                        int flags, const struct cs_outbox *out)
{
    for (int i = 0; i < count; i++) {
        struct iovec piece = {(void *)(uintptr_t)data, (size_t)lengths[first + i]};
        struct msghdr message;
        cs_outbox_row(out, first + i, &message, &piece);
        if (sendmsg(fd, &message, flags) < 0)
            return i ? i : -errno;
        data += lengths[first + i];
    }
    return count;
}

#endif

static int cs_recv_batch(intptr_t fd, struct cs_inbox *in, int count, int flags)
{
    int done = 0, deferred = in->deferred_fd == fd ? in->deferred : 0;
    in->deferred = 0;
    if (deferred)
        return -deferred;
    while (done < count) {
        int rows = count - done < CS_BATCH ? count - done : CS_BATCH;
        int got = cs_recv_rows((int)fd, in, done, rows, done ? flags | MSG_DONTWAIT : flags);
        if (got < 0 && !done)
            return got;
        if (got < 0)
            cs_defer(in, fd, -got);
        else
            done += got;
        if (got < rows)
            break;
    }
    return cs_inbox_summary(in, done);
}

static int cs_send_batch(intptr_t fd, const char *data, const int *lengths, int first, int count,
                         int flags, const struct cs_outbox *out)
{
    int done = first;
    for (int i = 0; i < first; i++)
        data += lengths[i];
    while (done < count) {
        int rows = count - done < CS_BATCH ? count - done : CS_BATCH;
        int sent = cs_send_rows((int)fd, data, lengths, done, rows, flags, out);
        if (sent < 0)
            return done > first ? done - first : sent;
        for (int i = 0; i < sent; i++)
            data += lengths[done++];
        if (sent < rows)
            break;
    }
    return done - first;
}
