# The names and types are those of the standard library, as typeshed knows them for each platform and
# version; a cffisock.socket passes where a socket.socket is expected.
from socket import *
from socket import (
    EAGAIN as EAGAIN,
)
from socket import (
    EBADF as EBADF,
)
from socket import (
    EWOULDBLOCK as EWOULDBLOCK,
)
from socket import (
    AddressInfo as AddressInfo,
)
from socket import (
    MsgFlag as MsgFlag,
)
from socket import (
    SocketIO as SocketIO,
)

def install(patch: bool = ...) -> None: ...
def uninstall() -> None: ...
