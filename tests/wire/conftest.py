"""The embedded target, for all tests that put load on it."""

from collections.abc import Iterator

import pytest

from loadgen.target.process import TargetProcess
from tests.support.command import MODES, reset
from tests.support.s3_servers import S3Store, running_moto, running_signing_store, started


@pytest.fixture(scope="session")
def running_target() -> Iterator[TargetProcess]:
    with TargetProcess() as server:
        yield server


@pytest.fixture(scope="session")
def signing_store() -> Iterator[S3Store]:
    """A store that checks signatures; it takes two seconds to start."""
    yield from started(running_signing_store)


@pytest.fixture(scope="session")
def moto_store() -> Iterator[S3Store]:
    """One that takes any key."""
    yield from started(running_moto)


@pytest.fixture
def url(running_target: TargetProcess) -> str:
    """The target's address without a path; it counts from zero."""
    reset(running_target.url)
    return running_target.url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`mode` is each way to run in turn, as arguments; `local_mode` leaves out worker processes, which start slowly."""
    modes = [
        pytest.param(argv, id=name, marks=[pytest.mark.slow] if name == "processes" else [])
        for name, argv in MODES.items()
    ]
    spread = any("mode" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "mode" in metafunc.fixturenames and not spread:
        metafunc.parametrize("mode", modes)
    if "local_mode" in metafunc.fixturenames:
        metafunc.parametrize("local_mode", [mode for mode in modes if mode.id != "processes"])
