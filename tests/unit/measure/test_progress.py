import threading

import pytest

from loadgen.measure.progress import Snapshot
from loadgen.measure.usage import process_usage


def snapshot(phase="running", elapsed_s=0.0, planned_s=None, done=0, planned=None, connected=0, users=4):
    return Snapshot(elapsed_s, planned_s, planned, done, 0.0, None, 0, connected, users, phase)


@pytest.mark.parametrize(
    ("moment", "progress"),
    [
        (snapshot("opening", connected=1), 0.25),
        (snapshot("opening", users=0), 1.0),
        (snapshot(elapsed_s=3, planned_s=12), 0.25),
        (snapshot(done=30, planned=40), 0.75),
        (snapshot(elapsed_s=3, planned_s=12, done=30, planned=40), 0.75),  # the nearer of two limits
        (snapshot(elapsed_s=13, planned_s=12), 1.0),
        (snapshot(elapsed_s=3), None),
    ],
)
def test_progress_is_that_of_the_nearer_limit(moment, progress):
    assert moment.progress == progress


def test_usage_is_of_this_process():
    usage = process_usage()
    assert (usage.cpu_ns, usage.threads, usage.process) == (0, threading.active_count(), 0)
    assert usage.peak_rss_kb > 1000
