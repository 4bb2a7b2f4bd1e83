"""The ratios as a picture: one bar a case, quartiles as whiskers, a line at 1.0. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from cffisock.bench.report import facts
from cffisock.bench.runner import Result


def plot(results: Sequence[Result], path: str) -> None:
    """Write the ratios of the cases that ran to a .svg or .png file."""
    import matplotlib as mpl  # noqa: PLC0415 -- optional, and slow

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "cffisock"  # the same figures give the same file
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- the same

    shown = [result for result in reversed(results) if not result.skipped]
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.27 * len(shown)))
    ratios = [result.ratio for result in shown]
    spread = [
        [max(result.ratio - result.low, 0.0) for result in shown],
        [max(result.high - result.ratio, 0.0) for result in shown],
    ]
    colours = ["#2a7f62" if ratio <= 1 else "#c9a227" for ratio in ratios]
    axes.barh([result.title for result in shown], ratios, color=colours)
    axes.errorbar(ratios, range(len(shown)), xerr=spread, fmt="none", ecolor="#333", capsize=2)
    axes.axvline(1.0, color="#333", linewidth=1)
    axes.set_xlabel("time (or memory) on cffisock / on the interpreter's socket; lower is better")
    axes.set_title(facts()["python"])
    axes.margins(y=0.01)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)
    plt.close(figure)
