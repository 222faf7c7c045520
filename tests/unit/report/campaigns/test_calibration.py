from dataclasses import replace

from loadgen.report.campaigns.calibration import render_calibration
from loadgen.results.calibration import Calibration, Ceiling, LagPoint

FOUND = Calibration(
    taken_at="2026-01-02T03:04:05+00:00",
    environment={"cpu": "Some CPU", "cores": 4},
    responder="embedded target",
    connections=64,
    processes=3,
    workers=1,
    ceiling=Ceiling(93_100.4, 0.542, 2.2, 8.51),
    send_lag=(
        LagPoint(0.1, 9_310.0, 9_308.2, 0.036, 0.105, 1.25),
        LagPoint(0.8, 74_480.0, 26_851.0, 0.619, 1156.0, 1168.4),
    ),
    kb_per_connection=1.43,
)

GOLDEN = """\
Calibrated against the embedded target on this machine: 64 connections, 3 processes
  Some CPU, 4 cores

  Most it can send      93,100 requests/s (8.5 us of CPU each)
  Response time there   p50 542 us   p99 2.20 ms
  Memory a connection   1.4 KiB, without the kernel's

Send lag: how late requests leave at a given rate
  share  asked/s  sent/s      p50     p99    p99.9
    10%    9,310   9,308  36.0 us  105 us  1.25 ms
    80%   74,480  26,851   619 us  1.16 s   1.17 s

Latencies shorter than the send lag, and rates near the most, are this machine's and not
a target's. The responder took its part of the cores too."""


def test_a_calibration_reads_like_this() -> None:
    assert render_calibration(FOUND) == GOLDEN


def test_memory_that_could_not_be_measured_is_not_invented() -> None:
    assert "not known: the host does not allow" in render_calibration(replace(FOUND, kb_per_connection=None))


def test_several_workers_a_process_are_told() -> None:
    assert "1 x 4 workers" in render_calibration(replace(FOUND, processes=1, workers=4))


def test_a_machine_without_a_name_has_none() -> None:
    assert "  this machine, 1 core\n" in render_calibration(replace(FOUND, environment={"cores": 1}))
