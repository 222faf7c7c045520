import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base import units


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("5m", 300.0),
        ("250ms", 0.25),
        ("1h30m", 5400.0),
        ("1h 30m", 5400.0),
        ("1h30", 5400.0),
        ("1m30", 90.0),
        ("1h5m30", 3930.0),
        ("10sec", 10.0),
        ("10 s", 10.0),
        ("2min", 120.0),
        ("1.5m", 90.0),
        ("2 minutes", 120.0),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("10us", 1e-5),
        ("10µs", 1e-5),
        ("5ns", 5e-9),
        ("1d", 86400.0),
        ("12", 12.0),
        ("1.25", 1.25),
        (" 3s ", 3.0),
        (7, 7.0),
        (0.1, 0.1),
        (1e-7, 1e-7),
        (0, 0.0),
    ],
)
def test_a_duration_is_read_as_seconds(text, seconds):
    assert units.parse_duration_s(text) == seconds


NOT_NUMBERS = ["", " ", "x", "-1", "-1s", "nan", "inf", "1e3", "1 0", "٣", "1,5", "0x10", "9" * 99, "1e", "1e99", "1kk"]


@pytest.mark.parametrize(
    "text",
    [
        *NOT_NUMBERS,
        "10 bananas",
        "1m90",
        "m30",
        "1M",
        "1d12",
        "1m 30",
        "1s1",
        "s",
        "1.5.5s",
        True,
        math.nan,
        math.inf,
        -1,
        -0.5,
        1e300,
        10**1000,
    ],
)
def test_what_is_no_duration_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^expected a duration"):
        units.parse_duration_s(text)


def test_a_refused_duration_says_what_is_right_and_what_was_found():
    with pytest.raises(ValueError, match=r"^expected a duration such as 30s, 5m or 250ms, got '10 bananas'$"):
        units.parse_duration_s("10 bananas")


def test_a_range_of_durations_has_two_ends_and_a_single_one_is_both():
    assert units.parse_range_s("100ms..300ms") == (0.1, 0.3)
    assert units.parse_range_s("1s") == (1.0, 1.0)
    assert units.parse_range_s(2) == (2.0, 2.0)


@pytest.mark.parametrize("text", ["300ms..100ms", "..", "1s..", "1s..2s..3s", "x", "-1s..1s", math.nan])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected a (duration|range)"):
        units.parse_range_s(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("10KiB", 10240),
        ("10kb", 10_000),
        ("1.5MiB", 1_572_864),
        ("2 GB", 2 * 10**9),
        ("1TiB", 2**40),
        (7, 7),
    ],
)
def test_a_size_is_read_as_bytes(text, size):
    assert units.parse_size(text) == size


@pytest.mark.parametrize("text", [*NOT_NUMBERS, "10K", "1.5", "0.1KiB", "KiB", True, math.inf])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected a "):
        units.parse_size(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("5000/s", 5000.0), ("300/m", 5.0), ("36/h", 0.01), ("5000", 5000.0), (0.5, 0.5), ("1k", 1000.0),
        ("1.5K/s", 1500.0), ("2M", 2e6), ("1e3", 1000.0), ("6e+3/min", 100.0), ("100/sec", 100.0),
    ],
)  # fmt: skip
def test_a_rate_is_read_per_second(text, rate):
    assert units.parse_rate(text) == rate


@pytest.mark.parametrize("text", [*[text for text in NOT_NUMBERS if text != "1e3"], "5/", "5/day", "/s", "5/s/s", "1m"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected a rate"):
        units.parse_rate(text)


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.1 %", 0.001), ("100%", 1.0), ("0.25", 0.25), ("1", 1.0)])
def test_a_share_is_read_from_percent_or_from_a_fraction(text, share):
    assert units.parse_percent(text) == share


@pytest.mark.parametrize("text", [*NOT_NUMBERS, "101%", "1.01", "5", "%", "5%%"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected a share"):
        units.parse_percent(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 us"),
        (0.0005, "500 ns"),
        (0.00123, "1.23 us"),
        (0.85, "850 us"),
        (0.9996, "1.00 ms"),
        (1.234, "1.23 ms"),
        (9.996, "10.0 ms"),
        (99.96, "100 ms"),
        (999.6, "1.00 s"),
        (2400, "2.40 s"),
        (75_000, "75.0 s"),
        (1_234_567, "1235 s"),
        (-1.234, "-1.23 ms"),
    ],
)
def test_a_time_is_shown_with_three_digits_in_the_unit_that_suits(milliseconds, text):
    assert units.format_ms(milliseconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1240, "1.21 KiB"),
        (2**20 - 1, "1.00 MiB"),
        (5e9, "4.66 GiB"),
        (1e13, "9.09 TiB"),
    ],
)
def test_a_size_is_shown_with_a_binary_unit(size, text):
    assert units.format_bytes(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (10, "10s"),
        (2.5, "2.5s"),
        (0.25, "250ms"),
        (0.0000015, "1.5us"),
        (90, "1m30s"),
        (5400, "1h30m"),
        (3600, "1h"),
        (61.5, "1m1.5s"),
    ],
)
def test_a_duration_is_shown_as_a_person_would_type_it(seconds, text):
    assert units.format_duration_s(seconds) == text


@given(st.integers(0, 10**13))
def test_a_shown_duration_reads_back_to_the_microsecond(microseconds):
    seconds = microseconds / 1e6
    assert units.parse_duration_s(units.format_duration_s(seconds)) == pytest.approx(seconds, abs=1.1e-6)


@given(st.integers(0, 2**50), st.sampled_from(["", "B", "KiB", "MB", "GiB"]))
def test_any_whole_size_is_read_exactly(number, unit):
    assert units.parse_size(f"{number}{unit}") == number * {"": 1, "B": 1, "KiB": 1024, "MB": 10**6, "GiB": 2**30}[unit]


@given(st.text() | st.floats() | st.integers())
def test_whatever_is_read_nothing_but_a_value_error_comes_out(value):
    for parse in (units.parse_duration_s, units.parse_range_s, units.parse_size, units.parse_rate, units.parse_percent):
        with suppress(ValueError):
            found = parse(value)
            assert all(0 <= part < math.inf for part in (found if isinstance(found, tuple) else (found,)))


def test_nouns_agree_with_their_number() -> None:
    assert [units.counted(number, "worker") for number in (0, 1, 2)] == ["0 workers", "1 worker", "2 workers"]
    assert units.counted(2000, "process", "processes") == "2,000 processes"
    assert units.counted(1, "request is", "requests are") == "1 request is"
