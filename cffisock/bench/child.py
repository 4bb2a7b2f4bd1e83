"""A case in an interpreter of its own: nothing that ran before it has warmed caches or heap.

`time` measures a case on both sides and prints the result. `count` runs one side between two
marks, for `counts` to observe from outside.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from cffisock.bench.case import load_all
from cffisock.bench.counts import BEGIN, END
from cffisock.bench.runner import Plan, run_case


def time_case(name: str, plan: str) -> None:
    """Measure; the last line printed is the result."""
    result = run_case(load_all()[name], Plan(**json.loads(plan)))
    print(json.dumps(result.as_dict()))


def count_case(name: str, side: str, loops: str) -> None:
    """Run between the marks."""
    with load_all()[name].open(side) as run:
        run(int(loops))  # warm: buffers are made, addresses are known
        os.access(BEGIN, os.F_OK)
        run(int(loops))
        os.access(END, os.F_OK)


def main(what: str, *arguments: str) -> None:
    """Dispatch a command line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the bench, which says what is to say
    if what == "time":
        time_case(*arguments)
    else:
        count_case(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
