/* What both rooms say of a batch, whichever way it came; part of each shim.c. */

static int cs_segment_size(const struct cs_inbox *in, int row)
{
    const char *control = in->control + (size_t)row * in->control_size;
    const size_t length = (size_t)in->control_lengths[row];
    struct cs_cmsg found;
    long long at = 0;
    int size = 0;
    do {
        long long next = cs_cmsg_get(control, length, (size_t)at, &found);
        if (next < 0)
            return 0;
        if (found.level == in->segment_level && found.type == in->segment_type &&
            found.length >= sizeof(size)) {
            memcpy(&size, control + found.data, sizeof(size));
            return size > 0 ? size : 0;
        }
        at = next;
    } while (at);
    return 0;
}

static int cs_same_peer(const struct cs_inbox *in, int row)
{
    return in->peer_lengths[row] == in->peer_lengths[0] &&
           !memcmp(&in->peers[row], &in->peers[0], (size_t)in->peer_lengths[0]);
}

/* Most batches are alike in each row, and Python reads such ones faster. */
static int cs_inbox_summary(struct cs_inbox *in, int count)
{
    in->same_length = in->same_peer = 1;
    for (int i = 0; i < count; i++) {
        in->segment_sizes[i] = in->control_size ? cs_segment_size(in, i) : 0;
        in->same_length &= in->lengths[i] == in->lengths[0];
        in->same_peer &= !in->peers || cs_same_peer(in, i);
    }
    return count;
}

static void *cs_outbox_peer(const struct cs_outbox *out, int row, int *length)
{
    *length = out->peers ? out->peer_lengths[row] : out->peer_length;
    return (void *)(uintptr_t)(out->peers ? out->peers[row] : out->peer);
}

static void *cs_outbox_control(const struct cs_outbox *out, int row, int *length)
{
    *length = out->controls ? out->control_lengths[row] : out->control_length;
    return out->controls ? out->controls[row] : out->control;
}
