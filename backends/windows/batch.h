/* Datagrams in batches: Winsock takes one a call, so this is a loop; part of shim.c. */
#include "rows.h"

static int cs_batch_native(void)
{
    return 0;
}

static int cs_recv_row(intptr_t fd, struct cs_inbox *in, int row, int flags)
{
    struct cs_received received;
    cs_iov data;
    cs_iov_set(&data, 0, in->data + (size_t)row * in->size, in->size);
    intptr_t length = cs_recvmsg(fd, &data, 1, in->control + (size_t)row * in->control_size,
                                 in->control_size, flags, &received);
    if (length < 0)
        return (int)length;
    if (in->peers)
        in->peers[row] = received.peer.sa;
    in->lengths[row] = (int)length;
    in->peer_lengths[row] = in->peers ? received.peer.length : 0;
    in->control_lengths[row] = (int)received.control_length;
    in->flags[row] = received.flags;
    return 0;
}

/* The socket may be a blocking one, and no flag makes a single call non-blocking: ask first. */
static int cs_recv_batch(intptr_t fd, struct cs_inbox *in, int count, int flags)
{
    int deferred = in->deferred_fd == fd ? in->deferred : 0;
    in->deferred = 0;
    if (deferred)
        return -deferred;
    int done = 0, error = 0;
    while (done < count && !error && (!done || cs_wait(fd, 1, 0) > 0)) {
        error = cs_recv_row(fd, in, done, flags);
        done += !error;
    }
    if (!done)
        return error;
    if (error && error != -WSAEWOULDBLOCK) {
        in->deferred = -error;
        in->deferred_fd = fd;
    }
    return cs_inbox_summary(in, done);
}

static intptr_t cs_send_row(intptr_t fd, cs_iov *data, int row, int flags,
                            const struct cs_outbox *out)
{
    int peer_length = 0, control_length = 0;
    const void *peer = out ? cs_outbox_peer(out, row, &peer_length) : NULL;
    void *control = out ? cs_outbox_control(out, row, &control_length) : NULL;
    return cs_sendmsg(fd, data, 1, control, control ? (size_t)control_length : 0, flags, peer,
                      peer_length);
}

static int cs_send_batch(intptr_t fd, const char *data, const int *lengths, int first, int count,
                         int flags, const struct cs_outbox *out)
{
    for (int i = 0; i < first; i++)
        data += lengths[i];
    for (int i = first; i < count; i++) {
        cs_iov piece;
        cs_iov_set(&piece, 0, (void *)(uintptr_t)data, (size_t)lengths[i]);
        intptr_t sent = cs_send_row(fd, &piece, i, flags, out);
        if (sent < 0)
            return i > first ? i - first : (int)sent;
        data += lengths[i];
    }
    return count - first;
}
