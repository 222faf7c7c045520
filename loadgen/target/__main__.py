"""`python -m loadgen.target OPTIONS`: serve with TargetOptions in JSON, and say where on one line of stdout."""

import json
import sys

from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.target.options import TargetOptions
from loadgen.target.server import run_target


def main() -> int:
    """Exit code 0 after a stop, 2 for what cannot be served."""
    options = TargetOptions(**json.loads(sys.argv[1]))
    scheme = "http" if options.cert is None else "https"
    try:
        run_target(options, lambda host, port: print(f"listening on {Origin(scheme, host, port)}", flush=True))  # noqa: T201
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
