"""`loadgen cluster`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from loadgen.cli.options import WHERE, own_option

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the scheduler: tls://HOST:PORT.")]
Certificates = Annotated[str | None, own_option(["--certificates"], WHERE, "The folder with them.", "DIR")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Be the middle of a cluster: the machines and `loadgen run --cluster` find each other by it.

    It is Dask's scheduler, without a dashboard.
    """

    body: ClassVar[str] = "cluster:scheduler"
    address: Address
    certificates: Certificates = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Be a machine of runs.

    With the ADDRESS of a scheduler, until it is gone: Dask's worker. With `-`
    of the run that started this, over standard input and output; it is what
    `loadgen run --machine 'ssh host2'` starts there. Either stops sending two
    seconds after the run was last heard of.
    """

    body: ClassVar[str] = "cluster:machine"
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="tls://HOST:PORT, or `-` for standard input and output.")
    ]
    certificates: Certificates = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesCommand:
    """Make a private authority, and a certificate for each role, in the new folder DIR.

    Copy it to the machines; whoever has it may run code there.
    """

    body: ClassVar[str] = "cluster:certificates"
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Is made.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """List the machines of a cluster, and say whether a run would take them."""

    body: ClassVar[str] = "cluster:status"
    address: Address
    certificates: Certificates = None


class Cluster:
    """Runs on many machines."""

    commands: ClassVar = {
        "scheduler": Scheduler, "machine": Machine, "certificates": CertificatesCommand, "status": Status,
    }  # fmt: skip
