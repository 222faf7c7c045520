"""What a single run leaves for CI servers, beside its report and its code."""

from pathlib import Path

from tests.support.command import loadgen


def test_a_run_writes_its_checks_and_tells_github(url: str, tmp_path: Path) -> None:
    names = {"--junit": "j.xml", "--markdown": "m.md", "--openmetrics": "o.txt"}
    files = [word for option, name in names.items() for word in (option, tmp_path / name)]
    run = ("run", url, "-n", "50", "-c", "2", "--mode", "async", "-q", "-T", "ok >= 50", "-T", "ok > 50")
    done = loadgen(*run, "-o", tmp_path / "r.json", *files, env={"GITHUB_ACTIONS": "true"})
    assert (done.code, done.err) == (99, "loadgen: FAILED ok > 50 (was 50); exit code 99\n")
    assert done.out == "::error title=loadgen%3A ok > 50::observed 50\n"
    assert 'tests="4" failures="1" errors="0"' in (tmp_path / "j.xml").read_text()
    assert (tmp_path / "m.md").read_text().startswith("### FAILED: ")
    assert "loadgen_requests_ok_total 50\n" in (tmp_path / "o.txt").read_text()


def test_a_file_that_cannot_be_written_is_told_before_the_run(url: str) -> None:
    done = loadgen("run", url, "-n", "50", "--junit", "/no/j.xml")
    assert (done.code, done.out) == (2, "")
    assert "--junit: cannot write '/no/j.xml'" in done.err
