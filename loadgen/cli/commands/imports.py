"""`loadgen import`: what people have, as a profile."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from loadgen.cli.options import FLAG, own_option

OPTIONS = "Options"
File = Annotated[str, typer.Argument(metavar="FILE", help="- is standard input.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Har:
    """A HAR file as a journey with its pauses: of one host, without static files."""

    body: ClassVar[str] = "imports:har"
    file: File
    other_hosts: Annotated[
        bool, own_option(["--other-hosts"], OPTIONS, "Requests to other hosts, too.", FLAG, inherits=False)
    ] = False
    static: Annotated[
        bool, own_option(["--static"], OPTIONS, "Images, styles, fonts and scripts, too.", FLAG, inherits=False)
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApi:
    """Each operation of an OpenAPI 3 or Swagger 2 file (JSON or YAML) with its examples."""

    body: ClassVar[str] = "imports:openapi"
    file: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Postman:
    """The requests of a Postman collection (v2)."""

    body: ClassVar[str] = "imports:postman"
    file: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Vegeta:
    """Targets of vegeta, in both formats, or a list with a URL a line."""

    body: ClassVar[str] = "imports:vegeta"
    file: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Curl:
    """Command lines of curl, out of a file or quoted as one argument."""

    body: ClassVar[str] = "imports:curl"
    file: Annotated[str, typer.Argument(metavar="FILE", help="Or 'curl ...' itself; - is standard input.")]


@dataclass(frozen=True, slots=True)
class Import:
    """Make a profile of har, openapi, postman, vegeta or curl.

    Credentials in it become variables of the environment.
    """

    commands: ClassVar = {"har": Har, "openapi": OpenApi, "postman": Postman, "vegeta": Vegeta, "curl": Curl}
