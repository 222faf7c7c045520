"""What a person may have meant by a name that nothing has."""

from collections.abc import Collection


def did_you_mean(word: str, known: Collection[str]) -> str:
    """ "; did you mean 'x'?" where one of the known words is close, else "; known are: ..."."""
    import difflib

    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(spelled), n=1, cutoff=0.6)
    if close:
        return f"; did you mean {spelled[close[0]]!r}?"
    return f"; known are: {', '.join(known)}" if known else ""
