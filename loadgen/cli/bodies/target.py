"""`loadgen target`: the embedded demo server."""

from collections.abc import Callable
from dataclasses import asdict

from loadgen.cli.commands.target import Target
from loadgen.cli.streams import emit
from loadgen.target.options import TargetOptions
from loadgen.target.server import run_target


def target(given: Target, serve: Callable[[TargetOptions, Callable[[str, int], None]], None] = run_target) -> int:
    """Serve until a signal comes; say where as soon as connections are taken."""
    scheme = "https" if given.cert else "http"
    options = TargetOptions(**asdict(given))
    serve(options, lambda at, bound: emit(f"listening on {scheme}://{at}:{bound}; stop with Ctrl-C\n"))
    return 0
