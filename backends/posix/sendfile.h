/* Parts of a file to a socket, by each system's own sendfile(); part of shim.c. */

static long long cs_sendfile(intptr_t fd, intptr_t file, long long offset, size_t count,
                             int timeout_ms)
{
    (void)timeout_ms;
#if defined(__linux__)
    off_t position = (off_t)offset;
    return cs_size_or_errno(sendfile((int)fd, (int)file, &position, count));
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
    if (!count)
        return 0; /* a count of 0 would mean "to the end" */
    /* What went out before an error is in `sent`. */
#if defined(__APPLE__)
    off_t sent = (off_t)count;
    int result = sendfile((int)file, (int)fd, (off_t)offset, &sent, NULL, 0);
#else
    off_t sent = 0; /* not written where the file cannot be read */
    int result = sendfile((int)file, (int)fd, (off_t)offset, count, NULL, &sent, 0);
#endif
    return result < 0 && sent == 0 ? -errno : (long long)sent;
#else
    (void)fd, (void)file, (void)offset, (void)count;
    return -ENOSYS;
#endif
}
