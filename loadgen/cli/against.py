"""The options that compare with a baseline, and what they come to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loadgen.base.errors import UsageError
from loadgen.cli.options import FLAG, own_option
from loadgen.cli.saved import load_rounds

if TYPE_CHECKING:
    from loadgen.judge.gate import Baseline, Gate, Margin
    from loadgen.results.result import Result

BASELINE = "Against a baseline"
BaselineName = Annotated[
    str | None,
    own_option(
        ["--baseline"], BASELINE, "Compare with this baseline, or file of results: exit code 120 if worse.", "NAME"
    ),
]
MaxRegression = Annotated[
    str | None,
    own_option(
        ["--max-regression"], BASELINE,
        "How much worse each metric may be. (default: 'p50: 10%, p99: 10%, ok_rps: 5%, error_rate: 1%')", "MARGINS",
    ),
]  # fmt: skip
Anyway = Annotated[bool, own_option(["--anyway"], BASELINE, "Compare with a baseline of another machine, too.", FLAG)]


@dataclass(frozen=True, slots=True)
class Against:
    """What a build is compared with; without a baseline, with nothing."""

    baseline: "Baseline | None" = None
    margins: "tuple[Margin, ...]" = ()
    anyway: bool = False

    def judge(self, rounds: "Sequence[Result]", thresholds: Sequence[str] = (), *, strict: bool = False) -> "Gate":
        """See `judge_gate`."""
        from loadgen.judge.gate import judge_gate

        return judge_gate(
            rounds,
            thresholds=thresholds,
            baseline=self.baseline,
            margins=self.margins,
            strict=strict,
            anyway=self.anyway,
        )


def read_against(baseline: str | None, max_regression: str | None, names: Collection[str], *, anyway: bool) -> Against:
    """Read the baseline and the margins; `names` are the requests that one may be about. Raises UsageError."""
    from loadgen.judge.gate import DEFAULT_MARGINS, Baseline, parse_margins
    from loadgen.results.baselines import FOLDER, Baselines

    if baseline is None:
        if max_regression is not None or anyway:
            option = "--anyway" if max_regression is None else "--max-regression"
            raise UsageError(f"{option}: expected a --baseline beside it")
        return Against()
    try:
        margins = parse_margins(DEFAULT_MARGINS if max_regression is None else max_regression, names)
    except ValueError as error:
        raise UsageError(f"--max-regression: {error}") from None
    is_file = Path(baseline).exists() or "#" in baseline
    file = baseline if is_file else str(Baselines(FOLDER).find(baseline))
    return Against(Baseline(baseline, load_rounds(file).results), tuple(margins), anyway)
