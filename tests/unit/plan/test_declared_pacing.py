"""How often the journeys of a file are done, and at what distance."""

import pytest

from loadgen.plan.declarations import MARK, Declared, scenario


def declared(**options: object) -> Declared:
    @scenario(**options)  # type: ignore[call-overload]
    async def visit(user: object) -> None:
        del user

    found: Declared = getattr(visit, MARK)
    return found


@pytest.mark.parametrize(("every", "seconds"), [(None, None), (10, 10.0), ("1m", 60.0), ("250ms", 0.25)])
def test_journeys_may_have_a_distance(every: object, seconds: float | None) -> None:
    assert declared(every=every).every_s == seconds


@pytest.mark.parametrize("every", [0, "0s", -1, "soon"])
def test_a_distance_that_is_none_is_refused(every: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        declared(every=every)


@pytest.mark.parametrize(
    ("think", "range_s"), [(0.0, (0.0, 0.0)), (2, (2.0, 2.0)), ((1, 3), (1.0, 3.0)), ("1s..3s", (1.0, 3.0))]
)
def test_a_pause_is_a_time_or_a_range(think: object, range_s: tuple[float, float]) -> None:
    assert declared(think=think).think_s == range_s
