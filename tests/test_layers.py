"""The layers of the package, as the contracts in pyproject.toml state them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECK = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.mark.slow  # reads every module of the package, in a process of its own
def test_imports_point_down_without_circles_and_worker_processes_stay_light() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", CHECK, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout


def test_tests_of_units_stand_in_the_folders_of_what_they_test() -> None:
    units = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(units) for path in units.rglob("test_*.py") if path.parent != units}
    assert folders <= {path.relative_to(ROOT / "loadgen") for path in (ROOT / "loadgen").rglob("*/")}


def test_no_function_of_the_command_line_has_imports_of_its_own() -> None:
    found = [
        f"{file.name}: {ast.unparse(node)}"
        for file in (ROOT / "loadgen" / "cli").rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert found == []
