"""The last line says what the exit code stands for."""

from dataclasses import replace

import pytest

from loadgen.judge.exit_code import exit_code
from loadgen.report.run.outcome import outcome_text
from loadgen.report.run.text import render_text
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Generator, Result, ThresholdRow

MET = ThresholdRow("p99 < 250ms", 200.0, "pass", unit="ms")
MISSED = ThresholdRow("p99 < 250ms", 312.0, "fail", unit="ms")
AT_LEAST = ThresholdRow("p50 < 1s", 2000.0, "fail", at_least=True, unit="ms")
UNKNOWN = ThresholdRow("p99 < 1s", hint="too few samples: it takes 100, and there are 23")
GOOD = Result(status_codes={"200": 5}, ledger=Ledger(5, 5, 0, 5))
CASES = {
    "nothing asked": ({}, "PASSED (no threshold was set)"),
    "met": ({"thresholds": [MET]}, "PASSED"),
    "missed": ({"thresholds": [MET, MISSED]}, "FAILED p99 < 250ms (was 312 ms); exit code 99"),
    "several": (
        {"thresholds": [MISSED, AT_LEAST], "ended_by": "threshold"},
        "FAILED p99 < 250ms (was 312 ms), p50 < 1s (was at least 2.00 s); exit code 99",
    ),
    "too few samples": (
        {"thresholds": [UNKNOWN]},
        "FAILED p99 < 1s (too few samples: it takes 100, and there are 23); exit code 99",
    ),
    "a signal": (
        {"ended_by": "signal", "ended_because": "SIGINT received"},
        "STOPPED SIGINT received; exit code 105",
    ),
    "a lost worker": (
        {"ended_by": "error", "ended_because": "worker process 7 was killed"},
        "FAILED worker process 7 was killed; exit code 1",
    ),
    "fail-fast": (
        {"ended_by": "fail_fast", "ended_because": "5 failures (--max-errors 5)"},
        "FAILED 5 failures (--max-errors 5); exit code 108",
    ),
    "not one good": (
        {"ledger": Ledger(5, 5, 0, 0, 5), "thresholds": [MISSED]},
        "FAILED not one reply was good; exit code 99",
    ),
    "nothing listens": (
        {"ended_by": "unreachable", "ended_because": "nothing listens on 127.0.0.1:9", "thresholds": [UNKNOWN]},
        "FAILED nothing listens on 127.0.0.1:9; exit code 99",
    ),
    "strict": (
        {"plan": {"strict": True}, "generator": Generator(verdict="limited")},
        "FAILED the run is limited, not to be trusted (--strict wants a valid one); exit code 121",
    ),
    "invalid": (
        {"thresholds": [MET], "generator": Generator(verdict="invalid")},
        "FAILED the run is invalid, not to be trusted; exit code 121",
    ),
    "own code": (
        {
            "transactions": {
                "buy": RequestResult(errors=[ErrorRow("script_error", "generator", "KeyError: 'price'", 1)])
            }
        },
        "FAILED buy: KeyError: 'price'; exit code 107",
    ),
    "own code in a run that was steady": (
        {
            "ended_because": "steady after 12 s",
            "transactions": {"buy": RequestResult(errors=[ErrorRow("script_error", "generator", "KeyError", 1)])},
        },
        "FAILED buy: KeyError; exit code 107",
    ),
    "wrong bytes": (
        {"plan": {"s3": {"job": "get"}}, "errors": [ErrorRow("wrong_content", count=1)]},
        "FAILED the store did not do as asked; see the errors; exit code 99",
    ),
}


@pytest.mark.parametrize(("changed", "said"), CASES.values(), ids=CASES)
def test_the_outcome_is_the_last_line_and_agrees_with_the_code(changed: dict[str, object], said: str) -> None:
    result = replace(GOOD, **changed)  # type: ignore[arg-type]
    assert outcome_text(result) == said
    assert " ".join(render_text(result).rpartition("\n\n")[2].split()) == said
    assert said.startswith("PASSED") == (exit_code(result) == 0)


def test_of_a_target_that_is_not_there_nothing_else_is_said() -> None:
    errors = [ErrorRow("connection_refused", "target", "", 9)]
    result = replace(GOOD, ended_by="unreachable", ended_because="nothing listens", errors=errors)
    assert "refused" not in render_text(result)
