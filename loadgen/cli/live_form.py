"""What `--live` may say; to look at that imports nothing of what draws."""

import sys

from loadgen.base.errors import UsageError
from loadgen.base.units import listed

FORMS = ("full", "line", "plain", "none")


def check_form(form: str | None) -> None:
    """Raises UsageError for a form that there is not, or cannot be here."""
    if form not in (None, *FORMS):
        raise UsageError(f"--live: expected {listed(FORMS, 'or')}, got {form!r}")
    if form == "full" and not sys.stderr.isatty():
        raise UsageError("--live full: standard error is no terminal")
