"""Files of one or several rounds, of one or several variants."""

import json

import pytest

from loadgen.base.errors import UsageError
from loadgen.results.documents import to_json
from loadgen.results.requests import ErrorRow, Ledger
from loadgen.results.result import Result
from loadgen.results.rounds import (
    Rounds,
    comparison_to_json,
    read_variants,
    rounds_to_json,
)

ONE = Result(ledger=Ledger(1, 1, 0, 1), errors=[ErrorRow("timeout", "target", "no reply", 1)])
TWO = Result(ledger=Ledger(2, 2, 0, 2))


def test_a_single_result_is_a_series_of_one() -> None:
    assert read_variants(to_json(ONE)) == [Rounds((ONE,))]


def test_rounds_come_back_in_order() -> None:
    assert read_variants(rounds_to_json([ONE, TWO])) == [Rounds((ONE, TWO))]


def test_variants_come_back_with_their_labels() -> None:
    variants = [Rounds((ONE, TWO), "pool"), Rounds((TWO,), "threads")]
    assert read_variants(comparison_to_json(variants)) == variants


def test_fields_of_a_later_format_are_ignored() -> None:
    document = json.loads(rounds_to_json([ONE])) | {"invented": 1}
    document["results"][0]["invented"] = 2
    assert read_variants(json.dumps(document))[0].results == (ONE,)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a JSON file"),
        ("[]", "got None"),
        ('{"schema": "loadgen.series/9"}', "got 'loadgen.series/9'"),
        ('{"schema": "loadgen.series/1"}', r"damaged result file \(no results\)"),
        ('{"schema": "loadgen.series/1", "results": []}', r"damaged result file \(no results\)"),
        ('{"schema": "loadgen.series/1", "results": [7]}', "got None"),
        ('{"schema": "loadgen.comparison/1", "variants": {}}', r"damaged result file \(no variants\)"),
        ('{"schema": "loadgen.comparison/1", "variants": [3]}', r"damaged result file \(no results\)"),
    ],
)
def test_anything_else_is_one_clear_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        read_variants(text, "r.json")
    assert str(caught.value).startswith("r.json: ")
    assert "\n" not in str(caught.value)
