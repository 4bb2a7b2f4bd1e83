/* What libc and Winsock share, as cffi sees it (not read by the C compiler). */
typedef int... sa_family_t;
typedef int... socklen_t;

struct sockaddr_storage {
    sa_family_t ss_family;
    ...;
};

struct servent {
    char *s_name;
    ...;
};
struct protoent {
    char *p_name;
    ...;
};

const char *inet_ntop(int family, const void *bits, char *out, socklen_t size);

extern const char cs_constant_names[];
extern const int64_t cs_constant_values[];
extern const int cs_constant_count;
extern const char cs_beyond_names[];
extern const int64_t cs_beyond_values[];
extern const int cs_beyond_count;
extern const char cs_compiler[];
extern const char cs_libc[];
