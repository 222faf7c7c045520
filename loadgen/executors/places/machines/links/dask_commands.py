"""Dask's own programs as a load test wants them: one worker a machine, nothing listens but what has to."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from loadgen.base.processes import python_module
from loadgen.executors.places.machines.links.addresses import tls_files

DEATH_TIMEOUT_S = 300
"""Without a scheduler for so long a machine leaves."""

_TOLD = {
    # What Dask says of every connection; what goes wrong is a warning.
    "DASK_LOGGING__DISTRIBUTED": "warning",
}
_SCHEDULER = _TOLD | {
    # How much of each topic is kept: frames of a run, which nobody reads again.
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "100",
}
_WORKER = _TOLD | {
    # A thread that samples stacks a hundred times a second would be in the load.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}

Command = tuple[list[str], Mapping[str, str]]
"""The words, and what is added to the environment."""


def scheduler_command(address: str, certificates: str | None) -> Command:
    """What `loadgen cluster scheduler` becomes. Raises UsageError."""
    tls = _tls(address, certificates, "scheduler")
    parts = urlsplit(address)
    words = ["--protocol", parts.scheme, "--host", str(parts.hostname), "--port", str(parts.port), "--no-dashboard"]
    return python_module("distributed.cli.dask_scheduler", *words, *_quiet(), *tls), _SCHEDULER


def machine_command(address: str, certificates: str | None) -> Command:
    """What `loadgen cluster machine ADDRESS` becomes. Raises UsageError."""
    tls = _tls(address, certificates, "machine")
    words = [address, "--nworkers", "1", "--nthreads", "2", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
    words += ["--death-timeout", str(DEATH_TIMEOUT_S)]
    return python_module("distributed.cli.dask_worker", *words, *_quiet(), *tls), _WORKER


def _quiet() -> list[str]:
    """What Dask serves about itself over HTTP even without its dashboard is for this host alone."""
    return ["--dashboard-address", "127.0.0.1:0"]


def _tls(address: str, certificates: str | None, role: str) -> list[str]:
    files = tls_files(address, certificates, role)
    return [] if files is None else ["--tls-ca-file", files[0], "--tls-cert", files[1], "--tls-key", files[1]]
