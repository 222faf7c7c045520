"""The embedded target, for all tests that put load on it."""

from collections.abc import Iterator

import pytest

from loadgen.target.process import TargetProcess
from tests.support.command import MODES, reset


@pytest.fixture(scope="session")
def running_target() -> Iterator[TargetProcess]:
    with TargetProcess() as server:
        yield server


@pytest.fixture
def url(running_target: TargetProcess) -> str:
    """The target's address without a path; it counts from zero."""
    reset(running_target.url)
    return running_target.url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`mode` is each way to run in turn, as arguments; worker processes take a while to start."""
    if "mode" in metafunc.fixturenames:
        slow = {"processes": [pytest.mark.slow]}
        modes = [pytest.param(argv, id=name, marks=slow.get(name, [])) for name, argv in MODES.items()]
        metafunc.parametrize("mode", modes)
