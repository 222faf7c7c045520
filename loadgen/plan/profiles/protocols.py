"""Which HTTP a profile's requests are sent with, and how many users share a connection."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from loadgen.plan.plan import HttpVersion
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.request_profile import RequestKeys
from loadgen.plan.profiles.scenario_profile import StepProfile

STREAMS = 100
"""Of users, on one HTTP/2 connection: as many as RFC 9113 asks servers to allow at least, and most allow no more."""


def http_of(profile: Profile) -> HttpVersion:
    """The version: gRPC has no other than 2."""
    return "2" if any(request.grpc is not None for request in _requests(profile)) else profile.http


def _requests(profile: Profile) -> Iterator[RequestKeys]:
    """All requests, those of steps too."""
    yield from profile.requests
    yield from _in_steps((*profile.per_user.start, *profile.per_user.end))
    for journey in profile.scenarios.values():
        yield from _in_steps(journey.steps)


def _in_steps(steps: Iterable[StepProfile]) -> Iterator[RequestKeys]:
    for step in steps:
        yield step
        yield from _in_steps((*(step.steps or ()), *(step.together or ())))


def streams_of(profile: Profile) -> int:
    """How many users share a connection: over HTTP/1.1, and where each has a thread, none do."""
    alone = http_of(profile) == "1.1" or profile.mode == "threads" or profile.client == "httpx"
    return 1 if alone else profile.streams or STREAMS


def waiting_problems(profile: Profile) -> Iterator[tuple[str, str]]:
    """What cannot be combined with a body that waits for 100 Continue: the key, and why."""
    waits = "a body with Expect: 100-continue, which waits to be asked for"
    if profile.client == "httpx":
        yield "client", f"httpx cannot be combined with {waits}: use client: raw"
    if http_of(profile) != "1.1":
        yield "http", f"{profile.http} cannot be combined with {waits} over HTTP/1.1 alone"


def protocol_problems(profile: Profile) -> Iterator[Problem]:
    """What cannot be combined with HTTP/2, or without it."""
    if profile.s3 and profile.s3.expect_continue:
        yield from (Problem((key,), said) for key, said in waiting_problems(profile) if key == "client")
    if http_of(profile) == "1.1":
        if profile.streams is not None and profile.streams > 1:
            yield Problem(("streams",), "only HTTP/2 has several on a connection: add http: 2 (--http 2)")
        return
    if profile.mode == "threads" and (profile.streams or 1) > 1:
        yield Problem(("streams",), "cannot be combined with threads mode, where each user has a connection of its own")
    if profile.client == "httpx":
        if (profile.streams or 1) > 1:
            yield Problem(("streams",), "cannot be combined with the httpx client: each has a connection of its own")
        if find_spec("h2") is None:
            said = f"{profile.http} with the httpx client needs the extra http2: pip install 'loadgen[http2]'"
            yield Problem(("http",), said)
    if not profile.keepalive:
        yield Problem(("http",), f"{profile.http} cannot be combined with keepalive: false (--no-keepalive)")
    if profile.s3:
        yield Problem(("http",), f"{profile.http} cannot be combined with s3: stores speak HTTP/1.1")
    if profile.locust is not None:
        yield Problem(("http",), f"{profile.http} cannot be combined with a locustfile: its client speaks HTTP/1.1")
