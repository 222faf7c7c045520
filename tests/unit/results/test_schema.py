"""The schema of a Result is the one in docs/, and Results keep to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest

from loadgen.results.documents import to_document
from loadgen.results.requests import ErrorRow
from loadgen.results.result import Result, ThresholdRow
from tests.support import results, schema
from tests.support.schema import result_schema

WRITE = "from tests.support.schema import result_schema; print(result_schema(), end='')"
RESULTS = [
    results.ordinary,
    results.threads_with_errors,
    results.stopped_by_fail_fast,
    results.nothing_came_back,
    results.open_model_censored,
    results.several_names,
    results.phases_timed,
    results.s3_mixed,
    results.s3_batch,
    results.shop,
]
PUBLISHED = Path(__file__).parents[3] / "docs" / "loadgen.result-1.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    document = json.loads(PUBLISHED.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def test_the_published_schema_is_that_of_the_dataclasses() -> None:
    assert PUBLISHED.read_text("utf-8") == result_schema(), f'python -c "{WRITE}" > docs/{PUBLISHED.name}'


def test_every_field_of_a_result_is_explained(validator: Any) -> None:
    text = PUBLISHED.with_name("result-format.md").read_text("utf-8")
    assert [name for name in validator.schema["properties"] if f"`{name}`" not in text] == []


@pytest.mark.parametrize("make", RESULTS)
def test_every_kind_of_result_keeps_to_it(make: Callable[[], Result], validator: Any) -> None:
    validator.validate(to_document(make()))


def test_an_error_keeps_to_it_under_the_name_of_its_class(validator: Any) -> None:
    assert "class" in validator.schema["$defs"]["ErrorRow"]["properties"]
    document = to_document(Result(errors=[ErrorRow("timeout", "target", "no reply in time", 3)]))
    validator.validate(document)
    document["errors"][0]["class"] = 3
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)


@pytest.mark.parametrize(
    "change", [{"schema": "loadgen.result/2"}, {"ledger": []}, {"duration_s": "10 s"}, {"notes": 1}]
)
def test_another_type_breaks_it(change: dict[str, Any], validator: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(to_document(Result()) | change)


def test_fields_of_a_later_version_and_absent_ones_keep_to_it(validator: Any) -> None:
    validator.validate({"schema": "loadgen.result/1", "colour": "green"})
    validator.validate(to_document(replace(Result(), thresholds=[ThresholdRow("p99 < 1s", 0.5, "pass")])))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"duration_s": 1.0})


def test_each_type_of_python_has_its_own() -> None:
    @dataclass
    class Sample:
        choice: Literal["a", "b"]
        rows: tuple[int, ...]

    definitions: dict[str, Any] = {}
    assert schema._type(Sample, definitions) == {"$ref": "#/$defs/Sample"}
    assert definitions["Sample"]["properties"] == {
        "choice": {"enum": ["a", "b"]},
        "rows": {"type": "array", "items": {"type": "integer"}},
    }
    with pytest.raises(TypeError, match="bytes"):
        schema._type(bytes, definitions)
