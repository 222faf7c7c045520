"""The commands: each has a body that takes its parameters, and nothing heavy is imported before they are good."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest

import loadgen as loadgen_api
from loadgen.cli.app import COMMANDS, module_of
from loadgen.cli.bodies.plan_run import plan_run
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Against, Output
from loadgen.cli.plans import Comparison, Planned, Preview, Search, Sweep
from tests.support.command import loadgen

HEAVY = ("asyncio", "uvloop", "yaml", "pydantic", "loadgen.plan", "loadgen.session", "loadgen.judge", "loadgen.target")


def parameters() -> Iterator[type[Any]]:
    for name, kind in COMMANDS.items():
        command = getattr(import_module(f"loadgen.cli.commands.{module_of(name)}"), kind)
        if hasattr(command, "body"):
            yield command
        yield from getattr(command, "commands", {}).values()


PLAN = loadgen_api.load_profile("http://127.0.0.1/")
PLANNED = [Planned(PLAN, Delivery(Output()), rounds, Against()) for rounds in (1, 2)]
CASES = [(command, command.body) for command in parameters()] + [(Planned, planned.body) for planned in PLANNED]
CASES.append((Sweep, Sweep.body))


@pytest.mark.parametrize(("command", "body"), CASES, ids=[body for _, body in CASES])
def test_every_body_takes_the_parameters_of_its_command(command: type[Any], body: str) -> None:
    module, name = body.split(":")
    function = getattr(import_module(f"loadgen.cli.bodies.{module}"), name)
    (given, *_), returned = get_type_hints(function).values(), get_type_hints(function)["return"]
    assert given is command or command in get_args(given)
    assert returned in (int, Planned, Planned | Sweep | Preview | Comparison | Search)


@pytest.mark.parametrize("option", ["--baseline", "--max-regression"])
def test_what_is_compared_is_run_in_rounds(option: str) -> None:
    asked: list[str] = []
    loadgen("run", "http://127.0.0.1/", option, "x", call=lambda given: asked.append(plan_run(given).body) or 0)
    assert asked == ["rounds:rounds"]


@pytest.mark.slow  # a process of its own, which has imported nothing yet
def test_a_run_that_nobody_looks_at_imports_nothing_of_views() -> None:
    argv = ["run", "http://127.0.0.1:1/", "-c", "1", "-n", "1", "--processes", "1", "--format", "json"]
    views = (
        "pydantic",
        "loadgen.observe.export",
        "loadgen.observe.view",
        "loadgen.executors.logged",
        "loadgen.measure.slowest",
    )
    assert imported_by(argv, views) == "[]"


@pytest.mark.slow  # a process of its own, which has imported nothing yet
@pytest.mark.parametrize("argv", [["run", "http://h/", "-T", "p99 <"], ["s3", "put", "-c", "x"]])
def test_what_runs_a_plan_is_not_imported_before_there_is_one(argv: list[str]) -> None:
    assert imported_by(argv, ("uvloop", "loadgen.executors", "loadgen.session.run", "loadgen.observe")) == "[]"


@pytest.mark.slow  # a process of its own, which has imported nothing yet
@pytest.mark.parametrize("argv", [["--help"], ["run", "--help"], ["run", "--nonsense"], ["run", "x", "--format", "y"]])
def test_help_and_usage_errors_import_nothing_heavy(argv: list[str]) -> None:
    assert imported_by(argv, HEAVY) == "[]"


def imported_by(argv: list[str], modules: tuple[str, ...]) -> str:
    script = "import sys; sys.argv[1:] = eval(sys.argv[1])\nfrom loadgen.cli.app import run_app\nrun_app()\n"
    script += f"print([name for name in {modules} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script, repr(argv)], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]
