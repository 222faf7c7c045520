from dataclasses import replace

import pytest

from loadgen.results.calibration import Calibration, Ceiling, LagPoint, from_json, to_document
from loadgen.results.documents import json_text

HERE = {"machine": "x86_64", "cpu": "a fast one", "cores": 2, "python": "3.13.1", "gil": True, "loadgen": "0.1.0"}
FOUND = Calibration(
    taken_at="2026-01-02T03:04:05+00:00",
    environment=HERE,
    responder="null responder",
    connections=64,
    processes=1,
    workers=1,
    ceiling=Ceiling(123_456.0, 0.4, 1.2, 7.1),
    send_lag=(LagPoint(0.5, 61_728.0, 61_728.0, 0.02, 0.1, 0.4),),
    kb_per_connection=1.5,
)


def test_a_calibration_comes_out_of_its_file_as_it_went_in():
    assert from_json(json_text(to_document(FOUND))) == FOUND
    assert from_json(json_text(to_document(replace(FOUND, kb_per_connection=None)))) == replace(
        FOUND, kb_per_connection=None
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"schema": "loadgen.calibration/1"}', "not json", "7"])
def test_anything_else_is_none(text):
    assert from_json(text) is None


def test_a_file_of_another_format_is_none():
    assert from_json(json_text(to_document(replace(FOUND, schema="loadgen.calibration/9")))) is None


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"loadgen": "9.9"}, True),
        ({"cores": 4}, False),
        ({"cpu": "a slow one"}, False),
        ({"gil": False}, False),
    ],
)
def test_it_holds_for_the_machine_on_which_it_was_taken(change, holds):
    assert FOUND.holds_for(HERE | change) is holds
