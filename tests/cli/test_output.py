"""Where what was measured goes: to a file, to standard output, and never to nowhere."""

from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.output import deliver, emit

NOWHERE = "/nosuch/folder/r.json"


def delivered(output: str | None, *, as_json: bool = False, quiet: bool = False) -> None:
    deliver(lambda: "{}\n", lambda: emit("a report\n"), output, as_json=as_json, quiet=quiet)


@pytest.mark.parametrize(
    ("output", "as_json", "quiet", "printed"),
    [
        (None, False, False, "a report\n"),
        (None, False, True, "a report\n"),
        (None, True, True, "{}\n"),
        ("-", False, False, "{}\n"),
        ("-", False, True, "{}\n"),
        ("r.json", False, False, "a report\n"),
        ("r.json", False, True, ""),
        ("r.json", True, True, "{}\n"),
    ],
)
def test_what_is_printed_beside_the_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    output: str | None,
    as_json: bool,
    quiet: bool,
    printed: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    delivered(output, as_json=as_json, quiet=quiet)
    assert capsys.readouterr().out == printed
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == (
        {"r.json": "{}\n"} if output == "r.json" else {}
    )


@pytest.mark.parametrize("quiet", [False, True])
def test_what_cannot_be_saved_is_printed_before_that_is_said(
    capsys: pytest.CaptureFixture[str], *, quiet: bool
) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        delivered(NOWHERE, quiet=quiet)
    assert capsys.readouterr().out == "a report\n"
