"""One case, drawn from a seed and its number: what to run against what, and how to disturb it."""

import shlex
from dataclasses import dataclass
from enum import Enum

from tests.chaos.script import Script

URL = "{url}"
"""Stands for the server's address in a command line."""

LOCALHOST = "{localhost}"
"""The same by its name."""

CA_FILE = "{ca}"
PROFILE_FILE = "plan.yaml"
JOURNAL_FILE = "journal"
BASELINE_FILE = "base.json"
SECRET = "canary/0001+secret=x"
LONG_NAME = "n" * 250
ENDING_SIGNALS = ("INT", "TERM", "HUP", "QUIT")
HARMLESS_SIGNALS = ("PIPE", "WINCH")


class Place(Enum):
    """Where an output goes."""

    FILE = "a new file"
    OLD_FILE = "a file that is there"
    LINK = "a link to a file"
    NULL = "/dev/null"
    FULL = "/dev/full"
    MISSING_FOLDER = "a folder that is not there"
    FOLDER = "a folder"
    LINK_LOOP = "a loop of links"
    LONG_NAME = "a name of 250 bytes"
    PIPE = "a pipe that nobody reads"


KEPT_PLACES = (Place.FILE, Place.OLD_FILE, Place.LINK)
BAD_PLACES = (Place.FULL, Place.MISSING_FOLDER, Place.FOLDER, Place.LINK_LOOP, Place.LONG_NAME, Place.PIPE)


@dataclass(frozen=True)
class Output:
    """A file that is asked for: the flag, the name beneath the run's folder or of a device, and what is there."""

    flag: str
    name: str
    place: Place


class Anchor(Enum):
    """What an instant is counted from."""

    START = "start"
    FIRST_REQUEST = "first request"
    SAVED = "saved"


@dataclass(frozen=True)
class Disturbance:
    """A signal, to the command itself, its whole group or one of its workers. "HANGUP" ends the terminal."""

    anchor: Anchor
    after_s: float
    signal: str
    whom: str = "command"

    def __str__(self) -> str:
        return f"{self.signal} to the {self.whom} {self.after_s:.3f} s after {self.anchor.value}"


@dataclass(frozen=True)
class Disk:
    """A small one, for the folder of the run; `holds_tmp`: for temporary files another."""

    kib: int
    inodes: int | None = None
    holds_tmp: bool = False


@dataclass(frozen=True)
class Case:
    """`planned_s` is how long it may take if all goes as promised: warm-up, duration, timeouts, grace and stops.

    `before` and `after` are command lines of which nothing is disturbed, the latter against a good server.
    `stdout` is file, full, unread (a pipe without a reader) or closed; `stderr` file, terminal, full or closed.
    """

    seed: int
    number: int
    argv: tuple[str, ...]
    outputs: tuple[Output, ...]
    script: Script
    tls: bool
    stdin: str = "null"
    stdout: str = "file"
    stderr: str = "file"
    open_files: int | None = None
    file_blocks: int | None = None
    disk: Disk | None = None
    disturbances: tuple[Disturbance, ...] = ()
    planned_s: float = 0.0
    profile: str = ""
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()

    @property
    def repeat(self) -> str:
        """The command that repeats it."""
        return f"python -m tests.chaos --seed {self.seed} --case {self.number}"

    @property
    def is_s3(self) -> bool:
        """Whether it is a job on a bucket, which sends requests before and after those that are counted."""
        return self.argv[0] == "s3"

    @property
    def is_campaign(self) -> bool:
        """Whether there are several runs in processes of their own, and one report of all."""
        return self.argv[0] in ("find-max", "compare") or "--rounds" in self.argv or "--baseline" in self.argv

    @property
    def is_limited(self) -> bool:
        """Whether there may be no room for a file."""
        return self.file_blocks is not None or self.disk is not None

    @property
    def may_fail_to_write(self) -> bool:
        """Whether there is something that cannot be done on such a machine, or written."""
        limited = self.is_limited or self.open_files is not None or self.stdout in ("full", "closed")
        return limited or any(output.place in BAD_PLACES for output in self.outputs)

    @property
    def warms_up(self) -> bool:
        """Whether requests are sent that the ledger does not count."""
        return "--warmup" in self.argv or "--cool-down" in self.argv

    @property
    def json_on_stdout(self) -> bool:
        """Whether standard output holds the result as JSON."""
        return self.argv[-2:] == ("--format", "json") or any(output.name == "-" for output in self.outputs)

    @property
    def is_quiet(self) -> bool:
        """Whether the report may be left out."""
        return "-q" in self.argv

    def describe(self) -> str:
        """Everything about it, for a person."""
        lines = [shlex.join(("loadgen", *self.argv, *(part for out in self.outputs for part in (out.flag, out.name))))]
        lines += [f"{out.flag} is {out.place.value}" for out in self.outputs if out.place is not Place.FILE]
        lines += [
            f"standard {n}: {v}" for n, v in (("input", self.stdin), ("output", self.stdout), ("error", self.stderr))
        ]
        if self.profile:
            lines.append(self.profile)
        if self.open_files is not None:
            lines.append(f"at most {self.open_files} open files")
        if self.file_blocks is not None:
            lines.append(f"files of at most {self.file_blocks * 512} bytes")
        if self.disk is not None:
            more = " for the run's folder and another for temporary files" if self.disk.holds_tmp else ""
            lines.append(f"a disk of {self.disk.kib} KiB and {self.disk.inodes or 'any number of'} inodes{more}")
        for when, commands in (("before", self.before), ("afterwards", self.after)):
            lines += [f"{when}: {shlex.join(('loadgen', *command))}" for command in commands]
        script = self.script
        lines.append(
            f"server: {'TLS, ' if self.tls else ''}{script.share:.0%} of {', '.join(script.hostile) or 'nothing'}"
        )
        if script.openings:
            names = ", ".join(opening.value for opening in script.openings)
            lines.append(f"connections: {script.opening_share:.0%} of {names}")
        return "\n".join([*lines, *map(str, self.disturbances)])
