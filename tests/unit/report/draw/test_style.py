import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.report.draw.style import Span, Tone, align, clean, columns, elide, format_rate, line, wrap


def test_paint_marks_tones_only_when_asked() -> None:
    mixed = line("a ", Span("b", Tone.BAD))
    assert mixed.paint(80, colour=False) == "a b"
    assert mixed.paint(80, colour=True) == "a \x1b[31mb\x1b[0m"


def test_a_line_is_cut_by_what_is_seen_and_keeps_its_tone() -> None:
    mixed = line("abc", Span("defgh", Tone.WARN), "ij")
    assert mixed.paint(6, colour=True) == "abc\x1b[33mde…\x1b[0m"
    assert mixed.paint(10, colour=False) == "abcdefghij"


def test_what_could_move_or_reorder_text_is_escaped() -> None:
    assert clean("a\x1b[1m\n\u202e\u200bé 日") == "a\\x1b[1m\\n\\u202e\\u200bé 日"


def test_wide_characters_count_two_columns() -> None:
    assert columns("日本") == 4
    assert elide("日本語", 5) == "日本…"


def test_marks_on_a_character_take_no_column() -> None:
    assert columns("e\u0301\u20dd\u0e01\u0e31") == 2


def test_rows_that_are_wrapped_keep_the_joint_at_their_end() -> None:
    assert wrap(["one", "two", "three"], 10, " · ") == ["one ·", "two ·", "three"]
    assert wrap(["one", "two", "three"], 11, " · ") == ["one · two ·", "three"]


def test_a_number_is_not_parted_from_its_unit() -> None:
    rows = ["of", "4.00 KiB", "to", "64.0 KiB", "in 12 ms", "or 3 busy"]
    assert wrap(" ".join(rows), 10) == rows


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)), st.integers(5, 60))
def test_wrapping_loses_nothing_and_keeps_to_the_width(words: list[str], width: int) -> None:
    rows = wrap(words, width)
    assert "".join(rows).replace(" ", "") == "".join(words)
    assert all(columns(row) <= width for row in rows)


def test_table_columns_stand_below_each_other() -> None:
    assert align([("a", "1", "x"), ("日本", "22", "")], right=frozenset({1})) == ["a      1  x", "日本  22"]


@pytest.mark.parametrize(
    ("per_second", "shown"), [(63_482.11, "63,482"), (99.97, "100.0"), (12.44, "12.4"), (0.25, "0.25"), (0.0, "0")]
)
def test_rates_have_the_digits_that_mean_something(per_second: float, shown: str) -> None:
    assert format_rate(per_second) == shown


@pytest.mark.parametrize("width", [1, 0, -3])
def test_without_room_each_row_has_one_character(width: int) -> None:
    assert wrap(["ab", "c"], width) == ["a", "b", "c"]
