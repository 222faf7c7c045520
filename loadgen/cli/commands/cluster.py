"""`loadgen cluster`."""

from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import WHERE, own_option, variable_of


def _address(text: str) -> Any:
    """What `loadgen run --cluster` takes, and from the same variable where it is not given."""
    return typer.Argument(metavar="ADDRESS", help=text, envvar=variable_of(["--cluster"]), show_envvar=False)


Address = Annotated[str, _address("Of the scheduler: tls://HOST:PORT; without it LOADGEN_CLUSTER.")]
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
    address: Annotated[str, _address("tls://HOST:PORT, or `-` for standard input and output.")]
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
    """List the machines of a cluster; it is an error where a run would not take them."""

    body: ClassVar[str] = "cluster:status"
    address: Address
    certificates: Certificates = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """Print manifests of a cluster, for `kubectl apply -f -`.

    A Secret with certificates that are made for it, a scheduler, machines
    that end with the deadline, and a run of what follows `--`, whose report
    `kubectl logs job/NAME-coordinator` shows:
    loadgen cluster kubernetes --machines 10 -- http://shop/ -R 50000
    """

    body: ClassVar[str] = "kubernetes:kubernetes"
    run: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="The parameters of `loadgen run`.")] = None
    machines: Annotated[int, typer.Option("--machines", metavar="N", min=1, help="So many pods.")] = 3
    cpus: Annotated[int, typer.Option("--cpus", metavar="N", min=1, help="Whole ones, of each.")] = 4
    image: Annotated[str, typer.Option("--image", metavar="NAME", help="With loadgen and its extra cluster.")] = (
        "loadgen"
    )
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Of all that is made.")] = "loadgen"
    deadline: Annotated[str, typer.Option("--deadline", metavar="TIME", help="When all of it ends.")] = "2h"


class Cluster:
    """Runs on many machines.

    Of machines that stand ready, in turn: certificates, scheduler, machine on
    each host, status, and then loadgen run URL --cluster tls://HOST:PORT.
    Without any of it: loadgen run URL --machine 'ssh host2'.
    """

    commands: ClassVar = {
        "certificates": CertificatesCommand, "scheduler": Scheduler, "machine": Machine, "status": Status,
        "kubernetes": Kubernetes,
    }  # fmt: skip
