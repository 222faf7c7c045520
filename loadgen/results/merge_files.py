"""Results that a person says belong together as one: refused where that cannot be right, and it says what was done.

Every run has an id, by which a copy is known. Whether runs were at once or in turn is told by their clocks, which
differ between machines: `boot` in the environment says whose clock it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from loadgen.base.errors import UsageError
from loadgen.base.units import format_duration_s, listed
from loadgen.results.merge import measured_window, merge_results, rounds_of
from loadgen.results.result import Result

AT_ONCE_SHARE = 0.5
"""Of the shortest run: where less of it was shared by all, sums of their rates are those of no instant."""


def merge_files(results: Mapping[str, Result]) -> Result:
    """One Result of several, each with the name of its file; a note says what was done. Raises UsageError."""
    _check_distinct(results)
    merged = merge_results(results)
    rounds = rounds_of(list(results.values()))
    _check_clocks(results, rounds)
    return replace(merged, notes=[_what_was_done(rounds), *merged.notes])


def _check_distinct(results: Mapping[str, Result]) -> None:
    for (name, result), (other_name, other) in combinations(results.items(), 2):
        if set(result.runs) & set(other.runs) or (not result.runs and result == other):
            raise UsageError(f"cannot merge {other_name} with {name}: both hold the same run; leave one of them out")


def _check_clocks(results: Mapping[str, Result], rounds: Sequence[Sequence[Result]]) -> None:
    """Raise UsageError for runs that were neither at once nor in turn, or are apart by clocks of their own."""
    names = {id(result): name for name, result in results.items()}
    for group in rounds:
        windows = [measured_window(result) for result in group]
        shared_s = min(closed for _, closed in windows) - max(opened for opened, _ in windows)
        shortest_s = min(result.duration_s for result in group)
        if shared_s < AT_ONCE_SHARE * shortest_s:
            together = listed(names[id(result)] for result in group)
            shared = f"{format_duration_s(max(0.0, shared_s))} of {format_duration_s(shortest_s)}"
            raise UsageError(
                f"cannot merge {together}: only {shared} were measured by all at once, so they ran "
                "neither at the same time nor after each other; start them together, on machines whose clocks are set "
                "(NTP)"
            )
    clocks = [{str(result.environment.get("boot", "")) for result in group} for group in rounds]
    if all(map(all, clocks)) and any(group != clocks[0] for group in clocks):
        apart_s = measured_window(rounds[1][0])[0] - measured_window(rounds[0][0])[0]
        raise UsageError(
            f"cannot merge {names[id(rounds[0][0])]} and {names[id(rounds[1][0])]}: by their clocks they began "
            f"{format_duration_s(round(apart_s, 3))} apart, and they are of different machines or boots, so that says "
            "nothing of whether they ran at once; run them on machines whose clocks are set (NTP), or compare them "
            "with `loadgen diff`"
        )


def _what_was_done(rounds: Sequence[Sequence[Result]]) -> str:
    at_once = max(map(len, rounds))
    together = f"{at_once} runs at the same time: their users and rates add up"
    if len(rounds) == 1:
        return f"merged as {together}"
    turns = f"merged as {len(rounds)} rounds after each other: their durations add up, their users do not"
    return turns if at_once == 1 else f"{turns}; in a round up to {together}"
