import pytest

from loadgen.judge.validity import judge_validity
from loadgen.measure.result import Generator, Latency, WorkerRow


def generator(*workers):
    return Generator(workers=[WorkerRow(cpu_s, {"p99": lag_ms} if lag_ms else {}) for cpu_s, lag_ms in workers])


@pytest.mark.parametrize(
    ("workers", "p99_ms", "duration_s", "verdict"),
    [
        ([(5.0, 0.5)], 10.0, 10.0, "valid"),
        ([(9.5, 0.5)], 10.0, 10.0, "valid"),  # 95 % of a core is the last that will do
        ([(1.0, 0.5), (9.6, 0.5)], 10.0, 10.0, "limited"),  # one busy worker is enough
        ([(0.4, 0.5)], 10.0, 0.4, "valid"),  # too short to judge the processor
        ([(5.0, 2.5)], 10.0, 10.0, "valid"),  # a delay of a quarter of the p99
        ([(5.0, 2.6)], 10.0, 10.0, "limited"),
        ([(5.0, 1.0)], 0.1, 10.0, "valid"),  # a millisecond is always allowed
        ([(5.0, 1.1)], 0.1, 10.0, "limited"),
        ([(5.0, 50.0)], {"at_least": 10.0}, 10.0, "valid"),  # nothing exact to weigh the delay against
        ([(5.0, 50.0)], None, 10.0, "valid"),
        ([(5.0, 0.0)], 10.0, 10.0, "valid"),  # no delay measured
        ([], None, 0.0, "valid"),
    ],
)
def test_a_run_is_limited_where_the_generator_stood_in_the_way(workers, p99_ms, duration_s, verdict):
    found, reasons = judge_validity(generator(*workers), Latency(p99=p99_ms), duration_s, ())
    assert found == verdict
    assert bool(reasons) == (verdict == "limited")


def test_reasons_say_what_was_seen_and_what_to_do():
    _, (busy, late) = judge_validity(generator((9.8, 4.0)), Latency(p99=8.0), 10.0, ())
    assert "98% of a core" in busy
    assert "--processes" in busy
    assert "4.0 ms at p99" in late
    assert "8.0 ms" in late


def test_a_lost_worker_makes_the_run_invalid():
    verdict, reasons = judge_validity(generator((9.9, 4.0)), Latency(p99=8.0), 10.0, ("worker process 7 was killed",))
    assert verdict == "invalid"
    assert reasons == ["worker process 7 was killed: its share of the load is missing"]
