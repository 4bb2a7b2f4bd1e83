/* sendfile by TransmitFile, which is overlapped: it pays no heed to non-blocking mode, so the wait
 * is here, and -WAIT_TIMEOUT says that it was too short; part of shim.c. */

/* With a time limit, a chunk is what must go out within it: POSIX' limit is for any progress. */
enum { CS_PATIENT_CHUNK = 1 << 30, CS_TIMED_CHUNK = 1 << 18 };

/* Negative offsets have meanings of their own to ReadFile: -2 is the file's position. */
static long long cs_left_in_file(HANDLE file, long long offset)
{
    LARGE_INTEGER size;
    if (offset < 0)
        return -ERROR_NEGATIVE_SEEK;
    if (!GetFileSizeEx(file, &size))
        return -(long long)GetLastError();
    return size.QuadPart > offset ? size.QuadPart - offset : 0;
}

static long long cs_finish_transmit(SOCKET fd, OVERLAPPED *pending, int timeout_ms)
{
    DWORD sent = 0, flags = 0;
    int expired =
        WaitForSingleObject(pending->hEvent, timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms) ==
        WAIT_TIMEOUT;
    if (expired) {
        /* The system writes to `pending` until it has done with it, and the result of a socket that
         * another thread closed is refused at once: ask the event, which knows. */
        CancelIoEx((HANDLE)fd, pending);
        WaitForSingleObject(pending->hEvent, INFINITE);
    }
    if (WSAGetOverlappedResult(fd, pending, &sent, TRUE, &flags) || sent)
        return sent;
    return expired ? -WAIT_TIMEOUT : -(long long)WSAGetLastError();
}

static long long cs_sendfile(intptr_t fd, intptr_t file, long long offset, size_t count,
                             int timeout_ms)
{
    const size_t most = timeout_ms < 0 ? CS_PATIENT_CHUNK : CS_TIMED_CHUNK;
    long long result = cs_left_in_file((HANDLE)file, offset);
    if (result <= 0 || !count)
        return result < 0 ? result : 0; /* asked for more than there is, TransmitFile would fail */
    if (count > (unsigned long long)result)
        count = (size_t)result;
    OVERLAPPED pending;
    memset(&pending, 0, sizeof(pending));
    pending.Offset = (DWORD)offset;
    pending.OffsetHigh = (DWORD)(offset >> 32);
    pending.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!pending.hEvent)
        return -(long long)GetLastError();
    if (TransmitFile((SOCKET)fd, (HANDLE)file, (DWORD)(count > most ? most : count), 0, &pending,
                     NULL, 0) ||
        WSAGetLastError() == WSA_IO_PENDING)
        result = cs_finish_transmit((SOCKET)fd, &pending, timeout_ms);
    else
        result = -(long long)WSAGetLastError();
    CloseHandle(pending.hEvent);
    return result;
}
