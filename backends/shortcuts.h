/* Shortcuts both rooms share: what takes Python several calls, in one, over the room's own
 * functions. They serve the common shapes only; what does not fit goes the long way. */

enum { CS_SMALL_CONTROL = 256 };

static int cs_block(intptr_t fd)
{
    return cs_set_blocking(fd, 1);
}

static int cs_unblock(intptr_t fd)
{
    return cs_set_blocking(fd, 0);
}

static intptr_t cs_sendmsg_one(intptr_t fd, const void *buf, size_t length, int level, int type,
                               const void *data, size_t data_length, const void *sa, int sa_length)
{
    long long control[CS_SMALL_CONTROL / sizeof(long long)]; /* aligned as control messages are */
    size_t size = 0;
    cs_iov one;
    if (data) {
        size = cs_cmsg_space(data_length);
        if (size > sizeof(control))
            return -CS_TOO_LONG;
        memset(control, 0, size);
        cs_cmsg_put(control, 0, level, type, data, data_length);
    }
    cs_iov_set(&one, 0, (void *)(uintptr_t)buf, length);
    return cs_sendmsg(fd, &one, 1, control, size, 0, sa, sa_length);
}

static intptr_t cs_recvmsg_one(intptr_t fd, void *buf, size_t length, void *control,
                               size_t control_length, int flags, struct cs_received *out,
                               long long *facts)
{
    struct cs_cmsg first = {0, 0, 0, 0, 0};
    long long next = -1;
    cs_iov one;
    cs_iov_set(&one, 0, buf, length);
    const intptr_t got = cs_recvmsg(fd, &one, 1, control, control_length, flags, out);
    if (got < 0)
        return got;
    if (control_length)
        next = cs_cmsg_get(control, out->control_length, 0, &first);
    facts[0] = out->flags;
    facts[1] = out->peer.length;
    facts[2] = next == -1 ? 0 : next == 0 && !first.clipped ? 1 : 2;
    facts[3] = first.level;
    facts[4] = first.type;
    facts[5] = (long long)first.length;
    return got;
}
