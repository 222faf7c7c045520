"""Shell completion and the manual page know every command and option."""

import re
import shutil
import subprocess

import pytest

from loadgen.cli.app import COMMANDS, command_of
from loadgen.cli.completion import SHELLS, known_commands
from loadgen.cli.manual import manual_page
from tests.support.command import loadgen

CLASSES = {name: command_of(name) for name in COMMANDS}
KNOWN = known_commands(CLASSES)
ASK = """
source "$1"
COMP_WORDS=(loadgen "${@:2}"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
_loadgen
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_all_commands_and_flags(shell: str) -> None:
    done = loadgen("completion", shell)
    assert (done.code, done.err) == (0, "")
    words = set(re.findall(r"[\w-]+", done.out))
    for known in KNOWN:
        assert {*known.words} <= words
        flags = {flag.lstrip("-") for flag in known.flags} if shell == "fish" else {*known.flags}
        assert flags <= words
    assert {"wrk", "hey", "ab"} <= words


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["fin"], ["find-max"]),
        (["run", "--connect-"], ["--connect-timeout", "--connect-to"]),
        (["import", "p"], ["postman"]),
        (["import", "har", "--st"], ["--static"]),
        (["--v"], ["--version"]),
        (["run", "x"], []),
    ],
)
def test_bash_offers_what_can_follow(
    typed: list[str], offered: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("bash") / "loadgen"
    script.write_text(loadgen("completion", "bash").out)
    done = subprocess.run(["bash", "-c", ASK, "bash", script, *typed], capture_output=True, text=True, check=True)
    assert done.stdout.split() == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_theirs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    script = loadgen("completion", shell).out
    subprocess.run([shell, "-n"], input=script, text=True, check=True, capture_output=True)


def test_another_shell_is_refused() -> None:
    done = loadgen("completion", "csh")
    assert (done.code, done.err) == (2, "loadgen: expected bash, zsh, fish, got 'csh'\n")


def test_the_manual_page_has_all_commands_and_flags() -> None:
    page = manual_page(CLASSES)
    for known in KNOWN:
        assert f".SS {' '.join(known.words)}".replace("-", "\\-") in page
        assert [flag for flag in known.flags[:-2] if f"\\fB{flag}".replace("-", "\\-") not in page] == []
    assert not re.search(r"^[.'](?!TH|SH|SS|PP|TP|BR?\b)", page, re.M)
