"""What a container's CPU quota leaves this process, and how often it was held back by it: control groups v1 and v2.

Quotas are looked for in the process's own group and in all around it. What is not there, or not readable, is no quota.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from loadgen.base.clock import NS_PER_US
from loadgen.base.dataclass import dataclass

ROOT = Path("/")
_CONTROLLERS = "sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Throttling:
    """Of the group that was held back most: periods in which its quota was used up, of all, and for how long."""

    periods: int = 0
    throttled_periods: int = 0
    throttled_ns: int = 0

    def since(self, before: "Throttling") -> "Throttling":
        """What has come since then."""
        return Throttling(
            max(0, self.periods - before.periods),
            max(0, self.throttled_periods - before.throttled_periods),
            max(0, self.throttled_ns - before.throttled_ns),
        )


def quota_cores(root: Path = ROOT) -> float | None:
    """How many cores' worth of time the quotas allow; None without one. `root` is where /proc and /sys are found."""
    return min(filter(None, map(_quota, _groups(root))), default=None)


def throttling(root: Path = ROOT) -> Throttling:
    """The counts so far."""
    return max(map(_throttling, _groups(root)), key=lambda found: found.throttled_periods, default=Throttling())


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the groups that this process is in, from its own outwards, where a quota of CPU may stand.

    Inside a container the path that the kernel names may be that of the host: then only the outermost is there.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if not controllers:
            tops = [root / _CONTROLLERS, root / _CONTROLLERS / "unified"]
        elif "cpu" in controllers.split(","):
            tops = [root / _CONTROLLERS / controllers, root / _CONTROLLERS / "cpu"]
        else:
            continue
        own = PurePosixPath() if ".." in path else PurePosixPath(path.lstrip("/"))
        yield from (top / group for top in tops for group in (own, *own.parents))


def _quota(group: Path) -> float | None:
    quota, period, *_ = [*_text(group / "cpu.max").split(), "", ""]
    if not quota:
        quota, period = (_text(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _throttling(group: Path) -> Throttling:
    lines = (line.split() for line in _text(group / "cpu.stat").splitlines())
    counts = {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}
    throttled_ns = counts.get("throttled_time", counts.get("throttled_usec", 0) * NS_PER_US)
    return Throttling(counts.get("nr_periods", 0), counts.get("nr_throttled", 0), throttled_ns)


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
