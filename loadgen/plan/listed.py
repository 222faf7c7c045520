"""A list of requests that a profile names becomes part of its job, all of it read and checked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.plan.imports.recorded import kept
from loadgen.plan.jobs.http import HttpJob, TargetList
from loadgen.plan.problems import Problem
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.address import request_place
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.target_list import Listed, line_of, read_list

KEY = "targets"


def with_targets(profile: Profile, job: HttpJob, problems: list[Problem]) -> HttpJob:
    """The job with the profile's list of requests, in place of its only request; or a problem with its line."""
    places, name = profile.origins.places, profile.targets or ""
    try:
        data = places.file((KEY,), name).read_bytes()
        lines = list(_lines(profile, data.decode("utf-8", "surrogateescape")))
    except OSError as error:
        problems.append(Problem((KEY,), f"cannot read {name!r}: {error.strerror or error}"))
        return job
    except (UsageError, ValueError) as error:
        problems.append(Problem((KEY,), f"{Path(name).name}: {error}"))
        return job
    if not lines:
        problems.append(Problem((KEY,), f"{Path(name).name} has no requests: expected one URL a line, or vegeta's"))
        return job
    found = TargetList(Path(name).name, len(lines), b"\n".join(lines))
    base = replace(job.requests[0], name=found.file, method="", path="")
    return replace(job, requests=(base,), targets=found)


def _lines(profile: Profile, text: str) -> Iterator[bytes]:
    bodies: dict[str, bytes] = {}
    prefix = f"{profile.target.origin}/"
    for item in read_list(text):
        try:
            if item.body_file is not None and item.body_file not in bodies:
                bodies[item.body_file] = profile.origins.places.file((KEY,), item.body_file).read_bytes()
            body = item.body if item.body_file is None else bodies[item.body_file]
            url = item.url[len(prefix) - 1 :] if item.url.startswith(prefix) else item.url
            origin, path = request_place(profile.target, fields.path(url))
            method = fields.method(item.method)
        except OSError as error:
            raise ValueError(f"line {item.line}: cannot read {item.body_file!r}: {error.strerror or error}") from None
        except ValueError as error:
            raise ValueError(f"line {item.line}: {error}") from None
        if origin is not None:
            raise ValueError(_of_other(item, origin, profile.target.origin))
        yield line_of(method, path, kept(item.headers), body)


def _of_other(item: Listed, origin: Origin, target: Origin) -> str:
    return (
        f"line {item.line} leads to {origin}, and the target is {target}: a list is of one server; "
        "`loadgen import vegeta` makes a profile of several"
    )
