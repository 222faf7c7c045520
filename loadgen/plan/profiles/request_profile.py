"""The keys of one request, and the kinds of values that they share with those of a whole profile."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from loadgen.base.units import parse_duration_s, parse_size
from loadgen.plan.profiles import fields

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
Weight = Annotated[float, BeforeValidator(fields.positive_number)]


class Keys(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ExpectProfile(Keys):
    """What is a good reply; without `status` every 2xx and 3xx is."""

    status: Annotated[tuple[tuple[int, int], ...], BeforeValidator(fields.statuses)] = ((200, 399),)
    body_contains: Body | None = None
    length: Annotated[int, BeforeValidator(parse_size)] | None = None


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
    until: UntilProfile = UntilProfile()


class GrpcProfile(Keys):
    """A gRPC call with one message, which stands here as JSON or YAML."""

    method: Text = ""
    file: File | None = None
    message: Any = None
    deadline: PositiveSeconds | None = None
    folders: Annotated[tuple[File, ...], BeforeValidator(fields.one_or_many)] = ()


class RequestKeys(Keys):
    """What a request is. Without `method` it is a GET, or a POST where there is a body."""

    name: Annotated[str, BeforeValidator(fields.name)] | None = None
    method: Annotated[str, BeforeValidator(fields.method)] | None = None
    path: Annotated[str, BeforeValidator(fields.path)] | None = None
    headers: Headers = {}
    body: Body | None = None
    json_body: Any = Field(default=None, alias="json")
    body_file: File | None = None
    expect: ExpectProfile = ExpectProfile()

    @property
    def bodies(self) -> list[str]:
        """The keys by which a body is given; more than one is a problem."""
        keys = {"body": "body", "json_body": "json", "body_file": "body_file"}
        return [key for field, key in keys.items() if field in self.model_fields_set]


class RequestProfile(RequestKeys):
    """One kind of request, and its share of all."""

    weight: Weight = 1.0
    stream: StreamProfile | None = None
    grpc: GrpcProfile | None = None
