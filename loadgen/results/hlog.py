"""Reading HdrHistogram interval logs (V2), as loadgen and other programs write them."""

import math
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.results.encoded import decode_histogram

LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
UNITS_NS = {"ns": 1, "us": 1000, "ms": 1_000_000}
YEAR_S = 365 * 24 * 3600.0
_TAG_SAFE = "!\"#$&'()*+-./:;<=>?@[\\]^_`{|}~"
_TIME = r"\s*([0-9.]+)[ \]]"
_START_TIME = re.compile(r"#\s*\[StartTime:" + _TIME)
_BASE_TIME = re.compile(r"#\s*\[BaseTime:" + _TIME)


@dataclass(frozen=True, slots=True)
class Interval:
    """One line of a log. `start_s` counts from the log's start; `encoded` is its histogram; `line` its number."""

    start_s: float
    length_s: float
    tag: str
    encoded: str
    line: int


@dataclass(frozen=True, slots=True)
class HistogramLog:
    """A log as it was read: `source` is the file's name, values are in units of `unit_ns` nanoseconds."""

    source: str
    unit_ns: int
    intervals: tuple[Interval, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order in which they first come; untagged intervals have none."""
        return tuple(dict.fromkeys(row.tag for row in self.intervals if row.tag))

    def select(self, start_s: float | None, end_s: float | None, tag: str | None) -> tuple[Interval, ...]:
        """The intervals that begin in [start, end) and have this tag; None means no limit, and no tag.

        A tag may be given as it stands in the log, or as the name it was made from. Raises UsageError where there are
        none: what is there instead is in its text.
        """
        tagged = [row for row in self.intervals if (tag or "") in (row.tag, unquote(row.tag))]
        if not tagged:
            raise UsageError(f"{self.source}: {self._other_tags(tag)}")
        low, high = start_s or 0.0, math.inf if end_s is None else end_s
        chosen = tuple(row for row in tagged if low <= row.start_s < high)
        if not chosen:
            first, last = min(row.start_s for row in tagged), max(row.start_s for row in tagged)
            raise UsageError(
                f"{self.source}: no interval begins in this range; they begin from {first:g}s to {last:g}s"
            )
        return chosen

    def merge(self, intervals: Iterable[Interval]) -> Histogram:
        """All values of some intervals. Raises UsageError for a histogram that is damaged."""
        merged = Histogram()
        for row in intervals:
            try:
                merged.merge(decode_histogram(row.encoded, self.unit_ns))
            except ValueError as error:
                raise UsageError(f"{self.source}: line {row.line}: {error}") from None
        return merged

    def _other_tags(self, tag: str | None) -> str:
        known = ", ".join(map(unquote, self.tags))
        if not known:
            return f"no interval has the tag {tag!r}, nor any other" if self.intervals else "no intervals in this log"
        return f"no interval has the tag {tag!r}; there are {known}" if tag else f"choose one with --tag: {known}"


def tag_of(name: str) -> str:
    """A name as a tag, which may hold no blank, comma or line break: those are written as in URLs."""
    return quote(name, safe=_TAG_SAFE)


def read_log(text: str, source: str, unit: str = "us") -> HistogramLog:
    """Read a log; its histograms are decoded later. Raises UsageError for one that is damaged, naming the line."""
    start_s: float | None = None
    base_s: float | None = None
    intervals = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            start_s = _announced(_START_TIME, line, start_s)
            base_s = _announced(_BASE_TIME, line, base_s)
        elif line.strip() and not line.startswith('"'):
            template_s, length_s, tag, encoded = _fields(line, f"{source}: line {number}")
            start_s = template_s if start_s is None else start_s
            if base_s is None:
                base_s = start_s if template_s < start_s - YEAR_S else 0.0
            intervals.append(Interval(round(template_s + base_s - start_s, 6), length_s, tag, encoded, number))
    return HistogramLog(source, UNITS_NS[unit], tuple(intervals))


def _announced(pattern: re.Pattern[str], line: str, before: float | None) -> float | None:
    """The instant that a header line states; `before` in other lines."""
    match = pattern.match(line)
    try:
        return float(match[1]) if match else before
    except ValueError:
        return before


def _fields(line: str, place: str) -> tuple[float, float, str, str]:
    """Start, length, tag and histogram of one line; the maximum is in the histogram too."""
    tag, rest = "", line.strip()
    if rest.startswith("Tag="):
        tag, _, rest = rest[len("Tag=") :].partition(",")
    try:
        start, length, _, encoded = (field.strip() for field in rest.split(","))
        start_s, length_s = float(start), float(length)
        if not (math.isfinite(start_s) and math.isfinite(length_s) and encoded):
            raise ValueError
    except ValueError:
        raise UsageError(
            f"{place}: expected START,LENGTH,MAX,HISTOGRAM of a histogram log, got {line[:40]!r}"
        ) from None
    return start_s, length_s, tag, encoded
