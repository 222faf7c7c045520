"""`loadgen serve`: runs that are started, changed and stopped from a page."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import load, loadgen
from tests.support.served import Served

pytestmark = pytest.mark.slow  # each run starts a process


@pytest.fixture
def served(url: str, tmp_path: Path) -> Iterator[Served]:
    argv = (url, "-R", "20", "-c", "2", "-d", "60s", "--processes", "1", "--limit-rate", "200", "--save", tmp_path)
    made = Served(*argv)
    with made.command:
        yield made


def test_a_run_is_started_changed_and_drained_and_is_in_the_list(served: Served, tmp_path: Path) -> None:
    assert "up to 200 requests/s, 2 users and 1m; stop with Ctrl-C" in served.line
    assert served.post("start", rate="201") == (409, "rate: 201 is above the limit, 200")
    assert served.post("start", rate="10", users="1", duration="50s") == (200, "")
    assert served.post("start") == (409, "a run is under way already")
    served.wait_seconds(1)
    assert served.post("change", rate="100") == (200, "")
    assert served.post("change", users="2") == (409, "while a run lasts rate alone can be changed")
    served.wait_seconds(3)
    assert served.post("drain") == (200, "")
    served.wait_for("nothing runs")
    page = served.page()
    assert "<h2>Verdict: " in page
    [name] = re.findall(r'name="of" value="([\d-]+)"', page)
    result = load(tmp_path / f"{name}.json")
    assert (result.ended_by, result.ended_because) == ("signal", "stopped from the page")
    assert result.users.asked == 1
    assert [stage["to_rps"] for stage in result.plan["arrivals"]["stages"]] == [10.0, 100.0]
    offered = [second.offered for second in result.timeline]
    assert offered[0] == 10.0
    assert max(filter(None, offered)) > 50.0
    assert json.loads(served.page(f"/runs/{name}.json"))["schema"] == "loadgen.result/1"
    assert "<h2>Verdict: " in served.page(f"/runs/{name}.html")

    assert served.post("start", duration="1s") == (200, "")
    served.wait_for("nothing runs")
    names = re.findall(r'name="of" value="([\d-]+)"', served.page())
    assert len(names) == 2
    assert f"{names[0]} against {names[1]}" in served.page("/compare", f"&of={names[1]}&of={names[0]}")
    served.command.send(signal.SIGINT)
    assert served.command.finish().code == 0


def test_users_come_and_go_while_a_run_lasts(url: str, tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text(f"target: {url}\nscenarios: {{buy: {{steps: [{{path: /delay/50}}]}}}}\n")
    argv = ("-c", "2", "-d", "60s", "--processes", "2", "--limit-users", "8", "--save", tmp_path / "runs")
    served = Served(profile, *argv)
    with served.command:
        served.post("start")
        served.wait_seconds(1)
        assert served.post("change", users="9") == (409, "users: 9 is above the limit, 8")
        assert served.post("change", users="8") == (200, "")
        served.wait_seconds(3)
        served.post("stop")
        served.wait_for("nothing runs")
    [file] = (tmp_path / "runs").glob("*.json")
    result = load(file)
    assert [stage["to_users"] for stage in result.plan["user_stages"]] == [2, 8]
    assert (result.users.asked, result.users.started) == (8, 8)


def test_a_page_of_another_origin_can_neither_start_nor_stop_a_run(served: Served, tmp_path: Path) -> None:
    evil = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    for headers in (evil, evil | {"X-Loadgen-Token": served.token}, {"X-Loadgen-Token": "guess"}, {}):
        assert served.post("start", headers)[0] == 403
    rebound = {"Host": "evil.example", "Origin": "http://evil.example", "X-Loadgen-Token": served.token}
    assert served.post("start", rebound)[0] == 403
    assert "nothing runs" in served.page()
    assert served.post("start") == (200, "")
    served.wait_seconds(1)
    for path in ("stop", "drain", "change"):
        assert served.post(path, evil, rate="1")[0] == 403
    assert "a run is under way" in served.page()
    assert served.post("stop") == (200, "")
    served.wait_for("nothing runs")
    served.command.send(signal.SIGINT)
    served.command.finish()


def test_ctrl_c_drains_what_runs_and_saves_it(served: Served, tmp_path: Path) -> None:
    served.post("start")
    served.wait_seconds(1)
    served.command.send(signal.SIGINT)
    assert served.command.finish().code == 0
    [file] = tmp_path.glob("*.json")
    assert load(file).ended_because == "SIGINT received"


def test_what_cannot_be_served_is_one_sentence(url: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    for argv, said in (
        (("--limit-rate", "5"), "--limit-rate: the plan has no constant rate that could be changed; give it one"),
        (("--limit-duration", "soon"), "--limit-duration: expected"),
        (("--save", tmp_path / "x"), "--save: cannot use "),
        (("--web=0.0.0.0:0",), "--web: '0.0.0.0' can be reached from elsewhere"),
    ):
        done = loadgen("serve", url, *argv)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"loadgen: {said}")
        assert done.err.count("\n") == 1
