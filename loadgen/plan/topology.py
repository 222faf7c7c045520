"""processes x workers: how the users of a run are shared out over a machine's cores."""

from loadgen.base.units import counted
from loadgen.plan.plan import Mode


class TopologyError(ValueError):
    """A topology that cannot be; `key` is the profile's key to change."""

    def __init__(self, key: str, text: str) -> None:
        self.key = key
        self.text = text
        super().__init__(f"--{key}: {text}")


def choose(
    mode: Mode,
    users: int,
    processes: int | None,
    workers: int | None,
    cores: int,
    gil: bool,
    least: int = 1,
    *,
    closed: int = 0,
) -> tuple[int, int]:
    """(processes, workers per process); None lets the mode decide. Raises TopologyError for what cannot be.

    | mode    | default with the GIL                 | default on a free-threaded build |
    |---------|--------------------------------------|----------------------------------|
    | pool    | a process per core with 1 worker     | 1 process with a worker per core |
    | threads | 1 process with a worker per user     | the same                         |
    | async   | 1 process with 1 worker              | the same                         |

    In pool mode, given `workers` without `processes` are the threads of one process. Where there are several machines,
    `least` of them, one process in this table is one on each. Defaults never exceed the users: each worker has one at
    least, beside whatever part it has of further users, which are `closed`.
    """
    match mode:
        case "pool":
            return _pool(users, processes, workers, cores, gil, least)
        case "threads":
            return _threads(users, processes, workers, least, closed)
        case "async":
            return _async(processes, workers)


def _pool(users: int, processes: int | None, workers: int | None, cores: int, gil: bool, least: int) -> tuple[int, int]:
    if processes is None:
        processes = min(cores, users) if gil and workers is None else min(least, users)
    _check_shareable("processes", processes, users)
    if workers is None:
        workers = 1 if gil else max(1, min(cores, users) // processes)
    _check_shareable("workers", processes * workers, users)
    return processes, workers


def _threads(users: int, processes: int | None, workers: int | None, least: int, closed: int) -> tuple[int, int]:
    processes = processes or min(least, users)
    _check_shareable("processes", processes, users)
    users += closed
    needed = -(-users // processes)
    if workers is not None and workers != needed:
        take = f"take {counted(needed, 'worker')}" if users > 1 else "takes 1 worker"
        split = f"in {processes} processes {take} each" if processes > 1 else take
        raise TopologyError(
            "workers",
            "in threads mode every connection has a thread of its own, so "
            f"{counted(users, 'connection')} {split}, not {workers}; leave --workers out, or use --mode pool",
        )
    return processes, needed


def _async(processes: int | None, workers: int | None) -> tuple[int, int]:
    for key, number in (("processes", processes), ("workers", workers)):
        if number is not None and number > 1:
            raise TopologyError(key, f"async mode has one loop in one process, not {number}; use --mode pool")
    return 1, 1


def _check_shareable(key: str, number: int, users: int) -> None:
    if number > users:
        most = counted(users, "process" if key == "processes" else "worker", key)
        raise TopologyError(
            key,
            f"{number} {key} cannot share {counted(users, 'connection')}; "
            f"use at most {most}, or at least {number} connections",
        )
