/* Names, services and interfaces of the POSIX room; part of shim.c. */

static int cs_gethostname(char *out, size_t size)
{
    if (gethostname(out, size - 1) < 0)
        return -errno;
    out[size - 1] = '\0'; /* a truncated name need not be terminated */
    return 0;
}

static int cs_sethostname(const char *name, size_t length)
{
#if defined(__linux__)
    return cs_or_errno(sethostname(name, length));
#else
    return cs_or_errno(sethostname((char *)(uintptr_t)name, (int)length));
#endif
}

static long long cs_if_nametoindex(const char *name)
{
    errno = 0;
    unsigned int index = if_nametoindex(name);
    if (index)
        return index;
    return errno ? -errno : -ENODEV;
}

static int cs_if_indextoname(unsigned int index, char *out)
{
    errno = 0;
    if (if_indextoname(index, out))
        return 0;
    return errno ? -errno : -ENXIO;
}

static int cs_if_index(intptr_t fd, const char *name)
{
#ifdef SIOCGIFINDEX
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    if (ioctl((int)fd, SIOCGIFINDEX, &request) < 0)
        return -errno;
#if defined(__linux__)
    return request.ifr_ifindex;
#else
    return request.ifr_index;
#endif
#else
    (void)fd;
    return (int)cs_if_nametoindex(name);
#endif
}

static int cs_if_name(intptr_t fd, int index, char *out)
{
#ifdef SIOCGIFNAME
    struct ifreq request;
    if (fd < 0) /* what came in a batch is read when its socket may be closed */
        return cs_if_indextoname((unsigned int)index, out);
    memset(&request, 0, sizeof(request));
    request.ifr_ifindex = index;
    if (ioctl((int)fd, SIOCGIFNAME, &request) < 0)
        return -errno;
    memcpy(out, request.ifr_name, IFNAMSIZ);
    return 0;
#else
    (void)fd;
    return cs_if_indextoname((unsigned int)index, out);
#endif
}

static int cs_getnameinfo(const void *sa, int length, char *host, int host_size, char *service,
                          int service_size, int flags, int *code)
{
    int result = getnameinfo(sa, (socklen_t)length, host, (socklen_t)host_size, service,
                             (socklen_t)service_size, flags);
    *code = errno;
    return result;
}

static int cs_getaddrinfo(const char *node, const char *service, int family, int type, int proto,
                          int flags, struct addrinfo **out, int *code)
{
    struct addrinfo hints;
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = family;
    hints.ai_socktype = type;
    hints.ai_protocol = proto;
    hints.ai_flags = flags;
    int result = getaddrinfo(node, service, &hints, out);
    *code = errno;
    return result;
}

/* glibc's gethostbyaddr and gethostbyname share static storage between threads and its _r forms
 * do not; macOS keeps a hostent per thread; elsewhere the caller holds a lock. */
static int cs_hostent_in_buf(void)
{
#if defined(__GLIBC__) || defined(__FreeBSD__)
    return 1;
#else
    return 0;
#endif
}

static int cs_gethostbyaddr(const void *bits, int length, int family, char *buf, size_t size,
                            struct hostent **out)
{
#if defined(__GLIBC__) || defined(__FreeBSD__)
    struct hostent *entry = (struct hostent *)(void *)buf;
    int problem = 0;
    gethostbyaddr_r(bits, (socklen_t)length, family, entry, buf + sizeof(*entry),
                    size - sizeof(*entry), out, &problem);
    return *out ? 0 : problem;
#else
    (void)buf, (void)size;
    *out = gethostbyaddr(bits, (socklen_t)length, family);
    return *out ? 0 : h_errno;
#endif
}

static int cs_gethostbyname(const char *name, int family, char *buf, size_t size,
                            struct hostent **out)
{
#if defined(__GLIBC__) || defined(__FreeBSD__)
    struct hostent *entry = (struct hostent *)(void *)buf;
    int problem = 0;
    gethostbyname2_r(name, family, entry, buf + sizeof(*entry), size - sizeof(*entry), out,
                     &problem);
    return *out ? 0 : problem;
#else
    (void)buf, (void)size;
    *out = gethostbyname2(name, family);
    return *out ? 0 : h_errno;
#endif
}

static int cs_inet_pton(int family, const char *text, void *out)
{
    return cs_or_errno(inet_pton(family, text, out));
}

static int cs_inet_aton(const char *text, void *out)
{
    return inet_aton(text, out);
}

static int cs_servent_port(const struct servent *entry)
{
    return ntohs((unsigned short)entry->s_port);
}

static int cs_protoent_proto(const struct protoent *entry)
{
    return entry->p_proto;
}

static struct servent *cs_getservbyport(int port, const char *proto)
{
    return getservbyport(htons((unsigned short)port), proto);
}
