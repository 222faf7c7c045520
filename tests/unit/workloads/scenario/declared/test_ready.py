"""What `check` says of the files of feeds, their columns and the paths into JSON, before a socket is opened."""

import pytest

from loadgen.plan.build import make_plan
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.problems import where_text
from loadgen.plan.profiles.document import read_profile
from loadgen.workloads.scenario.declared.ready import ready_problems


@pytest.fixture
def problems(tmp_path):
    def problems(text, **flags):
        (tmp_path / "words.csv").write_text("word,n\ntea,1\ncoffee,2\n")
        (tmp_path / "bad.csv").write_text("word,n\ntea\n")
        (tmp_path / "my.yaml").write_text(f"target: http://127.0.0.1/\n{text}\n")
        plan = make_plan(read_profile(tmp_path / "my.yaml", {}, {}, flags), cores=1, gil=True)
        assert isinstance(plan.job, ScenarioJob)
        return [
            f"{where_text(problem.where)}: {problem.text.replace(f'{tmp_path}/', '')}"
            for problem in ready_problems(plan, plan.job)
        ]

    return problems


GOOD = "scenarios: {a: {steps: [{path: '/${w.word}/${w.n}', extract: {A: {json: 'a.*.b'}}}]}}"


@pytest.mark.parametrize("pick", ["own", "once", "order", "random"])
def test_nothing_is_wrong_where_there_are_rows_enough(problems, pick):
    assert problems(f"feeds: {{w: {{file: words.csv, pick: {pick}}}}}\n{GOOD}", connections=2, total_requests=2) == []


@pytest.mark.parametrize(
    ("pick", "flags", "needed"),
    [
        ("own", {"connections": 3}, "3 users, each with a row of its own: add rows, or have at most 2 users"),
        (
            "own",
            {"connections": 2, "rate": "5/s", "max_connections": 9},
            "9 users, each with a row of its own: add rows, or have at most 2 users",
        ),
        (
            "once",
            {"connections": 1, "total_requests": 3},
            "3 journeys, each with a row that goes once: add rows, or plan at most 2 journeys",
        ),
    ],
)
def test_too_few_rows_are_said_with_what_to_do(problems, pick, flags, needed):
    found = problems(f"feeds: {{w: {{file: words.csv, pick: {pick}}}}}\n{GOOD}", **flags)
    assert found == [f"feeds.w: words.csv: only 2 rows for {needed}"]


def test_journeys_of_each_user_are_counted_too(problems):
    text = f"feeds: {{w: {{file: words.csv, pick: once}}}}\njourneys_per_user: 2\n{GOOD}"
    assert problems(text, connections=1) == []
    assert len(problems(text, connections=2)) == 1


@pytest.mark.parametrize(("pick", "wrong"), [("once", True), ("order", False)])
def test_rows_that_go_once_are_not_for_a_warm_up(problems, pick, wrong):
    text = f"feeds: {{w: {{file: words.csv, pick: {pick}}}}}\n{GOOD}"
    found = problems(text, warmup="1s", connections=1)
    assert found == ["feeds.w: once has no warm-up: that would take rows which are to be measured"] * wrong


def test_a_file_that_cannot_be_read_is_said_with_its_line(problems):
    assert problems(f"feeds: {{w: {{file: bad.csv}}}}\n{GOOD}") == [
        "feeds.w: bad.csv: line 2: expected 2 values, as in the header row, got 1"
    ]


def test_a_column_that_is_not_there_is_said_with_the_step(problems):
    steps = "[{group: g, steps: [{path: '/${w.wrd}', json: '${w.x}'}]}]"
    assert problems(f"feeds: {{w: {{file: words.csv}}}}\nscenarios: {{a: {{steps: {steps}}}}}") == [
        "scenarios.a.steps[0].steps[0]: ${w.wrd}: words.csv has no column 'wrd'; did you mean 'word'?",
        "scenarios.a.steps[0].steps[0]: ${w.x}: words.csv has no column 'x'; known are: word, n",
    ]


def test_a_path_into_json_that_is_none_is_said_with_its_place(problems):
    (problem,) = problems("scenarios: {a: {steps: [{path: /, extract: {A: {json: 'a..b'}}}]}}")
    assert problem.startswith("scenarios.a.steps[0].extract.A.json: JSON path 'a..b': ")
