"""The modules that a locustfile imports: `locust` and what is in it, while the file is loaded and used."""

import logging
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from loadgen.workloads.locust import environment as env
from loadgen.workloads.locust import (
    events,
    exceptions,
    gevent_names,
    sequential,
    shape,
    stats,
    task_lists,
    tasks,
    users,
    util_names,
)
from loadgen.workloads.locust import options as option_names
from loadgen.workloads.locust import waits as wait_names
from loadgen.workloads.locust.environment import Environment
from loadgen.workloads.locust.http import errors, fast_session, response, rest, session

_INSTALLED = frozenset(("site-packages", "dist-packages"))
_STANDARD = Path(logging.__file__).parents[1]

VERSION = "2.40"
"""What files that look are told."""

_LATEST = "it does not exist in Locust either, or loadgen does not have it; without it the file may run as it is"
_REMEDIES = {
    "locust.contrib": "write the client in the file and tell of its requests by events.request.fire(...)",
    "locust_plugins": "it is built on Locust itself; run the file with Locust",
    "locust.util": "copy what the file needs of it",
    "locust.web": "there is no web interface: remove it",
    "locust.main": "start it with loadgen run",
}


class UnsupportedError(ImportError):
    """A name of Locust's that there is not."""


class StandIn(ModuleType):
    """A module of our names. Another name is an error that says what to do."""

    def __init__(self, name: str, names: Mapping[str, Any]) -> None:
        super().__init__(name, "Names of Locust's, by loadgen.")
        self.__path__: list[str] = []
        vars(self).update(names)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"{self.__name__} has no {name}: {_LATEST}")


class _Refusal(MetaPathFinder):
    """Says what to do instead of importing a module of Locust's that there is not."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        del path, target
        for prefix, remedy in _REMEDIES.items():
            if fullname == prefix or fullname.startswith(f"{prefix}."):
                raise UnsupportedError(f"{fullname} is not supported: {remedy}")
        if fullname.startswith("locust."):
            raise UnsupportedError(f"{fullname} is not supported: {_LATEST}")


@contextmanager
def standing_in(modules: dict[str, ModuleType], folders: Collection[Path]) -> Iterator[None]:
    """In the block `import locust` gives these; afterwards everything is as before.

    What is imported meanwhile from these folders, where people have their own modules, goes with them: it belongs to
    this loading of the file. What is installed there does not.
    """
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name in modules or _is_stood_for(name)}
    before = set(sys.modules)
    finder = _Refusal()
    sys.modules.update(modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in sys.modules.keys() - before:
            if name not in modules and _is_within(sys.modules[name], folders):
                modules[name] = sys.modules[name]
        for name in [name for name in sys.modules if name in modules or _is_stood_for(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_within(module: ModuleType, folders: Collection[Path]) -> bool:
    file = Path(getattr(module, "__file__", None) or "/")
    if _STANDARD in file.parents or _INSTALLED.intersection(file.parts):
        return False
    return any(folder in file.parents for folder in folders)


def _is_stood_for(name: str) -> bool:
    return name.partition(".")[0] in ("locust", "gevent")


def make_modules(environment: Environment) -> dict[str, ModuleType]:
    """All modules, whose `events` are those of one environment."""
    named: dict[str, Any] = {
        **_TASKS,
        **_USERS,
        **_WAITS,
        "events": environment.events,
        "LoadTestShape": shape.LoadTestShape,
        "run_single_user": _run_single_user,
        "__version__": VERSION,
        "__all__": [*_TASKS, *_USERS, *_WAITS, "events", "LoadTestShape", "run_single_user"],
    }
    contents: dict[str, dict[str, Any]] = {
        "locust": named,
        "locust.user": _USERS | _TASKS | _WAITS,
        "locust.user.users": _USERS,
        "locust.user.task": _TASKS,
        "locust.user.sequential_taskset": _TASKS,
        "locust.user.markov_taskset": _TASKS,
        "locust.user.wait_time": _WAITS,
        "locust.wait_time": _WAITS,
        "locust.core": _USERS | _TASKS | _WAITS | {"events": environment.events},
        "locust.exception": {**_public(exceptions), "StopLocust": exceptions.StopUser},
        "locust.event": {"EventHook": events.EventHook, "Events": events.Events},
        "locust.events": {},
        "locust.env": {"Environment": Environment},
        "locust.shape": {"LoadTestShape": shape.LoadTestShape},
        "locust.stats": _public(stats) | _STATS,
        "locust.runners": _runners(environment),
        "locust.argument_parser": {
            "LocustArgumentParser": option_names.LocustArgumentParser,
            "get_parser": option_names.new_parser,
        },
        "locust.clients": {
            "HttpSession": session.Session,
            "ResponseContextManager": response.Response,
            "LocustResponse": response.Response,
        },
        "locust.contrib": {},
        "locust.contrib.fasthttp": {
            "FastHttpUser": users.FastHttpUser,
            "FastHttpLocust": users.FastHttpUser,
            "FastHttpSession": fast_session.FastSession,
            "FastResponse": response.Response,
            "ResponseContextManager": response.Response,
            "RestResponseContextManager": response.Response,
            "LocustBadStatusCode": errors.HTTPError,
            "rest_request": rest.rest_request,
        },
        "locust.debug": {"run_single_user": _run_single_user},
        "locust.log": {"setup_logging": _nothing},
        "locust.user.inspectuser": dict.fromkeys(
            ("get_ratio", "print_task_ratio", "print_task_ratio_json"),
            util_names.refused("loadgen check FILE tells the shares"),
        ),
        "locust.util": {},
        "locust.util.rounding": {"proper_round": util_names.proper_round},
        "locust.util.cache": {"memoize": util_names.memoize},
        "locust.util.timespan": {"parse_timespan": util_names.parse_timespan},
    }
    modules: dict[str, ModuleType] = {name: StandIn(name, names) for name, names in contents.items()}
    modules["locust.events"] = environment.events  # type: ignore[assignment]
    for name, module in modules.items():
        parent, _, last = name.rpartition(".")
        if parent and last != "events":
            setattr(modules[parent], last, module)
    return modules | gevent_names.modules(StandIn)


def _public(module: ModuleType) -> dict[str, Any]:
    """The classes that a module of ours defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }


def _runners(environment: Environment) -> dict[str, Any]:
    return {
        "Runner": env.Runner,
        "LocalRunner": env.LocalRunner,
        "MasterRunner": env.MasterRunner,
        "WorkerRunner": env.WorkerRunner,
        "DistributedRunner": env.DistributedRunner,
        "LocustRunner": env.Runner,
        "LocalLocustRunner": env.LocalRunner,
        "MasterLocustRunner": env.MasterRunner,
        "SlaveLocustRunner": env.WorkerRunner,
        "WorkerLocustRunner": env.WorkerRunner,
        "locust_runner": environment.runner,
        "STATE_INIT": env.STATE_INIT,
        "STATE_SPAWNING": "spawning",
        "STATE_RUNNING": env.STATE_RUNNING,
        "STATE_CLEANUP": "cleanup",
        "STATE_STOPPING": env.STATE_STOPPING,
        "STATE_STOPPED": env.STATE_STOPPED,
        "STATE_MISSING": "missing",
        "logger": logging.getLogger("locust.runners"),
    }


def _run_single_user(*_: Any, **__: Any) -> NoReturn:
    raise exceptions.LocustError("run_single_user: loadgen run FILE --once, or put it under if __name__ == '__main__'")


def _sorted(entries: dict[Any, Any]) -> list[Any]:
    return [entries[key] for key in sorted(entries)]


def _nothing(*_: Any, **__: Any) -> None:
    """Stands for what writes Locust's own output."""


_TASKS: dict[str, Any] = {
    "task": task_lists.task,
    "tag": task_lists.tag,
    "TaskSet": tasks.TaskSet,
    "DefaultTaskSet": tasks.UserTasks,
    "SequentialTaskSet": sequential.SequentialTaskSet,
    "TaskSequence": sequential.TaskSequence,
    "seq_task": sequential.seq_task,
    "MarkovTaskSet": sequential.MarkovTaskSet,
    "transition": sequential.transition,
    "transitions": sequential.transitions,
}
_USERS: dict[str, Any] = {
    "User": users.User,
    "HttpUser": users.HttpUser,
    "FastHttpUser": users.FastHttpUser,
    "Locust": users.User,
    "HttpLocust": users.HttpUser,
}
_WAITS: dict[str, Any] = {
    name: getattr(wait_names, name)
    for name in ("between", "constant", "constant_pacing", "constant_throughput", "poisson")
}
_STATS: dict[str, Any] = {
    "stats_printer": _nothing,
    "stats_history": _nothing,
    "print_stats": _nothing,
    "sort_stats": _sorted,
    "print_percentile_stats": _nothing,
    "print_error_report": _nothing,
    "StatsCSV": util_names.refused("--out csv=FILE writes figures each second"),
    "StatsCSVFileWriter": util_names.refused("--out csv=FILE writes figures each second"),
    "PERCENTILES_TO_REPORT": [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0],
    "PERCENTILES_TO_CHART": [0.5, 0.95],
    "CONSOLE_STATS_INTERVAL_SEC": 2,
    "CSV_STATS_INTERVAL_SEC": 1,
    "CSV_STATS_FLUSH_INTERVAL_SEC": 10,
}
