"""A locustfile, loaded: its user classes and shape, for the plan; its events and environment, for the run."""

import inspect
import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.user_code import load_file
from loadgen.plan.jobs.scenario import Journey
from loadgen.plan.plan import UserStage
from loadgen.workloads.locust import scan
from loadgen.workloads.locust.environment import STATE_RUNNING, STATE_STOPPED, STATE_STOPPING, Environment
from loadgen.workloads.locust.hub import Control
from loadgen.workloads.locust.modules import make_modules, standing_in
from loadgen.workloads.locust.options import new_parser, parse
from loadgen.workloads.locust.patches import sleep_yields
from loadgen.workloads.locust.shape import LoadTestShape, stages_of
from loadgen.workloads.locust.task_lists import with_tags
from loadgen.workloads.locust.users import FastHttpUser, User


class LocustFile:
    """One file in one process. `classes` are its users by name; `notes` are lines for a person on what will not be as
    in Locust; `insecure`: it does not want certificates to be verified.
    """

    def __init__(self, path: str, arguments: Sequence[str]) -> None:
        text = Path(path).read_text("utf-8", "replace")
        self.path = path
        self.environment = Environment(keeps_stats="stats" in text)
        self._modules = make_modules(self.environment)
        with self.used(sleeps=False):
            module = load_file(path)
            parser = new_parser()
            self.environment.events.init_command_line_parser.fire(parser=parser)
            self.options = options = parse(parser, arguments)
            found = _user_classes(module, path)
            for kind in found:
                _check(kind, path)
            shapes = _shapes_in(module)
            self.shape = shapes[0]() if shapes else None
        self.environment.parsed_options = options
        self.environment.locustfile = Path(path).name
        self.environment.tags, self.environment.exclude_tags = options.tags, options.exclude_tags
        _cut_to_tags(found, options.tags, options.exclude_tags)
        self.classes: dict[str, Any] = {kind.__name__: kind for kind in found}
        self.environment.user_classes = found
        self.environment.shape_class = self.shape
        self.notes = tuple(scan.blocking_imports(text, path))
        if len(shapes) > 1:
            others = ", ".join(kind.__name__ for kind in shapes[1:])
            self.notes += (f"{path}: the load is that of {shapes[0].__name__}, the first shape, not of {others}",)
        self.insecure = scan.skips_certificates(text) or any(
            issubclass(kind, FastHttpUser) and kind.insecure for kind in found
        )

    @property
    def journeys(self) -> tuple[Journey, ...]:
        """A user class each. Those with a fixed count have no share of the others, unless there are none."""
        kinds = self.classes.values()
        shares = [0.0 if kind.fixed_count else float(kind.weight) for kind in kinds]
        if not any(shares):
            shares = [1.0] * len(shares)
        return tuple(
            Journey(kind.__name__, weight=share, users=kind.fixed_count or None)
            for kind, share in zip(kinds, shares, strict=True)
        )

    @property
    def host(self) -> str | None:
        """Where requests go if nothing else is said."""
        hosts = (kind.host for kind in self.classes.values() if kind.host)
        return self.options.host or next(hosts, None)

    def stages(self, limit_s: float | None) -> tuple[UserStage, ...]:
        """The stages of the file's LoadTestShape, for at most `limit_s`; none without one."""
        if self.shape is None:
            return ()
        self.shape.runner = self.environment.runner
        return stages_of(self.shape, None if self.shape.use_common_options else limit_s)

    @contextmanager
    def used(self, *, sleeps: bool) -> Iterator[None]:
        """In the block the file's code may run. `sleeps`: its users are greenlets, whose time.sleep is a pause."""
        with ExitStack() as stack:
            folders = {Path(self.path).resolve().parent, Path.cwd()}
            stack.enter_context(standing_in(self._modules, folders))
            stack.enter_context(_importing_from(os.getcwd()))  # noqa: PTH109 - as Python has it
            if sleeps:
                stack.enter_context(sleep_yields())
            yield

    def begin(self, control: Control, users: int) -> None:
        """Before the first of so many users: events init and test_start."""
        environment, runner = self.environment, self.environment.runner
        random.seed(control.seed)
        runner.control = control
        runner.target_user_count = users
        environment.host = self.options.host
        for name in ("users", "num_users"):
            setattr(self.options, name, users)
        for kind in self.classes.values():
            kind.host = environment.host or kind.host or control.target
        environment.host = self.options.host = environment.host or self.host
        environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
        environment.events.test_start.fire(environment=environment)
        environment.events.locust_start_hatching.fire()
        runner.state = STATE_RUNNING

    def end(self) -> None:
        """After the last user: events test_stop, quitting and quit."""
        environment, runner = self.environment, self.environment.runner
        runner.state = STATE_STOPPING
        environment.events.test_stopping.fire(environment=environment)
        runner.state = STATE_STOPPED
        environment.events.test_stop.fire(environment=environment)
        environment.events.locust_stop_hatching.fire()
        environment.events.quitting.fire(environment=environment, reverse=True)
        environment.events.quit.fire(exit_code=environment.process_exit_code or 0)

    @property
    def exit_code(self) -> int | None:
        """The one that the file has set."""
        return self.environment.process_exit_code


@contextmanager
def _importing_from(folder: str) -> Iterator[None]:
    """In the block modules are looked for in the folder, too, after all others."""
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def load_locustfile(path: str, arguments: Sequence[str] = ()) -> LocustFile:
    """Load a locustfile; `arguments` are its own options. Raises UsageError, with the file and the line, for whatever
    keeps it from being run.
    """
    if not Path(path).is_file():
        raise UsageError(f"{path}: there is no such file")
    return LocustFile(path, arguments)


def _user_classes(module: ModuleType, path: str) -> list[Any]:
    """The classes of users that the module has, imported ones among them; those of weight 0 are left out."""
    found: dict[int, Any] = {}
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, User) and not value.abstract:
            found[id(value)] = value
    classes = [kind for kind in found.values() if kind.weight or kind.fixed_count]
    if not classes:
        if found:
            raise UsageError(f"{path}: every user class has weight 0, so there is nothing to do")
        raise UsageError(f"{path}: no user class; write one such as `class WebsiteUser(HttpUser)`")
    names = [kind.__name__ for kind in classes]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{path}: two user classes are called {doubled[0]}; give one a name of its own")
    return classes


def _cut_to_tags(classes: list[Any], tags: list[str] | None, exclude: list[str] | None) -> None:
    """Leave out the tasks that `--tags` and `--exclude-tags` do not ask for, and classes without any left."""
    if not tags and not exclude:
        return
    for kind in list(classes):
        kind.tasks = with_tags(kind.tasks, frozenset(tags or ()), frozenset(exclude or ()))
        if not kind.tasks:
            classes.remove(kind)
    if not classes:
        raise UsageError("no task has the tags that were asked for (--tags, --exclude-tags)")


def _check(kind: Any, path: str) -> None:
    """Raises UsageError for a class that could do nothing, with its line."""
    own = [method for method in (kind.on_start, kind.__init__) if not method.__module__.startswith("loadgen.")]
    if not kind.tasks and not own:
        raise UsageError(f"{_place(kind, path)}: {kind.__name__} has no tasks: write @task above a method")
    if not callable(kind.wait_time):
        raise UsageError(
            f"{_place(kind, path)}: wait_time of {kind.__name__} is {kind.wait_time!r}: "
            f"write wait_time = constant({kind.wait_time!r})"
        )
    for function in _functions(kind.tasks):
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            what = "is an `async def`" if inspect.iscoroutinefunction(function) else "has a `yield`"
            raise UsageError(f"{_place(function, path)}: task {function.__name__} {what}: nobody would run it")
    if not isinstance(kind.weight, int | float) or kind.weight < 0:
        raise UsageError(f"{_place(kind, path)}: weight of {kind.__name__} is {kind.weight!r}: expected a number")


def _functions(tasks: Any, seen: frozenset[int] = frozenset()) -> Iterator[Any]:
    """The functions among tasks and those of nested sets."""
    for item in tasks:
        if not isinstance(item, type):
            yield item
        elif id(item) not in seen:
            yield from _functions(getattr(item, "tasks", ()), seen | {id(item)})


def _place(kind: Any, path: str) -> str:
    """File and line of a class or function."""
    try:
        source = inspect.getsourcefile(kind)
        lines = inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return path
    return f"{source if source and Path(source) != Path(path).resolve() else path}:{lines[1]}"


def _shapes_in(module: ModuleType) -> list[type[LoadTestShape]]:
    """The file's LoadTestShapes, in its order. A run has the first of them."""
    values = dict.fromkeys(value for value in vars(module).values() if isinstance(value, type))
    return [
        value
        for value in values
        if issubclass(value, LoadTestShape) and value is not LoadTestShape and not vars(value).get("abstract", False)
    ]
