/* cs_sendfile() for the sendfile() of macOS (-DMACOS) or FreeBSD, over a kernel that does as it is
 * told by the test. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the next call fails with, 0 for nothing; how many bytes it says went. Below 0 it does not
 * say: FreeBSD's ends so where it has not looked at the socket yet. */
int kernel_error;
long long kernel_sent;

static int fake(off_t *sent)
{
    if (kernel_sent >= 0)
        *sent = kernel_sent;
    errno = kernel_error;
    return kernel_error ? -1 : 0;
}

#undef __linux__
#ifdef MACOS
#define __APPLE__ 1
static int sendfile(int file, int fd, off_t offset, off_t *count, void *more, int flags)
{
    (void)file, (void)fd, (void)offset, (void)more, (void)flags;
    return fake(count);
}
#else
#define __FreeBSD__ 14
static int sendfile(int file, int fd, off_t offset, size_t count, void *more, off_t *sent,
                    int flags)
{
    (void)file, (void)fd, (void)offset, (void)count, (void)more, (void)flags;
    return fake(sent);
}
#endif

#define static /* so that the test can call it */
#include "posix/sendfile.h"
