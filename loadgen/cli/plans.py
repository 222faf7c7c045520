"""From TARGET and flags to a Plan, and what `run` and `s3` do with one."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.base.user_code import is_function, is_locustfile
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Against, Elsewhere, Output, Web
from loadgen.cli.readings import S3, reading_of_place
from loadgen.cli.streams import tell
from loadgen.plan.build import LARGEST_BODY_IN_MEMORY
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target, shown_url, url_of
from loadgen.plan.profiles.document import parse_profile, profile_for_function, profile_for_url, read_profile
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.shipped import shipped_profiles
from loadgen.session.here import plan_here

if TYPE_CHECKING:  # what runs a plan is imported when it is known to be good
    from loadgen.executors.places.base import Site
    from loadgen.executors.places.machines.fleet import Fleet
    from loadgen.observe.export.kinds import Out
    from loadgen.plan.jobs.http import Signing


_FIRST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan of `run` or `s3`, found to be good before what runs it is imported; `begins` is said before it runs.

    `once`: all of it is done once, and each exchange shown, the `whole` of it also where it is good; requests are
    signed as `signing` says.
    """

    plan: Plan
    delivery: Delivery
    rounds: int
    against: Against
    once: bool = False
    whole: bool = False
    signing: "Signing | None" = None
    results: str | None = None
    outs: "tuple[Out, ...]" = ()
    site: "Fleet | None" = None
    live: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    begins: str = ""
    linger: bool = False

    @property
    def body(self) -> str:
        """What runs it: to make rounds and judge them takes more."""
        if self.once:
            return "once:once"
        return "rounds:rounds" if self.rounds > 1 or self.against.asked else "run:run"


@dataclass(frozen=True, slots=True)
class Sweep:
    """`s3 sweep`: of the plan's bucket, of one run or of all, and whether it is only listed."""

    body: ClassVar[str] = "sweep:sweep"
    plan: Plan
    run_id: str | None
    dry_run: bool
    quiet: bool


class Shows(Protocol):
    """What a command of many runs says of where they are made, and where their figures go."""

    @property
    def output(self) -> Output: ...
    @property
    def outs(self) -> list[str] | None: ...
    @property
    def live(self) -> str | None: ...
    @property
    def web(self) -> Web: ...
    @property
    def elsewhere(self) -> Elsewhere: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """Variants to be set against each other, by what sets each apart; `left_out` says which cannot be."""

    body: ClassVar[str] = "compare:compare_variants"
    variants: Mapping[str, Plan]
    left_out: Sequence[str]
    rounds: int
    settle: str
    shows: Shows


SEARCH_FROM = "100/s"
"""The first rate of a search, where none is given."""


@dataclass(frozen=True, slots=True)
class Search:
    """A plan whose highest rate is looked for; `roomy`: with as many connections as that may take."""

    body: ClassVar[str] = "find_max:search_plan"
    plan: Plan
    slo: Sequence[str]
    roomy: bool
    shows: Shows


@dataclass(frozen=True, slots=True)
class Preview:
    """A batch whose objects are only listed."""

    body: ClassVar[str] = "preview:preview"
    plan: Plan


def plan_for(target: str, settings: Sequence[str] | None, flags: Mapping[str, Any], site: "Site | None" = None) -> Plan:
    """The plan for a URL, the file of a profile or a scenario, or the name of a shipped profile, to run here or there.

    Raises UsageError.
    """
    return plan_here(profile_for(target, settings, flags), site)


def profile_for(target: str, settings: Sequence[str] | None, flags: Mapping[str, Any]) -> Profile:
    """The checked profile of the same; without `settings` those of LOADGEN_SET, one a line. Raises UsageError."""
    flags = with_body(flags)
    target = target or _origin_in(flags["targets"])
    chosen = _settings(settings or os.environ.get("LOADGEN_SET", "").splitlines())
    if target.lstrip("$ ").startswith("curl "):
        return _of_curl(target, chosen, flags)
    if target.startswith(S3):
        raise UsageError(reading_of_place(target))
    found = None if "://" in target else _file_of(target)
    url = target if "://" in target else "" if found else url_of(target)
    if "target" in flags:
        flags["target"] = url_of(flags["target"]) or flags["target"]
    if url:
        if chosen:
            raise UsageError("--set: a URL has no variables to set; a profile may")
        if "target" in flags:
            raise UsageError("--target: TARGET is a URL already; it says where a scenario's or profile's paths lead")
        return profile_for_url(url, flags)
    if found is None and is_function(target):
        if chosen:
            raise UsageError("--set: a function has no variables to set")
        return profile_for_function(target, imported("loadgen.cli.callables", "flags_for")(target, flags))
    if found is None:
        raise UsageError(
            f"{shown_url(target)} is neither a URL (http://...), nor a file, nor a shipped profile; "
            "`loadgen profiles` lists those"
        )
    if is_locustfile(str(found)):
        flags = imported("loadgen.cli.locustfiles", "flags_for")(str(found), flags)
    return read_profile(found, chosen, os.environ, flags)


def _origin_in(name: str) -> str:
    """The origin of the first URL of a list of requests: where it leads unless something else is said."""
    read_list = imported("loadgen.plan.target_list", "read_list")
    try:
        with Path(name).open("rb") as file:
            first = next(read_list(file.read(_FIRST_BYTES).decode("utf-8", "surrogateescape")), None)
        if first is None:
            raise UsageError("has no requests: expected one URL a line, or vegeta's")
        return str(parse_target(first.url).origin)
    except OSError as error:
        raise UsageError(f"--targets: cannot read {name!r}: {error.strerror}") from None
    except UsageError as error:
        raise UsageError(f"--targets: {Path(name).name}: {error}") from None
    except ValueError as error:
        raise UsageError(f"--targets: {Path(name).name}: {error}; or give TARGET, where paths lead") from None


def _of_curl(command: str, chosen: Mapping[str, str], flags: Mapping[str, Any]) -> Profile:
    """The profile of a command line of curl, as a browser copies it."""
    read_curl = imported("loadgen.plan.imports.curl", "read_curl")
    profile_text = imported("loadgen.plan.imports.profile_text", "profile_text")
    read = read_curl(command)
    for note in read.notes:
        tell(f"loadgen: {note}\n")
    return parse_profile(profile_text(read, hide=False).encode(), chosen, os.environ, flags)


def _file_of(target: str) -> Path | None:
    """The file, or that of the shipped profile of this name."""
    return Path(target) if os.path.isfile(target) else shipped_profiles().get(target)  # noqa: PTH113  a Path raises


def _settings(pairs: Sequence[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise UsageError(f"--set: expected KEY=VALUE, got {key!r}")
        settings[key] = value
    return settings


def with_body(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with a body of `@FILE` or `-` replaced by what that holds, once; what is large stays in its file, which
    the workers share. Raises UsageError.
    """
    body = flags.get("body")
    if body == "-":
        return {**flags, "body": sys.stdin.buffer.read()}
    if not isinstance(body, str) or not body.startswith("@"):
        return dict(flags)
    if body == "@":
        raise UsageError("--body: expected a file's name after @")
    try:
        path = Path(body[1:])
        if path.is_file() and path.stat().st_size > LARGEST_BODY_IN_MEMORY:
            return {**flags, "body": None, "body_file": str(path.absolute())}
        return {**flags, "body": path.read_bytes()}
    except OSError as error:
        raise UsageError(f"--body: cannot read {body[1:]!r}: {error.strerror}") from None
