"""`loadgen diff`: what can be told of the difference of saved results."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.comparison_output import FORMS, Form, Html, page_html, page_of, show_page
from loadgen.cli.options import FLAG
from loadgen.cli.output import check_file, check_output, write_text
from loadgen.cli.saved import load_rounds

if TYPE_CHECKING:
    from loadgen.results.rounds import Rounds


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A saved result, or FILE#VARIANT of a comparison.")],
    other: Annotated[str, typer.Argument(metavar="B", help="What is set against it.")],
    anyway: Annotated[
        bool, typer.Option("--anyway", metavar=FLAG, help="Compare runs that did not do the same.")
    ] = False,
    html: Html = None,
    form: Form = "text",
) -> None:
    """Compare two saved results, or two series of rounds.

    Runs that did not do the same (requests, pacing, connections, duration) are refused.
    """
    check_output(None, form, FORMS)
    check_file("--html", html)
    names = (first, other)
    sides = [load_rounds(name) for name in names]
    warnings = [*_unlike(sides, names, anyway=anyway), *_elsewhere(sides)]
    labels = _labels(names)
    page = page_of([replace(side, label=label) for side, label in zip(sides, labels, strict=True)], warnings)
    if html is not None:
        write_text(html, page_html(page))
    show_page(page, form)


def _unlike(sides: Sequence["Rounds"], names: tuple[str, str], *, anyway: bool) -> list[str]:
    """A warning for plans that differ. Raises UsageError unless they are to be compared anyway."""
    from loadgen.plan.identity import plan_differences

    differences = plan_differences(*(side.results[0].plan for side in sides))
    if not differences:
        return []
    said = "; ".join(differences)
    if not anyway:
        raise UsageError(f"{names[1]} did not do the same as {names[0]}: {said}; --anyway compares them all the same")
    return [f"NOT ALIKE: {said}. What differs here may be the load, not the target."]


def _elsewhere(sides: Sequence["Rounds"]) -> list[str]:
    """Warnings for another machine, and for other software."""
    from loadgen.results.machine import machine_differences, software_differences

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
