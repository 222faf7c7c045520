import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loadgen.report.draw.style import columns
from loadgen.report.run.checks import checks_of
from loadgen.report.run.latency import latency_table
from loadgen.report.run.text import render_text
from loadgen.results.requests import Bytes, ErrorRow, Latency, Ledger, RequestResult
from loadgen.results.result import Connections, Generator, Rate, Result, Second, ThresholdRow, Users, WorkerRow
from tests.support import results
from tests.unit.report.golden import FOLDER, texts

ESCAPES = re.compile("\x1b\\[[0-9;]*m")


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return texts()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_text_is_exactly_the_golden_one(rendered: dict[str, str], name: str) -> None:
    assert rendered[name] + "\n" == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_every_text_has_a_golden_file(rendered: dict[str, str]) -> None:
    assert set(rendered) == {path.stem for path in FOLDER.glob("*.txt")}


def test_colour_adds_only_bold_red_and_yellow_and_changes_no_text() -> None:
    for make in (results.open_model_censored, results.stopped_by_fail_fast, results.nothing_came_back):
        coloured = render_text(make(), colour=True)
        assert ESCAPES.sub("", coloured) == render_text(make())
        assert set(ESCAPES.findall(coloured)) <= {"\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m"}


def test_failures_are_red_and_their_absence_is_not() -> None:
    assert "\x1b[31m1,241 failed\x1b[0m" in render_text(results.threads_with_errors(), colour=True)
    assert "\x1b[31m" not in render_text(results.ordinary(), colour=True)


def test_scripts_that_parse_wrk_find_complete_replies_and_bytes_per_second() -> None:
    *_, requests, transfer, _, _ = render_text(results.threads_with_errors()).splitlines()
    assert requests == "Requests/sec:    139.46"  # (3,000 + 1,184 replies) / 30.001 s
    assert transfer == "Transfer/sec:    127.34KB"


def test_replies_after_the_window_do_not_count_for_the_rate() -> None:
    result = Result(
        duration_s=1.0,
        ledger=Ledger(100, 100, 0, 80, 20),
        rate=Rate(50.0, 50.0, 40.0),  # half of them came while the run drained
        bytes=Bytes(0, 2048),
        status_codes={"200": 80, "500": 20},
    )
    *_, requests, transfer, _, _ = render_text(result).splitlines()
    assert (requests, transfer) == ("Requests/sec:     50.00", "Transfer/sec:      1.00KB")


def test_the_line_for_scripts_leaves_out_what_only_counters_tell_as_the_rate_does() -> None:
    lost = Result(duration_s=6.0, ledger=Ledger(1741, 1741, 0, 1741), samples_lost=141, rate=Rate(ok_rps=1600 / 6))
    assert "Requests/sec:    266.67" in render_text(replace(lost, status_codes={"200": 1600}))


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        (0, "      0.00B"),
        (870, "    870.00B"),
        (871, "     0.85KB"),  # wrk goes to the next unit at 0.85 of it
        (1_048_576, "     1.00MB"),
        (3 * 1024**3, "     3.00GB"),
    ],
)
def test_transfer_is_written_as_wrk_does(received: int, shown: str) -> None:
    text = render_text(Result(duration_s=1.0, bytes=Bytes(0, received)))
    assert f"\nTransfer/sec: {shown}\n" in text


def test_percentiles_with_few_samples_beyond_them_are_marked() -> None:
    def p99_line(count: int) -> str:
        latency = replace(results.latency([1.0]), count=count)
        result = Result(ledger=Ledger(count, count, 0, count), latency_ms={"response": latency})
        return next(row for row in render_text(result).splitlines() if row.startswith("  p99  "))

    assert "~" in p99_line(999)
    assert "~" not in p99_line(1000)


def test_bounds_are_never_shown_as_values() -> None:
    text = render_text(results.threads_with_errors())
    assert ">= 10.0 s  (43 censored)" in text
    assert not re.search(r"(?<!>= )10\.0 s ", text)


def test_closed_loop_has_one_clock_and_open_model_three() -> None:
    assert "send lag" not in render_text(results.ordinary())
    assert re.search(r"response +service +send lag", render_text(results.open_model_censored()))


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (results.judged("p99 < 250ms", 251.3, "fail"), "fail     p99 < 250ms  (observed 251 ms)"),
        (
            results.judged("p99 < 250ms", 10.0, "no_data", at_least=True),
            "no data  p99 < 250ms  (observed at least 10.0 ms)",
        ),
        (results.judged("p99 < 5ms", 10.0, "fail", at_least=True), "fail     p99 < 5ms  (observed at least 10.0 ms)"),
        (results.judged("p99 < 250ms", None, "no_data"), "no data  p99 < 250ms  (too few samples, or none)"),
        (results.judged("error_rate < 1%", 0.00649, "pass"), "pass     error_rate < 1%  (observed 0.649%)"),
        (results.judged("rps >= 1000 over 5s", 1234.5, "pass"), "pass     rps >= 1000 over 5s  (observed 1,234/s)"),
        (results.judged("bytes_sent_per_s < 1MiB", 2048.0, "pass"), "(observed 2.00 KiB/s)"),
        (results.judged("ok > 5", 1200.0, "pass"), "(observed 1,200)"),
        (ThresholdRow("a metric of tomorrow", 1200.5, "pass"), "(observed 1,200.5)"),
    ],
)
def test_what_was_observed_is_shown_in_its_unit(row: ThresholdRow, shown: str) -> None:
    assert shown in render_text(Result(thresholds=[row]))


def test_an_invalid_run_is_said_to_meet_no_threshold() -> None:
    rows = [results.judged("ok > 5", 6.0, "pass")]
    warning = "An invalid run meets no threshold"
    assert warning in render_text(Result(thresholds=rows, generator=Generator(verdict="invalid")))
    assert warning not in render_text(Result(thresholds=rows, generator=Generator(verdict="limited")))
    assert warning not in render_text(Result(generator=Generator(verdict="invalid")))


def test_strict_is_named_where_it_decides() -> None:
    limited = Result(plan={"strict": True}, generator=Generator(verdict="limited"))
    assert "With --strict only a valid run is good enough." in render_text(limited)
    assert "--strict" not in render_text(replace(limited, generator=Generator()))
    assert "--strict" not in render_text(replace(limited, plan={"strict": False}))


def test_failed_latencies_are_shown_when_no_reply_was_good() -> None:
    result = Result(
        ledger=Ledger(5, 5, 0, 0, 5, 0), status_codes={"500": 5}, latency_ms={"failed": results.latency([2.0] * 5)}
    )
    text = render_text(result)
    assert "0 good replies/s   5 failed" in text
    assert "Latency of 5 failed replies: p50 2.00 ms" in text


def test_nothing_came_back_is_said_in_plain_words() -> None:
    assert "Not one complete reply came back." in render_text(results.nothing_came_back())
    assert "No request was sent." in render_text(Result())


@pytest.mark.parametrize(
    "result",
    [Result(warmup_s=1.0), Result(plan={"cool_down_s": 1.0}), Result(plan={"s3": {"sizes": []}})],
    ids=["warm-up", "cool-down", "S3, whose objects are put before"],
)
def test_what_may_have_been_sent_beside_the_measured_time_is_not_denied(result: Result) -> None:
    assert "No request was sent in the measured time." in render_text(result)


@pytest.mark.parametrize(
    "changes",
    [
        {"samples_lost": 1},
        {"generator": Generator(workers=[WorkerRow(lost=True)])},
        {"status_codes": {"500": 1}},
        {"ledger": Ledger(2, 2, 0, 1, 1)},
    ],
    ids=["lost samples", "a lost worker", "an error page", "a good reply that only the counters know"],
)
def test_a_reply_is_not_denied_where_one_came_or_may_have_come(changes: dict[str, Any]) -> None:
    silent = Result(ledger=Ledger(2, 2, 0, 0, 2), duration_s=1.0)
    assert "Not one complete reply" in render_text(silent)
    assert "Not one complete reply" not in render_text(replace(silent, **changes))
    checks = [check.text for check in checks_of(replace(silent, **changes))]
    assert "Not one complete reply came back" not in checks


def test_requests_lost_with_a_worker_are_not_said_to_be_cut() -> None:
    cut = Result(ledger=Ledger(3, 3, 0, 2, 0, 1))
    assert "1 unknown (cut at the end)" in render_text(cut)
    lost = replace(cut, generator=Generator(workers=[WorkerRow(lost=True)]))
    assert "1 unknown (cut at the end, or lost with a worker)" in " ".join(render_text(lost).split())


def test_the_course_is_left_out_where_its_seconds_saw_none_of_the_replies() -> None:
    empty = Result(duration_s=4.0, timeline=[Second(float(second)) for second in range(4)], ledger=Ledger(9, 9, 0, 9))
    assert "Each second" not in render_text(empty)
    assert "Each second" in render_text(replace(empty, ledger=Ledger(9, 9, 0, 0, 9), status_codes={"500": 9}))


@pytest.mark.parametrize(
    ("share", "shown"), [((1, 10_000), "<0.1%"), ((9_999, 10_000), ">99.9%"), ((5, 5), "100.0%"), ((1, 4), "25.0%")]
)
def test_no_share_is_rounded_to_nothing_or_to_all(share: tuple[int, int], shown: str) -> None:
    count, sent = share
    result = Result(ledger=Ledger(sent, sent, 0, sent - count, count), errors=[ErrorRow("timeout", count=count)])
    assert shown in render_text(result)


def test_control_characters_from_a_server_are_shown_as_escapes() -> None:
    hostile = "HTTP/1.1 500 \x1b[2J\x07\r\n\x9b31m\u202egnp.exe\u2028\x00\ud800"
    text = render_text(
        Result(ledger=Ledger(1, 1, 0, 0, 1), errors=[ErrorRow("x\x1b[1m", "target", hostile, 1, hostile)])
    )
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2J" in text


def test_examples_keep_to_a_few_short_lines() -> None:
    example = "\n".join(["x" * 500] * 50)
    plain = render_text(Result(errors=[ErrorRow("timeout", count=1)]))
    text = render_text(Result(errors=[ErrorRow("timeout", count=1, example=example)]))
    assert len(text.splitlines()) - len(plain.splitlines()) <= 6


def test_lost_samples_and_clamped_latencies_are_told() -> None:
    text = render_text(Result(samples_lost=1204, out_of_range=1))
    assert "1,204 samples did not come from the workers any more" in " ".join(text.split())
    assert "1 latency outside 1 us to 1 h" in text


def test_a_percentile_beyond_which_nothing_was_has_no_row() -> None:
    def rows(count: int) -> list[str]:
        one = Latency(count, 0, *[1.0] * 10)
        table = latency_table(Result(latency_ms={"response": one, "service": one}), 80)
        return [line.text.split()[0] for line in table if line.text.startswith("  ") and "response" not in line.text]

    always = ["min", "p50", "max", "mean", "~"]
    assert rows(1) == always
    assert rows(99) == ["min", "p50", "p75", "p90", "p95", "max", "mean", "~"]
    assert rows(10_000)[:-1] == ["min", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max", "mean"]


def test_a_damaged_histogram_is_left_out() -> None:
    whole = results.ordinary()
    damaged = replace(whole, histograms={"response": whole.histograms["response"][:40]})
    assert "up to" not in render_text(damaged)
    assert "p99.9" in render_text(damaged)


def test_a_partial_last_second_is_not_the_lowest() -> None:
    seconds = [Second(0.0, 9, 90), Second(1.0, 9, 80), Second(2.0, 9, 85), Second(3.0, 9, 86), Second(4.0, 9, 2)]
    assert "80 to 90 ok/s" in render_text(Result(duration_s=4.02, timeline=seconds))
    assert "ok/s" not in render_text(Result(duration_s=2.9, timeline=seconds))


COUNT = st.integers(0, 10**15)
FLOAT = st.floats(0, 1e12, allow_nan=False)
WORDS = st.text(max_size=60)
LATENCY = st.builds(
    Latency,
    *[COUNT, COUNT, st.none() | FLOAT, st.none() | FLOAT],
    *[st.none() | FLOAT | st.builds(lambda bound: {"at_least": bound}, FLOAT)] * 8,
)
LATENCIES = st.dictionaries(st.sampled_from(["response", "service", "send_lag", "failed"]), LATENCY)
HISTOGRAMS = st.sampled_from([results.histogram(samples) for samples in ([], [0.001], [3e6], [0.5, 2.0, 9e5])]) | WORDS
LEDGER = st.builds(Ledger, *[COUNT] * 6)
STATUSES = st.dictionaries(st.integers(100, 599).map(str) | WORDS, COUNT, max_size=5)
RESULTS = st.builds(
    Result,
    plan=st.just({}) | st.fixed_dictionaries({"name": WORDS, "target": WORDS, "requests": st.just([])}),
    duration_s=FLOAT,
    warmup_s=FLOAT,
    ended_by=st.sampled_from(["completed", "fail_fast", "threshold", "signal", "error"]) | WORDS,
    ended_because=WORDS,
    ended_at_s=FLOAT,
    users=st.builds(Users, COUNT, COUNT, COUNT),
    ledger=LEDGER,
    samples_lost=COUNT,
    out_of_range=COUNT,
    rate=st.builds(Rate, FLOAT, FLOAT, FLOAT),
    bytes=st.builds(Bytes, COUNT, COUNT),
    connections=st.builds(Connections, *[COUNT] * 6),
    latency_ms=LATENCIES,
    status_codes=STATUSES,
    errors=st.lists(st.builds(ErrorRow, WORDS, WORDS, WORDS, COUNT, WORDS), max_size=3),
    requests=st.dictionaries(WORDS, st.builds(RequestResult, ledger=LEDGER, latency_ms=LATENCIES), max_size=3),
    timeline=st.lists(st.builds(Second, FLOAT, COUNT, COUNT, COUNT), max_size=9),
    thresholds=st.lists(st.builds(ThresholdRow, WORDS, st.none() | FLOAT, WORDS), max_size=3),
    generator=st.builds(
        Generator,
        mode=WORDS,
        client=WORDS,
        processes=st.integers(0, 99),
        workers=st.lists(
            st.builds(WorkerRow, loop_lag_ms=st.dictionaries(st.sampled_from(["p99", "max"]), FLOAT)), max_size=3
        ),
        threads=COUNT,
        cpu_us_per_request=st.none() | FLOAT,
        peak_rss_mb=FLOAT,
        verdict=st.sampled_from(["valid", "limited", "invalid"]) | WORDS,
        reasons=st.lists(WORDS, max_size=3),
    ),
    histograms=st.fixed_dictionaries({"response": HISTOGRAMS}),
)


@pytest.mark.slow  # sixty whole Results are drawn and rendered
@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(RESULTS, st.integers(40, 200), st.booleans())
def test_any_result_is_rendered_within_the_width(result: Result, width: int, colour: bool) -> None:
    text = ESCAPES.sub("", render_text(result, width=width, colour=colour))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert max(map(columns, text.splitlines())) <= width
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
