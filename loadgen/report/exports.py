"""The table of exports: every form in which a command prints or saves what it has.

A new form is a function and a row. This file imports no renderer: `--help` reads the table, and a renderer is imported
when something is rendered with it.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

from loadgen.base.dataclass import dataclass

Kind = Literal["run", "rounds", "gate", "comparison", "search", "log", "trend"]
"""What a document is: a run, or rounds with what a gate says of them (both a RunReport), a Gate alone, a Page, a
MaxRate, a LogPart, or a Trend."""

OUTPUT = "Output"
CI = "For CI"
SAVED = "saved"


@dataclass(frozen=True, slots=True)
class Export:
    """A form. `renderers` has for each kind the function in loadgen, `module:name`, that makes a text of a document.

    With `flags` it can be saved in a file; with `printed`, `--format NAME` puts it on standard output. `of_result`:
    where a document has a Result, that is rendered alone.
    """

    name: str
    renderers: Mapping[Kind, str]
    flags: tuple[str, ...] = ()
    help: str = ""
    panel: str = OUTPUT
    printed: bool = False
    of_result: bool = False

    @property
    def flag(self) -> str:
        """The long flag, as errors name it."""
        return self.flags[-1]


def _run(name: str) -> dict[Kind, str]:
    """The same function for all that has a Result."""
    return {"run": name, "rounds": name, "gate": name}


TABLES = "report.campaigns.comparison"
RUNS = "report.files.exported"
EXPORTS = (
    Export(
        "text",
        {
            "run": "report.run.text:run_text",
            "rounds": "report.run.gate:rounds_text",
            "gate": "report.run.gate:render_gate",
            "comparison": f"{TABLES}:render_comparison",
            "search": "report.campaigns.find_max:render_find_max",
            "log": "report.files.hlog:render_log",
            "trend": "report.campaigns.trend:render_trend",
        },
        printed=True,
    ),
    Export(
        "json",
        {
            "run": "report.files.saved:run_json",
            "rounds": "report.files.saved:run_json",
            "gate": "report.run.gate:gate_to_json",
            "comparison": f"{TABLES}_json:comparison_json",
            "search": "results.find_max:to_json",
        },
        printed=True,
    ),
    Export("annotations", _run(f"{RUNS}:run_annotations")),
    Export(
        SAVED,
        {
            "run": "report.files.saved:run_json",
            "rounds": "report.files.saved:run_json",
            "comparison": f"{TABLES}_json:saved_comparison",
            "search": "results.find_max:to_json",
        },
        ("-o", "--output"), "Save the result as JSON; - is stdout.",
    ),
    Export(
        "html",
        {
            **_run("report.run.html:run_html"),
            "comparison": f"{TABLES}_html:comparison_html",
            "search": "report.campaigns.find_max_html:find_max_html",
            "trend": "report.campaigns.trend_html:trend_html",
        },
        ("--html",), "Save tables and curves as a page of its own.",
    ),
    Export(
        "hgrm", {**_run("report.files.hgrm:hgrm_of"), "log": f"{RUNS}:log_hgrm"},
        ("--hgrm",), "Save response percentiles as HdrHistogram text.", of_result=True,
    ),
    Export(
        "hlog", _run("report.files.hlog:render_hlog"),
        ("--hlog",), "Save response times as an HdrHistogram interval log.", of_result=True,
    ),
    Export(
        "markdown",
        {**_run(f"{RUNS}:run_markdown"), "comparison": f"{TABLES}_markdown:comparison_markdown"},
        ("--markdown",), "Save figures and checks as Markdown, for a pull request.", CI, printed=True,
    ),
    Export(
        "junit", _run(f"{RUNS}:run_junit"),
        ("--junit",), "Save checks as JUnit XML, a test case for each threshold.", CI,
    ),
    Export(
        "openmetrics", _run("report.files.openmetrics:render_openmetrics"),
        ("--openmetrics",), "Save figures as OpenMetrics text, for GitLab's metrics report.", CI, of_result=True,
    ),
)  # fmt: skip


def find_export(name: str) -> Export:
    """The row of a name that is in the table."""
    return next(row for row in EXPORTS if row.name == name)


def render(name: str, kind: Kind, document: object, **style: Any) -> str:
    """A document in a form that the table has for its kind; text takes a `width` and `colour`.

    Raises UsageError where the document is damaged.
    """
    row = find_export(name)
    document = getattr(document, "result", document) if row.of_result else document
    module, function = row.renderers[kind].split(":")
    return str(getattr(import_module(f"loadgen.{module}"), function)(document, **style))
