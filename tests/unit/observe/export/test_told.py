from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Tally
from loadgen.observe.export.told import OTHERS, Capped, Key, Sums
from tests.support.export import tally

A: Key = ("request", "a")


def test_the_rest_is_what_the_whole_has_beyond_what_was_told() -> None:
    sums = Sums()
    sums.add({A: tally(1000, 2000, failed=1)})
    whole = tally(1000, 1000, 2000, failed=3)
    rest = sums.rest({A: whole, ("request", "b"): Tally()})
    assert list(rest) == [A]
    assert (rest[A].ok, rest[A].failed, rest[A].statuses) == (1, 2, {200: 1, 500: 2})
    assert rest[A].clocks["service"] == Histogram([(1000, 1)])


def test_without_a_rest_there_is_none() -> None:
    sums = Sums()
    sums.add({A: tally(1000, failed=1)})
    assert sums.rest({A: tally(1000, failed=1)}) == {}


def test_what_is_added_stays_as_it_is() -> None:
    sums, first = Sums(), tally(1000)
    sums.add({A: first})
    sums.add({A: tally(2000)})
    assert first == tally(1000)
    assert sums.parts[A].ok == 2


def test_names_beyond_the_cap_count_together_and_that_is_said() -> None:
    capped = Capped(2)
    names: list[Key] = [("request", name) for name in "abcd"]
    first = capped.parts((key, tally(1000)) for key in names)
    assert {key[1]: part.ok for key, part in first.items()} == {"a": 1, "b": 1, OTHERS: 2}
    assert capped.parts((key, tally(1000)) for key in names[2:])["request", OTHERS].ok == 2
    assert capped.note == f"exporters tell 2 of 4 names; the others are {OTHERS!r}"
    assert Capped(2).note == ""
