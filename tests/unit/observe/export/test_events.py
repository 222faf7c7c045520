from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.recording import Tally
from loadgen.observe.export.events import OTHERS, Capped, Interval, Key, Sums
from loadgen.results.summary import clocks_of
from tests.support.export import interval, own_second, tally

A: Key = ("request", "a")


def test_the_rest_is_what_the_whole_has_beyond_what_was_told() -> None:
    sums = Sums()
    sums.add(interval(a=tally(1000, 2000, failed=1)))
    whole = tally(1000, 1000, 2000, failed=3)
    rest = sums.rest({A: whole, ("request", "b"): Tally()})
    assert list(rest) == [A]
    assert (rest[A].ok, rest[A].failed, rest[A].statuses) == (1, 2, {200: 1, 500: 2})
    assert rest[A].clocks["service"] == Histogram([(1000, 1)])


def test_seconds_and_rest_of_a_plain_closed_loop_have_as_many_response_times_as_good_replies() -> None:
    sums, whole = Sums(), tally(1000, 1000, 2000)
    whole.clocks = clocks_of(whole)  # a Result has all of them
    sums.add(interval(a=tally(1000, 2000)))
    sums.add(interval(rest=True, a=sums.rest({A: whole})[A]))
    assert {name: times.total for name, times in clocks_of(sums.tallies[A]).items()} == {
        "service": 3, "response": 3, "send_lag": 3,
    }  # fmt: skip


def test_what_came_of_a_metric_after_the_seconds_is_its_rest() -> None:
    sums = Sums()
    sums.add(own_second())
    whole = MetricSums(unit="EUR")
    whole.add([10.0, 20.0, 30.0])
    rest = sums.rest_of_values({"basket": whole, "none": MetricSums()})
    assert rest == {"basket": MetricSums("trend", "EUR", 1, 30.0, 10.0, 30.0, {30.0: 1})}
    sums.add(Interval(1, 0.0, 1, {}, rest=True, values=rest))
    assert sums.rest_of_values({"basket": whole}) == {}


def test_without_a_rest_there_is_none() -> None:
    sums = Sums()
    sums.add(interval(a=tally(1000, failed=1)))
    assert sums.rest({A: tally(1000, failed=1)}) == {}


def test_what_is_added_stays_as_it_is() -> None:
    sums, first = Sums(), tally(1000)
    sums.add(interval(a=first))
    sums.add(interval(a=tally(2000)))
    assert first == tally(1000)
    assert sums.tallies[A].ok == 2


def test_names_beyond_the_cap_count_together_and_that_is_said() -> None:
    capped = Capped(2)
    names: list[Key] = [("request", name) for name in "abcd"]
    first = capped.tallies((key, tally(1000)) for key in names)
    assert {key[1]: part.ok for key, part in first.items()} == {"a": 1, "b": 1, OTHERS: 2}
    assert capped.tallies((key, tally(1000)) for key in names[2:])["request", OTHERS].ok == 2
    assert capped.note == f"exporters tell 2 of 4 names; the others are {OTHERS!r}"
    assert Capped(2).note == ""
