"""What a build is compared with: a saved baseline, and how much worse it may be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.cli.parameters import Against
from loadgen.cli.saved import load_rounds
from loadgen.judge.gate import DEFAULT_MARGINS, Baseline, Gate, Margin, judge_gate, parse_margins
from loadgen.results.baselines import FOLDER, Baselines
from loadgen.results.result import Result


@dataclass(frozen=True, slots=True)
class Reference:
    """A baseline, or none, with its margins."""

    baseline: Baseline | None = None
    margins: tuple[Margin, ...] = ()
    anyway: bool = False

    def judge(self, rounds: Sequence[Result], thresholds: Sequence[str] = (), *, strict: bool = False) -> Gate:
        """See `judge_gate`."""
        return judge_gate(
            rounds,
            thresholds=thresholds,
            baseline=self.baseline,
            margins=self.margins,
            strict=strict,
            anyway=self.anyway,
        )


def read_reference(against: Against, names: Collection[str]) -> Reference:
    """Read the baseline and the margins; `names` are the requests that one may be about. Raises UsageError."""
    if against.baseline is None:
        if against.asked:
            option = "--anyway" if against.max_regression is None else "--max-regression"
            raise UsageError(f"{option}: needs a --baseline to compare with")
        return Reference()
    try:
        margins = parse_margins(DEFAULT_MARGINS if against.max_regression is None else against.max_regression, names)
    except ValueError as error:
        raise UsageError(f"--max-regression: {error}") from None
    is_file = Path(against.baseline).exists() or "#" in against.baseline
    file = against.baseline if is_file else str(Baselines(FOLDER).find(against.baseline))
    return Reference(Baseline(against.baseline, load_rounds(file).results), tuple(margins), against.anyway)
