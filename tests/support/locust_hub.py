"""Locustfiles run over the site of the tests, without sockets, in virtual time."""

from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import urlsplit

from loadgen.base.error_class import ErrorClass
from loadgen.workloads.locust.file import LocustFile, load_locustfile
from loadgen.workloads.locust.hub import Call, UserEnds
from loadgen.workloads.locust.user import make_locust_user
from loadgen.workloads.scenario.replies.reply import Reply
from tests.support.locust_site import Sent, answer

ORIGIN = "http://site.example:8080"


class FakeRun:
    """One process's run: what was sent and told, and whether it is over. It is a Control, too."""

    seed = 1
    target: str | None = ORIGIN

    def __init__(self, *, most_steps: int = 400) -> None:
        self.sent: list[Sent] = []
        self.told: list[list[object]] = []
        self.reasons: list[str] = []
        self.errors: list[BaseException] = []
        self.paused_s: list[float] = []
        self.steps = most_steps
        self.journeys = 0
        self.shared: dict[Any, Any] = {}

    def stop(self, reason: str) -> None:
        self.reasons.append(reason)

    @property
    def over(self) -> bool:
        return bool(self.reasons) or self.steps <= 0


class FakeHub:
    """One user's."""

    took_ns = 2_000_000
    once = False

    def __init__(self, run: FakeRun, seed: int = 1) -> None:
        self.random = Random(seed)
        self.shared = run.shared
        self._run = run
        self._ended = False

    def _step(self) -> None:
        """The run ends once between two steps; what comes after it may still be sent."""
        self._run.steps -= 1
        if self._run.over and not self._ended:
            self._ended = True
            raise UserEnds

    def begin(self) -> None:
        self._step()
        self._run.journeys += 1

    def end(self, error: BaseException | None) -> None:
        if error is not None:
            self._run.errors.append(error)

    def request(self, call: Call) -> Reply:
        self._step()
        url = urlsplit(call.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        body = call.body if isinstance(call.body, bytes) else b"".join(map(bytes, call.body.chunks()))
        framing = [] if isinstance(call.body, bytes) else [("Transfer-Encoding", "chunked")]
        self._run.sent.append((call.method, target, [*call.headers, *framing], body))
        status, fields, content = answer(call.method, target)
        head = f"HTTP/1.1 {status} Any\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
        error = ErrorClass.UNEXPECTED_STATUS if status >= 400 else None
        reply = Reply(status, error, content, 0, head.encode())
        if call.settles:
            self._tell(call.name, error is None)
        return reply

    def settle(self, call: Call, reply: Reply, took_ns: int, verdict: bool | str) -> None:
        assert took_ns >= self.took_ns
        assert isinstance(reply, Reply)
        self._tell(call.name, verdict is True)

    def pause(self, seconds: float) -> None:
        assert seconds >= 0
        self._run.paused_s.append(seconds)
        self._step()

    def measured(self, name: str, took_ms: float, size: int, error: str | None) -> None:
        assert took_ms >= 0
        assert size >= 0
        self._tell(name, error is None)

    def _tell(self, name: str, good: bool) -> None:
        method, _, name = name.partition(" ")
        self._run.told.append([method, name, good])


def run_file(path: str, arguments: tuple[str, ...] = (), *, most_steps: int = 400) -> tuple[FakeRun, LocustFile]:
    """Run a user of each class, one after the other, until the file ends the run or each has done so many steps."""
    file = load_locustfile(path, arguments)
    run = FakeRun(most_steps=most_steps)
    with file.used(sleeps=True):
        file.begin(run, users=1)
        for number, journey in enumerate(file.journeys):
            run.steps = most_steps
            with suppress(UserEnds):
                make_locust_user(file, journey.name, FakeHub(run, number))()
        file.end()
    return run, file
