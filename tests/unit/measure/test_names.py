from concurrent.futures import ThreadPoolExecutor

import pytest

from loadgen.measure.names import MOST_NAMES, Kind, Names, TooManyNamesError, names_of
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import Journey, ScenarioJob


def test_a_name_keeps_its_number_and_each_kind_has_its_own():
    names = Names([(Kind.REQUEST, "buy")])
    journey = names.number(Kind.JOURNEY, "buy")
    assert (names.number(Kind.REQUEST, "buy"), journey, names.number(Kind.JOURNEY, "buy")) == (0, 1, 1)
    assert names[journey] == (Kind.JOURNEY, "buy")
    assert names.of(Kind.JOURNEY) == {"buy": 1}


def test_of_several_transactions_with_one_name_those_that_come_later_in_reports_say_their_kind():
    names = Names([(Kind.CALL, "pay"), (Kind.JOURNEY, "pay"), (Kind.GROUP, "pay/card"), (Kind.CHECK, "pay")])
    assert [names.of_its_own(number) for number in range(4)] == ["pay (call)", "pay", "pay/card", "pay"]


def test_new_names_are_told_once_and_those_at_first_never():
    names = Names([(Kind.REQUEST, "a")])
    names.number(Kind.REQUEST, "a")
    assert names.new() == []
    names.number(Kind.CHECK, "b")
    assert names.new() == [(Kind.CHECK, "b")]
    assert names.new() == []


def test_too_many_names_are_refused_with_the_remedy_and_the_known_ones_stay():
    full: list[bool] = []
    names = Names(on_full=lambda: full.append(True))
    for number in range(MOST_NAMES):
        names.number(Kind.REQUEST, f"/items/{number}")
    assert not full
    with pytest.raises(
        TooManyNamesError, match=r"more than 1,000 names: give .* write \{\} .*; the last .* '/items/x'"
    ):
        names.number(Kind.REQUEST, "/items/x")
    assert full == [True]
    assert names.number(Kind.REQUEST, "/items/7") == 7
    assert len(names) == MOST_NAMES


def test_threads_agree_on_every_number():
    names = Names()
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda index: names.number(Kind.CALL, str(index % 50)), range(400)))
    assert len(names) == 50
    assert all(names[number] == (Kind.CALL, str(index % 50)) for index, number in enumerate(numbers))


@pytest.mark.parametrize(
    ("job", "first"),
    [
        (HttpJob((RequestSpec("a", "GET", "/"), RequestSpec("b", "GET", "/"))), ["request a", "request b"]),
        (S3Job("put", "bucket"), ["request put"]),
        (S3Job("batch", "bucket", retries=0), ["request get", "request put", "group object"]),
        (ScenarioJob((Journey("buy"),)), ["journey buy"]),
    ],
)
def test_the_names_of_a_job_begin_with_its_requests(job, first):
    names = names_of(job)
    assert [" ".join(names[number]) for number in range(len(first))] == first
