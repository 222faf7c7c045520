"""What CI servers read: files that were asked for, and what GitHub Actions shows without being asked."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loadgen.base.errors import UsageError
from loadgen.cli.options import own_option
from loadgen.cli.output import check_file, emit, write_text

if TYPE_CHECKING:
    from loadgen.report.run.checks import Check
    from loadgen.results.result import Result

CI = "For CI"
Junit = Annotated[str | None, own_option(["--junit"], CI, "Save checks as JUnit XML, a test case for each threshold.")]
Markdown = Annotated[
    str | None, own_option(["--markdown"], CI, "Save figures and checks as Markdown, for a pull request.")
]
OpenMetrics = Annotated[
    str | None, own_option(["--openmetrics"], CI, "Save figures as OpenMetrics text, for GitLab's metrics report.")
]


@dataclass(frozen=True, slots=True)
class CiFiles:
    """Where the checks of a Result go; None for what was not asked for."""

    junit: str | None = None
    markdown: str | None = None
    openmetrics: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is a file to write."""
        return any((self.junit, self.markdown, self.openmetrics))

    def check(self) -> None:
        """Raise UsageError for a file that could not be written at the end."""
        check_file("--junit", self.junit)
        check_file("--markdown", self.markdown)
        check_file("--openmetrics", self.openmetrics)

    def write(self, result: "Result", checks: "Sequence[Check] | None" = None) -> None:
        """Write those that were asked for. Raises UsageError where that fails."""
        from loadgen.report.run.checks import checks_of

        found = checks_of(result) if checks is None else checks
        if self.junit is not None:
            from loadgen.report.files.junit import render_junit
            from loadgen.report.run.text import render_text

            write_text(self.junit, render_junit(result, found, render_text(result)))
        if self.markdown is not None:
            from loadgen.report.files.markdown import render_markdown

            write_text(self.markdown, render_markdown(result, found))
        if self.openmetrics is not None:
            from loadgen.report.files.openmetrics import render_openmetrics

            write_text(self.openmetrics, render_openmetrics(result))


def tell_github(
    result: "Result",
    checks: "Sequence[Check] | None" = None,
    *,
    environment: Mapping[str, str] = os.environ,
    machine: bool = False,
) -> None:
    """In a step of GitHub Actions: annotations on standard output, and the Markdown in the step's summary.

    `machine`: standard output holds JSON, so the annotations go to standard error, which the runner reads as well.
    Raises UsageError where the summary cannot be written.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    from loadgen.report.files.github import render_annotations
    from loadgen.report.files.markdown import render_markdown
    from loadgen.report.run.checks import checks_of

    found = checks_of(result) if checks is None else checks
    annotations = render_annotations(found)
    if machine:
        sys.stderr.write(annotations)
    else:
        emit(annotations)
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_markdown(result, found) + "\n")
        except OSError as error:
            raise UsageError(f"GITHUB_STEP_SUMMARY: cannot write {summary!r}: {error.strerror}") from None
