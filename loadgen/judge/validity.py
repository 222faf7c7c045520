"""Whether to believe a run, and what that means for its figures."""

from collections.abc import Iterator, Sequence

from loadgen.base.units import counted, few, format_duration_s, listed
from loadgen.judge.findings import (
    ENOUGH,
    OWN_FAULT_SHARE,
    P50,
    P99,
    SHORT_S,
    SLOWEST,
    THROUGHPUT,
    busy,
    facts,
    held_up,
    late,
    own_faults,
    own_findings,
    samples,
)
from loadgen.results.merge_generators import without_figures
from loadgen.results.result import Machines, Result


def judge_validity(
    result: Result, lost: Sequence[str] = (), ceiling_rps: float | None = None, machines: Machines | None = None
) -> tuple[str, list[str]]:
    """`valid`, `limited` (figures are a bound), `invalid`, or `not_judged`, with reasons that say what to do.

    A run is not judged where not one reply came, which says nothing of the generator, and where it was too short, or
    had too few requests, unless something failed here. `lost` says, a line each, which workers are missing;
    `ceiling_rps` is the most this machine could send when it was calibrated, where it was. Where several machines made
    the load each has been judged by itself: what was a machine's own doing is said with its name.
    """
    if lost:
        return "invalid", [f"{reason}: its share of the load is missing" for reason in lost]
    if machines is None:
        own = [finding.text for finding in own_findings(result, ceiling_rps)]
    else:
        own = list(_of_machines(machines))
    reasons = [*own, *(finding.text for finding in facts(result))]
    stalled_s = result.generator.longest_stall_ms / 1000
    stood_still = result.duration_s >= SHORT_S and stalled_s > result.duration_s / 4
    if reasons and (stood_still or own_faults(result.errors) > OWN_FAULT_SHARE * result.ledger.sent):
        return "invalid", reasons
    if reasons:
        return "limited", reasons
    if not (result.status_codes or result.ledger.ok or result.journeys.ok):
        return "not_judged", []
    if count := _too_few(result):
        return "not_judged", [count]
    return "valid", []


def _of_machines(machines: Machines) -> Iterator[str]:
    """What is said of each, or with the figures of the first of several alike."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for row in machines.rows:
        for reason in row.reasons:
            alike.setdefault(without_figures(reason), []).append((row.name, reason))
    for named in alike.values():
        yield f"{few([name for name, _ in named])}: {named[0][1]}"


def meaning(result: Result) -> str:
    """What a limited run's findings mean for the figures at its top, in a line: which are bounds, and which stand."""
    moved = {figure for finding in (*own_findings(result), *facts(result)) for figure in finding.moved}
    if not moved:  # what was told by others, such as machines of their own
        return ""
    bounds = [f"{THROUGHPUT} is a lower bound"] if THROUGHPUT in moved else []
    longer = [figure for figure in (P50, P99) if figure in moved]
    if longer:
        bounds.append(f"{listed(longer)} {'is an upper bound' if len(longer) == 1 else 'are upper bounds'}")
    if not bounds and SLOWEST in moved:
        bounds.append(f"{SLOWEST} are the generator's own")
    stand = [figure for figure in (THROUGHPUT, P50, P99) if figure not in moved]
    verb = "stands" if len(stand) == 1 else "stand"
    return "; ".join([*bounds, *([f"{listed(stand)} {verb}"] if stand else [])])


def own_limits(result: Result) -> list[str]:
    """What of a saved run was the generator's doing, apart from a lack of connections; empty where nothing was."""
    return [finding.text for finding in (*busy(result), *held_up(result), *late(result))]


def _too_few(result: Result) -> str:
    """Why a run is too short to judge; empty where it is not."""
    count, noun = samples(result), "request"
    if result.journeys.started > result.ledger.sent:
        noun = "call" if (result.plan.get("counted") or {}).get("noun") == "calls" else "journey"
    if count < ENOUGH:
        few = counted(count, f"{noun} is", f"{noun}s are")
        return f"{few} too few to tell whether the generator kept up: it takes {ENOUGH}"
    if result.duration_s < SHORT_S:
        return (
            f"{format_duration_s(round(result.duration_s, 3))} is too short to tell whether the generator kept up: it "
            f"takes {format_duration_s(SHORT_S)}"
        )
    return ""
