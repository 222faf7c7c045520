"""Checks and what CI servers are given: the list and the exit code always agree, and every file is of its format."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.judge.gate import judge_gate
from loadgen.report.campaigns.find_max_html import find_max_html
from loadgen.report.files.github import render_annotations
from loadgen.report.files.junit import render_junit
from loadgen.report.files.markdown import render_markdown
from loadgen.report.files.openmetrics import render_openmetrics
from loadgen.report.run.checks import Check, checks_of
from loadgen.report.run.gate import gate_outcome
from loadgen.report.run.gate_checks import checks_of_gate
from loadgen.results.journeys import CheckResult, Journeys
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Generator, Result, ThresholdRow
from tests.support.gates import EVERY_GATE, EVERY_SEARCH
from tests.support.results import EVERY_RESULT
from tests.support.rounds import run

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
ERRORS = st.sampled_from(["check_failed", "script_error"])
ROWS = st.builds(ThresholdRow, ANYTHING, st.none() | st.floats(0, 1e9), st.sampled_from(["pass", "fail", "no_data"]))
RESULTS = st.builds(
    Result,
    plan=st.fixed_dictionaries({"strict": st.booleans(), "name": ANYTHING}),
    ended_by=st.sampled_from(["completed", "threshold", "fail_fast", "signal", "script", "error"]),
    ended_because=ANYTHING,
    status_codes=st.sampled_from([{}, {"200": 5}]),
    thresholds=st.lists(ROWS, max_size=3),
    journeys=st.sampled_from([Journeys(), Journeys(2, 2, 0, 1, 1), Journeys(1, 1, 0, 0, 1)]),
    transactions=st.dictionaries(
        ANYTHING,
        st.builds(RequestResult, kind=st.just("journey"), errors=st.lists(st.builds(ErrorRow, ERRORS), max_size=2)),
        max_size=2,
    ),
    generator=st.builds(
        Generator, verdict=st.sampled_from(["valid", "limited", "invalid"]), reasons=st.lists(ANYTHING, max_size=2)
    ),
)


@given(RESULTS)
def test_all_checks_pass_just_where_the_exit_code_is_zero(result: Result) -> None:
    assert all(check.passed for check in checks_of(result)) == (exit_code(result) == 0)


def test_a_run_of_redirects_passes_with_a_warning() -> None:
    seen = RequestResult(Ledger(9, 9, 0, 9), status_codes={"301": 9}, redirects_to="/login")
    result = Result(
        plan={"target": "http://h", "requests": [{"name": "GET /"}]}, requests={"GET /": seen}, status_codes={"301": 9}
    )
    (check,) = (check for check in checks_of(result) if check.grade == "warn" and "redirect" in check.name)
    assert check.text.startswith("every reply was a redirect (301), the first to '/login'")


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("verdict", ["valid", "limited", "invalid"])
def test_all_checks_of_a_gate_pass_just_where_it_does(verdict: str, strict: bool) -> None:
    gate = judge_gate([run(verdict=verdict)], thresholds=["p50 < 20ms"], strict=strict)
    assert all(check.passed for check in checks_of_gate(gate)) == (gate.code is ExitCode.OK)


def test_rounds_that_a_signal_ended_do_not_say_that_they_passed() -> None:
    gate = judge_gate([run(), run()], ended=("signal", "a signal between two runs"))
    assert gate_outcome(gate) == "STOPPED a signal between two runs; exit code 105"
    assert not all(check.passed for check in checks_of_gate(gate))


@pytest.mark.parametrize("name", EVERY_GATE)
def test_so_do_the_checks_of_gates_with_a_baseline(name: str) -> None:
    gate = EVERY_GATE[name]()
    assert all(check.passed for check in checks_of_gate(gate)) == (gate.code is ExitCode.OK)
    strict = replace(gate, result=replace(gate.result, plan={**gate.result.plan, "strict": True}))
    assert all(check.passed for check in checks_of_gate(strict)) == (strict.code is ExitCode.OK)


# JUnit: what junit-10.xsd of the Jenkins xUnit plug-in asks for, element by element.

REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}, "property": {"name", "value"}}
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package"),
        *("file", "log", "url"),
    },
    "testcase": {"name", "time", "classname", "group"},
    "property": {"name", "value"},
    **{key: {"type", "message"} for key in ("failure", "error", "skipped")},
    **{key: set() for key in ("properties", "system-out", "system-err")},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}
SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def is_valid(element: ET.Element) -> bool:
    """Against the schema, all the way down."""
    names = set(element.attrib)
    assert REQUIRED.get(element.tag, set()) <= names <= ALLOWED[element.tag], element.tag
    assert {child.tag for child in element} <= CHILDREN.get(element.tag, set()), element.tag
    assert SECONDS.fullmatch(element.get("time", "0"))
    return all(map(is_valid, element))


@given(RESULTS)
def test_junit_is_valid_whatever_is_in_it_and_its_counts_are_true(result: Result) -> None:
    checks = checks_of(result)
    root = ET.fromstring(render_junit(result, checks, result.ended_because))
    (suite,) = root
    assert is_valid(root)
    assert int(suite.get("tests", "")) == len(suite.findall("testcase")) == len(checks)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{tag}"))
    assert (suite.find("testcase/failure") is None and suite.find("testcase/error") is None) == (exit_code(result) == 0)


def test_a_threshold_is_a_test_case_with_what_was_observed() -> None:
    gate = judge_gate([run()], thresholds=["p50 < 20ms", "p50 < 5ms"])
    root = ET.fromstring(render_junit(gate.result, checks_of_gate(gate), ""))
    cases = {case.get("name"): case for case in root.iter("testcase") if case.get("classname") == "loadgen.threshold"}
    assert {name: case.findtext("system-out") for name, case in cases.items()} == {
        "p50 < 20ms": "observed 9.99 ms",
        "p50 < 5ms": "observed 9.99 ms",
    }
    failure = cases["p50 < 5ms"].find("failure")
    assert failure is not None
    assert failure.get("message") == "observed 9.99 ms"
    assert cases["p50 < 20ms"].find("failure") is None


# GitHub.


def test_annotations_are_one_line_each_and_none_for_what_is_good() -> None:
    checks = [
        Check("threshold", "a: 1%, b", "fail", "100%\nmore"),
        Check("run", "x", "warn", "so: so"),
        Check("run", "y", "pass", "well"),
    ]
    assert render_annotations(checks).splitlines() == [
        "::error title=loadgen%3A a%3A 1%25%2C b::100%25%0Amore",
        "::warning title=loadgen%3A x::so: so",
    ]


# Markdown.


@given(RESULTS)
def test_every_row_of_a_table_has_its_columns_whatever_is_in_it(result: Result) -> None:
    checks = checks_of(result)
    lines = render_markdown(result, checks).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 3 + 2 + len(checks)
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows[3:]}
    assert bars == {4}
    assert lines[0].startswith("### Passed: " if exit_code(result) == 0 else "### FAILED: ")


# OpenMetrics.

LABEL = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-z_]+)(\{{{LABEL}(?:,{LABEL})*\}})? [0-9.e+-]+")


@pytest.mark.parametrize("name", EVERY_RESULT)
def test_openmetrics_text_is_of_its_grammar(name: str) -> None:
    *lines, end = render_openmetrics(EVERY_RESULT[name]()).removesuffix("\n").split("\n")
    assert end == "# EOF"
    family = ""
    for line in lines:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind in ("summary", "gauge", "counter")
        elif line.startswith("# UNIT "):
            assert line == f"# UNIT {family} seconds"
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] in (family, *(f"{family}{end}" for end in ("_count", "_sum", "_total")))


@given(ANYTHING)
def test_names_in_openmetrics_text_are_of_its_grammar_whatever_they_hold(name: str) -> None:
    text = render_openmetrics(Result(checks={name: CheckResult(1, 0)}))
    (sample,) = (line for line in text.split("\n") if line.startswith("loadgen_check_ok_total"))
    assert SAMPLE.fullmatch(sample), sample


# The page of a search.


@pytest.mark.parametrize("name", EVERY_SEARCH)
def test_the_page_of_a_search_is_whole_and_without_a_script(name: str) -> None:
    page = find_max_html(EVERY_SEARCH[name]())
    root = ET.fromstring(page.split("<body>\n")[1].split("\n</body>")[0].join(("<body>", "</body>")))
    assert [item.text for item in root.iter("h2")] == ["Latency by rate", "Every rate"]
    assert page.count("<script") == 0
    assert len(list(root.iter("circle"))) == 2 * (len(list(root.iter("tr"))) - 1), "a dot for each rate"


def test_a_run_that_ended_when_it_was_steady_says_so_and_passes() -> None:
    first, *_ = checks_of(replace(run(), ended_because="steady after 12 s", plan={"until_steady": {"share": 0.05}}))
    assert (first.grade, first.text) == ("pass", "steady after 12 s")
