"""Whatever is declared and whatever is replied: every journey that began went well, failed, or is under way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.names import Kind
from loadgen.workloads.base import Batch, Fresh, Pause
from tests.unit.workloads.scenario.declared.test_steps import reply, world

REQUESTS = st.builds(
    lambda path, think, extract: {"path": path, **({"think": think} if think else {}), **extract},
    st.sampled_from(["/a", "/${A:-1}"]),
    st.sampled_from(["", "1ms", "1ms..2ms"]),
    st.sampled_from([{}, {"extract": {"A": {"json": "a"}}}, {"extract": {"A": {"header": "x", "default": "d"}}}]),
)
TOGETHER = st.lists(REQUESTS.map(lambda step: {**step, "think": 0}), min_size=1, max_size=3).map(
    lambda steps: {"together": steps}
)
STEPS = st.recursive(
    REQUESTS | TOGETHER,
    lambda inner: st.builds(
        lambda kind, steps: {**kind, "steps": steps},
        st.sampled_from([{"repeat": 1}, {"repeat": 3}, {"group": "G"}]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
JOURNEYS = st.fixed_dictionaries(
    {"steps": st.lists(STEPS, min_size=1, max_size=3)},
    optional={"fresh": st.booleans(), "think": st.just("5ms"), "every": st.just("1s"), "weight": st.integers(1, 3)},
)
REPLIES = st.sampled_from(
    [
        reply('{"a": 1}'),
        reply('{"b": 1}'),
        reply(head="Set-Cookie: s=1\r\n"),
        reply(status=500, error=ErrorClass.UNEXPECTED_STATUS),
        reply(status=0, error=ErrorClass.TIMEOUT),
    ]
)


def named(journey: dict[str, Any]) -> dict[str, Any]:
    """The same with a name of its own for each group."""
    numbers = iter(range(100))

    def each(step: dict[str, Any]) -> dict[str, Any]:
        found = {
            key: [each(item) for item in value] if isinstance(value, list) else value for key, value in step.items()
        }
        return {**found, "group": f"g{next(numbers)}"} if "group" in found else found

    return each(journey)


@pytest.mark.slow  # a profile is read for each example
@settings(max_examples=15, deadline=None)
@given(st.lists(JOURNEYS, min_size=1, max_size=2), st.booleans(), st.data())
def test_every_journey_is_counted_once(journeys: list[dict[str, Any]], flows: bool, data: st.DataObject) -> None:
    names = "ab"[: len(journeys)]
    scenarios = {name: named(journey) for name, journey in zip(names, journeys, strict=True)}
    one = world(f"scenarios: {json.dumps(scenarios)}", flows=flows)
    answer: Any = None
    for _ in range(30):
        one.now[0] += 1_000_000
        step = one.script.resume(answer)
        answer = None
        if isinstance(step, Request):
            assert step.wire is not None
            answer = data.draw(REPLIES)
        elif isinstance(step, Batch):
            answer = [data.draw(REPLIES) for _ in step.requests]
        elif isinstance(step, Pause):
            assert step.until_ns is not None
            one.now[0] = max(one.now[0], step.until_ns)
        else:
            assert isinstance(step, Fresh) or (step is None and not flows)
    good = sum(len(one.samples(Kind.JOURNEY, name)) for name in names)
    numbers = {one.names.number(Kind.JOURNEY, name) for name in names}
    failed = sum(lost[0] in numbers for lost in one.transactions._lost)
    assert one.script.passes == good + failed + bool(one.script.began_ns)
    assert failed == len(one.failures)
    assert all(took >= 0 for name in names for took in one.samples(Kind.JOURNEY, name))
