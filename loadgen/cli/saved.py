"""Saved results named on the command line: FILE, FILE#VARIANT for one variant of a comparison, or a baseline."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.cli.parameters import Against
from loadgen.judge.gate import DEFAULT_MARGINS, Baseline, parse_margins
from loadgen.plan.named import Named
from loadgen.results.baselines import FOLDER, Baselines
from loadgen.results.rounds import Rounds, read_variants


def text_of(argument: str) -> str:
    """The text of the file. Raises UsageError."""
    file, _ = _split(argument)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise UsageError(f"cannot read {file!r}: {reason}") from None


def variants_in(text: str, argument: str) -> list[Rounds]:
    """All variants in the text of a file, or the one that is named. Raises UsageError.

    A variant is named by its label (`pool 4 workers`, or `pool-4-workers`) or by its number from 1.
    """
    file, name = _split(argument)
    variants = read_variants(text, file)
    if name is None:
        return variants
    for number, item in enumerate(variants, 1):
        if name in (item.label, str(number)) or slug(name) == slug(item.label):
            return [item]
    labels = ", ".join(slug(item.label) for item in variants if item.label) or "only one, without a name"
    raise UsageError(f"{file}: has no variant {name!r}; there is {labels}")


def load_rounds(argument: str) -> Rounds:
    """`rounds_in` of a file that is not read yet."""
    return rounds_in(text_of(argument), argument)


def rounds_in(text: str, argument: str) -> Rounds:
    """The rounds of one variant. Raises UsageError, also where there are several and none is named."""
    variants = variants_in(text, argument)
    if len(variants) > 1:
        labels = [slug(item.label) for item in variants]
        raise UsageError(
            f"{argument}: holds several variants ({', '.join(labels)}); name one, as {argument}#{labels[0]}"
        )
    return variants[0]


def read_baseline(against: Against, names: Collection[Named] | None) -> Baseline | None:
    """What a build is compared with; `names` are what a margin may be about, where that is known. Raises UsageError."""
    if against.baseline is None:
        if against.asked:
            option = "--anyway" if against.max_regression is None else "--max-regression"
            raise UsageError(f"{option}: needs a --baseline to compare with")
        return None
    try:
        margins = parse_margins(DEFAULT_MARGINS if against.max_regression is None else against.max_regression, names)
    except ValueError as error:
        raise UsageError(f"--max-regression: {error}") from None
    is_file = Path(against.baseline).exists() or "#" in against.baseline
    file = against.baseline if is_file else str(Baselines(FOLDER).find(against.baseline))
    return Baseline(against.baseline, load_rounds(file).results, tuple(margins), against.anyway)


def _split(argument: str) -> tuple[str, str | None]:
    """The file and the variant; a file may have the mark in its own name."""
    file, mark, name = argument.rpartition("#")
    return (argument, None) if not mark or not file or os.path.exists(argument) else (file, name)  # noqa: PTH110


def slug(label: str) -> str:
    """A label without what a shell would want quoted."""
    return re.sub(r"[^a-z0-9.]+", "-", label.lower()).strip("-")
