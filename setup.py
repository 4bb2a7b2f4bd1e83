"""Build glue only: the compiled module and the abi3 wheel tag. Metadata is in pyproject.toml."""

import platform
import sysconfig

from setuptools import setup

# One file serves every CPython from 3.9 on; PyPy and free-threaded builds have an ABI of their own.
ABI3 = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    cffi_modules=["build_ffi.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp39"}} if ABI3 else {},
)
