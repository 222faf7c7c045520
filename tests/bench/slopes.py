"""What one more request costs, of tools that are told how many to send: a long run less a short one.

For servers that do not count. Start, connecting and report are the same in both, and so left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.compare import Pairs, alternate
from tests.bench.measure import Usage, run
from tests.bench.runs import START_AND_REPORT_S, Bench, Run

FEWER = 10
"""Of the long run's requests the short one has one in so many."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A tool. `command` is its command line for so many requests; some `a_second` of them is what it does."""

    name: str
    command: Callable[[int, Path], list[str]]
    a_second: int

    def measured(self, bench: Bench) -> Run:
        """One long run and one short one. A tool that fails is a `problem`."""
        many = self.a_second * bench.seconds
        few = many // FEWER
        cpu_s, wall_s = [], []
        for count in (few, many):
            with TemporaryDirectory(prefix="loadgen-bench-") as folder:
                scratch = Path(folder)
                limit_s = 10 * bench.seconds + START_AND_REPORT_S
                usage = run(self.command(count, scratch), bench.layout.generator, scratch, timeout_s=limit_s)
            if usage.exit_code:
                return Run(self.name, problem=_last_words(usage))
            cpu_s.append(usage.cpu_s)
            wall_s.append(usage.wall_s)
        more = many - few
        cost = (cpu_s[1] - cpu_s[0]) / more * 1e6
        bench.log(f"{self.name}: {cost:,.2f} us CPU for one more of {many:,}")
        took_s = wall_s[1] - wall_s[0]
        return Run(self.name, rps=more / took_s if took_s > 0 else None, cpu_us_net=cost, requests=more)


def slopes(bench: Bench, label: str, ours: Counted, theirs: Counted) -> Pairs:
    """Both in turn, `bench.pairs` times."""
    return alternate(label, bench.pairs, lambda: ours.measured(bench), lambda: theirs.measured(bench))


def _last_words(usage: Usage) -> str:
    said = usage.stderr.strip() or usage.stdout.strip()
    return f"exit {usage.exit_code}: {' / '.join(said.splitlines()[-2:])[:300]}"
