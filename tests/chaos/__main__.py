"""`python -m tests.chaos --minutes N --seed S`: random runs against a hostile server until the time is over.

Each case is drawn from the seed and its number; a failure prints the line that repeats it. With `--case K` that one is
run, and told in full. Exit code 1 where anything was found.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.chaos.case import Case
from tests.chaos.check import problems
from tests.chaos.draw import draw
from tests.chaos.play import Seen, Tls, play
from tests.support.certificates import write_certificates
from tests.support.ignored import hear_what_is_ignored


class Tally:
    """What was done in all, for the summary."""

    def __init__(self) -> None:
        self.runs = 0
        self.findings = 0
        self.requests = 0
        self.signals: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()

    def add(self, seen: Seen, found: list[str]) -> None:
        self.runs += 1
        self.findings += bool(found)
        self.requests += seen.requests
        self.signals.update(sent.disturbance.signal for sent in seen.sent)
        self.answers.update(seen.answers)
        self.codes[str(seen.code)] += 1

    def __str__(self) -> str:
        return "\n".join(
            (
                f"{self.runs} runs, {self.requests} requests, {self.signals.total()} signals, "
                f"{self.answers.total()} replies, {self.findings} runs with a finding",
                f"signals     {_counted(self.signals)}",
                f"replies     {_counted(self.answers)}",
                f"exit codes  {_counted(self.codes)}",
            )
        )


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to go on (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="what all is drawn from (default 1)")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="the case to begin with (default 0)")
    parser.add_argument("--case", type=int, metavar="K", help="run this case alone, and tell all of it")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="with --case: so often")
    return parser.parse_args(arguments)


def numbers(options: argparse.Namespace) -> Iterator[int]:
    """The cases to run."""
    if options.case is not None:
        yield from [options.case] * options.times
        return
    end = time.monotonic() + options.minutes * 60
    for number in count(options.first):
        if time.monotonic() >= end:
            return
        yield number


def tell(case: Case, seen: Seen) -> None:
    """All that is known of one case."""
    print(case.describe())
    for sent in seen.sent:
        print(
            f"sent {sent.disturbance}: {sent.requests} requests seen, saved {sent.saved}, handlers {sent.handlers_set}"
        )
    print(
        f"exit code {seen.code} after {seen.took_s:.2f} s, {seen.starved_s:.2f} s of them without a core, "
        f"{seen.most_mb:.0f} MB at most"
    )
    print(f"the server: {seen.connections} connections, {seen.requests} requests, {seen.answers}")
    print(f"files { ({name: len(data) for name, data in seen.files.items()}) }")
    for done in (*seen.before, *seen.after):
        print(f"--- loadgen {' '.join(done.argv)}: exit code {done.code}\n{done.out}{done.err}")
    for name, text in (("output", seen.out), ("error", seen.err)):
        print(f"--- standard {name}\n{text}")


def main(arguments: list[str]) -> int:
    """Run cases one after another."""
    options = parse(arguments)
    hear_what_is_ignored()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        root = Path(name)
        certificates = write_certificates(root)
        tls = Tls(certificates.server_context(), certificates.ca)
        for number in numbers(options):
            case = draw(options.seed, number)
            with tempfile.TemporaryDirectory(dir=root, prefix=f"{number}-") as folder:
                seen = play(case, Path(folder), tls)
            found = problems(case, seen)
            tally.add(seen, found)
            if options.case is not None or seen.code is None:  # who hangs does not when it is repeated
                tell(case, seen)
            for problem in found:
                print(f"{case.repeat}  # {problem}", flush=True)
    print(tally)
    return 1 if tally.findings else 0


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common()) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
