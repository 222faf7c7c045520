"""README and the chapters: what people are to type works; options, codes, files and links that are named exist."""

import ast
import json
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadgen.campaigns.rounds import RoundsOutcome
from loadgen.cli.app import call_body
from loadgen.cli.bodies import calibrate, compare, find_max, front_doors, serve, target
from loadgen.cli.bodies.plan_run import plan_run
from loadgen.cli.bodies.plan_s3 import plan_s3
from loadgen.cli.commands.calibrate import Calibrate
from loadgen.cli.commands.compare import Compare
from loadgen.cli.commands.find_max import FindMax
from loadgen.cli.commands.front_doors import FrontDoor
from loadgen.cli.commands.run import Run
from loadgen.cli.commands.s3 import S3
from loadgen.cli.commands.serve import Serve
from loadgen.cli.commands.target import Target
from loadgen.cli.options import ALIASES, OPTIONS, variable_of
from loadgen.cli.plans import Planned
from loadgen.cli.readings import READINGS
from loadgen.cli.saved import read_baseline
from loadgen.judge.exit_code import ExitCode
from loadgen.plan.codec import describe_plan
from loadgen.plan.named import names_before
from loadgen.plan.plan import Plan
from loadgen.report.files.hlog import render_hlog
from loadgen.results.block import Block
from loadgen.results.find_max import MaxRate
from loadgen.results.result import Result
from loadgen.results.rounds import Rounds, comparison_to_json
from tests.support.command import loadgen, save
from tests.support.gates import found
from tests.support.rounds import run
from tests.unit.report.campaigns.test_calibration import FOUND

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "unit" / "report" / "golden"
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {page: page.read_text("utf-8") for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
CHAPTERS = "\n".join([README, *(text for page, text in PAGES.items() if page.parent == ROOT / "docs")])
INDENTED = [line.strip() for line in CHAPTERS.splitlines() if line.startswith("    ")]
SET_UP = [line for line in INDENTED if line.startswith("python3 -m venv ")]
TYPED = list(dict.fromkeys(line.partition(" &")[0] for line in INDENTED if line.startswith("loadgen ")))
FILES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", CHAPTERS, re.MULTILINE | re.DOTALL))
PROFILES = [text for text in re.findall(r"```yaml\n(.*?)```", CHAPTERS, re.DOTALL) if text.startswith("target:")]
RECIPES = re.findall(r"^(?:- run: |  script: |steps \{ sh ')(loadgen .*?)(?:' \})?$", CHAPTERS, re.MULTILINE)
FOREIGN = {"--enable-feature", "--web"}  # of Prometheus
FOREIGN |= {"--case", "--runs"}  # of tests.lab
FOREIGN |= {
    "--build",
    "--build-arg",
    "--cpus",
    "--exit-code-from",
    "--profile",
    "--rm",
    "--ulimit",
}  # of the container tools
FOREIGN |= {"--csv", "--exclude-tags", "--headless", "--json", "--tags", "--tenant"}  # of Locust
FOREIGN |= {"--data-raw", "--data-urlencode"}  # of curl
FOREIGN |= {
    "--access-key",
    "--autoterm",
    "--benchdata",
    "--encrypt",
    "--list-existing",
    "--sse-s",
    "--storage-class",
    "--concurrent",
    "--get-distrib",
    "--noclear",
    "--obj",
    "--rps-limit",
}  # of warp
FOREIGN |= {"--secret-key", "--tls", "--warp-client"}
FOREIGN |= {alias for aliases in ALIASES.values() for alias in aliases} | {*READINGS}  # of others, accepted or refused


def test_two_commands_on_one_line_each_set_everything_up() -> None:
    try_it, develop = SET_UP
    assert try_it == "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/loadgen demo"
    assert develop == "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest"
    assert INDENTED[:2] == SET_UP, "they come first"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that README's commands name; no command really makes load."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "item.json").write_text('{"id": 1}')
    (tmp_path / "my-profile.yaml").write_text("target: http://127.0.0.1:8080\n")
    for minute, name in enumerate(("main.json", "r.json", "a.json", "b.json")):
        save(replace(run(), started_at=f"2026-01-05T10:0{minute}:00.000+00:00"), tmp_path / name)
    variants = [Rounds((Result(),), label) for label in ("pool", "threads")]
    (tmp_path / "c.json").write_text(comparison_to_json(variants))
    (tmp_path / "r.hlog").write_text(render_hlog(Result(blocks=[Block(10.0, 1.0)])))
    (tmp_path / "requests.sh").write_text("curl http://127.0.0.1:8080/\n")
    (tmp_path / "targets.txt").write_text("GET http://127.0.0.1:8080/\n")
    entry = {"request": {"url": "http://127.0.0.1:8080/"}}
    (tmp_path / "shop.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    (tmp_path / "shop.yaml").write_text("target: http://127.0.0.1:8080\n")
    (tmp_path / "openapi.yaml").write_text("servers: [{url: http://127.0.0.1:8080}]\npaths: {/: {get: {}}}\n")
    (tmp_path / "collection.json").write_text('{"item": [{"request": "http://127.0.0.1:8080/"}]}')
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    copy_accounts(tmp_path)
    (tmp_path / "thumbnails.py").write_text("def make(data):\n    return data\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-of-the-reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-reader")
    return tmp_path


def copy_accounts(folder: Path) -> None:
    """The file of data that scenarios of the chapters read."""
    shutil.copy(ROOT / "profiles" / "shop-accounts.csv", folder)


def without_load(given: Any) -> int:
    """The bodies of commands, but that nothing is run: it has ended well."""

    def measure_rounds(plans: Sequence[Plan], *_: Any, **__: Any) -> RoundsOutcome:
        return RoundsOutcome(tuple((replace(run(), plan=describe_plan(plan)),) for plan in plans))

    async def search(*_: Any) -> MaxRate:
        return found()

    async def no_page(*_: Any) -> None:
        """Served to nobody."""

    match given:
        case Run() | S3():
            planned = plan_run(given) if isinstance(given, Run) else plan_s3(given)
            if isinstance(planned, Planned):
                read_baseline(given.against, names_before(planned.plan.job))
            return 0
        case FrontDoor():
            return front_doors.front_door(given, lambda _planned: 0)
        case FindMax():
            return find_max.find_max(given, search)
        case Serve():
            return serve.serve(given, no_page)
        case Compare():
            quiet = replace(given, output=replace(given.output, quiet=True))
            return compare.compare(quiet, measure_rounds)
        case Target():
            return target.target(given, serve=lambda _options, _ready: None)
        case Calibrate():
            return calibrate.calibrate(given, measure=lambda _null: FOUND, busy=lambda: 0.0)
    return call_body(given)


def test_the_readme_is_short_and_its_report_is_one_that_is_printed() -> None:
    assert len(README.splitlines()) < 200
    report = "".join(
        f"    {line}".rstrip() + "\n" for line in (GOLDEN / "ordinary.txt").read_text("utf-8").splitlines()
    )
    assert report in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_path_leads_somewhere(page: Path) -> None:
    text = PAGES[page]
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    paths = re.findall(r"(?<![\w/.-])(?:loadgen|tests|profiles|docker)/[\w./-]*\w|(?<![\w/])\.ci/\w+", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_readme_leads_to_every_chapter() -> None:
    linked = {(ROOT / link).resolve() for link in re.findall(r"\]\(([^)#:]+)\)", README)}
    assert {page for page in PAGES if page.parent == ROOT / "docs"} <= linked


def test_there_are_commands_to_try() -> None:
    assert len(TYPED) >= 8


@pytest.mark.parametrize("line", TYPED)
def test_every_command_line_is_accepted(line: str, folder: Path) -> None:
    _, *argv = shlex.split(line, comments=True)
    argv = argv[: argv.index(">")] if ">" in argv else argv
    if "--baseline" in argv and not Path(argv[argv.index("--baseline") + 1]).exists():
        assert loadgen("baseline", "save", "main", "main.json").code == 0
    done = loadgen(*argv, call=without_load)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("line", RECIPES)
def test_every_recipe_for_a_ci_server_is_accepted(line: str, folder: Path) -> None:
    (folder / "history").mkdir()
    save(run(), folder / "history" / "r.json")
    assert loadgen("baseline", "save", "main", "main.json").code == 0
    _, *argv = shlex.split(line.replace("$TARGET", "http://127.0.0.1:8080/"))
    done = loadgen(*argv, call=without_load)
    assert (done.code, done.err) == (0, "")


def test_there_is_a_recipe_for_three_ci_servers() -> None:
    assert sum("--baseline" in line for line in RECIPES) == 3


@pytest.mark.parametrize("text", PROFILES)
def test_every_profile_is_accepted(text: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text(text, "utf-8")
    copy_accounts(tmp_path)
    for name, scenario in FILES.items():
        (tmp_path / name).write_text(scenario, "utf-8")
    done = loadgen("check", profile, env={"API_TOKEN": "a-token-of-the-reader"})
    assert (done.code, done.err) == (0, "")
    assert "a-token-of-the-reader" not in done.out


def test_what_the_troubleshooting_table_says_is_seen_is_said_by_the_program() -> None:
    rows = [line.split("|")[1] for line in PAGES[ROOT / "docs" / "troubleshooting.md"].splitlines() if "|" in line]
    seen = [text for row in rows for text in re.findall(r"`([^`]{6,})`", row) if text != "status 404"]
    assert len(seen) > 25
    sources = [file.read_text("utf-8") for file in ROOT.glob("loadgen/**/*.py")]
    rest = [text for text in seen if not any(text in source for source in sources)]
    # what is said in two literals side by side: only files that hold its beginning are parsed, which is slow
    trees = [ast.parse(source) for source in sources if any(text[:12] in source for text in rest)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [text for text in rest if not any(text in said for said in texts)] == []


def test_every_option_that_is_named_exists() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", CHAPTERS)) - FOREIGN
    known = "".join(
        loadgen(*command.split(), "--help").out
        for command in ("target", "report", "gate", "diff", "trend", "import har")
    )
    known += "".join(loadgen(command, "--help-all").out for command in ("run", "s3", "find-max", "compare", "serve"))
    known += loadgen("cluster", "kubernetes", "--help").out
    assert named
    assert {option for option in named if option not in known} == set()


def test_every_environment_variable_that_is_named_exists() -> None:
    named = set(re.findall(r"LOADGEN_[A-Z_]+", CHAPTERS))
    known = {variable_of(option.flags) for option in OPTIONS}
    assert named
    own = {"OUTPUT", "OUT", "LIVE", "FORMAT", "QUIET", "SET", "CLUSTER", "CERTIFICATES"}
    assert named <= known | {f"LOADGEN_{name}" for name in own}


def test_every_exit_code_that_is_named_exists() -> None:
    table = CHAPTERS.partition("| exit code |")[2].partition("\n\n")[0]
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert {0, 1, 2, 99, 105, 108, 120, 121} <= named <= set(ExitCode)
