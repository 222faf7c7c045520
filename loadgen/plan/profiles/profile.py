"""Profile: what a person wrote, checked value by value. How it is read from a file: document.py.

The keys are flat and named like the flags of `loadgen run`. Every value has one reader, in fields.py or units.py, that
says in plain words what is right; what spans several keys is checked in checks.py.
"""

import copy
from base64 import b64encode
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr, SkipValidation, ValidationError

from loadgen.base.dialing import Proxy
from loadgen.base.imported import imported
from loadgen.base.suggest import did_you_mean
from loadgen.base.units import parse_range_s, parse_rate, shown
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.http import Variable
from loadgen.plan.jobs.s3 import JOBS
from loadgen.plan.plan import ClientKind, HttpVersion, Mode
from loadgen.plan.problems import Places, Problem, Where
from loadgen.plan.profiles import connecting, fields
from loadgen.plan.profiles.address import Target, parse_target
from loadgen.plan.profiles.flat import read_flat
from loadgen.plan.profiles.journey_names import JourneyNames
from loadgen.plan.profiles.request_profile import (
    Boolean,
    File,
    Headers,
    Keys,
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

Natural = Annotated[int, BeforeValidator(fields.integer(0))]
Rate = Annotated[float, BeforeValidator(parse_rate)]
StageEnd = Annotated[SkipValidation[fields.StageEnd], BeforeValidator(fields.stage)]
AbortRule = Annotated[SkipValidation[Condition], BeforeValidator(fields.condition("abort"))]
Threshold = Annotated[SkipValidation[Condition], BeforeValidator(fields.condition("threshold"))]

TlsVersion = Annotated[str, BeforeValidator(fields.tls_version)]
ConnectTo = Annotated[SkipValidation[tuple[str, int, str, int]], BeforeValidator(connecting.parse_connect_to)]
Resolve = Annotated[SkipValidation[tuple[str, int, tuple[str, ...]]], BeforeValidator(connecting.parse_resolve)]
LocalAddress = Annotated[str, BeforeValidator(connecting.parse_ip)]

_UNKNOWN_TARGET = "http://127.0.0.1/"
REQUIRED = ("job", "bucket")
MISSING: dict[str | int, str] = {
    "target": "missing: expected a URL such as http://127.0.0.1:8080/",
    "job": f"missing: expected one of {', '.join(JOBS)}",
    "bucket": "missing: expected the name of a bucket; it is created where there is none",
}


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

    name: Annotated[str, BeforeValidator(fields.name)] | None = None
    description: Text = ""
    target: Annotated[SkipValidation[Target], BeforeValidator(parse_target)]
    variables: SkipValidation[tuple[Variable, ...]] = ()
    connections: Positive = 50
    total_requests: Positive | None = None
    duration: PositiveSeconds | None = None
    until_steady: Annotated[SkipValidation[Steady], BeforeValidator(parse_steady)] | None = None
    think: Annotated[tuple[float, float], BeforeValidator(parse_range_s)] = (0.0, 0.0)
    ramp_up: Seconds = 0.0
    warmup: Seconds = 0.0
    cool_down: Seconds = 0.0
    rate: Rate | None = None
    stages: Annotated[tuple[StageEnd, ...], BeforeValidator(fields.one_or_many)] = ()
    arrival: Annotated[Literal["constant", "poisson"], BeforeValidator(fields.one_of("constant", "poisson"))] = (
        "constant"
    )
    max_connections: Positive | None = None
    when_busy: Annotated[Literal["queue", "drop"], BeforeValidator(fields.one_of("queue", "drop"))] = "queue"
    precise: Boolean = False
    open_ahead: Boolean = False
    mode: Annotated[Mode, BeforeValidator(fields.one_of("pool", "threads", "async"))] = "pool"
    processes: Positive | None = None
    workers: Positive | None = None
    client: Annotated[ClientKind, BeforeValidator(fields.one_of("raw", "httpx"))] = "raw"
    http: Annotated[HttpVersion, BeforeValidator(fields.http_version)] = "1.1"
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
    sni: Annotated[str, BeforeValidator(fields.host_name)] | None = None
    tls_min: TlsVersion | None = None
    tls_max: TlsVersion | None = None
    ciphers: Annotated[str, BeforeValidator(fields.name)] | None = None
    tls_resume: Boolean = False
    proxy: Annotated[SkipValidation[Proxy | str], BeforeValidator(connecting.parse_proxy)] | None = None
    unix_socket: File | None = None
    connect_to: Annotated[tuple[ConnectTo, ...], BeforeValidator(fields.one_or_many)] = ()
    resolve: Annotated[tuple[Resolve, ...], BeforeValidator(fields.one_or_many)] = ()
    ipv4: Boolean = False
    ipv6: Boolean = False
    local_address: Annotated[tuple[LocalAddress, ...], BeforeValidator(fields.one_or_many)] = ()
    requests_per_connection: Positive | None = None
    compressed: Boolean = False
    redirects: Natural = 0
    aws_sigv4: Annotated[tuple[str, str], BeforeValidator(fields.region_and_service)] | None = None
    basic_auth: Annotated[str, BeforeValidator(fields.user_and_password)] | None = None
    fail_fast: Boolean = False
    max_errors: Positive | None = None
    abort_if: Annotated[tuple[AbortRule, ...], BeforeValidator(fields.one_or_many)] = ()
    thresholds: Annotated[tuple[Threshold, ...], BeforeValidator(fields.one_or_many)] = ()
    strict: Boolean = False
    phases: Boolean = False
    headers: Headers = Field(default={})
    seed: Natural = 1
    requests: tuple[RequestProfile, ...] = ()
    targets: File | None = None
    scenario: File | None = None
    locust: str | None = None
    scenarios: dict[Annotated[str, BeforeValidator(fields.name)], JourneyProfile] = Field(default={})
    feeds: dict[str, FeedProfile] = Field(default={})
    per_user: PerUserProfile = PerUserProfile.model_construct()
    journeys_per_user: Positive | None = None
    finish: Boolean = False
    only: Annotated[tuple[Annotated[str, BeforeValidator(fields.name)], ...], BeforeValidator(fields.one_or_many)] = ()
    s3: S3Profile | None = None

    _origins: Origins = PrivateAttr(default=Origins())

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
        profile = self.model_copy()
        profile._origins = origins
        return profile


_ONE_OR_MANY = ("stages", "abort_if", "thresholds", "connect_to", "resolve", "local_address")


def validated(values: dict[str, Any]) -> tuple[Profile, list[Problem]]:
    """The profile of plain values, and all problems with single values.

    Where there are problems, the profile is what is left without the wrong values, for further checks only.
    """
    if "target" in values and (flat := read_flat(Profile, values)) is not None:
        return Profile.model_construct(**flat), []
    problems: list[Problem] = []
    values = copy.deepcopy(values)
    while True:
        try:
            return Profile.model_validate(values), problems
        except ValidationError as error:
            found = [_problem(dict(item)) for item in error.errors(include_url=False)]
        problems += found
        for problem in found:
            _remove(values, problem.where)
        values.setdefault("target", _UNKNOWN_TARGET)


def _remove(values: Any, where: Where) -> None:
    """Take the value at a place out; of requests an empty mapping stays, so that indexes keep their meaning."""
    if where[0] in _ONE_OR_MANY:  # of which one alone may be no list
        where = where[:1]
    if where[0] == "s3" and where[-1] in REQUIRED:  # nor does a job without a bucket
        where = where[:1]
    if where[0] not in values:  # it went with another
        return
    *outer, last = where
    for step in outer:
        if isinstance(step, str) and step not in values:
            return
        values = values[step]
    if isinstance(values, list):
        values[int(last)] = {}
    else:
        values.pop(last, None)


def _problem(error: dict[str, Any]) -> Problem:
    where: Where = tuple(step for step in error["loc"] if step != "[key]")
    return Problem(where, _explained(error, where), has_value=error["type"] not in ("missing", "extra_forbidden"))


def _explained(error: dict[str, Any], where: Where) -> str:
    found = shown(error["input"])
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return MISSING.get(where[-1], f"missing: expected {where[-1]}")
        case "extra_forbidden":
            return f"unknown key{did_you_mean(str(where[-1]), _keys_at(where[:-1]))}"
        case "tuple_type" if where == ("requests",) and isinstance(error["input"], int):
            return f"expected a list of requests, got {found} (how many to send is total_requests)"
        case "tuple_type":
            return f"expected a list, got {found}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"expected a mapping of keys and values, got {found}"
    return f"not a value that can stand here: {found}"


def _keys_at(where: Where) -> list[str]:
    """The keys that can stand in the mapping at a place."""
    kind: Any = Profile
    for step in where:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields_by_key = {item.alias or name: item for name, item in kind.model_fields.items()}
            kind = fields_by_key[str(step)].annotation
        else:
            kind = get_args(kind)[-1 if get_origin(kind) is dict else 0]
        if get_origin(kind) in (Union, UnionType):
            kind = get_args(kind)[0]
    return [item.alias or name for name, item in kind.model_fields.items()]
