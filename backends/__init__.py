"""The rooms: one package per kind of system, each holding the same things.

A room is ``shim.c`` (implements ``shim.h``), ``room.h`` (its own declarations), ``cdef.h`` (libc as
cffi sees it) and the Python names that ``cffisock/_room.py`` lists. What both rooms share
lives here beside them; what Python's socket promises lives in ``cffisock``, not here.
"""
