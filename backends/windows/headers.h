/* Every system header of the Windows room. winsock2.h must come before windows.h. */
#if defined(__MINGW32__) && _WIN32_WINNT < 0x0A00
#undef _WIN32_WINNT
#undef NTDDI_VERSION
#define _WIN32_WINNT 0x0A00
#define NTDDI_VERSION 0x0A000005
#endif
/* gethostbyname and inet_addr are what the socket module offers, deprecated or not. */
#define _WINSOCK_DEPRECATED_NO_WARNINGS
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#include <ws2bth.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the headers of mingw-w64 10 lack, and where they differ from Microsoft's. */
#ifdef __MINGW32__
#undef EAI_NODATA
#define EAI_NODATA EAI_NONAME
#endif
#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif
#ifndef SIO_TCP_SET_ACK_FREQUENCY
#define SIO_TCP_SET_ACK_FREQUENCY _WSAIOW(IOC_VENDOR, 23)
#endif
