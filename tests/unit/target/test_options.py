import pytest

from loadgen.base.errors import UsageError
from loadgen.target.options import TargetOptions


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ({"host": ""}, "--host"),
        ({"port": 65536}, "--port"),
        ({"capacity_rps": 0.0}, "--capacity"),
        ({"capacity_rps": float("inf")}, "--capacity"),
        ({"fail_after": -1}, "--fail-after"),
        ({"key": "a.key"}, "--key"),
    ],
)
def test_options_that_cannot_be_are_refused_by_the_name_of_their_flag(values: dict[str, float], flag: str) -> None:
    with pytest.raises(UsageError, match=flag):
        TargetOptions(**values)  # type: ignore[arg-type]
