"""The table of exports: every renderer is there, takes the document of its kind, and gives text."""

import inspect
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest

from loadgen.judge.gate import Gate
from loadgen.judge.trend import Trend
from loadgen.report.campaigns.comparison import Page
from loadgen.report.exports import EXPORTS, Export, Kind
from loadgen.report.files.hlog import LogPart
from loadgen.report.run.run_report import RunReport
from loadgen.results.find_max import MaxRate
from loadgen.results.result import Result

DOCUMENTS: dict[str, Any] = {
    "run": RunReport, "rounds": RunReport, "gate": Gate, "comparison": Page, "search": MaxRate, "log": LogPart,
    "trend": Trend,
}  # fmt: skip
CASES = [(row, kind) for row in EXPORTS for kind in row.renderers]


def test_there_is_a_document_for_every_kind() -> None:
    assert set(get_args(Kind)) == DOCUMENTS.keys()


@pytest.mark.parametrize(("row", "kind"), CASES, ids=[f"{row.name} {kind}" for row, kind in CASES])
def test_every_renderer_takes_the_document_of_its_kind(row: Export, kind: Kind) -> None:
    module, name = row.renderers[kind].split(":")
    renderer = getattr(import_module(f"loadgen.{module}"), name)
    hints = get_type_hints(renderer, localns={"Gate": Gate})
    document, *others = inspect.signature(renderer).parameters.values()
    taken, given = hints[document.name], DOCUMENTS[kind]
    if row.of_result and hasattr(given, "result"):
        given = Result
    assert taken is given or given in get_args(taken)
    assert hints["return"] is str
    style = {parameter.name for parameter in others if parameter.default is inspect.Parameter.empty}
    assert style <= ({"width", "colour"} if row.name == "text" else set())


def test_names_and_flags_are_of_one_row_alone() -> None:
    names, flags = [row.name for row in EXPORTS], [flag for row in EXPORTS for flag in row.flags]
    assert len(set(names)) == len(names)
    assert len(set(flags)) == len(flags)
