"""What a machine says of itself, and whether it fits the coordinator."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, field, fields
from hashlib import sha256
from typing import Any

from loadgen import __version__
from loadgen.base.dataclass import dataclass
from loadgen.base.environment import describe_environment, gil_enabled, usable_cores
from loadgen.base.errors import UsageError
from loadgen.base.restore import build
from loadgen.base.units import few
from loadgen.executors.places.machines.links.messages import PROTOCOL
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.recording import Frame, Recording, Tally, Usage
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Arrivals, Plan, StopRules

_EXCHANGED = (
    Plan, Arrivals, StopRules, HttpJob, RequestSpec, S3Job, ScenarioJob, Frame, Recording, Tally, Usage, MetricSums,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Description:
    """One machine. `schema` is the same where plans and frames have the same fields, and messages the same form.

    It uses `cores` of the `host_cores` of its host, which may be 0, not known.
    """

    loadgen: str = ""
    python: str = ""
    schema: str = ""
    cores: int = 1
    gil: bool = True
    host_cores: int = 0
    environment: dict[str, Any] = field(default_factory=dict)


def describe_machine() -> Description:
    """This one."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    cores, of_host = usable_cores(), os.cpu_count() or 0
    return Description(__version__, python, _schema(), cores, gil_enabled(), of_host, describe_environment())


def description_out(description: Description) -> dict[str, Any]:
    """As JSON values."""
    return asdict(description)


def description_in(values: dict[str, Any]) -> Description:
    """Of the same. Raises TypeError for anything else."""
    description: Description = build(Description, values)
    return description


def check_alike(named: Sequence[tuple[str, Description]], own: Description) -> None:
    """Raise UsageError for machines on which a run would not be the same program, all of them by name."""
    problems = []
    for name, other in named:
        if other.loadgen != own.loadgen:
            problems.append(f"{name} has loadgen {other.loadgen}, and this is {own.loadgen}: install the same")
        elif other.schema != own.schema:
            problems.append(f"{name} has another build of loadgen {own.loadgen}: install the same")
        elif other.python != own.python:
            problems.append(f"{name} has Python {other.python}, and this is {own.python}: what they cost differs")
        elif other.gil != own.gil:
            problems.append(f"{name} has {_threading(other)}, and this has {_threading(own)}: what they cost differs")
    if problems:
        raise UsageError("\n".join(problems))


def crowded(named: Sequence[tuple[str, Description]]) -> list[str]:
    """A warning for each host whose machines would use more cores together than it has."""
    hosts: dict[str, list[tuple[str, Description]]] = {}
    for name, machine in named:
        hosts.setdefault(machine.environment.get("boot") or name, []).append((name, machine))
    warnings = []
    for own in hosts.values():
        has, taken = own[0][1].host_cores, sum(machine.cores for _, machine in own)
        if len(own) > 1 and 0 < has < taken:
            names = few([name for name, _ in own])
            warnings.append(
                f"{names} are on one host, and may take {taken} cores where it has {has}: give each host once"
            )
    return warnings


def _threading(description: Description) -> str:
    return "Python with the GIL" if description.gil else "free-threaded Python"


def _schema() -> str:
    told = [[kind.__name__, *((item.name, str(item.type)) for item in fields(kind))] for kind in _EXCHANGED]
    return sha256(repr((PROTOCOL, told)).encode()).hexdigest()[:12]
