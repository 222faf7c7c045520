import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.pacing.connecting import next_backoff_ns, opening_offset_ns

REFUSED = ErrorClass.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("index", "workers", "offset_ns"),
    [
        (0, 1, 0),
        (1, 1, 200_000),  # 1 s / 5,000
        (5000, 1, NS_PER_S),
        (1, 4, 800_000),  # four workers keep to a quarter of the rate each
        (1250, 4, NS_PER_S),
    ],
)
def test_all_workers_together_open_five_thousand_connections_a_second(index, workers, offset_ns):
    assert opening_offset_ns(index, workers) == offset_ns


def test_backoff_doubles_from_ten_milliseconds_to_one_second():
    pauses_ms, pause_ns = [], 0
    for _ in range(10):
        pause_ns = next_backoff_ns(pause_ns, REFUSED)
        pauses_ms.append(pause_ns // NS_PER_MS)
    assert pauses_ms == [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]


@pytest.mark.parametrize("error", [None, ErrorClass.TIMEOUT, ErrorClass.UNEXPECTED_STATUS])
def test_whoever_was_connected_does_not_back_off(error):
    assert next_backoff_ns(next_backoff_ns(0, REFUSED), error) == 0
