"""The golden views. `python -m tests.unit.observe.view.golden` writes them anew; look at each difference first."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from loadgen.measure.progress import MachineNow, Snapshot
from loadgen.observe.view.lines import View, view_lines
from tests.support.plans import one_url
from tests.support.views import RUNNING, view

FOLDER = Path(__file__).parent / "golden"
SIZES = ((80, 20), (100, 30), (140, 40))
OPENING = Snapshot(0.0, 60.0, None, 0, 0.0, None, 0, 812, 2000, "opening")

EACH = (
    MachineNow("host1", 12_000, 19),
    MachineNow("ssh host2 (a machine with a long name)", 12_004, 21, "silent"),
    MachineNow("host3", 1_996, 17, "lost"),
)
ELSEWHERE = replace(RUNNING, machines="3 machines, 1 silent, 1 lost", each_machine=EACH)


@cache
def views() -> dict[str, tuple[View, int, int]]:
    """Name of a golden file to what is shown, and how large the terminal is."""
    running = view(one_url())
    starting = View(running.title, running.shape)
    sized = {f"running_{width}x{height}": (running, width, height) for width, height in SIZES}
    return sized | {
        "starting_80x20": (starting, 80, 20),
        "opening_80x20": (replace(starting, snapshot=OPENING), 80, 20),
        "many_names_whole_run_80x24": (replace(view(one_url(), 12, names=60), last=False, slow=True), 80, 24),
        "limited_frozen_80x20": (replace(running, lag_ms=80.0, frozen=True), 80, 20),
        "help_80x20": (replace(running, help=True), 80, 20),
        "machines_80x20": (replace(running, machines=True, snapshot=ELSEWHERE), 80, 20),
        "too_small_40x8": (running, 40, 8),
    }


def texts() -> dict[str, str]:
    """Name of a golden file to what is drawn today."""
    return {name: "\n".join(row.text for row in view_lines(*given)) for name, given in views().items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / f"{name}.txt").write_text(text + "\n", "utf-8")
