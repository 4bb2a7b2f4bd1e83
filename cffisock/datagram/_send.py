"""Many datagrams out in one call, each to its own address, by whichever way is cheapest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cffisock._address import AF_INET, AF_INET6, SOCK_DGRAM
from cffisock._backend import lib
from cffisock._descriptor import Descriptor
from cffisock.ancillary import _NUMBERS
from cffisock.datagram._batch import not_ours
from cffisock.datagram._offload import joinable, send_joined
from cffisock.datagram._rows import Account, filled, send_rows

_UDP = (0, _NUMBERS["IPPROTO_UDP"])
_SOL_SOCKET = _NUMBERS["SOL_SOCKET"]
_SO_TIMESTAMPING = _NUMBERS.get("SO_TIMESTAMPING")
_BYTES = {bytes}
_FEWEST = 3  # segments that are worth a control message


def send_batch(
    sock: Any, items: Iterable[Any], address: Any = None, flags: int = 0, *, offload: bool = True
) -> int:
    """Send each item as one datagram; return how many went; sendmmsg(2).

    An item is bytes-like, or ``(data, address)``, or ``(data, address, ancdata)``; those without an
    address of their own, or with None, go to `address`, or to the connected peer. Waits as the
    socket's time-out says, one deadline for all; when it is over, or the socket does not wait, the
    number is short, and items from there on can be sent again. A refused item does not stop the
    others: BatchError.

    Items of one size to one peer pass the stack together and are cut into the same datagrams at its
    end, unless `offload` is false or the socket stamps what it sends.
    """
    if not isinstance(sock, Descriptor):
        raise not_ours(sock)
    rows = tuple(items)  # a list that another thread changed would not fit the lengths of its items
    account = Account(sock, flags)
    if not (offload and _may_join(sock, len(rows), flags) and _send_joined(account, rows, address)):
        send_rows(account, rows, address, flags)
    return account.close()


def _may_join(sock: Descriptor, count: int, flags: int) -> bool:
    """Whether segments could stand for single datagrams, and nobody would see a difference."""
    if count < _FEWEST or flags or sock._type != SOCK_DGRAM:
        return False
    if sock._family not in (AF_INET, AF_INET6) or sock._proto not in _UDP:
        return False
    # A time stamp, and its number, would be given to the whole and not to each.
    return _SO_TIMESTAMPING is None or not lib.cs_getsockopt_int(
        sock._fd, _SOL_SOCKET, _SO_TIMESTAMPING
    )


def _send_joined(account: Account, rows: Sequence[Any], address: Any) -> bool:
    """Send rows of one size and one peer as segments; False, with nothing done, when not so."""
    kinds = set(map(type, rows))
    data = rows
    if kinds == {tuple} and set(map(len, rows)) == {2}:
        data, peers = zip(*rows)
        peers = filled(peers, address)
        address = peers[0]
        if peers.count(address) != len(peers):
            return False
        kinds = set(map(type, data))
    if kinds != _BYTES:
        return False
    size, last = len(data[0]), len(data[-1])
    if not 0 < last <= size or not joinable(account.sock, size):
        return False
    if list(map(len, data)).count(size) < len(data) - (last < size):
        return False

    def plain() -> bool:
        return send_rows(account, data[account.done :], address, 0)

    send_joined(account, b"".join(data), size, address, 0, plain)
    return True
