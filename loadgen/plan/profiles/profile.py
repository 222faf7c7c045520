"""Profile: what a person wrote, checked value by value. How it is read from a file: document.py.

The keys are flat and named like the flags of `loadgen run`. Every value has one reader, in fields.py or units.py, that
says in plain words what is right; what spans several keys is checked in checks.py.
"""

import copy
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from loadgen.base.dialing import Proxy
from loadgen.base.imported import imported
from loadgen.base.units import parse_range_s, parse_rate, shown
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.http import Variable
from loadgen.plan.plan import ClientKind, HttpVersion, Mode
from loadgen.plan.problems import Places, Problem, Where
from loadgen.plan.profiles import connecting, fields
from loadgen.plan.profiles.address import Target, parse_target
from loadgen.plan.profiles.journey_names import JourneyNames
from loadgen.plan.profiles.keys import Keys, Needed, Reads, read_keys
from loadgen.plan.profiles.request_profile import (
    NONE,
    Boolean,
    File,
    Headers,
    Positive,
    PositiveSeconds,
    RequestProfile,
    Seconds,
    Text,
)
from loadgen.plan.profiles.s3_profile import S3Profile
from loadgen.plan.profiles.scenario_profile import FeedProfile, JourneyProfile, PerUserProfile
from loadgen.plan.profiles.variables import FoundValue
from loadgen.plan.steady import Steady, parse_steady

Natural = Annotated[int, Reads(fields.integer(0))]
Rate = Annotated[float, Reads(parse_rate)]
StageEnd = Annotated[fields.StageEnd, Reads(fields.stage)]
AbortRule = Annotated[Condition, Reads(fields.condition("abort"))]
Threshold = Annotated[Condition, Reads(fields.condition("threshold"))]

TlsVersion = Annotated[str, Reads(fields.tls_version)]
ConnectTo = Annotated[tuple[str, int, str, int], Reads(connecting.parse_connect_to)]
Resolve = Annotated[tuple[str, int, tuple[str, ...]], Reads(connecting.parse_resolve)]
LocalAddress = Annotated[str, Reads(connecting.parse_ip)]

_UNKNOWN_TARGET = "http://127.0.0.1/"
REQUIRED = ("job", "bucket")


class Origins(NamedTuple):
    """Where the values of a profile are from: their places, to name one in a problem, and the headers given by flags.

    `secrets` are the values of variables marked so; `found_values` those that stay the same, and where each was found;
    `names` those whose values are found out while it runs. `function` is what is called in place of a file's journeys.
    """

    places: Places = Places()
    secrets: tuple[str, ...] = ()
    flag_headers: tuple[tuple[str, str], ...] = ()
    found_values: tuple[FoundValue, ...] = ()
    names: JourneyNames = JourneyNames()
    function: str | None = None


class Profile(Keys):
    """A whole profile. Durations are seconds, rates per second; None is "not given"."""

    name: Annotated[str, Reads(fields.name)] | None = None
    description: Text = ""
    target: Annotated[Target, Reads(parse_target), Needed("a URL such as http://127.0.0.1:8080/")]
    variables: tuple[Variable, ...] = ()
    connections: Positive = 50
    total_requests: Positive | None = None
    duration: PositiveSeconds | None = None
    until_steady: Annotated[Steady, Reads(parse_steady)] | None = None
    think: Annotated[tuple[float, float], Reads(parse_range_s)] = (0.0, 0.0)
    ramp_up: Seconds = 0.0
    warmup: Seconds = 0.0
    cool_down: Seconds = 0.0
    rate: Rate | None = None
    stages: Annotated[tuple[StageEnd, ...], Reads(fields.one_or_many)] = ()
    arrival: Annotated[Literal["constant", "poisson"], Reads(fields.one_of("constant", "poisson"))] = "constant"
    max_connections: Positive | None = None
    when_busy: Annotated[Literal["queue", "drop"], Reads(fields.one_of("queue", "drop"))] = "queue"
    precise: Boolean = False
    open_ahead: Boolean = False
    mode: Annotated[Mode, Reads(fields.one_of("pool", "threads", "async"))] = "pool"
    processes: Positive | None = None
    workers: Positive | None = None
    client: Annotated[ClientKind, Reads(fields.one_of("raw", "httpx"))] = "raw"
    http: Annotated[HttpVersion, Reads(fields.http_version)] = "1.1"
    streams: Positive | None = None
    timeout: PositiveSeconds = 10.0
    connect_timeout: PositiveSeconds = 5.0
    dns_ttl: PositiveSeconds | None = None
    wait: Seconds = 0.0
    grace: Seconds = 5.0
    keepalive: Boolean = True
    insecure: Boolean = False
    cacert: File | None = None
    cert: File | None = None
    key: File | None = None
    sni: Annotated[str, Reads(fields.host_name)] | None = None
    tls_min: TlsVersion | None = None
    tls_max: TlsVersion | None = None
    ciphers: Annotated[str, Reads(fields.name)] | None = None
    tls_resume: Boolean = False
    proxy: Annotated[Proxy | str, Reads(connecting.parse_proxy)] | None = None
    unix_socket: File | None = None
    connect_to: Annotated[tuple[ConnectTo, ...], Reads(fields.one_or_many)] = ()
    resolve: Annotated[tuple[Resolve, ...], Reads(fields.one_or_many)] = ()
    ipv4: Boolean = False
    ipv6: Boolean = False
    local_address: Annotated[tuple[LocalAddress, ...], Reads(fields.one_or_many)] = ()
    requests_per_connection: Positive | None = None
    compressed: Boolean = False
    redirects: Natural = 0
    aws_sigv4: Annotated[tuple[str, str], Reads(fields.region_and_service)] | None = None
    basic_auth: Annotated[str, Reads(fields.user_and_password)] | None = None
    fail_fast: Boolean = False
    max_errors: Positive | None = None
    abort_if: Annotated[tuple[AbortRule, ...], Reads(fields.one_or_many)] = ()
    thresholds: Annotated[tuple[Threshold, ...], Reads(fields.one_or_many)] = ()
    strict: Boolean = False
    phases: Boolean = False
    headers: Headers = NONE
    seed: Natural = 1
    requests: tuple[RequestProfile, ...] = ()
    targets: File | None = None
    scenario: File | None = None
    locust: str | None = None
    scenarios: Mapping[Annotated[str, Reads(fields.name)], JourneyProfile] = NONE
    feeds: Mapping[str, FeedProfile] = NONE
    per_user: PerUserProfile = PerUserProfile()
    journeys_per_user: Positive | None = None
    finish: Boolean = False
    only: Annotated[tuple[Annotated[str, Reads(fields.name)], ...], Reads(fields.one_or_many)] = ()
    s3: S3Profile | None = None

    _origins: Origins = Origins()

    @property
    def origins(self) -> Origins:
        return self._origins

    @property
    def common_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of all requests; one from a flag replaces those of its name from the file."""
        replaced = {name.lower() for name, _ in self.origins.flag_headers}
        own = tuple(pair for pair in self.headers.items() if pair[0].lower() not in replaced)
        return own + self.origins.flag_headers + self._added({*replaced, *(name.lower() for name, _ in own)})

    def _added(self, given: set[str]) -> tuple[tuple[str, str], ...]:
        """The headers that other keys stand for."""
        added: dict[str, str] = {}
        if self.compressed:
            added["Accept-Encoding"] = str(imported("loadgen.base.decoding", "accepted_codings")())
        if self.basic_auth is not None and self.aws_sigv4 is None:
            added["Authorization"] = f"Basic {b64encode(self.basic_auth.encode()).decode()}"
        return tuple(pair for pair in added.items() if pair[0].lower() not in given)

    def known_from(self, origins: Origins) -> "Profile":
        """The same profile, and where it is from."""
        profile = self.changed()
        vars(profile)["_origins"] = origins
        return profile


def validated(given: dict[str, Any]) -> tuple[Profile, list[Problem]]:
    """The profile of plain values, and all problems with single values.

    Where there are problems, the profile is what is left without the wrong values, for further checks only.
    """
    profile, problems = read_keys(Profile, given)
    values, found = copy.deepcopy(given) if problems else given, problems
    while profile is None:
        for problem in found:
            _remove(values, problem.where)
        values.setdefault("target", _UNKNOWN_TARGET)
        profile, found = read_keys(Profile, values)
        told = {problem.where for problem in problems}
        problems += [problem for problem in found if problem.where not in told]
    return profile, [_explained(problem, given) for problem in problems]


def _remove(values: Any, where: Where) -> None:
    """Take the value at a place out. Of a list an empty mapping stays, so that indexes keep their meaning, unless that
    is wrong as well; of one value that stands for a list of them nothing does."""
    if where[0] == "s3" and where[-1] in REQUIRED:  # there is no job without a bucket
        where = where[:1]
    around = values
    for length, step in enumerate(where[:-1], start=1):
        if isinstance(around, dict) and step not in around:  # it went with another
            return
        around, next_step = around[step], where[length]
        is_one_alone = isinstance(around, dict) and isinstance(next_step, int) and next_step not in around
        if is_one_alone or not isinstance(around, dict | list):
            _remove(values, where[:length])
            return
    last = where[-1]
    if not isinstance(around, list):
        around.pop(last, None)
    elif around[int(last)] == {}:
        _remove(values, where[:-1])
    else:
        around[int(last)] = {}


def _explained(problem: Problem, given: Mapping[str, Any]) -> Problem:
    """With what is right, where a number of requests stands in the place of what they are."""
    if problem.where != ("requests",) or not isinstance(given["requests"], int):
        return problem
    text = f"expected a list of requests, got {shown(given['requests'])} (how many to send is total_requests)"
    return Problem(problem.where, text)
