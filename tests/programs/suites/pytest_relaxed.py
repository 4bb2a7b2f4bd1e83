"""The one function that paramiko's tests take from a plugin of this name.

The plugin itself is written for older versions of pytest and stops this one from starting.
"""

from __future__ import annotations

import functools
from typing import Any, Callable

import pytest


def raises(error: type[BaseException]) -> Callable[[Any], Any]:
    """Decorate a test that is to end with an exception."""

    def decorate(test: Any) -> Any:
        @functools.wraps(test)
        def wrapper(*args: Any, **kwargs: Any) -> None:
            with pytest.raises(error):
                test(*args, **kwargs)

        return wrapper

    return decorate
