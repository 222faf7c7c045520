"""The machines of several runs as one table: what each did, and the worst that was said of any."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from loadgen.results.merge_generators import VERDICTS, distinct_reasons, place_in, total
from loadgen.results.result import MachineRow, Machines, Result


def machines_at_once(results: Sequence[Result]) -> Machines | None:
    """Of runs at the same time: all of their machines, whose workers stand behind those of the runs before."""
    rows: list[MachineRow] = []
    before = 0
    for result in results:
        found = result.machines.rows if result.machines is not None else []
        rows += [replace(row, first_worker=before + row.first_worker) for row in found]
        before += len(result.generator.workers)
    return _whole(results, rows)


def machines_in_turn(rounds: Sequence[Result]) -> Machines | None:
    """Of rounds after each other: each machine once, with the sums and the worst of its rounds."""
    named: dict[str, dict[int, MachineRow]] = {}
    for number, result in enumerate(rounds, 1):
        for row in result.machines.rows if result.machines is not None else []:
            named.setdefault(row.name, {})[number] = row
    return _whole(rounds, [_in_turn(of_rounds) for of_rounds in named.values()])


def _whole(results: Sequence[Result], rows: list[MachineRow]) -> Machines | None:
    known = [result.machines for result in results if result.machines is not None]
    if not known:
        return None
    return Machines(
        rows,
        start_spread_ms=_most(machines.start_spread_ms for machines in known),
        stop_spread_ms=_most(machines.stop_spread_ms for machines in known),
        unaccounted_at_most=sum(machines.unaccounted_at_most for machines in known),
    )


def _in_turn(of_rounds: Mapping[int, MachineRow]) -> MachineRow:
    """One machine; by the number of the round what it did there."""
    rows = list(of_rounds.values())
    lost = [f"in round {number}: {row.lost}" for number, row in of_rounds.items() if row.lost]
    early_ms = [row.gate_early_ms for row in rows if row.gate_early_ms is not None]
    known = max(rows, key=lambda row: row.clock_bound_ms)
    return replace(
        rows[0],
        ledger=total([row.ledger for row in rows]),
        clock_ahead_s=known.clock_ahead_s,
        clock_bound_ms=known.clock_bound_ms,
        drift_ppm=known.drift_ppm,
        gate_early_ms=min(early_ms, default=None),
        silent_ms=max(row.silent_ms for row in rows),
        lost="; ".join(lost),
        unaccounted_at_most=sum(row.unaccounted_at_most for row in rows),
        service_p50_ms=_most(row.service_p50_ms for row in rows),
        verdict=max((row.verdict for row in rows), key=lambda verdict: place_in(VERDICTS, verdict)),
        reasons=distinct_reasons(reason for row in rows for reason in row.reasons),
    )


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
