from dataclasses import replace

import pytest

from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.results.journeys import Journeys
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Generator, Result, ThresholdRow

REPLIES = {"200": 5}
GOOD = Ledger(5, 5, 0, 5)
NOT_ONE = Ledger(5, 5, 0, 0, 5)
PASS, FAIL, NO_DATA = (ThresholdRow("p99 < 1s", 1.0, verdict) for verdict in ("pass", "fail", "no_data"))


@pytest.mark.parametrize(
    ("ended_by", "thresholds", "status_codes", "code"),
    [
        ("completed", [], REPLIES, 0),
        ("completed", [PASS], REPLIES, 0),
        ("completed", [PASS, FAIL], REPLIES, 99),
        ("completed", [NO_DATA], REPLIES, 99),
        ("completed", [], {}, 99),  # not one reply came back
        ("threshold", [], REPLIES, 99),
        ("fail_fast", [], REPLIES, 108),
        ("fail_fast", [FAIL], {}, 108),
        ("script", [FAIL], REPLIES, 107),
        ("signal", [], REPLIES, 105),
        ("signal", [FAIL], {}, 105),
        ("error", [], REPLIES, 1),
        ("error", [FAIL], {}, 1),
        ("unreachable", [], {}, 99),
        ("unreachable", [FAIL], {}, 99),
    ],
)
def test_exit_codes(ended_by, thresholds, status_codes, code):
    ledger = GOOD if status_codes else NOT_ONE
    result = Result(ended_by=ended_by, thresholds=thresholds, status_codes=status_codes, ledger=ledger)
    assert exit_code(result) == code


@pytest.mark.parametrize(
    ("verdict", "strict", "ended_by", "thresholds", "code"),
    [
        ("invalid", False, "completed", [], 0),  # nothing was asked of it
        ("invalid", False, "completed", [PASS], 121),
        ("invalid", False, "completed", [FAIL], 121),
        ("invalid", False, "threshold", [], 121),
        ("invalid", True, "completed", [], 121),
        ("limited", False, "completed", [PASS], 0),
        ("limited", False, "completed", [FAIL], 99),
        ("limited", True, "completed", [], 121),
        ("limited", True, "completed", [FAIL], 121),
        ("valid", True, "completed", [PASS], 0),
        ("valid", True, "completed", [FAIL], 99),
        ("invalid", True, "fail_fast", [FAIL], 108),
        ("invalid", True, "signal", [PASS], 105),
        ("invalid", True, "error", [PASS], 1),
    ],
)
def test_an_invalid_run_meets_no_threshold_and_strict_wants_a_valid_one(verdict, strict, ended_by, thresholds, code):
    result = Result(
        plan={"strict": strict},
        ended_by=ended_by,
        thresholds=thresholds,
        status_codes=REPLIES,
        ledger=GOOD,
        generator=Generator(verdict=verdict),
    )
    assert exit_code(result) == code


@pytest.mark.parametrize("verdict", ["valid", "limited", "invalid"])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("status_codes", [{}, {"500": 5}])
def test_not_one_good_reply_is_a_failure_whatever_else_was_asked(verdict, strict, status_codes):
    result = Result(
        plan={"strict": strict},
        status_codes=status_codes,
        ledger=NOT_ONE,
        thresholds=[PASS],
        generator=Generator(verdict=verdict),
    )
    assert exit_code(result) == 99


def test_one_good_reply_is_enough_where_nothing_was_asked():
    assert exit_code(Result(status_codes={"200": 1, "500": 4}, ledger=Ledger(5, 5, 0, 1, 4))) == 0


@pytest.mark.parametrize(
    ("ended_by", "verdict", "code"),
    [("completed", "limited", 107), ("completed", "invalid", 107), ("signal", "limited", 105), ("error", "valid", 1)],
)
def test_an_exception_of_a_scenarios_own_code_has_a_code_of_its_own(ended_by, verdict, code):
    part = RequestResult(kind="journey", errors=[ErrorRow("check_failed"), ErrorRow("script_error", "generator")])
    result = Result(
        ended_by=ended_by,
        thresholds=[FAIL],
        status_codes=REPLIES,
        transactions={"buy": part},
        generator=Generator(verdict=verdict),
    )
    assert exit_code(result) == code


@pytest.mark.parametrize(("done", "code"), [(1, 0), (0, 99)])
def test_journeys_may_be_done_without_a_reply(done, code):
    assert exit_code(Result(journeys=Journeys(1, 1, 0, done, 1 - done))) == code


def test_a_batch_that_was_done_before_is_no_failure():
    plan = {"s3": {"resumed": True}}
    assert exit_code(Result(plan=plan, ended_by="completed")) == 0
    assert exit_code(Result(plan=plan, ended_by="completed", ledger=Ledger(scheduled=1, sent=1, failed=1))) == 99


def test_the_order_of_the_codes_is_the_order_in_which_they_win():
    assert [code.value for code in ExitCode] == [2, 1, 105, 108, 107, 121, 99, 120, 0]


@pytest.mark.parametrize(("failed", "again", "code"), [(0, 0, 0), (1, 0, 99), (3, 2, 99), (2, 2, 0)])
def test_what_fails_for_good_in_a_batch_leaves_it_undone(failed, again, code):
    result = Result(
        plan={"s3": {"job": "batch"}},
        status_codes=REPLIES,
        ledger=Ledger(10, 10, 0, 10 - failed, failed, 0),
        requests={"get": RequestResult(), "get again": RequestResult(ledger=Ledger(again, again, 0, again, 0, 0))},
    )
    assert exit_code(result) == code
    assert exit_code(replace(result, plan={"s3": {"job": "get"}})) == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"errors": [ErrorRow("wrong_content", count=1)]}, 99),
        ({"errors": [ErrorRow("unexpected_status", count=1)]}, 0),
        ({"ledger": Ledger(9, 9, 0, 0, 9, 0)}, 99),
        ({"ledger": Ledger(9, 9, 0, 1, 8, 0)}, 0),
        ({"transactions": {"upload": RequestResult(ledger=Ledger(2, 2, 0, 0, 2, 0))}}, 99),
        ({"transactions": {"upload": RequestResult(ledger=Ledger(2, 2, 0, 1, 1, 0))}}, 0),
        ({"errors": [ErrorRow("processing_failed", count=1)]}, 107),
        ({"errors": [ErrorRow("processing_failed", count=1)], "ended_by": "fail_fast"}, 108),
        ({"errors": [ErrorRow("wrong_content", count=1)], "ended_by": "signal"}, 105),
    ],
)
def test_a_store_that_is_wrong_or_refuses_everything_is_a_failure(changed, code):
    whole = {"ledger": GOOD, **changed}
    assert exit_code(Result(plan={"s3": {"job": "get"}}, status_codes=REPLIES, **whole)) == code
