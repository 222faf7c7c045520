import pytest

from loadgen.base.errors import UsageError
from loadgen.target.command import from_arguments, to_arguments
from loadgen.target.options import TargetOptions


@pytest.mark.parametrize(
    "options",
    [
        TargetOptions(),
        TargetOptions(host="::1", port=0, capacity_rps=2.5, fail_after=0, queue_log="-odd name", seed=-3),
        TargetOptions(cert="a.pem", key="a.key", stop_with_parent=True),
    ],
)
def test_arguments_say_the_same_as_the_options(options: TargetOptions) -> None:
    assert from_arguments(to_arguments(options)) == options


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
