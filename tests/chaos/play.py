"""Play one case: run the command in a folder of its own, disturb it, and keep all that it left behind."""

import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.case import CA_FILE, PROFILE_FILE, URL, Anchor, Case, Disturbance, Place
from tests.chaos.processes import POLL_S, end_session, handled_signals, orphans_of, peak_mb, session_of
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.chaos.streams import Streams

START_MARGIN_S = 10.0
"""For the start and the end of the interpreters, on a machine that is busy with something else."""
LAST_WORDS_S = 2.0
OLD_CONTENT = b"old content\n"
RESCUED = Path("TMPDIR/result.json")
"""What the result is called here that could be written nowhere else."""
SHELL = "/bin/sh"


@dataclass(frozen=True)
class Sent:
    """A signal that was sent: whether the command had taken it over by then, and how far it was."""

    disturbance: Disturbance
    number: int
    caught: bool
    handlers_set: bool
    requests: int
    saved: bool


@dataclass
class Seen:
    """What one case left. `code` is None where it had to be killed; then `err` ends with the stacks of its threads."""

    code: int | None = None
    out: str = ""
    err: str = ""
    took_s: float = 0.0
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


@dataclass(frozen=True)
class Tls:
    """The server's side of TLS, and the file of the authority that signed its certificate."""

    context: ssl.SSLContext
    ca_file: Path


def play(case: Case, folder: Path, tls: Tls) -> Seen:
    """Run the case in `folder`, which is empty. Nothing that it started is left when this returns."""
    seen = Seen()
    expected = _prepare(case, folder)
    with ExitStack() as stack:
        store = Store() if case.is_s3 else None
        server = stack.enter_context(HostileServer(case.script, tls.context if case.tls else None, store))
        url = f"{'https' if case.tls else 'http'}://127.0.0.1:{server.port}/"
        if case.profile:
            (folder / "run" / PROFILE_FILE).write_text(case.profile.replace(URL, url))
        argv = [part.replace(URL, url).replace(CA_FILE, str(tls.ca_file)) for part in case.argv]
        argv += [part for output in case.outputs for part in (output.flag, output.name)]
        streams = stack.enter_context(Streams(case, folder))
        began = time.monotonic()
        process = subprocess.Popen(
            [SHELL, "-c", _shell_line(case), sys.executable, "-m", "loadgen", *argv],
            cwd=folder / "run", stdin=subprocess.DEVNULL, stdout=streams.out, stderr=streams.err,
            env=_environment(folder), start_new_session=True,
        )  # fmt: skip
        stack.callback(end_session, process)
        watch = _Watch(case, process, server, folder / "run", streams)
        seen.code = watch.to_the_end(began)
        seen.took_s = time.monotonic() - began
        seen.sent, seen.most_mb = watch.sent, watch.most_mb
        seen.orphans = orphans_of(process.pid)
        server.catch_up()
        seen.connections, seen.requests = server.connections, server.requests
        seen.objects = store.left if store else []
        seen.passable, seen.surplus, seen.answers = server.passable, server.surplus, dict(server.answers)
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
    return seen


def _is_stray(path: Path, err: str) -> bool:
    """Whether nobody would look for it: a file that was not named, or an empty folder."""
    return not any(path.iterdir()) if path.is_dir() else str(path) not in err


def _prepare(case: Case, folder: Path) -> set[str]:
    """Make the folder, and what is to be where outputs go; the names that may be there afterwards."""
    run = folder / "run"
    for name in ("run", "tmp", "home"):
        (folder / name).mkdir()
    names = {PROFILE_FILE} if case.profile else set()
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


class _Watch:
    """Waits for the end of the command, and disturbs it meanwhile."""

    def __init__(
        self, case: Case, process: "subprocess.Popen[bytes]", server: HostileServer, run: Path, streams: Streams
    ) -> None:
        self.sent: list[Sent] = []
        self.most_mb = 0.0
        self._case = case
        self._process = process
        self._server = server
        self._streams = streams
        self._saved = [
            run / output.name
            for output in case.outputs
            if output.flag == "-o" and output.place in (Place.FILE, Place.LINK)
        ]
        self._pending = list(case.disturbances)
        self._began_at: dict[Anchor, float] = {}

    def to_the_end(self, began: float) -> int | None:
        """The exit code; None where the command was killed after its time."""
        self._began_at[Anchor.START] = began
        deadline = began + START_MARGIN_S + self._case.planned_s
        rounds = 0
        while (code := self._process.poll()) is None:
            now = time.monotonic()
            if now > deadline:
                self._last_words()
                return None
            self._note_anchors(now)
            self._disturb(now)
            self._streams.drain()
            rounds += 1
            if rounds % 10 == 0:
                self.most_mb = max(self.most_mb, *(map(peak_mb, (self._process.pid, *self._workers()))))
            time.sleep(POLL_S)
        return code

    def _note_anchors(self, now: float) -> None:
        if self._server.requests:
            self._began_at.setdefault(Anchor.FIRST_REQUEST, now)
        if self._is_saved():
            self._began_at.setdefault(Anchor.SAVED, now)

    def _is_saved(self) -> bool:
        return any(path.exists() for path in self._saved)

    def _disturb(self, now: float) -> None:
        """Send what is due, in the order in which it was drawn where two are due at once."""
        for item in self._pending[:]:
            anchor = self._began_at.get(item.anchor)
            if anchor is None or now < anchor + item.after_s:
                continue
            self._pending.remove(item)
            self._send(item)

    def _send(self, item: Disturbance) -> None:
        pid = self._process.pid
        if item.signal == "HANGUP":
            self._streams.hang_up()
            number = 0
        else:
            number = int(signal.Signals[f"SIG{item.signal}"])
        caught = handled_signals(pid)
        facts = (number in caught, int(signal.SIGTERM) in caught, self._server.requests, self._is_saved())
        with suppress(ProcessLookupError):
            match item.whom:
                case "worker":
                    workers = self._workers()
                    if not workers:
                        return
                    os.kill(workers[hash(item.after_s) % len(workers)], number)
                case "group":
                    os.killpg(pid, number)
                case _ if number:
                    os.kill(pid, number)
            self.sent.append(Sent(item, number, *facts))

    def _workers(self) -> list[int]:
        return [int(row[0]) for row in session_of(self._process.pid) if row[0] != str(self._process.pid)]

    def _last_words(self) -> None:
        """Let every thread say where it is, then end it."""
        if handled_signals(self._process.pid):
            os.kill(self._process.pid, signal.SIGCONT)
            os.kill(self._process.pid, signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST_WORDS_S)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
