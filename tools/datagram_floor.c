/* What the kernel alone takes for a batch: the bare system call of C, timed where nothing else is.
 * bench_datagrams.py compiles and calls it; each function answers the seconds of one call, or -1.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST = 64, CONTROL = 64 };

static struct mmsghdr messages[MOST];
static struct iovec pieces[MOST];
static struct sockaddr_in peers[MOST];
static char control[CONTROL];

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void lay_out(char *data, int rows, int size)
{
    memset(messages, 0, sizeof(messages));
    for (int row = 0; row < rows; row++) {
        pieces[row].iov_base = data + (size_t)row * (size_t)size;
        pieces[row].iov_len = (size_t)size;
        messages[row].msg_hdr.msg_iov = &pieces[row];
        messages[row].msg_hdr.msg_iovlen = 1;
    }
}

double floor_receive(int fd, char *data, int rows, int size, int addresses)
{
    lay_out(data, rows, size);
    for (int row = 0; addresses && row < rows; row++) {
        messages[row].msg_hdr.msg_name = &peers[row];
        messages[row].msg_hdr.msg_namelen = sizeof(peers[row]);
    }
    const double start = seconds();
    const int got = recvmmsg(fd, messages, (unsigned)rows, MSG_WAITFORONE, NULL);
    return got == rows ? seconds() - start : -1;
}

/* One long buffer of datagrams that the kernel coalesced, with room for their size. */
double floor_coalesced(int fd, char *data, int size)
{
    lay_out(data, 1, size);
    messages[0].msg_hdr.msg_control = control;
    messages[0].msg_hdr.msg_controllen = sizeof(control);
    const double start = seconds();
    return recvmsg(fd, &messages[0].msg_hdr, 0) > 0 ? seconds() - start : -1;
}

double floor_send(int fd, char *data, int rows, int size)
{
    lay_out(data, rows, size);
    const double start = seconds();
    const int sent = sendmmsg(fd, messages, (unsigned)rows, 0);
    return sent == rows ? seconds() - start : -1;
}
