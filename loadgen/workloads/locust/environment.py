"""`environment` and `environment.runner`: the run, as a file sees it."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from loadgen.workloads.locust.current import CURRENT
from loadgen.workloads.locust.events import Events
from loadgen.workloads.locust.exceptions import LocustError
from loadgen.workloads.locust.hub import Call, Control, Hub
from loadgen.workloads.locust.stats import RequestStats


class Environment:
    """One for each file that is loaded. `host` is the one that was asked for; `process_exit_code` is for the file to
    set; `stats` are kept where the file speaks of any, which `keeps_stats` says.
    """

    def __init__(self, *, keeps_stats: bool = False) -> None:
        self.events = Events(self._measured, self._look)
        self.stats = RequestStats()
        self.runner: Any = LocalRunner(self)
        self.host: str | None = None
        self.parsed_options: Any = SimpleNamespace()
        self.user_classes: list[Any] = []
        self.shape_class: Any = None
        self.process_exit_code: int | None = None
        self.web_ui: Any = None
        self.tags: list[str] | None = None
        self.exclude_tags: list[str] | None = None
        self.stop_timeout: float | None = None
        self.catch_exceptions = True
        self.reset_stats = False
        self.locustfile = ""
        self.keeps_stats = keeps_stats
        self.watches = keeps_stats
        self.any_hub: Hub | None = None

    @property
    def user_classes_by_name(self) -> dict[str, Any]:
        return {kind.__name__: kind for kind in self.user_classes}

    def _look(self) -> None:
        self.watches = self.keeps_stats or self.events.hears_requests()

    def tell(self, response: Any, call: Call, error: BaseException | None) -> None:
        """Tell listeners and statistics of a request that is recorded."""
        method, _, name = call.name.partition(" ")
        took_ms, size = response.total_ns / 1e6, len(response.content)
        self._count(method, name, took_ms, size, error)
        if not self.events.hears_requests():
            return
        told = {"request_type": method, "name": name, "response_time": took_ms, "response_length": size}
        context, url = response.context, call.url
        self.events.request.tell(**told, response=response, context=context, exception=error, url=url, start_time=None)
        if error is None:
            self.events.request_success.tell(**told)
        else:
            self.events.request_failure.tell(**told, exception=error)

    def _measured(self, values: dict[str, Any]) -> None:
        """Record what a file has measured and told by an event; files leave out some of it."""
        method, name = str(values.get("request_type", "")), str(values.get("name", ""))
        took_ms, size, error = values.get("response_time"), values.get("response_length"), values.get("exception")
        took_ms = took_ms if isinstance(took_ms, int | float) else 0
        size = size if isinstance(size, int) else 0
        text = None if error is None else _text(error)
        hub = CURRENT.get() or self.any_hub
        if hub is not None:
            hub.measured(f"{method} {name}", took_ms, size, text)
        self._count(method, name, took_ms, size, error)

    def _count(self, method: str, name: str, took_ms: float, size: int, error: Any) -> None:
        if self.keeps_stats:
            self.stats.log_request(method, name, took_ms, size)
            if error is not None:
                self.stats.log_error(method, name, error)


def _text(error: Any) -> str:
    """What went wrong, on one line: files give exceptions, their classes, texts and numbers."""
    if isinstance(error, type):
        return error.__name__
    return str(error) or type(error).__name__


STATE_INIT, STATE_RUNNING, STATE_STOPPING, STATE_STOPPED = "ready", "running", "stopping", "stopped"


class Runner:
    """`environment.runner`: how many users there are, and how to end the run."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = STATE_INIT
        self.control: Control | None = None
        self.target_user_count = 0
        self.exceptions: dict[Any, Any] = {}
        self.client_id = "local"
        self.worker_index = 0
        self.worker_count = 1
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._spawned = False
        self._messages: dict[str, Callable[..., Any]] = {}

    @property
    def stats(self) -> RequestStats:
        return self.environment.stats

    @property
    def errors(self) -> Any:
        return self.environment.stats.errors

    @property
    def user_classes(self) -> list[Any]:
        return self.environment.user_classes

    @property
    def user_count(self) -> int:
        """The users that are up."""
        return sum(self._counts.values())

    @property
    def user_classes_count(self) -> dict[str, int]:
        return dict(self._counts)

    @property
    def user_greenlets(self) -> list[Any]:
        """The users that are up, for those who count them."""
        return [name for name, count in self._counts.items() for _ in range(count)]

    @property
    def greenlet(self) -> Any:
        """What files that start Locust themselves wait for."""
        raise LocustError("runner.greenlet is not supported: loadgen run FILE starts the run, and waits for its users")

    def quit(self) -> None:
        """End the run."""
        if self.control is not None:
            self.control.stop("the locustfile ended the run (runner.quit)")

    def stop(self) -> None:
        """End the run."""
        self.quit()

    def register_message(self, kind: str, listener: Callable[..., Any], concurrent: bool = False) -> None:
        """Have the listener called with messages of that kind."""
        del concurrent
        self._messages[kind] = listener

    def send_message(self, kind: str, data: Any = None, client_id: Any = None) -> None:
        """Send one; there is nobody else, so that it is received here."""
        if (listener := self._messages.get(kind)) is not None:
            listener(environment=self.environment, msg=SimpleNamespace(type=kind, data=data, node_id=client_id))

    def started(self, user: Any) -> None:
        """A user is up; when all are, spawning is complete."""
        name = type(user).__name__
        with self._lock:
            self.environment.any_hub = self.environment.any_hub or user._hub
            self._counts[name] = self._counts.get(name, 0) + 1
            complete = not self._spawned and self.user_count >= self.target_user_count
            self._spawned = self._spawned or complete
        if complete:
            self.environment.events.spawning_complete.fire(user_count=self.user_count)
            self.environment.events.hatch_complete.fire(user_count=self.user_count)

    def ended(self, user: Any) -> None:
        """A user is gone."""
        with self._lock:
            self._counts[type(user).__name__] -= 1


class LocalRunner(Runner):
    """The name for isinstance."""


class DistributedRunner(Runner):
    """The name for isinstance; there is none."""


class MasterRunner(DistributedRunner):
    """The name for isinstance; there is none."""


class WorkerRunner(DistributedRunner):
    """The name for isinstance; there is none."""
