"""All rows, by the file they stand in."""

from __future__ import annotations

import cases_addresses
import cases_names
import cases_objects
import cases_state
import cases_streams
import cases_transfer
from rows import Row, table

FILES = (cases_objects, cases_state, cases_addresses, cases_names, cases_transfer, cases_streams)
ROWS: list[Row] = table(*(file.ROWS for file in FILES))
