"""The golden texts. `python -m tests.unit.report.golden` writes them anew; look at each difference first."""

from pathlib import Path

from loadgen.report.campaigns.comparison import render_comparison
from loadgen.report.campaigns.comparison_json import comparison_json
from loadgen.report.campaigns.comparison_markdown import comparison_markdown
from loadgen.report.campaigns.find_max import render_find_max
from loadgen.report.files.github import render_annotations
from loadgen.report.files.junit import render_junit
from loadgen.report.files.markdown import render_markdown
from loadgen.report.files.openmetrics import render_openmetrics
from loadgen.report.plans.plan import render_plan
from loadgen.report.run.checks import checks_of
from loadgen.report.run.gate import gate_to_json, render_gate
from loadgen.report.run.gate_checks import checks_of_gate
from loadgen.report.run.text import render_text
from tests.support.comparisons import EVERY_PAGE
from tests.support.gates import EVERY_GATE, EVERY_SEARCH
from tests.support.plans import EVERY_PLAN
from tests.support.results import EVERY_RESULT

FOLDER = Path(__file__).parent / "golden"


def texts() -> dict[str, str]:
    """Name of a golden file to what is rendered today."""
    reports = {name: render_text(make()) for name, make in EVERY_RESULT.items()}
    coloured = {"open_model_in_colour": render_text(EVERY_RESULT["open_model"](), colour=True)}
    wide = {"several_names_wide": render_text(EVERY_RESULT["several_names"](), width=120)}
    plans = {name: render_plan(make()) for name, make in EVERY_PLAN.items()}
    return reports | coloured | wide | plans | _comparisons() | _gates()


def _comparisons() -> dict[str, str]:
    pages = {name: make() for name, make in EVERY_PAGE.items()}
    shown = pages["comparison_three"]
    return {name: render_comparison(page) for name, page in pages.items()} | {
        "comparison_in_colour": render_comparison(pages["comparison_failing"], colour=True),
        "comparison_markdown": comparison_markdown(shown).removesuffix("\n"),
        "comparison_json": comparison_json(pages["comparison_failing"]).removesuffix("\n"),
    }


def _gates() -> dict[str, str]:
    gates = {name: make() for name, make in EVERY_GATE.items()}
    worse = gates["gate_worse"]
    checks = checks_of_gate(worse)
    written = {
        "gate_brief_in_colour": render_gate(worse, colour=True, brief=True),
        "gate_json": gate_to_json(worse),
        "gate_junit": render_junit(worse.result, checks, "what a person reads"),
        "gate_markdown": render_markdown(worse.result, checks),
        "gate_github": render_annotations(checks),
        "openmetrics": render_openmetrics(EVERY_RESULT["open_model"]()),
        "shop_openmetrics": render_openmetrics(EVERY_RESULT["shop"]()),
        "shop_markdown": render_markdown(EVERY_RESULT["shop"](), checks_of(EVERY_RESULT["shop"]())),
    }
    searches = {name: render_find_max(make()) for name, make in EVERY_SEARCH.items()}
    texts = {name: render_gate(gate) for name, gate in gates.items()} | searches
    return texts | {name: text.removesuffix("\n") for name, text in written.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
