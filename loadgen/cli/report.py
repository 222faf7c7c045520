"""`loadgen report`: saved results, printed again or merged into one; and histogram logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s
from loadgen.cli.comparison_output import FORMS, Form, Html, page_html, page_of, show_page
from loadgen.cli.options import FLAG
from loadgen.cli.output import (
    HistogramFiles,
    check_file,
    check_output,
    deliver_result,
    emit,
    show_find_max,
    text_width,
    wants_colour,
    write_text,
)
from loadgen.cli.saved import rounds_in, text_of, variants_in

if TYPE_CHECKING:
    from loadgen.measure.histogram import Histogram
    from loadgen.report.campaigns.comparison import Page
    from loadgen.results.find_max import MaxRate
    from loadgen.results.result import Result

LOG = "Histogram logs"
UNITS = ("us", "ns", "ms")


@dataclass(frozen=True, slots=True)
class Range:
    """Which intervals of a histogram log to take, and the unit of its values."""

    start_s: float | None
    end_s: float | None
    tag: str | None
    unit: str


@dataclass(frozen=True, slots=True)
class LogReport:
    """A histogram log, read: its report and the values in it."""

    text: str
    counts: "Histogram"


def report(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="What a command saved with -o FILE, or histogram logs (.hlog)."),
    ],
    form: Form = "text",
    html: Html = None,
    merge: Annotated[
        bool, typer.Option("--merge", metavar=FLAG, help="One report of several results of the same plan.")
    ] = False,
    hgrm: Annotated[
        str | None, typer.Option(metavar="FILE", help="Save response percentiles as HdrHistogram text.")
    ] = None,
    hlog: Annotated[
        str | None, typer.Option(metavar="FILE", help="Save response times as an HdrHistogram interval log.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only intervals that begin here or later.", rich_help_panel=LOG)
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only intervals that begin before.", rich_help_panel=LOG)
    ] = None,
    tag: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only intervals of this tag.", rich_help_panel=LOG)
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Of the values: us, ns or ms. (default: us)", rich_help_panel=LOG)
    ] = None,
) -> None:
    """Print saved results again, one after the other or merged."""
    check_output(None, form, FORMS)
    check_file("--html", html)
    histograms = HistogramFiles(hgrm, hlog)
    histograms.check()
    if len(files) > 1 and not merge and (hgrm or hlog):
        raise UsageError(f"{'--hgrm' if hgrm else '--hlog'}: takes one result at a time, or several with --merge")
    wanted = Range(_seconds("--start", start), _seconds("--end", end), tag, unit or "us")
    if wanted.unit not in UNITS:
        raise UsageError(f"--unit: expected us, ns or ms, got {wanted.unit!r}")
    texts = {file: text_of(file) for file in files}
    logs = [file for file in files if _is_log(file, texts[file])]
    for option, given in {"--start": start, "--end": end, "--tag": tag, "--unit": unit}.items():
        if given is not None and not logs:
            raise UsageError(f"{option}: only for histogram logs, and none of the files is one")
    for option, unfit in {"--merge": merge, f"--format {form}": form != "text", "--hlog": bool(hlog)}.items():
        if unfit and logs:
            raise UsageError(f"{option}: takes results, and {logs[0]!r} is a histogram log")
    if merge:
        _show(_merged(files, texts), form, histograms)
        return
    reports = [_read_log(texts[file], file, wanted) if file in logs else _read(texts[file], file) for file in files]
    _check_pages(dict(zip(files, reports, strict=True)), form, html, histograms)
    for index, item in enumerate(reports):
        if len(reports) > 1 and form == "text":
            emit("\n" * bool(index) + f"==> {files[index]} <==\n\n")
        _show(item, form, histograms)


def _check_pages(
    reports: "Mapping[str, Result | LogReport | Page | MaxRate]",
    form: str,
    html: str | None,
    histograms: HistogramFiles,
) -> None:
    """Write the page of the one comparison or search. Raises UsageError for what only these can be, or only results."""
    from loadgen.report.campaigns.comparison import Page
    from loadgen.results.find_max import MaxRate

    pages = {file: item for file, item in reports.items() if isinstance(item, Page | MaxRate)}
    others = [file for file in reports if file not in pages]
    if html is not None and others:
        raise UsageError(f"--html: takes what `loadgen compare` or `find-max` saved, and {others[0]!r} is neither")
    for file, item in pages.items():
        if histograms.hgrm or histograms.hlog:
            takes = f"one variant, as {file}#1" if isinstance(item, Page) else f"a result, and {file!r} is none"
            raise UsageError(f"{'--hgrm' if histograms.hgrm else '--hlog'}: takes {takes}")
        if form == "markdown" and isinstance(item, MaxRate):
            raise UsageError(f"--format markdown: takes results and comparisons, and {file!r} is neither")
    if html is not None:
        if len(pages) > 1:
            raise UsageError("--html: takes one file at a time")
        write_text(html, _html(next(iter(pages.values()))))


def _html(item: "Page | MaxRate") -> str:
    from loadgen.report.campaigns.find_max_html import find_max_html
    from loadgen.results.find_max import MaxRate

    return find_max_html(item) if isinstance(item, MaxRate) else page_html(item)


def _read(text: str, argument: str) -> "Result | Page | MaxRate":
    """What a file holds: a Result, several rounds as one, a comparison, or a search."""
    from loadgen.results.find_max import from_json

    if (found := from_json(text, argument)) is not None:
        return found
    variants = variants_in(text, argument)
    return page_of(variants) if len(variants) > 1 else _as_one(variants[0].results, argument)


def _result(text: str, argument: str) -> "Result":
    return _as_one(rounds_in(text, argument).results, argument)


def _as_one(rounds: Sequence["Result"], argument: str) -> "Result":
    from loadgen.results.merge import merge_results

    if len(rounds) == 1:
        return rounds[0]
    return merge_results({f"round {number} of {argument}": result for number, result in enumerate(rounds, 1)})


def _merged(files: Sequence[str], texts: Mapping[str, str]) -> "Result":
    from loadgen.results.merge import merge_results

    if len(texts) < len(files):
        raise UsageError("--merge: a file is given twice")
    return merge_results({file: _result(text, file) for file, text in texts.items()})


def _read_log(text: str, file: str, wanted: Range) -> LogReport:
    from loadgen.report.files.hlog import render_log
    from loadgen.results.hlog import read_log

    log = read_log(text, file, wanted.unit)
    chosen = log.select(wanted.start_s, wanted.end_s, wanted.tag)
    counts = log.merge(chosen)
    return LogReport(render_log(log, chosen, counts, width=text_width(), colour=wants_colour()), counts)


def _show(item: "Result | LogReport | Page | MaxRate", form: str, histograms: HistogramFiles) -> None:
    from loadgen.results.find_max import MaxRate, to_json
    from loadgen.results.result import Result

    if isinstance(item, LogReport):
        emit(item.text + "\n")
        if histograms.hgrm:
            from loadgen.report.files.hgrm import render_hgrm

            write_text(histograms.hgrm, render_hgrm(item.counts))
    elif isinstance(item, Result):
        _show_result(item, form)
        histograms.write(item)
    elif isinstance(item, MaxRate):
        emit(to_json(item)) if form == "json" else show_find_max(item)
    else:
        show_page(item, form)


def _show_result(result: "Result", form: str) -> None:
    if form != "markdown":
        deliver_result(result, None, form)
        return
    from loadgen.report.files.markdown import render_markdown
    from loadgen.report.run.checks import checks_of

    emit(render_markdown(result, checks_of(result)))


def _is_log(file: str, text: str) -> bool:
    """By its name, since it may be cut or damaged; under another name by how it begins."""
    return file.endswith(".hlog") or text.startswith(("#", "Tag=", '"StartTimestamp"'))


def _seconds(option: str, value: str | None) -> float | None:
    try:
        return None if value is None else parse_duration_s(value)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
