"""The cells of a comparison's tables: figures in their units, ratios, intervals."""

from loadgen.base.units import counted, format_ms, listed
from loadgen.judge.comparison import Comparison, Row
from loadgen.judge.observe import Observed
from loadgen.plan.metrics import metric_named
from loadgen.report.draw.style import clean, format_measured_s, format_rate, format_share
from loadgen.report.run.title import title

NARROW = 0.05
EXACT = 1e-9


def heading(comparison: Comparison) -> list[str]:
    """What was run against what, how long, how often."""
    results = [result for item in comparison.variants for result in item.results]
    rounds = {len(item.results) for item in comparison.variants}
    shape = _titles(comparison)
    users, calls = {result.users.asked for result in results}, {result.noun for result in results} == {"calls"}
    if len(users) == 1:
        shape.append(counted(users.pop(), "user" if calls else "connection"))
    modes, clients = {result.generator.mode for result in results}, {result.generator.client for result in results}
    shape += modes if len(modes) == 1 else ()
    shape += (f"{client} client" for client in clients if len(clients) == 1 and not calls)
    if results:
        shape.append(format_measured_s(results[0].duration_s))
    many = "1 run" if rounds == {1} else f"{'-'.join(map(str, sorted({min(rounds), max(rounds)})))} rounds"
    return [*map(clean, shape), f"{many} of each"]


def _titles(comparison: Comparison) -> list[str]:
    """What the variants ask for, where they do not all ask for the same."""
    first, *others = {title(item.results[0].plan): None for item in comparison.variants if item.results} or [""]
    if len(others) > 1:
        return [f"{first} and {counted(len(others), 'other')}"]
    return [listed([first, *others])] if first else []


def cells(row: Row) -> tuple[str, str, str, str]:
    """First, other, ratio, interval; without one whether all rounds say the same."""
    name, estimate = row.metric.name, row.estimate
    both = (figure(name, row.first), figure(name, row.other))
    if estimate.ratio is None:
        return (*both, "-", "")
    mark = {"": "", "at least": ">= ", "at most": "<= "}[row.bound]
    low, high = estimate.low, estimate.high
    width = high - low if low is not None and high is not None else NARROW
    fine = EXACT < width < NARROW
    ends = ["" if end is None or width <= EXACT else _ratio(end, fine=fine) for end in (low, high)]
    interval = " .. ".join(ends) if any(ends) else f"{estimate.always} in each" if estimate.always else ""
    return (*both, f"{mark}{_ratio(estimate.ratio, fine=fine)}x", interval)


def figure(name: str, observed: Observed | None) -> str:
    """A metric's value in its unit; `-` where it is not known."""
    if observed is None:
        return "-"
    return ("" if observed.is_exact else ">= ") + _in_unit(metric_named(name).unit, observed.low)


def _in_unit(unit: str, value: float) -> str:
    match unit:
        case "per_s":
            return format_rate(value)
        case "ms":
            return format_ms(value)
        case "us":
            return format_ms(value / 1000)
        case "mb":
            return f"{value:,.0f} MB" if value >= 100 else f"{value:.1f} MB"
        case "share":
            return format_share(value, 1.0) if value else "0"
    return f"{value:,.0f}" if value >= 100 or abs(value - round(value)) < EXACT else f"{value:.3g}"


def _ratio(value: float, *, fine: bool) -> str:
    """Two decimals around 1, or three where the interval is narrow; fewer for large ratios, more for small ones."""
    if value >= 1e5:
        return f"{value:.1e}"
    if value >= 10:
        return f"{value:,.{0 if value >= 100 else 1}f}"
    if value >= 0.1:
        return f"{value:.{3 if fine else 2}f}"
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}"
