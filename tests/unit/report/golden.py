"""The golden texts. `python -m tests.unit.report.golden` writes them anew; look at each difference first."""

from pathlib import Path

from loadgen.report.comparison import render_comparison
from loadgen.report.comparison_json import comparison_json
from loadgen.report.comparison_markdown import comparison_markdown
from loadgen.report.plan import render_plan
from loadgen.report.text import render_text
from tests.unit.report.comparisons import EVERY_PAGE
from tests.unit.report.plans import EVERY_PLAN
from tests.unit.report.results import EVERY_RESULT

FOLDER = Path(__file__).parent / "golden"


def texts() -> dict[str, str]:
    """Name of a golden file to what is rendered today."""
    reports = {name: render_text(make()) for name, make in EVERY_RESULT.items()}
    coloured = {"open_model_in_colour": render_text(EVERY_RESULT["open_model"](), colour=True)}
    wide = {"several_names_wide": render_text(EVERY_RESULT["several_names"](), width=120)}
    plans = {name: render_plan(make()) for name, make in EVERY_PLAN.items()}
    return reports | coloured | wide | plans | _comparisons()


def _comparisons() -> dict[str, str]:
    pages = {name: make() for name, make in EVERY_PAGE.items()}
    shown = pages["comparison_three"]
    return {name: render_comparison(page) for name, page in pages.items()} | {
        "comparison_in_colour": render_comparison(pages["comparison_failing"], colour=True),
        "comparison_markdown": comparison_markdown(shown).removesuffix("\n"),
        "comparison_json": comparison_json(pages["comparison_failing"]).removesuffix("\n"),
    }


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
