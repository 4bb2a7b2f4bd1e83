/* Control messages: one walker for both rooms, which say what their geometry is: the type
 * CS_CMSGHDR, and the macros CS_CMSG_LEN and CS_CMSG_SPACE. */
static size_t cs_cmsg_len(size_t length)
{
    return CS_CMSG_LEN(length);
}

static size_t cs_cmsg_space(size_t length)
{
    return CS_CMSG_SPACE(length);
}

static size_t cs_cmsg_put(void *control, size_t offset, int level, int type, const void *data,
                          size_t length)
{
    CS_CMSGHDR *header = (CS_CMSGHDR *)(void *)((char *)control + offset);
    header->cmsg_len = CS_CMSG_LEN(length);
    header->cmsg_level = level;
    header->cmsg_type = type;
    if (length)
        memcpy((char *)header + CS_CMSG_LEN(0), data, length);
    return offset + CS_CMSG_SPACE(length);
}

static long long cs_cmsg_get(const void *control, size_t size, size_t offset, struct cs_cmsg *out)
{
    CS_CMSGHDR header;
    const size_t overhead = CS_CMSG_LEN(0);
    if (offset > size || size - offset < overhead)
        return -1;
    memcpy(&header, (const char *)control + offset, sizeof(header));
    if ((size_t)header.cmsg_len < overhead)
        return -2;
    out->level = header.cmsg_level;
    out->type = header.cmsg_type;
    out->data = offset + overhead;
    out->length = (size_t)header.cmsg_len - overhead;
    out->clipped = out->length > size - out->data;
    if (out->clipped)
        out->length = size - out->data;
    const size_t next = offset + CS_CMSG_SPACE(out->length);
    return out->clipped || next > size || size - next < overhead ? 0 : (long long)next;
}
