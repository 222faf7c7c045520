"""The library's side: what `import loadgen` costs, and how a profile becomes a plan there."""

import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path

import pytest

import loadgen
from loadgen.plan.jobs.http import HttpJob
from loadgen.results.documents import to_json
from loadgen.results.result import Result
from loadgen.results.rounds import rounds_to_json

TEXT = "target: http://127.0.0.1:8080\nvariables: {ITEM: '1'}\nrequests: [{path: '/${ITEM}'}]\n"
HEAVY = {"asyncio", "pydantic", "uvloop", "yaml"}
IMPORTED = f"import sys, loadgen; print(sorted({HEAVY} & set(sys.modules)))"


def paths(plan: loadgen.Plan) -> list[str]:
    assert isinstance(plan.job, HttpJob)
    return [request.path for request in plan.job.requests]


@pytest.mark.slow  # a process of its own
def test_to_import_it_imports_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_is_typed_and_has_what_it_names() -> None:
    assert files(loadgen).joinpath("py.typed").is_file()
    assert all(getattr(loadgen, name) for name in loadgen.__all__)
    with pytest.raises(AttributeError, match="module 'loadgen' has no attribute 'stop'"):
        loadgen.stop  # noqa: B018


def test_a_profile_is_a_file_a_text_a_url_or_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(TEXT)
    assert paths(loadgen.load_profile(tmp_path / "p.yaml")) == ["/1"]
    assert paths(loadgen.load_profile(str(tmp_path / "p.yaml"), settings={"ITEM": "2"})) == ["/2"]
    assert paths(loadgen.load_profile(TEXT, settings={"ITEM": "3"})) == ["/3"]
    assert paths(loadgen.load_profile("http://127.0.0.1:8080/4")) == ["/4"]
    assert loadgen.load_profile("quickstart", environment={"TARGET": "http://127.0.0.1:1/"}).origin.port == 1


def test_options_have_the_keys_of_a_profile_and_override_it() -> None:
    plan = loadgen.load_profile("connections: 3\nduration: 1s\n" + TEXT, connections=7, thresholds=["p99 < 1s"])
    assert (plan.users, plan.duration_s, len(plan.thresholds)) == (7, 1.0, 1)


def test_what_is_wrong_with_a_profile_is_said_at_once() -> None:
    with pytest.raises(loadgen.ProfileError) as caught:
        loadgen.load_profile("connections: none\nduration: soon\n" + TEXT)
    assert [line.split(":")[1].strip() for line in caught.value.problems] == ["connections", "duration"]
    assert caught.value.source == "profile"
    with pytest.raises(loadgen.UsageError, match="'no-such' is neither a file"):
        loadgen.load_profile("no-such")


def test_a_saved_result_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(to_json(Result(duration_s=2.5)))
    assert loadgen.load_result(tmp_path / "r.json").duration_s == 2.5
    (tmp_path / "rounds.json").write_text(rounds_to_json([Result()]))
    with pytest.raises(loadgen.UsageError, match=r"rounds\.json: expected a loadgen\.result/1 file"):
        loadgen.load_result(tmp_path / "rounds.json")


def test_a_run_belongs_to_the_main_thread() -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            loadgen.run(loadgen.load_profile("http://127.0.0.1:8080/"))
        except loadgen.UsageError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])
