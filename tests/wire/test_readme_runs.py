"""What the README has to type, typed: each line in its order, in one shell, against the demo server.

As printed, but that the server has a port of the kernel's, the loads are short, and what searches or calibrates is left
out: that takes many runs, and is tested by itself.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loadgen.target.process import TargetProcess

pytestmark = pytest.mark.slow  # every command of the README is a process

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SET_UP, _, REST = README.partition("## Ten commands")
FILES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
TYPED = [line.strip() for line in REST.partition("## A report")[0].splitlines() if line.startswith("    ")]
TYPED = [line for line in TYPED if line.startswith(("loadgen ", ". "))]
ACTIVATE, TARGET = ". .venv/bin/activate", "loadgen target &"
SHORT = "200ms"
MEANT = {0, 99}
"""A threshold may fail on a busy machine; what is no command, no option or no file ends with 2."""


def test_what_comes_first_is_the_shell_and_the_server() -> None:
    assert TYPED[0] == ACTIVATE
    assert TYPED[1].startswith(TARGET)
    assert len(TYPED) > 10


def test_every_line_runs_as_printed_in_its_order(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    with TargetProcess() as server:
        lines = [line.replace("http://127.0.0.1:8080", server.url) for line in TYPED[2:]]
        lines = [re.sub(r" (-d|--warmup) \w+", rf" \1 {SHORT}", line).replace("-c 2000", "-c 200") for line in lines]
        lines = [
            line for line in lines if not line.startswith("loadgen calibrate")
        ]  # ten seconds, and all of the machine
        script = "".join(f'{line}\necho "=$?"\n' for line in lines)
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LOADGEN_DURATION": SHORT,
            "LOADGEN_PROCESSES": "1",
            "COLUMNS": "80",
        }
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    codes = [int(line[1:]) for line in done.stdout.splitlines() if re.fullmatch(r"=\d+", line)]
    assert {line: code for line, code in zip(lines, codes, strict=True) if code not in MEANT} == {}, done.stderr
