/* What both rooms say of a batch, whichever way it came; part of each shim.c. */

/* Most batches are alike in each row, and Python reads such ones faster. */
static int cs_inbox_summary(struct cs_inbox *in, int count)
{
    in->same_length = in->same_peer = 1;
    for (int i = 1; i < count; i++) {
        if (in->lengths[i] != in->lengths[0])
            in->same_length = 0;
        if (in->peer_lengths[i] != in->peer_lengths[0] ||
            memcmp(&in->peers[i], &in->peers[0], (size_t)in->peer_lengths[0]))
            in->same_peer = 0;
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
