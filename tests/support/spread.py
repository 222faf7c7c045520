"""Rows of a table over the ways to run. What a row is about does not depend on the mode: not each is run in all."""

from collections.abc import Collection, Mapping

import pytest

from tests.support.command import MODES


def spread(
    names: str,
    rows: Mapping[str, tuple[object, ...]] | Collection[tuple[object, ...]],
    *,
    over: str = "mode",
    modes: Mapping[str, object] = MODES,
    all_in: Collection[str] = ("async",),
) -> pytest.MarkDecorator:
    """Give a test the arguments `over` and `names`: each row in the modes `all_in`, and the first one in every mode.

    Rows without names are called by their first value. A `mode` is the arguments that ask for it, any other the name
    of one, for the fixture that is called so.
    """
    if not isinstance(rows, Mapping):
        rows = {str(row[0]): row for row in rows}
    first = next(iter(rows))
    return pytest.mark.parametrize(
        (over, *names.split(", ")),
        [
            pytest.param(
                value if over == "mode" else mode,
                *row,
                id=f"{mode}-{name}",
                marks=[pytest.mark.slow] if mode == "processes" else [],
            )
            for name, row in rows.items()
            for mode, value in modes.items()
            if name == first or mode in all_in
        ],
        indirect=[] if over == "mode" else [over],
    )
