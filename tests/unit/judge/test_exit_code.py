import pytest

from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.measure.result import Result, ThresholdRow

REPLIES = {"200": 5}
PASS, FAIL, NO_DATA = (ThresholdRow("p99 < 1s", 1.0, verdict) for verdict in ("pass", "fail", "no_data"))


@pytest.mark.parametrize(
    ("ended_by", "thresholds", "status_codes", "code"),
    [
        ("completed", [], REPLIES, 0),
        ("completed", [], {"500": 5}, 0),  # failures of the target alone change nothing
        ("completed", [PASS], REPLIES, 0),
        ("completed", [PASS, FAIL], REPLIES, 99),
        ("completed", [NO_DATA], REPLIES, 99),
        ("completed", [], {}, 99),  # not one reply came back
        ("threshold", [], REPLIES, 99),
        ("fail_fast", [], REPLIES, 108),
        ("fail_fast", [FAIL], {}, 108),
        ("signal", [], REPLIES, 105),
        ("signal", [FAIL], {}, 105),
        ("error", [], REPLIES, 1),
        ("error", [FAIL], {}, 1),
    ],
)
def test_exit_codes(ended_by, thresholds, status_codes, code):
    assert exit_code(Result(ended_by=ended_by, thresholds=thresholds, status_codes=status_codes)) == code


def test_the_order_of_the_codes_is_the_order_in_which_they_win():
    assert [code.value for code in ExitCode] == [2, 1, 105, 108, 121, 99, 120, 0]
