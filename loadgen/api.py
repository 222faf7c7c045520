"""What `import loadgen` offers to other programs: a profile becomes a Plan, a Plan a Result."""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from loadgen.base.errors import ProfileError, UsageError
from loadgen.base.loop import run_on_loop
from loadgen.judge.exit_code import exit_code
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import parse_profile, profile_for_url, read_profile
from loadgen.plan.profiles.shipped import shipped_profiles
from loadgen.results.documents import from_json
from loadgen.results.result import Result
from loadgen.session.here import plan_here
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observer, Observers
from loadgen.session.signals import signals_restored

__all__ = ["Observer", "Plan", "ProfileError", "Result", "UsageError", "load_profile", "load_result", "run"]
_log = logging.getLogger("loadgen")


def load_profile(
    source: str | os.PathLike[str],
    *,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    **options: object,
) -> Plan:
    """The plan of a profile: a file, the name of a shipped one, its YAML as a text of several lines, or a URL.

    `settings` are its variables, as with `--set`; `environment` stands for os.environ. `options` have the keys of a
    profile and override it: `connections=100, duration="10s"`. Raises ProfileError with all problems, and UsageError
    where there is no such profile. Opens no socket.
    """
    settings, environment = settings or {}, os.environ if environment is None else environment
    if isinstance(source, str) and "\n" in source:
        return plan_here(parse_profile(source.encode(), settings, environment, options))
    if isinstance(source, str) and "://" in source:
        return plan_here(profile_for_url(source, options))
    path = Path(source) if Path(source).is_file() else shipped_profiles().get(str(source))
    if path is None:
        raise UsageError(f"{str(source)!r} is neither a file, nor a shipped profile, nor a URL, nor a profile's text")
    return plan_here(read_profile(path, settings, environment, options))


def run(plan: Plan, *, observers: Iterable[Observer] = ()) -> Result:
    """Put the load on and return the Result. Whatever the target does is part of it, never an exception.

    `observers` are told of it while it lasts. To be called from the main thread, where no event loop runs: the first
    Ctrl-C or SIGTERM drains, and the Result is `ended_by` "signal"; the second ends the process. Raises UsageError
    where the plan cannot be run on this host.
    """
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("loadgen.run handles signals, which only the main thread can: call it from there")
    with signals_restored():
        return run_on_loop(run_job(plan, Hooks(Observers(*observers), _leave, _crashed)))


def load_result(path: str | os.PathLike[str]) -> Result:
    """A Result that was saved with `-o`. Raises OSError, and UsageError for anything but one Result."""
    return from_json(Path(path).read_text("utf-8"), str(path))


def _leave(result: Result) -> None:
    """For threads that hang in the resolver, or code of a scenario's that never ends, an orderly end would wait."""
    _log.error("the run was left where it was: %s", result.ended_because)
    os._exit(exit_code(result))


def _crashed(error: BaseException) -> None:
    _log.error("a worker of loadgen failed", exc_info=error)
