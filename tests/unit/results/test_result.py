import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.measure.metric_sums import Form
from loadgen.measure.names import TRANSACTIONS
from loadgen.results.block import Block
from loadgen.results.documents import from_json, to_json
from loadgen.results.journeys import CheckResult, Journeys, MetricResult
from loadgen.results.requests import Bytes, ErrorRow, Latency, Ledger, RequestResult
from loadgen.results.result import SCHEMA, Connections, Generator, Rate, Result, Second, ThresholdRow, Users, WorkerRow

numbers = st.integers(0, 10**12)
floats = st.floats(0, 1e9)
texts = st.text(max_size=6)
quantiles = st.none() | floats | st.fixed_dictionaries({"at_least": floats})
latencies = st.builds(Latency, numbers, numbers, st.none() | floats, st.none() | floats, *[quantiles] * 8)
by_clock = st.dictionaries(st.sampled_from(["response", "service"]), latencies, max_size=1)
ledgers = st.builds(Ledger, *[numbers] * 6)
names = st.text(max_size=6).filter(lambda name: name not in ("class", "error_class"))
metrics = st.builds(
    MetricResult,
    st.sampled_from(get_args(Form)),
    texts,
    numbers,
    *[floats] * 4,
    values=st.lists(st.lists(floats, min_size=2, max_size=2), max_size=2),
)
results = st.builds(
    Result,
    plan=st.fixed_dictionaries({"name": texts, "users": numbers, "think_s": st.just([0.0, 1.0])}),
    ended_because=texts,
    duration_s=floats,
    users=st.builds(Users, numbers, numbers, numbers),
    ledger=ledgers,
    samples_lost=numbers,
    rate=st.builds(Rate, floats, floats, floats),
    bytes=st.builds(Bytes, numbers, numbers),
    connections=st.builds(Connections, *[numbers] * 6),
    latency_ms=by_clock,
    status_codes=st.dictionaries(st.integers(100, 599).map(str), numbers, max_size=2),
    errors=st.lists(st.builds(ErrorRow, texts, texts, texts, numbers, texts), max_size=2),
    requests=st.dictionaries(names, st.builds(RequestResult, ledgers, latency_ms=by_clock), max_size=2),
    transactions=st.dictionaries(
        names,
        st.builds(
            RequestResult,
            ledgers,
            latency_ms=by_clock,
            kind=st.sampled_from(TRANSACTIONS),
            errors=st.lists(st.builds(ErrorRow, texts), max_size=1),
        ),
        max_size=1,
    ),
    journeys=st.builds(Journeys, *[numbers] * 6),
    checks=st.dictionaries(names, st.builds(CheckResult, numbers, numbers), max_size=1),
    metrics=st.dictionaries(names, metrics, max_size=1),
    timeline=st.lists(st.builds(Second, floats, numbers, numbers, numbers, st.none() | floats), max_size=2),
    blocks=st.lists(st.builds(Block, floats, floats, numbers, numbers, texts), max_size=1),
    thresholds=st.lists(st.builds(ThresholdRow, texts, st.none() | floats), max_size=1),
    generator=st.builds(
        Generator,
        workers=st.lists(st.builds(WorkerRow, floats, st.just({"p99": 1.5}), st.booleans()), max_size=2),
        cpu_us_per_request=st.none() | floats,
        reasons=st.lists(texts, max_size=1),
    ),
    histograms=st.dictionaries(texts, texts, max_size=1),
)


@settings(max_examples=15)
@given(results)
def test_a_result_survives_its_file(result):
    assert from_json(to_json(result)) == result


def test_the_file_names_its_format_and_the_class_of_an_error():
    part = RequestResult(errors=[ErrorRow("tls", count=1)])
    text = to_json(Result(errors=[ErrorRow("timeout", count=3)], requests={"errors": part}, transactions={"a": part}))
    document = json.loads(text)
    assert text.endswith("}\n")
    assert document["schema"] == SCHEMA == "loadgen.result/1"
    assert document["errors"][0]["class"] == "timeout"
    assert document["requests"]["errors"]["errors"][0]["class"] == "tls"
    assert document["transactions"]["a"]["errors"][0]["class"] == "tls"
    assert "error_class" not in text


def test_fields_of_a_later_version_are_ignored_and_absent_ones_take_their_defaults():
    document = json.loads(to_json(Result(ended_by="signal", errors=[ErrorRow("cut")])))
    document["invented"] = {"later": 1}
    document["users"]["invented"] = 2
    document["errors"][0]["invented"] = 3
    del document["rate"]
    assert from_json(json.dumps(document)) == Result(ended_by="signal", errors=[ErrorRow("cut")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "out.json: not a JSON file"),
        ('{"schema": "loadgen.result/1"', "out.json: not a JSON file"),
        ("[]", "expected a loadgen.result/1 file as written by `loadgen run -o FILE`, got None"),
        ("3", "got None"),
        ("{}", "got None"),
        ('{"schema": "loadgen.result/2"}', "got 'loadgen.result/2'"),
        ('{"schema": "loadgen.result/1", "users": 5}', "damaged result file"),
        ('{"schema": "loadgen.result/1", "users": null}', "damaged result file"),
        ('{"schema": "loadgen.result/1", "timeline": 5}', "damaged result file"),
        ('{"schema": "loadgen.result/1", "timeline": [5]}', "damaged result file"),
        ('{"schema": "loadgen.result/1", "latency_ms": []}', "damaged result file (latency_ms: [])"),
        ('{"schema": "loadgen.result/1", "duration_s": "1s"}', "damaged result file (duration_s: '1s')"),
        ('{"schema": "loadgen.result/1", "duration_s": null}', "damaged result file (duration_s: None)"),
        ('{"schema": "loadgen.result/1", "samples_lost": 0.5}', "damaged result file (samples_lost: 0.5)"),
        ('{"schema": "loadgen.result/1", "started_at": 5}', "damaged result file (started_at: 5)"),
        ('{"schema": "loadgen.result/1", "histograms": {"response": 5}}', "damaged result file (histograms: 5)"),
        ('{"schema": "loadgen.result/1", "errors": [{"class": null}]}', "damaged result file (error_class: None)"),
        ('{"schema": "loadgen.result/1", "latency_ms": {"failed": {"p50": "x"}}}', "damaged result file (p50: 'x')"),
        ('{"schema": "loadgen.result/1", "duration_s": NaN}', "out.json: not a JSON file (NaN is no number)"),
        ("[" * 100_000, "out.json: not a JSON file"),
    ],
)
def test_anything_but_a_result_is_refused_in_one_line_that_names_the_file(text, said):
    with pytest.raises(UsageError) as caught:
        from_json(text, "out.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith("out.json: ")
    assert "\n" not in str(caught.value)


def test_a_ledger_balances_only_if_both_sums_hold():
    ledger = Ledger(scheduled=10, sent=8, not_sent=2, ok=5, failed=2, unknown=1)
    assert ledger.balanced
    assert not replace(ledger, not_sent=1).balanced
    assert not replace(ledger, unknown=0).balanced
