"""The keys of one request, and the kinds of values that they share with those of a whole profile."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SkipValidation

from loadgen.base.exchange import Check
from loadgen.base.units import parse_duration_s, parse_size
from loadgen.plan.expectations import header_checks, json_checks, regex_checks, sha256_checks
from loadgen.plan.jobs.http import Part
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.form_values import base64_bytes, form_pairs, form_parts

Text = Annotated[str, BeforeValidator(fields.text)]
File = Annotated[str, BeforeValidator(fields.file_name)]
Boolean = Annotated[bool, BeforeValidator(fields.boolean)]
Positive = Annotated[int, BeforeValidator(fields.integer(1))]
Seconds = Annotated[float, BeforeValidator(parse_duration_s)]
PositiveSeconds = Annotated[float, BeforeValidator(fields.positive_duration)]
Body = Annotated[bytes, BeforeValidator(fields.body)]
Headers = Annotated[
    dict[Annotated[str, BeforeValidator(fields.header_name)], Annotated[str, BeforeValidator(fields.header_value)]],
    AfterValidator(fields.one_host),
]
Checks = SkipValidation[tuple[Check, ...]]
Weight = Annotated[float, BeforeValidator(fields.positive_number)]


BODIES = ("body", "json", "form", "multipart", "base64", "body_file")


class Keys(BaseModel):
    """A mapping with these keys and no others. What checks it is made when it is first needed: that takes long, and a
    URL with its flags needs none of it (see flat.py)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class ExpectProfile(Keys):
    """What is a good reply; without `status` every 2xx and 3xx is."""

    status: Annotated[tuple[tuple[int, int], ...], BeforeValidator(fields.statuses)] = ((200, 399),)
    body_contains: Body | None = None
    length: Annotated[int, BeforeValidator(parse_size)] | None = None
    json_path: Annotated[Checks, BeforeValidator(json_checks)] = Field(default=(), alias="json")
    header: Annotated[Checks, BeforeValidator(header_checks)] = ()
    regex: Annotated[Checks, BeforeValidator(regex_checks)] = ()
    sha256: Annotated[Checks, BeforeValidator(sha256_checks)] = ()
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

    kind: Annotated[Literal["sse", "lines", "grpc"], BeforeValidator(fields.one_of("sse", "lines", "grpc"))] | None = (
        None
    )
    first: Annotated[str, BeforeValidator(fields.json_path)] = ""
    until: UntilProfile = UntilProfile.model_construct()


class GrpcProfile(Keys):
    """A gRPC call with one message, which stands here as JSON or YAML. `reflection`: the server says its type."""

    method: Text = ""
    file: File | None = None
    reflection: Boolean = False
    message: Any = None
    deadline: PositiveSeconds | None = None
    folders: Annotated[tuple[File, ...], BeforeValidator(fields.one_or_many)] = ()


class WebSocketProfile(Keys):
    """A WebSocket that is held at the request's path."""

    messages: Annotated[tuple[Text, ...], BeforeValidator(fields.one_or_many)] = ()
    answer: Text = ""
    answers: Annotated[int, BeforeValidator(fields.integer(0))] = 1
    every: Seconds = 0.0
    stay: PositiveSeconds | None = None
    subprotocols: Annotated[tuple[Text, ...], BeforeValidator(fields.one_or_many)] = ()
    compress: Boolean = False


class RequestKeys(Keys):
    """What a request is. Without `method` it is a GET, or a POST where there is a body."""

    name: Annotated[str, BeforeValidator(fields.name)] | None = None
    method: Annotated[str, BeforeValidator(fields.method)] | None = None
    path: Annotated[str, BeforeValidator(fields.path)] | None = None
    headers: Headers = {}
    body: Body | None = None
    json_body: Any = Field(default=None, alias="json")
    base64: Annotated[bytes, BeforeValidator(base64_bytes)] | None = None
    form: Annotated[SkipValidation[tuple[tuple[str, str], ...]], BeforeValidator(form_pairs)] | None = None
    multipart: Annotated[SkipValidation[tuple[Part, ...]], BeforeValidator(form_parts)] | None = None
    body_file: File | None = None
    expect: ExpectProfile = ExpectProfile.model_construct()
    stream: StreamProfile | None = None
    grpc: GrpcProfile | None = None
    websocket: WebSocketProfile | None = None

    @property
    def bodies(self) -> list[str]:
        """The keys by which a body is given; more than one is a problem."""
        return [key for key in BODIES if ("json_body" if key == "json" else key) in self.model_fields_set]


class RequestProfile(RequestKeys):
    """One kind of request, and its share of all."""

    weight: Weight = 1.0
