"""`loadgen report`: saved results, printed again or merged into one; and histogram logs."""

from collections.abc import Mapping, Sequence

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import listed, parse_duration_s
from loadgen.cli.commands.report import Report
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Output
from loadgen.cli.saved import rounds_in, text_of, variants_in
from loadgen.cli.streams import emit
from loadgen.report.campaigns.comparison import make_page
from loadgen.report.exports import Kind, find_export
from loadgen.report.files.hlog import LogPart
from loadgen.report.run.run_report import RunReport
from loadgen.results.find_max import from_json
from loadgen.results.hlog import read_log
from loadgen.results.merge import merge_rounds
from loadgen.results.merge_files import merge_files

UNITS = ("us", "ns", "ms")
KINDS: dict[Kind, tuple[str, str]] = {
    "run": ("a result", "results"),
    "comparison": ("a comparison", "comparisons"),
    "search": ("what find-max found", "what find-max found"),
    "log": ("a histogram log", "histogram logs"),
}
"""What one file is called, and several."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds."""

    file: str
    kind: Kind
    content: object


def report(given: Report) -> int:
    """Print the files one after the other, or merged."""
    delivery = Delivery(given.output)
    flags = [find_export(name).flag for name in given.output.files]
    if len(given.files) > 1 and not given.merge and flags:
        raise UsageError(f"{flags[0]}: takes one file at a time, or several results with --merge")
    unit = given.unit or UNITS[0]
    if unit not in UNITS:
        raise UsageError(f"--unit: expected us, ns or ms, got {unit!r}")
    start_s, end_s = _seconds("--start", given.start), _seconds("--end", given.end)
    texts = {file: text_of(file) for file in given.files}
    logs = [file for file in given.files if _is_log(file, texts[file])]
    for option, value in {"--start": given.start, "--end": given.end, "--tag": given.tag, "--unit": given.unit}.items():
        if value is not None and not logs:
            raise UsageError(f"{option}: only for histogram logs, and none of the files is one")

    def read(file: str) -> Document:
        if file not in logs:
            return _read(texts[file], file)
        log = read_log(texts[file], file, unit)
        chosen = log.select(start_s, end_s, given.tag)
        return Document(file, "log", LogPart(log, chosen, log.merge(chosen)))

    documents = [_merged(given.files, texts, logs)] if given.merge else [*map(read, given.files)]
    _check_forms(documents, given.output)
    for index, document in enumerate(documents):
        if len(documents) > 1 and given.output.form == "text":
            emit("\n" * bool(index) + f"==> {document.file} <==\n\n")
        delivery.deliver(document.kind, document.content)
    return 0


def _seconds(option: str, value: str | None) -> float | None:
    try:
        return None if value is None else parse_duration_s(value)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _is_log(file: str, text: str) -> bool:
    """By its name, since it may be cut or damaged; under another name by how it begins."""
    return file.endswith(".hlog") or text.startswith(("#", "Tag=", '"StartTimestamp"'))


def _check_forms(documents: Sequence[Document], output: Output) -> None:
    """Raise UsageError for a document that there is not in a form that was asked for."""
    forms = {f"--format {output.form}": output.form} | {find_export(name).flag: name for name in output.files}
    for asked, name in forms.items():
        renderers = find_export(name).renderers
        for document in documents:
            if document.kind not in renderers:
                takes = listed(several for kind, (_, several) in KINDS.items() if kind in renderers)
                variant = f"; it takes one variant, as {document.file}#1" if document.kind == "comparison" else ""
                one, _ = KINDS[document.kind]
                raise UsageError(f"{asked}: takes {takes}, and {document.file!r} is {one}{variant}")


def _read(text: str, argument: str) -> Document:
    """A Result, several rounds as one, a comparison, or a search."""
    if (found := from_json(text, argument)) is not None:
        return Document(argument, "search", found)
    variants = variants_in(text, argument)
    if len(variants) > 1:
        return Document(argument, "comparison", make_page(variants))
    return Document(argument, "run", RunReport((merge_rounds(variants[0].results, f" of {argument}"),)))


def _merged(files: Sequence[str], texts: Mapping[str, str], logs: Sequence[str]) -> Document:
    if logs:
        raise UsageError(f"--merge: takes results, and {logs[0]!r} is a histogram log")
    if len(texts) < len(files):
        raise UsageError("--merge: a file is given twice")
    results = {file: merge_rounds(rounds_in(text, file).results, f" of {file}") for file, text in texts.items()}
    return Document(" ".join(files), "run", RunReport((merge_files(results),)))
