"""`loadgen report`: a saved result, printed again."""

from pathlib import Path
from typing import Annotated

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.output import check_output, deliver
from loadgen.cli.run import Form


def report(
    file: Annotated[str, typer.Argument(metavar="RESULT.json", help="A file written by `loadgen run -o FILE`.")],
    form: Form = "text",
) -> None:
    """Print a saved result again."""
    from loadgen.measure.result import from_json

    check_output(None, form)
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise UsageError(f"cannot read {file!r}: {reason}") from None
    deliver(from_json(text, file), None, form)
