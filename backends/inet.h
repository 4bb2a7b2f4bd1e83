/* AF_INET and AF_INET6 addresses: the same structs and the same inet_pton on every system. */

static int cs_inet_set(void *sa, int port, unsigned int flowinfo, unsigned int scope)
{
    if (((struct sockaddr *)sa)->sa_family == AF_INET6) {
        struct sockaddr_in6 *in6 = sa;
        in6->sin6_port = htons((unsigned short)port);
        in6->sin6_flowinfo = htonl(flowinfo);
        in6->sin6_scope_id = scope;
        return sizeof(*in6);
    }
    ((struct sockaddr_in *)sa)->sin_port = htons((unsigned short)port);
    return sizeof(struct sockaddr_in);
}

static int cs_inet_pack(void *sa, int family, const char *host, int port, unsigned int flowinfo,
                        unsigned int scope)
{
    struct sockaddr *head = sa;
    void *bits;
    if (family == AF_INET6) {
        memset(sa, 0, sizeof(struct sockaddr_in6));
        bits = &((struct sockaddr_in6 *)sa)->sin6_addr;
    } else {
        memset(sa, 0, sizeof(struct sockaddr_in));
        bits = &((struct sockaddr_in *)sa)->sin_addr;
    }
    if (inet_pton(family == AF_INET6 ? AF_INET6 : AF_INET, host, bits) != 1)
        return 0;
    head->sa_family = (sa_family_t)family;
#ifdef CS_HAVE_SA_LEN
    head->sa_len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
#endif
    return cs_inet_set(sa, port, flowinfo, scope);
}

static int cs_inet_unpack(const void *sa, char *host, unsigned int *flowinfo_scope)
{
    if (((const struct sockaddr *)sa)->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = sa;
        inet_ntop(AF_INET6, (void *)&in6->sin6_addr, host, INET6_ADDRSTRLEN);
        flowinfo_scope[0] = ntohl(in6->sin6_flowinfo);
        flowinfo_scope[1] = in6->sin6_scope_id;
        return ntohs(in6->sin6_port);
    }
    const struct sockaddr_in *in4 = sa;
    inet_ntop(AF_INET, (void *)&in4->sin_addr, host, INET6_ADDRSTRLEN);
    return ntohs(in4->sin_port);
}
