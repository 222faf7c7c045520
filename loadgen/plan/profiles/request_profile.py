"""The keys of one request, and the kinds of values that they share with those of a whole profile."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from loadgen.base.reply import Check
from loadgen.base.units import parse_duration_s, parse_size
from loadgen.plan.expectations import header_checks, json_checks, regex_checks, sha256_checks
from loadgen.plan.jobs.http import Part
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.form_values import base64_bytes, form_pairs, form_parts
from loadgen.plan.profiles.keys import Keys, Reads, Then, Written

Text = Annotated[str, Reads(fields.text)]
File = Annotated[str, Reads(fields.file_name)]
Boolean = Annotated[bool, Reads(fields.boolean)]
Positive = Annotated[int, Reads(fields.integer(1))]
Seconds = Annotated[float, Reads(parse_duration_s)]
PositiveSeconds = Annotated[float, Reads(fields.positive_duration)]
Body = Annotated[bytes, Reads(fields.body)]
Headers = Annotated[
    Mapping[Annotated[str, Reads(fields.header_name)], Annotated[str, Reads(fields.header_value)]],
    Then(fields.one_host),
]
Checks = tuple[Check, ...]
NONE: Mapping[str, Any] = MappingProxyType({})
"""The default of a key that is a mapping."""
Weight = Annotated[float, Reads(fields.positive_number)]


BODIES = ("body", "json", "form", "multipart", "base64", "body_file")


class ExpectProfile(Keys):
    """What is a good reply; without `status` every 2xx and 3xx is."""

    status: Annotated[tuple[tuple[int, int], ...], Reads(fields.statuses)] = ((200, 399),)
    body_contains: Body | None = None
    length: Annotated[int, Reads(parse_size)] | None = None
    json_path: Annotated[Checks, Reads(json_checks), Written("json")] = ()
    header: Annotated[Checks, Reads(header_checks)] = ()
    regex: Annotated[Checks, Reads(regex_checks)] = ()
    sha256: Annotated[Checks, Reads(sha256_checks)] = ()
    time: PositiveSeconds | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """All that takes more than the status, a text and the length."""
        return (*self.header, *self.json_path, *self.regex, *self.sha256)


class UntilProfile(Keys):
    """The good end of a reply in parts."""

    match: Body | None = None
    parts: Positive | None = None
    time: PositiveSeconds | None = None


class StreamProfile(Keys):
    """A reply that comes in parts, which are timed. `first` is a JSON path."""

    kind: Annotated[Literal["sse", "lines", "grpc"], Reads(fields.one_of("sse", "lines", "grpc"))] | None = None
    first: Annotated[str, Reads(fields.json_path)] = ""
    until: UntilProfile = UntilProfile()


class GrpcProfile(Keys):
    """A gRPC call with one message, which stands here as JSON or YAML. `reflection`: the server says its type."""

    method: Text = ""
    file: File | None = None
    reflection: Boolean = False
    message: Any = None
    deadline: PositiveSeconds | None = None
    folders: Annotated[tuple[File, ...], Reads(fields.one_or_many)] = ()


class WebSocketProfile(Keys):
    """A WebSocket that is held at the request's path."""

    messages: Annotated[tuple[Text, ...], Reads(fields.one_or_many)] = ()
    answer: Text = ""
    answers: Annotated[int, Reads(fields.integer(0))] = 1
    every: Seconds = 0.0
    stay: PositiveSeconds | None = None
    subprotocols: Annotated[tuple[Text, ...], Reads(fields.one_or_many)] = ()
    compress: Boolean = False


class RequestKeys(Keys):
    """What a request is. Without `method` it is a GET, or a POST where there is a body."""

    name: Annotated[str, Reads(fields.name)] | None = None
    method: Annotated[str, Reads(fields.method)] | None = None
    path: Annotated[str, Reads(fields.path)] | None = None
    headers: Headers = NONE
    body: Body | None = None
    json_body: Annotated[Any, Written("json")] = None
    base64: Annotated[bytes, Reads(base64_bytes)] | None = None
    form: Annotated[tuple[tuple[str, str], ...], Reads(form_pairs)] | None = None
    multipart: Annotated[tuple[Part, ...], Reads(form_parts)] | None = None
    body_file: File | None = None
    expect: ExpectProfile = ExpectProfile()
    stream: StreamProfile | None = None
    grpc: GrpcProfile | None = None
    websocket: WebSocketProfile | None = None

    @property
    def bodies(self) -> list[str]:
        """The keys by which a body is given; more than one is a problem."""
        return [key for key in BODIES if ("json_body" if key == "json" else key) in self.given]


class RequestProfile(RequestKeys):
    """One kind of request, and its share of all."""

    weight: Weight = 1.0
