"""For mypy alone: each room is what the floors above take a room for."""

import sys

from cffisock._room import Room
from cffisock.backends import windows

winsock: Room = windows

# The POSIX room needs modules that mypy knows to be absent on Windows.
if sys.platform != "win32":
    from cffisock.backends import posix

    unix: Room = posix
