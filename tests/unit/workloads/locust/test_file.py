"""What is wrong with a locustfile is said with its line before anything runs; nothing of it is left behind."""

import sys
import time
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.user_code import is_locustfile
from loadgen.measure.names import Names
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.locust.environment import Environment
from loadgen.workloads.locust.exceptions import LocustError
from loadgen.workloads.locust.file import load_locustfile
from loadgen.workloads.locust.http.links import links_of
from loadgen.workloads.locust.http.session import Session
from loadgen.workloads.locust.job import locust_job
from loadgen.workloads.locust.scan import blocking_imports
from loadgen.workloads.scenario.journeys import Journeys
from tests.support.locust_hub import FakeHub, FakeRun

USER = """
    from locust import HttpUser, task
    class A(HttpUser):
        @task
        def work(self): ...
"""


def written(folder: Path, text: str, name: str = "locustfile.py") -> str:
    file = folder / name
    file.write_text(dedent(text).lstrip("\n"))
    return str(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from locust import Nothing", "locustfile.py:1: UnsupportedError: locust has no Nothing"),
        ("import locust\nlocust.nothing", "locustfile.py:2: UnsupportedError: locust has no nothing"),
        ("import locust.contrib.mongodb", "locustfile.py:1: UnsupportedError: locust.contrib.mongodb is not supported"),
        ("import locust_plugins", "locustfile.py:1: UnsupportedError: locust_plugins is not supported: it is built on"),
        ("from locust import HttpUser\nx = 1 +", "locustfile.py:2: SyntaxError"),
        ("import locust\nexit(1)", "locustfile.py:2: the file ends the program (sys.exit(1))"),
        ("import locust\nimport no_such_module", "locustfile.py:2: ModuleNotFoundError: No module named"),
        ("import locust", "no user class; write one such as"),
        ("from locust import HttpUser\nclass A(HttpUser):\n    pass", "locustfile.py:2: A has no tasks: write @task"),
        (USER + "    class B(A): weight = 0\n    A.weight = 0", "every user class has weight 0"),
        (USER + "        wait_time = 1", "locustfile.py:2: wait_time of A is 1: write wait_time = constant(1)"),
        (USER + "        @task\n        async def other(self): ...", "locustfile.py:5: task other is an `async def`"),
        (USER + "        @task\n        def other(self): yield", "locustfile.py:5: task other has a `yield`"),
        (USER + "    A.tasks = []", "A has no tasks"),
        (USER + "    B = type('A', (HttpUser,), {'tasks': [print]})", "two user classes are called A"),
        (USER + "        tasks = len", "LocustError: tasks is a list or a dict, such as [len]"),
    ],
)
def test_what_cannot_be_run_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        load_locustfile(written(tmp_path, text))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-u", "5"], "-u is said to loadgen itself: -c"),
        (["--run-time", "5m"], "--run-time is said to loadgen itself: -d"),
        (["--nothing"], "unrecognized arguments: --nothing"),
        (["--tags", "none"], "no task has the tags that were asked for"),
    ],
)
def test_options_that_the_file_does_not_have_are_errors(tmp_path: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        load_locustfile(written(tmp_path, USER), arguments)
    assert said in str(error.value)


def test_a_name_that_there_is_not_may_be_tried(tmp_path: Path) -> None:
    text = f"""
    try:
        from locust import Nothing
    except ImportError:
        Nothing = None
    {USER}"""
    assert list(load_locustfile(written(tmp_path, text)).classes) == ["A"]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    written(tmp_path, "from locust import HttpUser, task", "beside.py")
    path = written(tmp_path, USER + "    import beside, gevent, time")
    modules, paths, sleep = set(sys.modules), list(sys.meta_path), time.sleep
    file = load_locustfile(path)
    with file.used(sleeps=True):
        assert "locust" in sys.modules
        assert "beside" in sys.modules
        assert time.sleep is not sleep
    assert {name for name in sys.modules if name.partition(".")[0] in ("locust", "gevent", "beside")} <= modules
    assert sys.meta_path == paths
    assert time.sleep is sleep


def test_two_loadings_share_no_events_and_no_modules_beside_the_file(tmp_path: Path) -> None:
    written(tmp_path, "from locust import events\nevents.init.add_listener(print)", "beside.py")
    path = written(tmp_path, USER + "    import beside")
    first, second = load_locustfile(path), load_locustfile(path)
    assert first.environment.events.init.heard
    assert second.environment.events.init.heard
    assert first.environment.events is not second.environment.events


def test_modules_may_lie_in_the_working_folder_and_what_is_installed_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("load", "shared_by_tests", "site-packages"):
        (tmp_path / folder).mkdir()
    written(tmp_path / "shared_by_tests", "HOST = 'http://h'", "__init__.py")
    written(tmp_path / "site-packages", "", "installed_by_tests.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    text = f"import shared_by_tests, installed_by_tests\n{dedent(USER)}        host = shared_by_tests.HOST".replace(
        "        host", "    host"
    )
    before = list(sys.path)
    assert load_locustfile(written(tmp_path / "load", text)).host == "http://h"
    assert "shared_by_tests" not in sys.modules
    assert sys.modules.pop("installed_by_tests") is not None
    assert set(sys.path) - set(before) <= {str(tmp_path / "load")}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", "from locust import HttpUser", True),
        ("a.py", "def f():\n    import locust", True),
        ("locustfile.py", "from common import MyUser", True),
        ("a.py", "from loadgen.scenario import scenario", False),
        ("a.py", "import locusts", False),
        ("a.yaml", "from locust import HttpUser", False),
    ],
)
def test_a_locustfile_is_known_by_its_imports_or_its_name(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    assert is_locustfile(written(tmp_path, text, name)) is expected


def test_what_will_be_different_is_noted(tmp_path: Path) -> None:
    text = "import requests\nfrom urllib.parse import quote\nimport websocket\n" + dedent(USER)
    notes = load_locustfile(written(tmp_path, text.replace("import websocket\n", ""))).notes
    assert [note.partition("locustfile.py")[2] for note in notes] == [
        ":1: calls of requests make all users wait; --mode threads runs them side by side"
    ]


@pytest.mark.parametrize(
    ("line", "noted"),
    [
        ("import requests\nrequests.get('/')", True),
        ("import requests as r\nr.Session()", True),
        ("from requests import get", True),
        ("import httpx", True),
        ("import urllib.request", True),
        ("from urllib.request import urlopen", True),
        ("import requests\nrequests.exceptions.Timeout, requests.codes.ok", False),
        ("import urllib3\nurllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)", False),
        ("from requests.adapters import HTTPAdapter", False),
        ("from requests import Response, exceptions", False),
        ("from requests.auth import HTTPBasicAuth", False),
        ("from http import HTTPStatus", False),
        ("import urllib.parse\nurllib.parse.quote('a')", False),
    ],
)
def test_modules_that_wait_are_noted_and_what_in_them_does_not_is_not(line: str, noted: bool) -> None:
    assert bool(blocking_imports(line, "f.py")) is noted


@pytest.mark.parametrize(
    ("line", "insecure"),
    [("pass", False), ("self.client.get('/', verify=False)", True), ("self.client.verify = False", True)],
)
def test_certificates_are_not_verified_where_the_file_says_so(tmp_path: Path, line: str, insecure: bool) -> None:
    path = written(tmp_path, USER + f"        def other(self): {line}")
    assert load_locustfile(path).insecure is insecure


def test_users_with_a_fixed_count_have_no_share_of_the_others(tmp_path: Path) -> None:
    text = f"""{USER}
        fixed_count = 2
    class B(A):
        weight = 3
        fixed_count = 0
    class C(A):
        abstract = True
    """
    job = locust_job(ScenarioJob((), file=written(tmp_path, text)))
    assert [(item.name, item.weight, item.users) for item in job.journeys] == [("A", 0.0, 2), ("B", 3.0, None)]
    names = Names()
    journeys = Journeys(
        job.journeys, names, Transactions(int, names=names), lambda _now: None,
        limit=None, warmup=False, seed=1, by_user=True, clock=int,
    )  # fmt: skip
    assert [journeys.pick(rank, 0) for rank in range(5)] == [0, 0, 1, 1, 1]


SHAPES = """
    from locust import LoadTestShape
    class Base(LoadTestShape):
        abstract = True
        def tick(self):
            return (self.users, 1) if self.get_run_time() < 10 else None
    class Second(Base):
        users = 2
    class Third(Base):
        users = 3
"""


def test_the_first_of_several_shapes_is_the_runs_and_the_others_are_told(tmp_path: Path) -> None:
    file = load_locustfile(written(tmp_path, USER + SHAPES))
    assert type(file.shape).__name__ == "Second"
    assert [stage.to_users for stage in file.stages(None)][-1] == 2
    assert file.notes[-1].endswith("the load is that of Second, the first shape, not of Third")


def test_names_that_files_take_from_here_and_there_are_there(tmp_path: Path) -> None:
    text = (
        "from locust.util.timespan import parse_timespan\n"
        "from locust.stats import sort_stats\n"
        "assert [parse_timespan(text) for text in ('20', '3m', '1h30m10s')] == [20, 180, 5410]\n"
        "from locust.util.rounding import proper_round\n"
        "from locust.util.cache import memoize\n"
        "from locust.stats import StatsCSV, StatsCSVFileWriter\n"
        "from locust.user.inspectuser import get_ratio, print_task_ratio\n"
        "assert [proper_round(value, 1) for value in (0.25, -0.25)] == [0.3, -0.3]\n"
        "assert proper_round(2.5) == 3\n"
        "assert memoize(timeout=9)(iter([1, 2]).__next__)() == 1\n"
        "assert sort_stats({('/b', 'GET'): 2, ('/a', 'GET'): 1}) == [1, 2]\n"
    )
    assert load_locustfile(written(tmp_path, text + dedent(USER))).classes


def test_adapters_of_requests_may_be_mounted_and_do_nothing() -> None:
    user = SimpleNamespace(_hub=FakeHub(FakeRun()), environment=SimpleNamespace(watches=False), _has_context=False)
    client = Session("http://site.example:8080", user=user)
    client.mount("http://", object())
    assert client.get("/").status_code == 200


def test_hooks_of_a_session_and_of_a_request_are_called_with_the_response() -> None:
    user = SimpleNamespace(_hub=FakeHub(FakeRun()), environment=SimpleNamespace(watches=False), _has_context=False)
    client = Session("http://site.example:8080", user=user)
    seen: list[int] = []
    client.hooks["response"].append(lambda response: seen.append(response.status_code))
    other = client.get("/other")
    assert client.get("/", hooks={"response": lambda _: other}) is other
    assert client.get("/").status_code == 200
    assert seen == [200, 200, 200]


@pytest.mark.parametrize(
    ("field", "links"),
    [
        (None, {}),
        (
            '</items?page=2>; rel="next"; title=x, <http://h/last>;rel=last',
            {
                "next": {"url": "/items?page=2", "rel": "next", "title": "x"},
                "last": {"url": "http://h/last", "rel": "last"},
            },
        ),
        ("</plain>", {"/plain": {"url": "/plain"}}),
    ],
)
def test_links_are_those_of_requests(field: str | None, links: dict[str, dict[str, str]]) -> None:
    assert links_of(field) == links


def test_what_waits_for_a_run_says_that_loadgen_does() -> None:
    runner = Environment().runner
    assert runner.user_greenlets == []
    with pytest.raises(LocustError, match="loadgen run FILE starts the run"):
        runner.greenlet.join()
