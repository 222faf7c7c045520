"""The classes that files make their users of: User, HttpUser, FastHttpUser, and those of Locust 0.x."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time
from typing import Any, ClassVar

from loadgen.workloads.locust.exceptions import LocustError, StopUser
from loadgen.workloads.locust.http.fast_session import FastSession
from loadgen.workloads.locust.http.rest import rest_request
from loadgen.workloads.locust.http.session import Session
from loadgen.workloads.locust.task_lists import Task, collected, in_proportion
from loadgen.workloads.locust.tasks import old_wait_s


class UserType(type):
    """Collects the tasks of a class; abstract is each class by itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], own: dict[str, Any]) -> "UserType":
        own["tasks"] = collected(bases, own)
        if own.get("task_set") is not None:
            task_set = own["task_set"]
            own["tasks"] += in_proportion([task_set] if callable(task_set) else task_set)
        own.setdefault("abstract", False)
        return super().__new__(mcs, name, bases, own)


class User(metaclass=UserType):
    """One simulated user. `host` is where its requests go; of the users, classes have a share by `weight`, after
    `fixed_count` users of those that have one. One that is abstract is for others to build on.
    """

    abstract: bool = True
    host: str | None = None
    weight: int = 1
    fixed_count: int = 0
    tasks: list[Task] = []  # noqa: RUF012 - files rebind it and append to it
    task_set: Any = None
    min_wait: float | None = None
    max_wait: float | None = None
    wait_function: Callable[[Any], float] | None = None
    client: Any = None
    _hub: Any = None
    _counted: BaseException | None = None
    _has_context: ClassVar[bool] = False

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls._has_context = cls.context is not User.context

    def __init__(self, environment: Any, *_: Any, **__: Any) -> None:
        self.environment = environment
        self.greenlet: Any = None

    @classmethod
    def fullname(cls) -> str:
        """Module and name."""
        return f"{cls.__module__}.{cls.__qualname__}"

    def on_start(self) -> None:
        """Done before the first task."""

    def on_stop(self) -> None:
        """Done when the user ends."""

    def wait_time(self) -> float:
        """Seconds between two tasks."""
        return old_wait_s(self) or 0.0

    def wait(self) -> None:
        """Pause as between two tasks."""
        self._hub.pause(max(self.wait_time(), 0))

    def context(self) -> dict[str, Any]:
        """What listeners of requests are given besides."""
        return {}

    def stop(self, force: bool = False) -> None:
        """End this user."""
        raise StopUser

    def _failed(self, error: BaseException) -> None:
        """What a task, or something around it, raised: told to listeners, and counted, if that has not been done."""
        if error is not self._counted:
            self._hub.begin()
            self._hub.end(error)
        self._counted = None
        self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)


class HttpUser(User):
    """Has a `client`, as requests' session is."""

    abstract = True
    pool_manager: Any = None
    session_class: ClassVar[type[Session]] = Session

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.host is None:
            raise LocustError(f"{type(self).__name__} has no host: give --target http://..., or set `host` in it")
        self.client = self.session_class(self.host, None, self)

    @contextmanager
    def rest(self, method: str, url: str, **options: Any) -> Iterator[Any]:
        """A request with JSON both ways: the reply has `js`, and a failed `assert` in the block is its failure."""
        with rest_request(self.client, method, url, **options) as response:
            yield response

    @contextmanager
    def rest_(self, method: str, url: str, name: str | None = None, **options: Any) -> Iterator[Any]:
        """The same, with the time as a parameter, against caches; the name is without it."""
        mark = "&" if "?" in url else "?"
        with self.rest(method, f"{url}{mark}_={int(time() * 1000)}", name=name or url, **options) as response:
            yield response


class FastHttpUser(HttpUser):
    """Has a `client` that is used the same way."""

    abstract = True
    session_class = FastSession
    default_headers: Any = None
    network_timeout: float | None = None
    connection_timeout: float | None = None
    max_redirects: int = 30
    max_retries: int = 0
    insecure: bool = True
    concurrency: int = 1
    client_pool: Any = None
    ssl_context_factory: Any = None
    proxy_host: Any = None
    proxy_port: Any = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.client.max_redirects = self.max_redirects
        self.client.timeout_s = self.network_timeout
        if self.default_headers:
            self.client.headers.update(self.default_headers)
