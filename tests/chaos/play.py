"""Play one case: run its commands in a folder of their own, and keep all that they left behind."""

import os
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.case import (
    BASELINE_FILE,
    CA_FILE,
    JOURNAL_FILE,
    LOCALHOST,
    PROFILE_FILE,
    URL,
    Case,
    Place,
)
from tests.chaos.disk import small_disk
from tests.chaos.processes import end_all, orphans_of
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.chaos.streams import Streams
from tests.chaos.watch import Sent, Watch

ALONE_S = 40.0
"""For a command that nothing disturbs."""

OLD_CONTENT = b"old content\n"
RESCUED = Path("TMPDIR/result.json")
"""What the result is called here that could be written nowhere else."""
SHELL = "/bin/sh"


@dataclass(frozen=True)
class Done:
    """A command that nothing disturbed. `code` is None where it had to be killed."""

    argv: tuple[str, ...]
    code: int | None
    out: str
    err: str


@dataclass
class Seen:
    """What one case left. `code` is None where it had to be killed; then `err` ends with the stacks of its threads."""

    code: int | None = None
    out: str = ""
    err: str = ""
    took_s: float = 0.0
    starved_s: float = 0.0
    files: dict[str, bytes] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    connections: int = 0
    requests: int = 0
    passable: int = 0
    surplus: int = 0
    objects: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    most_mb: float = 0.0
    before: list[Done] = field(default_factory=list)
    after: list[Done] = field(default_factory=list)
    objects_after: list[str] = field(default_factory=list)
    journal: bytes = b""


@dataclass(frozen=True)
class Tls:
    """The server's side of TLS, and the file of the authority that signed its certificate."""

    context: ssl.SSLContext
    ca_file: Path


def play(case: Case, folder: Path, tls: Tls) -> Seen:
    """Run the case in `folder`, which is empty. Nothing that it started is left when this returns."""
    seen, run = Seen(), folder / "run"
    for name in ("run", "tmp", "home"):
        (folder / name).mkdir()
    with ExitStack() as stack:
        if case.disk is not None:
            stack.enter_context(small_disk(run, case.disk))
            if case.disk.holds_tmp:
                stack.enter_context(small_disk(folder / "tmp", case.disk))
        expected = _prepare(case, run)
        store = Store() if case.is_s3 else None
        good = Script(case.script.seed)
        first = good if case.before else case.script
        server = stack.enter_context(HostileServer(first, tls.context if case.tls else None, store))
        urls = _Urls("https" if case.tls else "http", server.port, tls.ca_file)
        if case.profile:
            (run / PROFILE_FILE).write_text(urls.put_in(case.profile))
        if case.before:
            seen.before = [_done(urls, argv, folder) for argv in case.before]
            server.begin(case.script)
        argv = [urls.put_in(part) for part in case.argv]
        argv += [part for output in case.outputs for part in (output.flag, output.name)]
        with Streams(case, folder) as streams:
            began = time.monotonic()
            process = subprocess.Popen(
                [SHELL, "-c", _shell_line(case), *_python(argv)],
                cwd=run, stdin=subprocess.DEVNULL, stdout=streams.out, stderr=streams.err,
                env=_environment(folder), start_new_session=True,
            )  # fmt: skip
            try:
                watch = Watch(case, process, server, run, streams)
                seen.code = watch.to_the_end(began)
                seen.took_s = time.monotonic() - began
                seen.sent, seen.most_mb, seen.starved_s = watch.sent, watch.most_mb, watch.starved_s
                seen.orphans = orphans_of(str(folder))
            finally:
                end_all(process, str(folder))
        server.catch_up()
        seen.connections, seen.requests = server.met, server.requests
        seen.passable, seen.surplus, seen.answers = server.passable, server.surplus, dict(server.answers)
        seen.objects = store.left if store else []
        _collect(seen, folder, expected)
        if case.after:
            server.begin(good)
            seen.after = [_done(urls, argv, folder) for argv in case.after]
            seen.objects_after = store.left if store else []
            if (run / JOURNAL_FILE).exists():
                seen.journal = (run / JOURNAL_FILE).read_bytes()
    return seen


@dataclass(frozen=True)
class _Urls:
    """What stands for what in a command line."""

    scheme: str
    port: int
    ca_file: Path

    def put_in(self, text: str) -> str:
        addresses = {URL: "127.0.0.1", LOCALHOST: "localhost"}
        for mark, host in addresses.items():
            text = text.replace(mark, f"{self.scheme}://{host}:{self.port}/")
        return text.replace(CA_FILE, str(self.ca_file))


def _python(argv: list[str]) -> list[str]:
    return [sys.executable, "-m", "loadgen", *argv]


def _done(urls: _Urls, argv: tuple[str, ...], folder: Path) -> Done:
    """Run a command that nothing disturbs."""
    try:
        done = subprocess.run(
            _python([urls.put_in(part) for part in argv]),
            cwd=folder / "run", stdin=subprocess.DEVNULL, capture_output=True, env=_environment(folder),
            timeout=ALONE_S, check=False, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Done(argv, None, "", "")
    return Done(argv, done.returncode, done.stdout, done.stderr)


def _collect(seen: Seen, folder: Path, expected: set[str]) -> None:
    """What is in the folder."""
    seen.out, seen.err = _text(folder / "out"), _text(folder / "err")
    for path in sorted((folder / "run").rglob("*")):
        name = str(path.relative_to(folder / "run"))
        if path.is_file():
            seen.files[name] = path.read_bytes()
        if name not in expected:
            seen.strays.append(name)
    for path in (folder / "tmp").glob(f"*/{RESCUED.name}"):
        seen.files[str(RESCUED)] = path.read_bytes()
    seen.strays += [f"TMPDIR/{path.name}" for path in sorted((folder / "tmp").rglob("*")) if _is_stray(path, seen.err)]


def _is_stray(path: Path, err: str) -> bool:
    """Whether nobody would look for it: a file that was not named, or an empty folder."""
    return not any(path.iterdir()) if path.is_dir() else str(path) not in err


def _prepare(case: Case, run: Path) -> set[str]:
    """Make what is to be where outputs go; the names that may be there afterwards."""
    names = {PROFILE_FILE} if case.profile else set()
    names |= {BASELINE_FILE} if case.before else set()
    names |= {JOURNAL_FILE} if JOURNAL_FILE in case.argv else set()
    for output in case.outputs:
        path = run / output.name
        names.add(output.name)
        match output.place:
            case Place.OLD_FILE:
                path.write_bytes(OLD_CONTENT)
            case Place.LINK:
                path.symlink_to(f"{output.name}.end")
                names.add(f"{output.name}.end")
            case Place.LINK_LOOP:
                path.symlink_to(output.name)
            case Place.FOLDER:
                path.mkdir()
            case Place.PIPE:
                os.mkfifo(path)
    return names


def _shell_line(case: Case) -> str:
    """What sets limits and closes descriptors before the command takes the shell's place."""
    parts = []
    if case.open_files is not None:
        parts.append(f"ulimit -n {case.open_files}; ")
    if case.file_blocks is not None:
        parts.append(f"ulimit -f {case.file_blocks}; ")
    closed = [
        name
        for name, value in (("0<&-", case.stdin), ("1>&-", case.stdout), ("2>&-", case.stderr))
        if value == "closed"
    ]
    return "".join(parts) + " ".join(('exec "$0" "$@"', *closed))


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOADGEN_", "AWS_"))}
    kept.pop("TARGET", None)
    home = str(folder / "home")
    own = {"TMPDIR": str(folder / "tmp"), "HOME": home, "XDG_CACHE_HOME": home, "XDG_STATE_HOME": home}
    return {**kept, **own, **ENVIRONMENT, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONFAULTHANDLER": "1"}


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
