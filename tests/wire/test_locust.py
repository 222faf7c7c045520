"""Locustfiles by the real runner, in every mode: the site gets what Locust sends it, and the ledger is what it got."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import loadgen
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target
from loadgen.results.result import Result
from loadgen.workloads.locust.job import locust_job
from tests.support.command import balanced
from tests.support.fault_server import FaultServer
from tests.support.locust_site import Site, normal
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, ReadRequest, Send

FILES = Path(__file__).parents[1] / "unit" / "workloads" / "locust" / "files"
MODES: dict[str, dict[str, Any]] = {
    "async": {"mode": "async"},
    "threads": {"mode": "threads"},
    "httpx": {"mode": "async", "client": "httpx"},
    "process": {"mode": "pool", "processes": 2},
}
ENDING = ["auth", "login_token", "nested_tasksets", "parallel", "sleeping", "stats_read_back", "stop_user"]
"""Files that end by themselves."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield site
    site.shutdown()
    thread.join()
    site.server_close()


def go(site: Site, path: Path, **fields: Any) -> Result:
    job = locust_job(ScenarioJob((), file=str(path)))
    origin = parse_target(f"http://127.0.0.1:{site.server_port}").origin
    plan = Plan("locust", origin, job, **{"users": 1, "duration_s": 30} | fields)
    return balanced(loadgen.run(plan))


@pytest.mark.slow  # a run each
@pytest.mark.parametrize(
    ("name", "where"), [*((name, "async") for name in ENDING), ("parallel", "threads"), ("parallel", "httpx")]
)
def test_the_site_gets_what_locust_sends(site: Site, name: str, where: str) -> None:
    result = go(site, FILES / f"{name}.py", duration_s=1.5, **MODES[where])
    expected = json.loads((FILES / f"{name}.json").read_text())["requests"]
    assert [normal(sent) for sent in site.sent] == expected
    assert result.ledger.sent == len(expected)


@pytest.mark.slow  # a run each
@pytest.mark.parametrize("where", MODES)
def test_requests_are_judged_by_status_or_by_the_file(site: Site, tmp_path: Path, where: str) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(
        dedent("""
        from locust import HttpUser, constant, task

        class Judge(HttpUser):
            wait_time = constant(0.01)

            @task
            def judge(self):
                self.client.get("/good")
                self.client.get("/status/500", name="bad")
                with self.client.get("/status/404", catch_response=True, name="fine") as reply:
                    reply.success()
                with self.client.get("/wrong", catch_response=True) as reply:
                    reply.failure("not what it should be")
                with self.client.get("/status/503", catch_response=True, name="as it is"):
                    pass
                self.environment.events.request.fire(
                    request_type="db", name="query", response_time=5, response_length=0, exception=None
                )
        """)
    )
    result = go(site, file, users=2, requests_limit=6, duration_s=None, **MODES[where])
    rows = {name: (row.ledger.ok, row.ledger.failed) for name, row in result.requests.items()}
    assert rows == {
        "GET /good": (6, 0),
        "GET bad": (0, 6),
        "GET fine": (6, 0),
        "GET /wrong": (0, 6),
        "GET as it is": (0, 6),
    }
    assert {error.error_class: error.message for error in result.errors} == {
        "check_failed": "not what it should be",
        "unexpected_status": "status 500",
    }
    whole = {name: (row.ledger.ok, row.ledger.failed) for name, row in result.transactions.items()}
    assert whole == {"Judge": (0, 6), "db query": (6, 0)}
    assert result.ledger.sent == len(site.sent) == 30
    assert result.transactions["db query"].latency_ms["service"].mean == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize("where", ["async", "threads"])
def test_tasks_that_send_nothing_go_on_where_users_come_one_after_another(
    site: Site, tmp_path: Path, where: str
) -> None:
    """The client is the file's own, and answers to every name."""
    file = tmp_path / "locustfile.py"
    file.write_text(
        dedent("""
        from locust import User, task

        class Client:
            def __init__(self, environment):
                self.fire = environment.events.request.fire

            def __getattr__(self, name):
                return lambda: self.fire(
                    request_type="rpc", name=name, response_time=1, response_length=0, exception=None
                )

        class Own(User):
            def __init__(self, environment):
                super().__init__(environment)
                self.client = Client(environment)

            @task
            def call(self):
                self.client.time()
        """)
    )
    result = go(site, file, users=2, requests_limit=50, duration_s=None, ramp_up_s=0.01, **MODES[where])
    assert {name: row.ledger.ok for name, row in result.transactions.items()} == {"Own": 50, "rpc time": 50}


@pytest.mark.slow  # waits for the grace to end
@pytest.mark.parametrize("where", ["async", "threads"])
def test_a_user_that_swallows_the_end_is_left_behind(site: Site, tmp_path: Path, where: str) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(
        dedent("""
        from locust import HttpUser, task

        class Deaf(HttpUser):
            @task
            def never_ends(self):
                while True:
                    try:
                        self.client.get("/")
                    except:
                        pass
        """)
    )
    result = go(site, file, users=2, duration_s=0.3, grace_s=0.2, **MODES[where])
    assert result.ended_by == "completed"
    assert result.ledger.ok > 0


@pytest.mark.parametrize("where", ["async", "threads", "httpx"])
def test_a_url_of_another_host_goes_there(site: Site, tmp_path: Path, where: str) -> None:
    """And what follows goes to the first again."""
    file = tmp_path / "locustfile.py"
    steps = [step for _ in range(50) for step in (ReadRequest(), Send(OK + HELLO))]
    with FaultServer(lambda _: [*steps, AwaitClose()], host="127.0.0.2") as other:
        file.write_text(
            dedent(
                f"""
                from locust import HttpUser, task

                class Both(HttpUser):
                    @task
                    def both(self):
                        assert self.client.get("http://127.0.0.2:{other.port}/there").text == "hello"
                        self.client.get("/here")
                """
            )
        )
        result = go(site, file, duration_s=None, requests_limit=10, **MODES[where])
        assert len(other.requests) == 10
        assert other.connections == 1
        assert b"Host: 127.0.0.2:%d\r\n" % other.port in other.requests[0].raw
    assert len(site.sent) == 10
    assert result.ledger.ok == 20
