from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.measure.progress import Snapshot
from loadgen.observe.live import LiveLine, render_live, render_plain
from loadgen.results.result import Result

RUNNING = Snapshot(12.0, 30.0, None, 761_000, 63_482.1, 3.81, 0, 2000, 2000, "running")


def shown(width: int | None) -> str:
    written: list[str] = []
    live = LiveLine(written.append, None if width is None else lambda: width)
    live.named("1/2 pool   ")
    live.progress(replace(RUNNING, elapsed_s=2.0))
    live.ended(Result())
    return "".join(written)


def test_a_terminal_shows_whose_run_it_is_before_the_figures() -> None:
    drawn = shown(79).split("\r\x1b[K")
    assert drawn[1].startswith("1/2 pool       2.0s / 30s  ")
    assert drawn[1].endswith("63,482/s  p99 3.81 ms  errors 0")
    assert len(drawn[1]) < 80
    assert drawn[2] == ""


def test_a_batch_is_counted_in_objects() -> None:
    snapshot = replace(RUNNING, planned_s=None, planned_requests=2000, done=120, noun="objects")
    assert "120 of 2,000 objects" in render_live(snapshot, 79)


def test_a_log_has_a_line_for_each_run() -> None:
    assert shown(None) == "1/2 pool\n"


def test_a_log_has_a_line_of_figures_every_five_seconds() -> None:
    written: list[str] = []
    live = LiveLine(written.append)
    for tenths in range(0, 121):
        live.progress(replace(RUNNING, elapsed_s=tenths / 10))
    assert [line.split()[0] for line in written] == ["5.0s", "10.0s"]


def test_running_line_shows_time_rate_tail_and_errors() -> None:
    assert render_live(RUNNING, 80) == "  12.0s / 30s  ████░░░░░░░░   63,482/s  p99 3.81 ms  errors 0"
    assert render_plain(RUNNING) == "12.0s / 30s   63,482/s  p99 3.81 ms  errors 0"


def test_without_a_known_end_there_is_no_bar() -> None:
    assert render_live(replace(RUNNING, planned_s=None), 80) == "  12.0s   63,482/s  p99 3.81 ms  errors 0"


def test_a_limit_of_requests_is_progress_too() -> None:
    counted = replace(RUNNING, planned_s=None, planned_requests=1_000_000, done=750_000)
    assert "█████████░░░" in render_live(counted, 80)
    assert render_plain(counted).startswith("12.0s  750,000 of 1,000,000 requests")


def test_the_nearer_limit_is_the_progress() -> None:
    assert replace(RUNNING, planned_requests=1_000_000).progress == pytest.approx(0.761)
    assert replace(RUNNING, planned_requests=100_000_000).progress == pytest.approx(0.4)


def test_opening_counts_connections() -> None:
    opening = replace(RUNNING, phase="opening", connected=812)
    assert render_live(opening, 80) == "  opening  ████░░░░░░░░  812 of 2,000 connections"
    assert render_plain(replace(opening, errors=3)) == "opening  812 of 2,000 connections  errors 3"


def test_draining_says_what_is_waited_for() -> None:
    draining = replace(RUNNING, phase="draining", elapsed_s=30.4)
    assert render_plain(draining) == "30.4s / 30s  waiting for the last replies  errors 0"


def test_a_narrow_terminal_keeps_the_errors() -> None:
    assert render_live(RUNNING, 44) == "12.0s / 30s 63,482/s p99 3.81 ms errors 0"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.builds(
        Snapshot,
        elapsed_s=st.floats(0, 1e6),
        planned_s=st.none() | st.floats(0, 1e6),
        planned_requests=st.none() | st.integers(0, 10**12),
        done=st.integers(0, 10**12),
        rate_rps=st.floats(0, 1e9),
        p99_ms=st.none() | st.floats(0, 1e7),
        errors=st.integers(0, 10**12),
        connected=st.integers(0, 10**6),
        users=st.integers(0, 10**6),
        phase=st.sampled_from(["opening", "running", "draining"]),
    ),
    st.integers(1, 200),
)
def test_one_line_never_exceeds_the_width(snapshot: Snapshot, width: int) -> None:
    text = render_live(snapshot, width)
    assert len(text) <= width
    assert text.isprintable()


def test_other_machines_are_said_last() -> None:
    assert render_live(replace(RUNNING, machines="3 machines, 1 silent"), 120).endswith("3 machines, 1 silent")
    assert render_plain(replace(RUNNING, machines="3 machines")).endswith("3 machines")
