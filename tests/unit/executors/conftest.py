"""What several tests of executors use."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.simulation import Simulation


@pytest.fixture
def simulate() -> Iterator[Callable[..., Simulation]]:
    """Make simulations of reactor users; all are closed at the end."""
    made: list[Simulation] = []

    def make(*args: object, **kwargs: object) -> Simulation:
        made.append(Simulation(*args, **kwargs))
        return made[-1]

    yield make
    for simulation in made:
        simulation.close()
