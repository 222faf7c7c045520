"""What a locustfile says of its run, where flags do not."""

from pathlib import Path
from textwrap import dedent

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.locustfiles import flags_for

FILE = """
    import requests
    from locust import HttpUser, LoadTestShape, task

    class A(HttpUser):
        host = "http://own.example/v1"

        @task
        def work(self):
            self.client.get("/")
    """
SHAPE = """
    class Shape(LoadTestShape):
        def tick(self):
            return (4, 2) if self.get_run_time() < 3 else None
    """


def written(folder: Path, text: str) -> str:
    file = folder / "locustfile.py"
    file.write_text(dedent(text))
    return str(file)


def test_the_host_of_the_file_is_the_target_and_one_process_runs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = flags_for(written(tmp_path, FILE), {"connections": "5"})
    assert flags == {"connections": "5", "target": "http://own.example/v1", "processes": "1"}
    assert "locustfile.py:2: calls of requests make all users wait" in capsys.readouterr().err


def test_a_target_takes_the_place_of_every_host_and_threads_are_told_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"target": "http://t:1", "mode": "threads", "processes": "2", "locust": "--tags 'a b'"}
    path = written(tmp_path, FILE.replace("@task", "@__import__('locust').tag('a b')\n        @task"))
    assert flags_for(path, given) == given | {"locust": "--tags 'a b' --host http://t:1"}
    assert capsys.readouterr().err == ""


def test_a_shape_becomes_stages_for_the_time_that_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, FILE + SHAPE)
    flags = flags_for(path, {"duration": "10s", "connections": "9"})
    assert flags["stages"] == ["2s:4", "1s:4"]
    assert not flags.keys() & {"duration", "connections"}
    assert flags_for(path, {"stages": ["5s:1"]})["stages"] == ["5s:1"]


def test_certificates_are_not_verified_for_the_fast_client(tmp_path: Path) -> None:
    assert flags_for(written(tmp_path, FILE.replace("HttpUser", "FastHttpUser")), {})["insecure"] is True


def test_users_are_not_counted_by_their_journeys(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--journeys-per-user: users of a locustfile go on"):
        flags_for(written(tmp_path, FILE), {"journeys_per_user": 2})


@pytest.mark.parametrize("key", ["rate", "think", "arrival"])
def test_users_wait_by_their_wait_time(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match="users of a locustfile wait by their wait_time; -c says"):
        flags_for(written(tmp_path, FILE), {key: "1"})
