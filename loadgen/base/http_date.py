"""Dates as HTTP writes them."""

from loadgen.base.imported import imported


def date_s(text: str) -> float:
    """Seconds since the epoch. Raises ValueError. What reads them is imported for the first: there is mostly none."""
    seconds: float = imported("email.utils", "parsedate_to_datetime")(text).timestamp()
    return seconds
