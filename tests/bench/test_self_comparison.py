"""What counts as a false alarm."""

from tests.bench.self_comparison import differences


def test_only_claims_count() -> None:
    rows = [
        {"metric": "p50", "ratio": 1.2, "word": "worse"},
        {"metric": "p99", "ratio": 1.5, "word": "cannot tell"},
        {"metric": "cpu_us", "ratio": 0.9, "word": "better"},
    ]
    assert differences({"against": [{"rows": rows}]}) == ["p50 1.2 worse", "cpu_us 0.9 better"]
    assert differences({"against": []}) == []
