"""`loadgen import`: what people have, as a profile."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG, own_option

OPTIONS = "Options"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file of one form. `reader` is what reads its text, `module:function` in loadgen.plan.imports."""

    body: ClassVar[str] = "imports:read"
    reader: ClassVar[str]
    file: Annotated[str, typer.Argument(metavar="FILE", help="- is standard input.")]

    @property
    def options(self) -> Mapping[str, bool]:
        """What else the reader is told."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Har(Read):
    """A HAR file as a journey with its pauses: of one host, without static files."""

    reader: ClassVar[str] = "har:read_har"
    other_hosts: Annotated[
        bool, own_option(["--other-hosts"], OPTIONS, "Requests to other hosts, too.", FLAG, inherits=False)
    ] = False
    static: Annotated[
        bool, own_option(["--static"], OPTIONS, "Images, styles, fonts and scripts, too.", FLAG, inherits=False)
    ] = False

    @property
    def options(self) -> Mapping[str, bool]:
        return {"other_hosts": self.other_hosts, "static": self.static}


class OpenApi(Read):
    """Each operation of an OpenAPI 3 or Swagger 2 file (JSON or YAML) with its examples."""

    reader: ClassVar[str] = "openapi:read_openapi"


class Postman(Read):
    """The requests of a Postman collection (v2)."""

    reader: ClassVar[str] = "postman:read_postman"


class Vegeta(Read):
    """Targets of vegeta, in both formats, or a list with a URL a line."""

    reader: ClassVar[str] = "vegeta:read_vegeta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curl(Read):
    """Command lines of curl, out of a file or quoted as one argument."""

    reader: ClassVar[str] = "curl:read_curl"
    file: Annotated[str, typer.Argument(metavar="FILE", help="Or 'curl ...' itself; - is standard input.")]


@dataclass(frozen=True, slots=True)
class Import:
    """Make a profile of har, openapi, postman, vegeta or curl.

    Credentials in it become variables of the environment.
    """

    commands: ClassVar = {"har": Har, "openapi": OpenApi, "postman": Postman, "vegeta": Vegeta, "curl": Curl}
