"""What a profile expects of replies, in every mode: what does not meet it is told with what was there instead."""

from pathlib import Path

from tests.support.command import Mode, loadgen

EXPECTED = {
    "id": "json: {id: 4}",
    "type": "header: {Content-Type: text/html}",
    "good": "json: {id: 3}, header: Content-Type, regex: 'shirt', time: 30s",
    "soon": "time: 1ms",
}


def test_each_expectation_is_looked_at_in_every_reply(url: str, local_mode: Mode, tmp_path: Path) -> None:
    rows = [
        f"  - {{name: {name}, path: {'/delay/5' if name == 'soon' else '/items/3'}, expect: {{{expect}}}}}\n"
        for name, expect in EXPECTED.items()
    ]
    profile = tmp_path / "expect.yaml"
    profile.write_text(f"target: {url}\nconnections: 2\ntotal_requests: 24\nrequests:\n{''.join(rows)}")
    result = loadgen("run", profile, "-q", "--format", "json", *local_mode).result
    good = {name: part.ledger.ok for name, part in result.requests.items() if part.ledger.ok}
    assert good == {"good": 6}
    found = {row.error_class: row for row in result.errors}
    assert found["unexpected_body"].message == "JSON path id: 3, expected 4"
    assert found["unexpected_header"].message == "header Content-Type: 'application/json', expected 'text/html'"
    assert found["unexpected_time"].message.endswith(" ms, expected 1 ms at most")
    assert found["unexpected_body"].example.splitlines()[1].startswith('{"id":3')
