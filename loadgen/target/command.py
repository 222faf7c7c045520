"""The command line of `python -m loadgen.target`: TargetOptions as arguments, and back."""

import argparse
from collections.abc import Sequence
from dataclasses import fields

from loadgen.target.options import TargetOptions

_FLAGS = {
    "host": ("--host", str, "the address to listen on"),
    "port": ("--port", int, "the port; 0 is any free one"),
    "capacity_rps": ("--capacity", float, "serve at most this many replies a second"),
    "fail_after": ("--fail-after", int, "reply 500 from the request after this many on"),
    "queue_log": ("--queue-log", str, "append the arrival and departure of each /queue request to this file"),
    "cert": ("--cert", str, "PEM file with the certificate; turns TLS on"),
    "key": ("--key", str, "PEM file with its key, if that is not in the certificate's file"),
    "seed": ("--seed", int, "of the random choices of /error-rate"),
}


def to_arguments(options: TargetOptions) -> list[str]:
    """The arguments that say the same as `options`."""
    values = {name: getattr(options, name) for name in _FLAGS}
    arguments = [f"{_FLAGS[name][0]}={value}" for name, value in values.items() if value is not None]
    return [*arguments, "--stop-with-parent"] if options.stop_with_parent else arguments


def from_arguments(arguments: Sequence[str]) -> TargetOptions:
    """The options that `arguments` say. Raises UsageError, and SystemExit for what argparse refuses or --help."""
    parser = argparse.ArgumentParser(prog="python -m loadgen.target", description="Serve the demo target.")
    defaults = {field.name: field.default for field in fields(TargetOptions)}
    for name, (flag, kind, help_text) in _FLAGS.items():
        parser.add_argument(flag, dest=name, type=kind, default=defaults[name], help=help_text)
    parser.add_argument("--stop-with-parent", action="store_true", help="end when stdin does")
    return TargetOptions(**vars(parser.parse_args(arguments)))
