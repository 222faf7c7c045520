"""What files read back: counts and times of the requests that this process has seen."""

from collections import defaultdict
from time import time
from typing import Any


class StatsEntry:
    """The requests of one name and method. Times are milliseconds, sizes bytes."""

    def __init__(self, stats: Any, name: str, method: str, **_: Any) -> None:
        self.stats = stats
        self.name = name
        self.method = method
        self.reset()

    def reset(self) -> None:
        """Begin again."""
        self.num_requests = 0
        self.num_none_requests = 0
        self.num_failures = 0
        self.total_response_time = 0.0
        self.min_response_time: float | None = None
        self.max_response_time = 0.0
        self.total_content_length = 0
        self.response_times: dict[float, int] = defaultdict(int)
        self.start_time = time()
        self.last_request_timestamp: float | None = None

    def log(self, response_time: float | None, content_length: int) -> None:
        """Count a request; without a time it had none."""
        self.num_requests += 1
        self.total_content_length += content_length
        self.last_request_timestamp = time()
        if response_time is None:
            self.num_none_requests += 1
            return
        self.total_response_time += response_time
        self.min_response_time = min(response_time, self.min_response_time or response_time)
        self.max_response_time = max(response_time, self.max_response_time)
        self.response_times[_rounded(response_time)] += 1

    def log_error(self, _error: Any = None) -> None:
        """Count a failure; its request is counted besides."""
        self.num_failures += 1

    @property
    def fail_ratio(self) -> float:
        return self.num_failures / self.num_requests if self.num_requests else 0.0

    @property
    def avg_response_time(self) -> float:
        timed = self.num_requests - self.num_none_requests
        return self.total_response_time / timed if timed else 0.0

    @property
    def median_response_time(self) -> float:
        return self.get_response_time_percentile(0.5)

    @property
    def avg_content_length(self) -> float:
        return self.total_content_length / self.num_requests if self.num_requests else 0.0

    @property
    def total_rps(self) -> float:
        return self.num_requests / self._seconds()

    @property
    def current_rps(self) -> float:
        """The same as total_rps."""
        return self.total_rps

    @property
    def total_fail_per_sec(self) -> float:
        return self.num_failures / self._seconds()

    @property
    def current_fail_per_sec(self) -> float:
        """The same as total_fail_per_sec."""
        return self.total_fail_per_sec

    def get_response_time_percentile(self, percent: float) -> float:
        """The time below which that part of the requests was; 0 to 1."""
        left = int(sum(self.response_times.values()) * (1 - percent))
        for value in sorted(self.response_times, reverse=True):
            left -= self.response_times[value]
            if left < 0:
                return value
        return 0

    get_current_response_time_percentile = get_response_time_percentile

    def to_dict(self) -> dict[str, Any]:
        """Its figures."""
        return {
            "method": self.method,
            "name": self.name,
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": self.min_response_time,
            "max_response_time": self.max_response_time,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.median_response_time,
            "avg_content_length": self.avg_content_length,
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
        }

    def _seconds(self) -> float:
        return max((self.last_request_timestamp or time()) - self.start_time, 0.001)


def _rounded(response_time: float) -> float:
    """Two digits of it: what percentiles are made of."""
    if response_time < 100:
        return round(response_time)
    return round(response_time, -1 if response_time < 1000 else -2)


class StatsError:
    """How often requests of one name failed for one reason."""

    def __init__(self, method: str, name: str, error: Any, occurrences: int = 0) -> None:
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences

    def to_name(self) -> str:
        """Method, name and reason."""
        return f"{self.method} {self.name}: {self.error!r}"


class RequestStats:
    """`environment.stats`: `entries` by name and method, `total` for all."""

    def __init__(self) -> None:
        self.total = StatsEntry(self, "Aggregated", "")
        self.entries: dict[tuple[str, str], StatsEntry] = {}
        self.errors: dict[str, StatsError] = {}
        self.history: list[Any] = []

    def get(self, name: str, method: str) -> StatsEntry:
        """The entry of a name, made where there is none."""
        return self.entries.setdefault((name, method), StatsEntry(self, name, method))

    def log_request(self, method: str, name: str, response_time: float | None, content_length: int) -> None:
        self.total.log(response_time, content_length)
        self.get(name, method).log(response_time, content_length)

    def log_error(self, method: str, name: str, error: Any) -> None:
        self.total.log_error()
        self.get(name, method).log_error()
        entry = StatsError(method, name, error)
        self.errors.setdefault(entry.to_name(), entry).occurrences += 1

    def reset_all(self) -> None:
        """Every entry begins again."""
        self.total.reset()
        self.errors.clear()
        for entry in self.entries.values():
            entry.reset()

    def clear_all(self) -> None:
        """Forget every entry."""
        self.total.reset()
        self.errors.clear()
        self.entries.clear()

    @property
    def num_requests(self) -> int:
        return self.total.num_requests

    @property
    def num_failures(self) -> int:
        return self.total.num_failures

    @property
    def start_time(self) -> float:
        return self.total.start_time

    @property
    def last_request_timestamp(self) -> float | None:
        return self.total.last_request_timestamp
