from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.measure.progress import Snapshot
from loadgen.observe.view.lines import View, view_lines
from loadgen.report.draw.style import columns
from tests.support.plans import one_url
from tests.support.views import view
from tests.unit.observe.view import golden


@pytest.mark.parametrize("name", sorted(path.stem for path in golden.FOLDER.iterdir()))
def test_a_view_is_what_it_was(name: str) -> None:
    drawn = "\n".join(row.text for row in view_lines(*golden.views()[name])) + "\n"
    assert drawn == (golden.FOLDER / f"{name}.txt").read_text("utf-8")


def test_every_view_has_a_golden_text() -> None:
    assert {path.stem for path in golden.FOLDER.iterdir()} == set(golden.views())


def test_nothing_is_said_by_colour_alone() -> None:
    failing = view_lines(golden.views()["running_100x30"][0], 100, 30)
    texts = [row.paint(100, colour=False) for row in failing]
    assert any("2 thresholds missed" in text for text in texts)
    assert any(text.startswith("  failed") and "!" in text for text in texts)
    assert any(text.startswith("  fail ") for text in texts)


@cache
def known() -> tuple[View, ...]:
    return (View("", ""), *(view(one_url(), seconds, names) for seconds, names in ((1, 1), (12, 5), (3, 50))))


@settings(max_examples=30, derandomize=True)
@given(
    st.sampled_from(range(4)),
    st.integers(1, 200),
    st.integers(1, 60),
    st.builds(
        Snapshot,
        elapsed_s=st.floats(0, 1e6),
        planned_s=st.none() | st.floats(0, 1e6),
        planned_requests=st.none() | st.integers(0, 10**12),
        done=st.integers(0, 10**12),
        rate_rps=st.floats(0, 1e9),
        p99_ms=st.none(),
        errors=st.integers(0, 10**12),
        connected=st.integers(0, 10**6),
        users=st.integers(0, 10**6),
        phase=st.sampled_from(["opening", "running", "draining"]),
    ),
)
def test_a_view_has_the_size_of_the_terminal(number: int, width: int, height: int, snapshot: Snapshot) -> None:

    lines = [
        row.paint(width, colour=False) for row in view_lines(replace(known()[number], snapshot=snapshot), width, height)
    ]
    assert len(lines) == height
    assert all(columns(text) <= width for text in lines)
    assert all(text.isprintable() for text in lines)
