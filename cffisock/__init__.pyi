# The names and types are those of the standard library, as typeshed knows them for each platform and
# version; a cffisock.socket passes where a socket.socket is expected.
from socket import *
from socket import (
    EAGAIN as EAGAIN,
    EBADF as EBADF,
    EWOULDBLOCK as EWOULDBLOCK,
    AddressInfo as AddressInfo,
    MsgFlag as MsgFlag,
    SocketIO as SocketIO,
)

def install(patch: bool = ...) -> None: ...
def uninstall() -> None: ...
