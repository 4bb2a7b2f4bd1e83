/* What this module was compiled with, for `python -m cffisock`. */
#define CS_TEXT_(x) #x
#define CS_TEXT(x) CS_TEXT_(x)

static const char cs_compiler[] =
#if defined(__clang__)
    "clang " __clang_version__;
#elif defined(__GNUC__)
    "gcc " __VERSION__;
#elif defined(_MSC_FULL_VER)
    "msvc " CS_TEXT(_MSC_FULL_VER);
#else
    "unknown";
#endif

static const char cs_libc[] =
#if defined(__GLIBC__)
    "glibc " CS_TEXT(__GLIBC__) "." CS_TEXT(__GLIBC_MINOR__);
#elif defined(_WIN32)
    "winsock";
#elif defined(__linux__)
    "musl or other";
#else
    "the system's";
#endif
