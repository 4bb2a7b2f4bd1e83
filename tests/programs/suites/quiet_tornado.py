"""A pytest plugin: what tornado's own runner sets before its tests, which fail on a log line."""

from __future__ import annotations

import logging

logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
