"""The limits test_socket reads from `_testcapi`, for a PyPy installed without that module's C source.

Debian's is; the import then fails in a way no test expects. Both sides get this module.
"""

from struct import calcsize

for _name, _code in {"SHRT": "h", "INT": "i", "LONG": "l", "LLONG": "q", "PY_SSIZE_T": "n"}.items():
    _bits = 8 * calcsize(_code)
    globals().update(
        {
            f"{_name}_MAX": 2 ** (_bits - 1) - 1,
            f"{_name}_MIN": -(2 ** (_bits - 1)),
            f"U{_name}_MAX": 2**_bits - 1,
        }
    )
