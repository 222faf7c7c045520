"""From TARGET and flags to a Plan."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadgen.base.errors import UsageError

if TYPE_CHECKING:
    from loadgen.plan.plan import Plan
    from loadgen.plan.profiles.profile import Profile


def plan_for(target: str, settings: Sequence[str], flags: Mapping[str, Any]) -> "Plan":
    """The plan for a URL, a profile's file, or the name of a shipped profile. Raises UsageError."""
    return made(profile_for(target, settings, flags))


def profile_for(target: str, settings: Sequence[str], flags: Mapping[str, Any]) -> "Profile":
    """The checked profile of the same. Raises UsageError."""
    from loadgen.plan.profiles.document import profile_for_url, read_profile
    from loadgen.plan.profiles.shipped import find_shipped

    given = with_body(flags)
    chosen = _settings(settings)
    if "://" in target:
        if chosen:
            raise UsageError("--set: a URL has no variables to set; a profile may")
        return profile_for_url(target, given, os.environ)
    found = Path(target) if os.path.isfile(target) else find_shipped(target)  # noqa: PTH113  a Path raises
    if found is None:
        raise UsageError(
            f"{_safe(target)!r} is neither a URL (http://...), nor a file, nor a shipped profile; "
            "`loadgen profiles` lists those"
        )
    return read_profile(found, chosen, os.environ, given)


def plan_for_s3(section: Mapping[str, Any], flags: Mapping[str, Any]) -> "Plan":
    """The plan of a job on a bucket, all from flags. Raises UsageError."""
    from loadgen.plan.profiles.document import profile_for_s3

    return made(profile_for_s3(section, flags))


def made(profile: "Profile") -> "Plan":
    """The plan of a checked profile on this machine; a bucket is found by AWS's variables, too. Raises UsageError."""
    from loadgen.plan.build import make_plan
    from loadgen.plan.jobs.s3 import S3Job
    from loadgen.session.environment import gil_enabled, usable_cores

    plan = make_plan(profile, cores=usable_cores(), gil=gil_enabled())
    if not isinstance(plan.job, S3Job):
        return plan
    from loadgen.workloads.s3.located import locate

    return locate(plan, plan.job, os.environ)


def _safe(target: str) -> str:
    """What may be a URL without its scheme, without its password."""
    before, at, after = target.rpartition("@")
    return f"[redacted]@{after}" if at and before else target


def _settings(pairs: Sequence[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise UsageError(f"--set: expected KEY=VALUE, got {key!r}")
        settings[key] = value
    return settings


def with_body(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with a body of `@FILE` or `-` replaced by what that holds, once. Raises UsageError."""
    body = flags.get("body")
    if body == "-":
        return {**flags, "body": sys.stdin.buffer.read()}
    if not isinstance(body, str) or not body.startswith("@"):
        return dict(flags)
    if body == "@":
        raise UsageError("--body: expected a file's name after @")
    try:
        return {**flags, "body": Path(body[1:]).read_bytes()}
    except OSError as error:
        raise UsageError(f"--body: cannot read {body[1:]!r}: {error.strerror}") from None
