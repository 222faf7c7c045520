"""`loadgen trend`: saved results of one plan over time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.base.units import parse_percent
from loadgen.cli.commands.trend import Trend
from loadgen.cli.labels import COMMIT
from loadgen.cli.output import Delivery
from loadgen.cli.saved import load_rounds, text_of
from loadgen.judge.trend import METRICS, Dated, judge_trend
from loadgen.plan.condition import parse_metric
from loadgen.plan.metrics import Metric
from loadgen.results.merge import merge_rounds
from loadgen.results.result import SCHEMA as RESULT_SCHEMA
from loadgen.results.result import Result
from loadgen.results.rounds import ROUNDS_SCHEMA

SHORT_COMMIT = 10


def trend(given: Trend) -> int:
    """Print what changed when; 120 where that is new and for the worse."""
    delivery = Delivery(given.output)
    metrics = _metrics(given.metrics or METRICS)
    least = _least(given.least)
    files = [*_files(given.files)]
    if len(set(files)) < len(files):
        raise UsageError("a result is given twice")
    if not files:
        raise UsageError(f"no result in {', '.join(given.files)}")
    dated = [_dated(file) for file in files]
    try:
        judged = judge_trend(dated, metrics, least, given.newest)
    except ValueError as error:
        raise UsageError(f"damaged result: {error}") from None
    delivery.deliver("trend", judged)
    return judged.code


def _metrics(texts: Sequence[str]) -> list[Metric]:
    try:
        return [parse_metric(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--metric: {error}") from None


def _least(text: str) -> float:
    try:
        return parse_percent(text)
    except ValueError as error:
        raise UsageError(f"--least: {error}") from None


def _files(names: Sequence[str]) -> Iterator[str]:
    """The files that were named, and of folders those that hold a result."""
    for name in names:
        if not Path(name).is_dir():
            yield name
            continue
        yield from (str(path) for path in sorted(Path(name).rglob("*.json")) if _is_result(path))


def _is_result(path: Path) -> bool:
    try:
        document = json.loads(text_of(str(path)))
    except (UsageError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("schema") in (RESULT_SCHEMA, ROUNDS_SCHEMA)


def _dated(file: str) -> Dated:
    """All rounds of a file are one result."""
    result = merge_rounds(load_rounds(file).results, f" of {file}")
    return Dated(_name(result, file), result)


def _name(result: Result, file: str) -> str:
    labels = result.labels
    if labels.get(COMMIT):
        return labels[COMMIT][:SHORT_COMMIT]
    if labels:
        return ", ".join(labels.values())
    return result.started_at[:19] or Path(file).stem
