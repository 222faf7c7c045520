"""`python -m loadgen.target`: serve, and say where on one line of stdout."""

import sys

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Origin
from loadgen.target.command import from_arguments
from loadgen.target.server import run_target


def main() -> int:
    """Exit code 0 after a stop, 2 for what cannot be served."""
    try:
        options = from_arguments(sys.argv[1:])
        scheme = "http" if options.cert is None else "https"
        run_target(options, lambda host, port: _say(f"listening on {Origin(scheme, host, port)}"))
    except UsageError as error:
        print(f"loadgen.target: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
