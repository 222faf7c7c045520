"""`loadgen demo`, without its load: what it runs, what it says, and that a threshold that fails is meant."""

from pathlib import Path

import pytest

from loadgen.cli.bodies import demo as body
from loadgen.cli.plans import Planned
from tests.support.command import loadgen


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Planned]:
    """What is run; it ends with a threshold that is not met."""
    seen: list[Planned] = []

    def run(given: Planned) -> int:
        seen.append(given)
        return 99

    monkeypatch.setattr(body, "run", run)
    monkeypatch.chdir(tmp_path)
    return seen


def test_the_demo_is_at_a_rate_with_a_page_and_a_threshold_that_is_meant_to_fail(planned: list[Planned]) -> None:
    done = loadgen("demo")
    (given,) = planned
    plan = given.plan
    assert (done.code, done.err) == (0, "")
    assert plan.arrivals is not None
    assert (plan.warmup_s, plan.duration_s, len(plan.thresholds)) == (1.0, 10.0, 2)
    assert given.delivery.output.files == {"html": "loadgen-demo.html"}
    assert "A page of this run: loadgen-demo.html" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_with_max_it_is_a_closed_loop(planned: list[Planned]) -> None:
    done = loadgen("demo", "--max")
    assert done.code == 99
    assert planned[0].plan.arrivals is None


def test_what_ends_the_demo_early_is_its_exit_code(planned: list[Planned], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "run", lambda _given: 105)
    done = loadgen("demo")
    assert done.code == 105
    assert "What to see" not in done.out
