"""`loadgen diff`: what can be told of the difference of saved results."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.cli.commands.diff import Diff
from loadgen.cli.output import Delivery
from loadgen.cli.saved import load_rounds
from loadgen.plan.identity import plan_differences
from loadgen.report.campaigns.comparison import make_page
from loadgen.results.machine import machine_differences, software_differences
from loadgen.results.rounds import Rounds

NOTHING_JUDGED = "PASSED (nothing was to be met; `loadgen gate` fails what is worse)"


def diff(given: Diff) -> int:
    """Print what differs."""
    delivery = Delivery(given.output)
    names = (given.first, given.other)
    sides = [load_rounds(name) for name in names]
    warnings = [*_unlike(sides, names, anyway=given.anyway), *_elsewhere(sides)]
    labelled = [replace(side, label=label) for side, label in zip(sides, _labels(names), strict=True)]
    delivery.deliver("comparison", make_page(labelled, warnings, by_turns=False, outcome=NOTHING_JUDGED))
    return 0


def _unlike(sides: Sequence[Rounds], names: tuple[str, str], *, anyway: bool) -> list[str]:
    """A warning for plans that differ. Raises UsageError unless they are to be compared anyway."""
    differences = plan_differences(*(side.results[0].plan for side in sides))
    if not differences:
        return []
    said = "; ".join(differences)
    if not anyway:
        raise UsageError(f"{names[1]} did not do the same as {names[0]}: {said}; --anyway compares them all the same")
    return [f"NOT ALIKE: {said}. What differs here may be the load, not the target."]


def _elsewhere(sides: Sequence[Rounds]) -> list[str]:
    """Warnings for another machine, and for other software."""
    here, there = (side.results[0].environment for side in sides)
    warnings = []
    if machine := machine_differences(here, there):
        warnings.append(f"ANOTHER MACHINE: {'; '.join(machine)}. What differs here may be the machine.")
    if software := software_differences(here, there):
        warnings.append(f"Other software: {'; '.join(software)}.")
    return warnings


def _labels(names: tuple[str, str]) -> list[str]:
    """The variant, or the file without folder and ending; the whole names where these are the same."""
    short = [name.rpartition("#")[2] if "#" in name else Path(name).stem for name in names]
    if short[0] != short[1]:
        return short
    return list(names) if names[0] != names[1] else [f"{short[0]} (A)", f"{short[1]} (B)"]
