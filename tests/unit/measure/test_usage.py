from loadgen.base.cgroup import Throttling
from loadgen.measure.usage import UsageMeter


def test_the_throttling_of_the_window_is_measured():
    counts = iter([Throttling(0, 0, 0), Throttling(100, 10, 1000), Throttling(150, 14, 1500)])
    meter = UsageMeter(lambda: 0, counts.__next__)
    meter.begin()
    used = meter.usage()
    assert (used.quota_periods, used.throttled_periods, used.throttled_ns) == (50, 4, 500)
