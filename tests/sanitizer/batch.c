/* Run under AddressSanitizer by test_sanitizer.py: batches through the kernel, and walking control
 * buffers of random bytes that end where the memory ends. With CS_LOOP, the room of a system
 * without recvmmsg and sendmmsg, SOCK_CLOEXEC and accept4. Prints what failed, and exits with 1. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "posix/headers.h"
#ifdef CS_LOOP
#undef MSG_WAITFORONE
#undef SOCK_CLOEXEC
#endif
#include "posix/shim.c"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 150, SIZE = 64 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static int *new_ints(int count)
{
    return calloc((size_t)count, sizeof(int));
}

/* Each array by itself, so that one row too many is seen. */
static struct cs_inbox *new_inbox(int rows, size_t control_size)
{
    struct cs_inbox *in = calloc(1, sizeof(*in));
    in->data = malloc((size_t)rows * SIZE);
    in->size = SIZE;
    in->control = calloc((size_t)rows, control_size + 1);
    in->control_size = control_size;
    in->peers = calloc((size_t)rows, sizeof(*in->peers));
    in->lengths = new_ints(rows);
    in->peer_lengths = new_ints(rows);
    in->control_lengths = new_ints(rows);
    in->flags = new_ints(rows);
    in->segment_sizes = new_ints(rows);
    return in;
}

static void free_inbox(struct cs_inbox *in)
{
    free(in->data);
    free(in->control);
    free(in->peers);
    free(in->lengths);
    free(in->peer_lengths);
    free(in->control_lengths);
    free(in->flags);
    free(in->segment_sizes);
    free(in);
}

static void bind_to_loopback(intptr_t fd, struct cs_address *address)
{
    struct sockaddr_in loopback;
    memset(&loopback, 0, sizeof(loopback));
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(cs_bind(fd, &loopback, sizeof(loopback)) == 0);
    CHECK(cs_getsockname(fd, address) == 0);
}

static void open_pair(intptr_t *from, intptr_t *to, struct cs_address *address)
{
    *from = cs_socket(AF_INET, SOCK_DGRAM, 0, 1);
    *to = cs_socket(AF_INET, SOCK_DGRAM, 0, 1);
    CHECK(*from >= 0 && *to >= 0);
    CHECK(cs_setsockopt_int(*to, SOL_SOCKET, SO_RCVBUF, 1 << 20) == 0);
    bind_to_loopback(*to, address);
}

/* ROWS datagrams of growing length, in one call, to where `address` says. */
static void send_all(intptr_t fd, const struct cs_address *address)
{
    struct cs_outbox out;
    char *data = malloc(ROWS * SIZE);
    int *lengths = new_ints(ROWS), total = 0;
    for (int i = 0; i < ROWS; i++) {
        lengths[i] = i % SIZE;
        memset(data + total, i, (size_t)lengths[i]);
        total += lengths[i];
    }
    memset(&out, 0, sizeof(out));
    out.peer = &address->sa;
    out.peer_length = address->length;
    CHECK(cs_send_batch(fd, data, lengths, 0, ROWS, 0, &out) == ROWS);
    CHECK(cs_send_batch(fd, data, lengths, ROWS, ROWS, 0, &out) == 0);
    free(data);
    free(lengths);
}

static void check_made(intptr_t fd, int blocking)
{
    CHECK(fd >= 0 && cs_get_inheritable(fd) == 0);
    CHECK((fcntl((int)fd, F_GETFL) & O_NONBLOCK) == (blocking ? 0 : O_NONBLOCK));
    CHECK(cs_close(fd) == 0);
}

/* What is made is close-on-exec, and waits or does not, whichever way the system makes it. */
static void test_creation(void)
{
    intptr_t pair[2], listener = cs_socket(AF_INET, SOCK_STREAM, 0, 1);
    struct cs_address address, peer;
    check_made(cs_socket(AF_INET, SOCK_STREAM, 0, -1), 1);
    check_made(cs_socket(AF_INET, SOCK_STREAM, 0, 0), 1);
    check_made(cs_socket(AF_INET, SOCK_STREAM, 0, 1), 0);
    CHECK(cs_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    check_made(pair[0], 1);
    check_made(pair[1], 1);
    bind_to_loopback(listener, &address);
    CHECK(cs_listen(listener, 4) == 0);
    CHECK(cs_accept(listener, &peer, -1) == -EAGAIN);
    for (int nonblock = -1; nonblock <= 1; nonblock++) {
        intptr_t client = cs_socket(AF_INET, SOCK_STREAM, 0, 0);
        CHECK(cs_connect(client, &address.sa, address.length) == 0);
        CHECK(cs_wait(listener, 1, 10000) == 1);
        check_made(cs_accept(listener, &peer, nonblock), nonblock != 1);
        CHECK(peer.length == sizeof(struct sockaddr_in) && peer.sa.ss_family == AF_INET);
        check_made(client, 1);
    }
    CHECK(cs_close(listener) == 0);
}

/* Linux counts a filter in instructions of eight bytes, whatever the buffer for it has. */
static void test_filter(void)
{
#ifdef SO_GET_FILTER
    const struct {
        uint16_t code;
        uint8_t branches[2];
        uint32_t number;
    } drop = {6, {0, 0}, 0}, program[4] = {drop, drop, drop, drop};
    const struct {
        unsigned short length;
        const void *instructions;
    } filter = {4, program};
    unsigned char memory[64];
    intptr_t fd = cs_socket(AF_INET, SOCK_DGRAM, 0, 0);
    int code = cs_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
    CHECK(code == 0 || code == -ENOPROTOOPT); /* emulators have none */
    for (int size = 0; !code && size < 40; size++) {
        memset(memory, 'x', sizeof(memory));
        int got = cs_getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, memory, size);
        CHECK(got <= size && (size < 32 || got == 4));
        for (size_t at = (size_t)size; at < sizeof(memory); at++)
            CHECK(memory[at] == 'x');
    }
    CHECK(cs_close(fd) == 0);
#endif
}

static void test_round(int capacity)
{
    intptr_t from, to;
    struct cs_address address;
    struct cs_inbox *in = new_inbox(capacity, 48);
    int row = 0;
    open_pair(&from, &to, &address);
    CHECK(cs_recv_batch(to, in, capacity, 0) == -EAGAIN);
    send_all(from, &address);
    while (row < ROWS) {
        int got = cs_recv_batch(to, in, capacity, 0);
        CHECK(got > 0 && got <= capacity && in->same_peer);
        for (int i = 0; i < got; i++, row++) {
            CHECK(in->lengths[i] == row % SIZE &&
                  in->peer_lengths[i] == sizeof(struct sockaddr_in));
            for (int at = 0; at < in->lengths[i]; at++)
                CHECK(in->data[i * SIZE + at] == (char)row);
        }
    }
    CHECK(cs_recv_batch(to, in, capacity, 0) == -EAGAIN);
    cs_close(from);
    cs_close(to);
    free_inbox(in);
}

/* The rows before a bad one go, the next call says why it did not, and the rest can follow. */
static void test_bad_row(void)
{
    intptr_t from, to;
    struct cs_address address;
    struct cs_outbox out;
    char *data = calloc(1, 70004);
    int lengths[] = {1, 2, 70000, 1};
    open_pair(&from, &to, &address);
    memset(&out, 0, sizeof(out));
    out.peer = &address.sa;
    out.peer_length = address.length;
    CHECK(cs_send_batch(from, data, lengths, 0, 4, 0, &out) == 2);
    CHECK(cs_send_batch(from, data, lengths, 2, 4, 0, &out) == -EMSGSIZE);
    CHECK(cs_send_batch(from, data, lengths, 3, 4, 0, &out) == 1);
    free(data);
    cs_close(from);
    cs_close(to);
}

static void test_walk(unsigned seed)
{
    srand(seed);
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)(rand() % 120), seen = 0;
        unsigned char *control = malloc(size ? size : 1);
        struct cs_cmsg found;
        long long next = 0;
        for (size_t i = 0; i < size; i++)
            control[i] = (unsigned char)(rand() % 4 ? 0 : rand() % 40);
        while ((next = cs_cmsg_get(control, size, (size_t)next, &found)) >= 0) {
            CHECK(found.data + found.length <= size);
            for (size_t i = 0; i < found.length; i++)
                seen += control[found.data + i];
            if (next == 0)
                break;
        }
        CHECK(seen < 120 * 256);
        free(control);
    }
}

int main(void)
{
#ifdef CS_LOOP
    CHECK(cs_batch_native() == 0);
#endif
    test_creation();
    test_filter();
    test_round(1);
    test_round(64);
    test_round(65);
    test_round(ROWS + 10);
    test_bad_row();
    for (unsigned seed = 1; seed < 6; seed++)
        test_walk(seed);
    return 0;
}
