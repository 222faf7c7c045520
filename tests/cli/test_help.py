"""Help: every command has it, it fits a terminal, and what it says about defaults is true."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from loadgen.cli.app import COMMANDS as COMMANDS_BY_NAME
from loadgen.cli.app import command_of, make_app
from loadgen.cli.options import OPTIONS, RunOption
from loadgen.plan.profiles.document import profile_for_url
from loadgen.plan.profiles.keys import keys_of
from loadgen.plan.profiles.profile import Profile
from tests.support.command import loadgen

ROOT = Path(__file__).parents[2]
PAGES = "".join(page.read_text("utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))))
FIELDS = keys_of(Profile)
WITH_DEFAULT = {
    option.key: option
    for option in OPTIONS
    if option.kind is not bool and option.key in FIELDS and FIELDS[option.key].default not in (None, (), {})
}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


APPS = [typer.main.get_command(make_app([name])) for name in COMMANDS_BY_NAME if name != "completion"]
COMMANDS = [path for app in APPS for path in commands(app)]


def stated_default(option: RunOption) -> str:
    found = re.search(r"\(default: (.*)\)", option.help)
    assert found, f"{option.flags[-1]} states no default"
    return found[1]


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_every_command_has_help_that_fits_80_columns(command: tuple[str, ...]) -> None:
    asked, short = loadgen(*command, "--help"), loadgen(*command, "-h")
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == short.out
    assert f"Usage: {' '.join(('loadgen', *command))}" in asked.out
    assert max(map(len, asked.out.splitlines())) <= 80
    assert "…" not in asked.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_in_the_readme_or_a_chapter(command: tuple[str, ...]) -> None:
    assert re.search(rf"\bloadgen {' '.join(command)}\b", PAGES)


def test_every_option_of_run_is_in_the_whole_help() -> None:
    text = loadgen("run", "--help-all").out
    assert [flag for option in OPTIONS for flag in option.flags if flag not in text] == []
    assert "Exit codes: 0 finished" in text
    assert max(map(len, text.splitlines())) <= 80


SHORT = {name: command for name in COMMANDS_BY_NAME if hasattr(command := command_of(name), "begin")}


@pytest.mark.parametrize("name", SHORT)
def test_help_begins_with_an_example_and_what_most_people_need(name: str) -> None:
    done, begin = loadgen(name, "--help"), SHORT[name].begin
    assert f"Example:\n  {begin.example}\n" in done.out
    assert len(done.out.splitlines()) <= 24, "a screen"
    assert [flag for flag in (*begin.flags, "--help-all") if flag not in done.out] == []
    assert "--think" not in done.out
    assert loadgen(*shlex.split(begin.example)[1:], call=lambda _: 0).code == 0
    assert loadgen(name, "--help-all", "--nonsense").code == 2


@pytest.mark.parametrize("key", WITH_DEFAULT)
def test_an_option_with_a_default_states_the_one_that_applies(key: str) -> None:
    said = profile_for_url("http://h/", {key: stated_default(WITH_DEFAULT[key])})
    assert getattr(said, key) == FIELDS[key].default


def test_an_option_without_a_default_states_none() -> None:
    described = {"duration", "method", "workers", "processes", "max_connections", "streams"}
    stated = {option.key for option in OPTIONS if "(default: " in option.help}
    assert stated == WITH_DEFAULT.keys() | described


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.kind is not bool], ids=lambda o: o.key)
def test_a_value_is_called_by_its_kind_or_unit(option: RunOption) -> None:
    known = {
        "N",
        "NAME",
        "FIELD",
        "TIME",
        "RATE",
        "STAGE",
        "KIND",
        "ACTION",
        "FILE",
        "METHOD",
        "OPTIONS",
        "HEADER",
        "BODY",
        "MODE",
        "CLIENT",
        "VERSION",
        "EXPR",
        "URL",
        "USER:PASSWORD",
        "REGION:SERVICE",
        "PLACE",
        "ADDRESS",
        "HOST",
        "LIST",
    }
    assert option.metavar in known


def test_without_a_command_the_help_is_shown_as_an_error() -> None:
    nothing = loadgen()
    assert nothing.code == 2
    assert "Begin with: loadgen demo" in nothing.out + nothing.err


def test_the_list_of_commands_cuts_no_sentence() -> None:
    commands = loadgen("--help").out.partition("Commands:")[2]
    assert "run " in commands
    assert "..." not in commands
