"""Build glue only: the compiled module, its wheel tag, and what to install where it cannot be built.

Metadata and the package map are in pyproject.toml.
"""

from __future__ import annotations

import platform
import sys
import sysconfig

import cffi  # noqa: F401 -- without it setuptools would ignore cffi_modules and build half a package
from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

# One file serves every CPython from 3.9 on; PyPy has an ABI of its own, and so had free-threaded
# builds before 3.15.
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
ABI3 = platform.python_implementation() == "CPython" and not FREE_THREADED

HELP = """
cffisock could not be compiled: {error}

It needs a C compiler and the headers of the C library and of this Python ({python}):
  Debian, Ubuntu   apt install gcc libc6-dev {debian}
  Fedora           dnf install gcc {fedora}
  Alpine           apk add gcc musl-dev linux-headers python3-dev
  macOS            xcode-select --install
  FreeBSD          the base system has them
  Windows          Build Tools for Visual Studio, "Desktop development with C++"
"""


class BuildExt(build_ext):
    """Ends in words where the compiler cannot do its work."""

    def run(self) -> None:
        try:
            super().run()
        except (CompileError, LinkError, PlatformError) as error:
            pypy = platform.python_implementation() == "PyPy"
            raise SystemExit(
                HELP.format(
                    error=error,
                    python=sys.executable,
                    debian="pypy3-dev" if pypy else "python3-dev",
                    fedora="pypy3-devel" if pypy else "python3-devel",
                )
            ) from None


setup(
    cffi_modules=["build_ffi.py:ffibuilder"],
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp39"}} if ABI3 else {},
)
