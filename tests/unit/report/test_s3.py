"""What the report of an S3 run leaves out, and what it counts."""

from dataclasses import replace

from loadgen.report.s3 import operations, seconds
from loadgen.report.text import headline
from loadgen.results.result import Ledger, RequestResult
from tests.unit.report.results import EVERY_RESULT

MIXED, BATCH = EVERY_RESULT["s3"](), EVERY_RESULT["s3_batch"]()


def text(lines):
    return "\n".join(line.paint(80, colour=False) for line in lines)


def test_operations_that_all_failed_have_a_count_and_no_times():
    failed = replace(MIXED, requests={"put": RequestResult(Ledger(3, 3, 0, 0, 3))})
    assert text(operations(failed)).splitlines() == [
        "Operation  sent  failed  ok/s  MiB/s  mean size",
        "put           3       3     0      -          -",
    ]


def test_the_first_line_of_a_batch_counts_each_object_once():
    figures = text([headline(BATCH)]).split("   ")
    assert figures[0].strip() == "164 objects/s"
    assert float(figures[1].split()[0]) < 1.01 * 164 * 250 / 1024


def test_an_object_that_failed_without_a_failed_request_shows_at_the_top():
    lost = RequestResult(Ledger(6, 6, 0, 0, 6))
    result = replace(BATCH, ledger=Ledger(21, 21, 0, 21), transactions={"upload": lost})
    assert text([headline(result)]).strip() == "0 objects/s   6 failed"


def test_seconds_say_when_they_count_both_ways():
    downloads = replace(MIXED, requests={"get": MIXED.requests["get"]})
    heads = [text(seconds(result)).splitlines()[0].split("  ")[-1] for result in (MIXED, downloads)]
    assert heads == ["MiB/s both ways", "MiB/s"]
