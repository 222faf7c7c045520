"""Pictures on a terminal that shows nothing but ASCII."""

from loadgen.report.draw.ascii import as_ascii
from loadgen.report.draw.bars import EIGHTHS, LEVELS, NOTHING, bar, sparkline
from loadgen.report.draw.style import elide
from loadgen.report.run.text import render_text
from tests.support.results import EVERY_RESULT


def test_every_report_becomes_ascii_of_the_same_widths() -> None:
    for make in EVERY_RESULT.values():
        text = render_text(make(), colour=True)
        drawn = as_ascii(text)
        assert drawn.isascii()
        assert list(map(len, drawn.splitlines())) == list(map(len, text.splitlines()))


def test_bars_and_levels_still_grow() -> None:
    assert as_ascii(bar(5, 8, 4)) == "##="
    assert as_ascii(sparkline([0, 1, 2, 4, 8], 5)) == "_.,-#"
    assert len({as_ascii(level) for level in LEVELS + NOTHING}) == 9
    assert as_ascii(EIGHTHS) == " ---====#"


def test_dots_between_words_are_dashes_and_names_stay() -> None:
    assert as_ascii("2 users · pool ·\nraw \x1b[1m·\x1b[0m é") == "2 users - pool -\nraw \x1b[1m_\x1b[0m é"
    assert as_ascii(elide("a long name", 6)) == "a lon~"
