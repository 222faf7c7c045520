"""Where a comparison goes: the rounds to a file, the table to standard output, the page to another file."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

from loadgen.cli.options import own_option
from loadgen.cli.output import deliver, emit, text_width, wants_colour, write_text
from loadgen.cli.run import OUTPUT

if TYPE_CHECKING:
    from loadgen.report.campaigns.comparison import Page
    from loadgen.results.rounds import Rounds

FORMS = ("text", "json", "markdown")
Form = Annotated[str, own_option(["--format"], OUTPUT, "text, json or markdown on stdout.", "FORM")]
Html = Annotated[str | None, own_option(["--html"], OUTPUT, "Save the comparison as a page of its own.")]


def page_of(variants: Sequence["Rounds"], warnings: Sequence[str] = ()) -> "Page":
    """What is to be shown of several variants. Raises UsageError for damaged histograms."""
    from loadgen.judge.comparison import compare
    from loadgen.judge.explain import alarms, doubts, explain
    from loadgen.report.campaigns.comparison import Page

    comparison = compare(variants)
    return Page(comparison, (*warnings, *alarms(comparison)), tuple(explain(comparison)), tuple(doubts(comparison)))


def show_page(page: "Page", form: str) -> None:
    """Print it in one of FORMS."""
    match form:
        case "json":
            from loadgen.report.campaigns.comparison_json import comparison_json

            emit(comparison_json(page))
        case "markdown":
            from loadgen.report.campaigns.comparison_markdown import comparison_markdown

            emit(comparison_markdown(page))
        case _:
            from loadgen.report.campaigns.comparison import render_comparison

            emit(render_comparison(page, width=text_width(), colour=wants_colour()) + "\n")


def page_html(page: "Page") -> str:
    """The page. Raises UsageError for damaged histograms."""
    from loadgen.report.campaigns.comparison_html import comparison_html

    return comparison_html(page)


def deliver_comparison(
    saved: str, page: "Page", output: str | None, html: str | None, form: str, *, quiet: bool
) -> None:
    """Save the rounds as text `saved`, print the table, write the page; `output` "-" is standard output.

    Raises UsageError for a file that could not be written, after the rest was: nothing measured must be lost.
    """
    with ExitStack() as rest:
        if html is not None:
            rest.callback(lambda: write_text(html, page_html(page)))
        deliver(lambda: saved, lambda: show_page(page, form), output, as_json=False, quiet=quiet)
