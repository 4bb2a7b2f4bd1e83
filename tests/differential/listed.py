"""The rows in which cffisock is not the oracle's equal, and what is expected of it there."""

from __future__ import annotations


def expectation(row: str, oracle: str) -> str:
    return oracle
