/* THE CONTRACT between cffisock and a room.
 *
 * Every room's shim.c implements every function below; cffi's cdef() and the C compiler read
 * this same text, so it holds declarations only: no preprocessor line.
 *
 * A function makes ONE system call: it never waits, never retries. It answers a value >= 0, or
 * minus the error code (errno on POSIX, WSAGetLastError() on Windows). `fd` is the system's
 * handle, an int on POSIX and a SOCKET on Windows; -1 is "none" on both.
 */

/* Where a call writes an address; `length` is what the system said it wrote. */
struct cs_address {
    struct sockaddr_storage sa;
    int length;
};

/* What a received message had beside its data. */
struct cs_received {
    struct cs_address peer;
    size_t control_length;
    int flags;
};

/* One control message inside a control buffer; `data` is an offset into that buffer.
 * `clipped` is 1 when the header claims more data than the buffer holds. */
struct cs_cmsg {
    int level;
    int type;
    size_t data;
    size_t length;
    int clipped;
};

/* Make the system ready for sockets; called once, at import. */
static int cs_startup(void);

/* Descriptors. Every one made here is close-on-exec (non-inheritable), atomically where the
 * system can. `nonblock` is 1 for non-blocking, 0 for blocking, -1 for "as the system gives it". */
static intptr_t cs_socket(int family, int type, int proto, int nonblock);
static int cs_socketpair(int family, int type, int proto, intptr_t *pair);
static intptr_t cs_accept(intptr_t fd, struct cs_address *peer, int nonblock);
static intptr_t cs_dup(intptr_t fd);
static int cs_close(intptr_t fd);
static int cs_set_blocking(intptr_t fd, int blocking);
static int cs_get_inheritable(intptr_t fd);
static int cs_set_inheritable(intptr_t fd, int inheritable);

/* The only call that waits: until fd is readable (1), writable (2) or has finished connecting,
 * well or badly (4), at most timeout_ms (-1: for ever). 1 = ready, 0 = the time is over. */
static int cs_wait(intptr_t fd, int event, int timeout_ms);

/* Names and peers. */
static int cs_bind(intptr_t fd, const void *sa, int length);
static int cs_connect(intptr_t fd, const void *sa, int length);
static int cs_listen(intptr_t fd, int backlog);
static int cs_shutdown(intptr_t fd, int how);
static int cs_getsockname(intptr_t fd, struct cs_address *out);
static int cs_getpeername(intptr_t fd, struct cs_address *out);

/* Options. cs_getsockopt_int answers the int's 32 bits as an unsigned number. */
static long long cs_getsockopt_int(intptr_t fd, int level, int name);
static int cs_getsockopt(intptr_t fd, int level, int name, void *value, int length);
static int cs_setsockopt_int(intptr_t fd, int level, int name, int value);
static int cs_setsockopt(intptr_t fd, int level, int name, const void *value, int length);

/* Data. */
static intptr_t cs_recv(intptr_t fd, void *buf, size_t length, int flags);
static intptr_t cs_recvfrom(intptr_t fd, void *buf, size_t length, int flags,
                            struct cs_address *from);
static intptr_t cs_send(intptr_t fd, const void *buf, size_t length, int flags);
static intptr_t cs_sendto(intptr_t fd, const void *buf, size_t length, int flags, const void *sa,
                          int sa_length);
static intptr_t cs_recvmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, struct cs_received *out);
static intptr_t cs_sendmsg(intptr_t fd, cs_iov *iov, int count, void *control,
                           size_t control_length, int flags, const void *sa, int sa_length);

/* Part of a file, from `offset`, to a stream socket: the bytes that went, 0 past its end. `file` is
 * what room.file_handle() makes of a descriptor. Only where the call cannot be non-blocking
 * (Windows) does it wait, timeout_ms at most (-1: for ever), and answers minus
 * room.SENDFILE_EXPIRED. */
static long long cs_sendfile(intptr_t fd, intptr_t file, long long offset, size_t count,
                             int timeout_ms);

/* Scatter and gather lists: the room knows the order of the two fields. */
static void cs_iov_set(cs_iov *iov, int index, void *base, size_t length);

/* Control messages, in the system's own geometry. cs_cmsg_put writes one message at `offset` of a
 * zeroed buffer and answers the offset of the next. cs_cmsg_get reads the one at `offset` (0 first)
 * and answers the offset of the next, 0 when this is the last, -1 when there is none, -2 when
 * the header there is invalid; it never reads past `size`. */
static size_t cs_cmsg_len(size_t length);
static size_t cs_cmsg_space(size_t length);
static size_t cs_cmsg_put(void *control, size_t offset, int level, int type, const void *data,
                          size_t length);
static long long cs_cmsg_get(const void *control, size_t size, size_t offset, struct cs_cmsg *out);

/* Internet addresses (inet.h, one text for both rooms). cs_inet_pack answers the length of the
 * address made from a numeric host, 0 when the host is not numeric. cs_inet_unpack answers the
 * port. cs_inet_pton answers 1, 0 for a text that is no address, or minus the error code. */
static int cs_inet_pack(void *sa, int family, const char *host, int port, unsigned int flowinfo,
                        unsigned int scope);
static int cs_inet_unpack(const void *sa, char *host, unsigned int *flowinfo_scope);
static int cs_inet_pton(int family, const char *text, void *out);
static int cs_inet_set(void *sa, int port, unsigned int flowinfo, unsigned int scope);

/* ---- Datagrams in batches (batch.h) ----
 * Many datagrams a call: one recvmmsg or sendmmsg for each 64 rows where the system has them, else
 * the single call in a loop. They stop at the first row that would block or fails, and answer the
 * number of rows done; minus the error code only when no row was. */

/* Where datagrams go. `peers` is NULL when nobody wants to know. Row i has `size` bytes of data at
 * i * size, `control_size` bytes of control at i * control_size, and element i of each array. An
 * error after the first row is kept in `deferred` for the next call on that descriptor. */
struct cs_inbox {
    char *data;
    char *control;
    size_t size;
    size_t control_size;
    struct sockaddr_storage *peers;
    int *lengths;
    int *peer_lengths;
    int *control_lengths;
    int *flags;
    int *segment_sizes; /* 0, or that of the datagrams which the kernel coalesced into the row */
    int segment_level;  /* what message says so */
    int segment_type;
    int same_length; /* 1 when every row that came has as many bytes as the first, */
    int same_peer;   /* or comes from where the first comes from */
    intptr_t deferred_fd;
    int deferred;
};

/* What goes beside the data: one peer and one control buffer for all rows, unless there is an array
 * with one for each. Anything may be NULL. */
struct cs_outbox {
    const void *peer;
    const void **peers;
    void *control;
    void **controls;
    int *peer_lengths;
    int *control_lengths;
    int peer_length;
    int control_length;
};

/* 1 when the system itself takes many datagrams a call. */
static int cs_batch_native(void);
static int cs_recv_batch(intptr_t fd, struct cs_inbox *in, int count, int flags);

/* The datagrams lie one after the other in `data`, `lengths` bytes each; `first` is the row to
 * begin with. */
static int cs_send_batch(intptr_t fd, const char *data, const int *lengths, int first, int count,
                         int flags, const struct cs_outbox *out);

/* Shortcuts (shortcuts.h, one text for both rooms). cs_set_blocking with one argument: cffi passes
 * that without making a tuple. */
static int cs_block(intptr_t fd);
static int cs_unblock(intptr_t fd);

/* sendmsg of one buffer with no flags and at most
 * one small control message (`data` NULL: none), recvmsg into one buffer. facts: the flags, the
 * length of the address, how many control messages (2 for "more, or damaged"), the level, type and
 * length of the first; its data begins cs_cmsg_len(0) into the buffer. */
static intptr_t cs_sendmsg_one(intptr_t fd, const void *buf, size_t length, int level, int type,
                               const void *data, size_t data_length, const void *sa, int sa_length);
static intptr_t cs_recvmsg_one(intptr_t fd, void *buf, size_t length, void *control,
                               size_t control_length, int flags, struct cs_received *out,
                               long long *facts);
