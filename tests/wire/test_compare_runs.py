"""`loadgen compare` with real runs against the embedded target."""

import signal
from pathlib import Path

import pytest

from loadgen.results.rounds import read_variants
from tests.support.command import Command, balanced, loadgen, stats_of, wait_until

pytestmark = pytest.mark.slow  # each run is a process of its own


def test_every_round_of_every_variant_is_run_and_saved(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "c.json"
    done = loadgen(
        "compare", f"{url}/bytes/100", "--modes", "async,pool", "--workers", "2", "-c", "4", "-n", "200",
        "--rounds", "2", "--settle", "0s", "-o", saved,
    )  # fmt: skip
    assert (done.code, done.out.count("against")) == (0, 1)
    first, *interleaved = done.err.splitlines()
    assert first == "2 variants, 2 rounds"
    assert sorted(interleaved) == [f"{number}/2 {label}" for number in (1, 2) for label in ("async", "pool")]
    variants = read_variants(saved.read_text())
    assert [(item.label, [balanced(result).ledger.ok for result in item.results]) for item in variants] == [
        ("async", [200, 200]),
        ("pool", [200, 200]),
    ]
    assert {result.generator.mode for result in variants[1].results} == {"pool"}
    assert stats_of(url)["requests"] == 800


def test_threads_are_those_of_the_run(url: str) -> None:
    done = loadgen("run", f"{url}/", "--mode", "threads", "-c", "20", "-n", "2000", "--format", "json", "-q")
    assert done.result.generator.threads >= 20


def test_a_signal_keeps_what_was_measured(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "c.json"
    with Command("compare", f"{url}/", "--modes", "async,async", "-c", "2", "-d", "30s", "-q", "-o", saved) as running:
        wait_until(lambda: stats_of(url)["requests"] > 100, "requests of the first run")
        running.send(signal.SIGINT)
        done = running.finish()
    assert (done.code, done.out) == (105, "")
    assert done.err == "loadgen: STOPPED async (2): SIGINT received; exit code 105\n"
    (variant,) = read_variants(saved.read_text())
    assert balanced(variant.results[0]).ended_by == "signal"


def test_a_host_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = loadgen("compare", "http://nowhere.invalid/", "-d", "1s", "-q", "-o", tmp_path / "c.json")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert done.err.startswith("loadgen: cannot resolve 'nowhere.invalid'")
    assert not (tmp_path / "c.json").exists()
