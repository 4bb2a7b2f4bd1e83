"""For mypy alone: both rooms are what the floors above take a room for."""

from cffisock._backend import Room
from cffisock.backends import posix, windows

rooms: list[Room] = [posix, windows]
