"""The file's own options: what stands after `--` on the command line, read as Locust's command line would be."""

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from loadgen.base.errors import UsageError

_OF_LOCUST = frozenset(("is_secret", "include_in_web_ui", "is_required"))
_TRUE = frozenset(("1", "true", "yes", "on"))
_OURS = {
    ("-u", "--users"): "-c",
    ("-r", "--spawn-rate", "--hatch-rate"): "--ramp-up",
    ("-t", "--run-time"): "-d",
    ("-f", "--locustfile"): "the file before --",
    ("--processes", "--master", "--worker"): "--processes",
    ("--csv", "--html", "--json"): "the reports of loadgen (--json, --html, ...)",
    ("-s", "--stop-timeout"): "--grace",
}
"""What is said to loadgen itself, and how."""


class LocustArgumentParser(argparse.ArgumentParser):
    """argparse, whose options may also come from a variable of the environment (`env_var`)."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._with_env_var(self)

    def add_argument_group(self, *args: Any, **more: Any) -> Any:
        group = super().add_argument_group(*args, **more)
        self._with_env_var(group)
        return group

    def _with_env_var(self, container: Any) -> None:
        add: Callable[..., argparse.Action] = container.add_argument

        def add_argument(*args: Any, env_var: str | None = None, **more: Any) -> argparse.Action:
            action = add(*args, **{key: value for key, value in more.items() if key not in _OF_LOCUST})
            if env_var is not None and (value := os.environ.get(env_var)) is not None:
                action.default = _from_environment(action, value)
                action.required = False
            return action

        container.add_argument = add_argument

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"options of the locustfile, after --: {message}")


def _from_environment(action: argparse.Action, value: str) -> Any:
    """The default that a text stands for; argparse itself makes the type of it where it is one value."""
    if action.nargs == 0:
        return value.lower() in _TRUE
    if action.nargs in ("*", "+") or isinstance(action.nargs, int):
        kind = action.type if callable(action.type) else str
        return [kind(item) for item in value.strip("[]").replace(",", " ").split()]
    return value


def new_parser() -> LocustArgumentParser:
    """The options that every locustfile has, and those of Locust that are said another way here."""
    parser = LocustArgumentParser(prog="loadgen run FILE --", allow_abbrev=False, add_help=False)
    parser.add_argument("-H", "--host")
    parser.add_argument("-T", "--tags", nargs="*", default=None)
    parser.add_argument("-E", "--exclude-tags", nargs="*", default=None)
    parser.add_argument("-L", "--loglevel", default="INFO")
    for flag in ("--headless", "--only-summary", "--skip-log-setup", "--reset-stats", "--autostart"):
        parser.add_argument(flag, action="store_true", default=flag == "--headless")
    for names, remedy in _OURS.items():
        parser.add_argument(*names, dest=f"_not_{names[-1]}", nargs="?", action=_Refusal, const=remedy)
    return parser


class _Refusal(argparse.Action):
    """An option that is said to loadgen itself."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        parser.error(f"{option_string} is said to loadgen itself: {self.const}")


def parse(parser: LocustArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """What files find in `environment.parsed_options`. Raises UsageError for what the file has no option for."""
    options = parser.parse_args(list(arguments))
    for name in [name for name in vars(options) if name.startswith("_not_")]:
        delattr(options, name)
    for name, value in _DEFAULTS.items():
        if not hasattr(options, name):
            setattr(options, name, value)
    return options


_DEFAULTS: dict[str, Any] = {
    "users": None, "num_users": None, "spawn_rate": None, "run_time": None, "locustfile": "locustfile.py",
    "master": False, "worker": False, "processes": None, "stop_timeout": None, "csv_prefix": None, "html_file": None,
    "web_host": "", "web_port": 8089, "config": None, "logfile": None, "expect_workers": 1, "json": False,
}  # fmt: skip
"""What files read of Locust's other options."""
