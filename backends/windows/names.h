/* Names, services and interfaces of the Windows room; part of shim.c. Winsock keeps a hostent, a
 * servent and a protoent per thread: read them before the thread's next look-up. */

static int cs_getaddrinfo(const wchar_t *node, const wchar_t *service, int family, int type,
                          int proto, int flags, ADDRINFOW **out)
{
    ADDRINFOW hints;
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = family;
    hints.ai_socktype = type;
    hints.ai_protocol = proto;
    hints.ai_flags = flags;
    return GetAddrInfoW(node, service, &hints, out);
}

static int cs_getnameinfo(const void *sa, int length, wchar_t *host, int host_size,
                          wchar_t *service, int service_size, int flags)
{
    return GetNameInfoW(sa, length, host, (DWORD)host_size, service, (DWORD)service_size, flags);
}

static int cs_gethostbyname(const char *name, struct hostent **out)
{
    *out = gethostbyname(name);
    return *out ? 0 : WSAGetLastError();
}

static int cs_gethostbyaddr(const void *bits, int length, int family, struct hostent **out)
{
    *out = gethostbyaddr(bits, length, family);
    return *out ? 0 : WSAGetLastError();
}

/* The DNS name: the NetBIOS one is cut at 15 characters and upper case. */
static int cs_gethostname(wchar_t *out, unsigned long size)
{
    return GetComputerNameExW(ComputerNamePhysicalDnsHostname, out, &size) ? 0
                                                                           : -(int)GetLastError();
}

static int cs_getservbyname(const char *name, const char *proto)
{
    const struct servent *entry = getservbyname(name, proto);
    return entry ? ntohs((u_short)entry->s_port) : -WSAGetLastError();
}

static struct servent *cs_getservbyport(int port, const char *proto)
{
    return getservbyport(htons((u_short)port), proto);
}

static int cs_getprotobyname(const char *name)
{
    const struct protoent *entry = getprotobyname(name);
    return entry ? entry->p_proto : -WSAGetLastError();
}

static int cs_inet_pton(int family, const char *text, void *out)
{
    return cs_or_error(inet_pton(family, text, out));
}

/* inet_addr answers the same for what it cannot read and for the broadcast address, and 0 for "".
 */
static int cs_inet_aton(const char *text, void *out)
{
    unsigned long bits = inet_addr(text);
    memcpy(out, &bits, 4);
    return *text && (bits != INADDR_NONE || strcmp(text, "255.255.255.255") == 0);
}

static int cs_if_table(void **table)
{
    MIB_IF_TABLE2 *made = NULL;
    ULONG error = GetIfTable2Ex(MibIfTableRaw, &made);
    if (error != NO_ERROR)
        return -(int)error;
    *table = made;
    return (int)made->NumEntries;
}

static int cs_if_row(const void *table, int row, wchar_t *name, size_t size)
{
    const MIB_IF_ROW2 *entry = &((const MIB_IF_TABLE2 *)table)->Table[row];
    NETIO_STATUS error = ConvertInterfaceLuidToNameW(&entry->InterfaceLuid, name, size);
    return error ? -(int)error : (int)entry->InterfaceIndex;
}

static void cs_if_free(void *table)
{
    FreeMibTable(table);
}

static unsigned int cs_if_nametoindex(const char *name)
{
    return if_nametoindex(name);
}

static int cs_if_indextoname(unsigned int index, char *out)
{
    return if_indextoname(index, out) != NULL;
}
