"""What the report of an S3 run leaves out, and what it counts."""

from dataclasses import replace

from loadgen.report.run.operations import done_of_all, is_by_operation, operations, parts, seconds
from loadgen.report.run.text import headline
from loadgen.results.journeys import MetricResult
from loadgen.results.requests import Latency, Ledger, RequestResult
from tests.support.results import EVERY_RESULT

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


def test_a_reply_may_stand_for_many_and_the_last_one_for_fewer() -> None:
    deleted = RequestResult(Ledger(3, 3, 0, 3))
    plan = {"counted": {"noun": "objects", "per_reply": 1000, "total": 2500}}
    result = replace(MIXED, plan=plan, duration_s=1.0, requests={"delete-many": deleted}, ledger=deleted.ledger)
    assert text([headline(result)]).strip().startswith("2,500 objects/s   p50")


def test_a_job_without_payload_is_shown_by_operation_where_it_counts_in_pages() -> None:
    pages = RequestResult(Ledger(3, 3, 0, 3))
    result = replace(MIXED, requests={"list": pages}, plan={"counted": {"noun": "pages"}})
    assert is_by_operation(result)
    assert not is_by_operation(replace(result, plan={}))


def test_a_batch_says_first_how_many_of_its_objects_are_done() -> None:
    def said(ok: int, failed: int) -> str:
        whole = RequestResult(Ledger(ok + failed, ok + failed, 0, ok, failed))
        metrics = {"listed": MetricResult("count", count=2000, sum=2000.0)}
        return text(done_of_all(replace(BATCH, transactions={"object": whole}, metrics=metrics))).strip()

    assert said(2000, 0) == "2,000 of 2,000 objects done"
    assert said(1200, 3) == "1,200 of 2,000 objects done, 3 failed, 797 not done"
    assert done_of_all(MIXED) == []


def test_the_function_of_a_batch_has_a_row_between_what_it_gets_and_what_it_gives() -> None:
    call = replace(BATCH.transactions["object"], kind="call")
    rows = text(operations(replace(BATCH, transactions={**BATCH.transactions, "function": call}))).splitlines()
    assert [row.split("  ")[0] for row in rows[1:5]] == ["get", "function", "put", "whole object"]


def test_a_transfer_is_shown_where_replies_take_several_pieces() -> None:
    get = MIXED.requests["get"]
    whole = replace(get, phases_ms={**get.phases_ms, "transfer": Latency(count=9, p50=3.0, p99=4.0)})
    head, quantiles, row = text(operations(replace(MIXED, requests={"get": whole}))).splitlines()[-3:]
    assert head.split() == ["response", "first", "byte", "transfer"]
    assert row.split()[-4:] == ["3.00", "ms", "4.00", "ms"]
    assert quantiles.split() == ["p50", "p99"] * 3


def test_parts_by_size_and_by_host_have_a_row_each() -> None:
    get = MIXED.requests["get"]
    rows = text(parts(replace(MIXED, parts={"get, up to 4.00 KiB": get, "get at 10.0.0.2:9000": get}))).splitlines()
    assert [row.split("  ")[0] for row in rows] == ["By size", "get, up to 4.00 KiB", "get at 10.0.0.2:9000"]
    assert parts(MIXED) == []
    assert text(parts(replace(MIXED, parts={"get at h": get}))).startswith("By host")
