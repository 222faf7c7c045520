"""`python -m loadgen` and the `loadgen` command."""

import sys


def main() -> None:
    """Run the command line; the version needs nothing imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from loadgen import __version__

        sys.stdout.write(f"loadgen {__version__}\n")
        return
    try:
        from loadgen.cli.app import run_app

        code = run_app()
    except KeyboardInterrupt:
        sys.stderr.write("loadgen: stopped before the run began\n")
        code = 105
    sys.exit(code)


if __name__ == "__main__":
    main()
